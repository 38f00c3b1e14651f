"""How much of its accuracy a network keeps on faces that are covered, dark, unsharp or badly cut.

Hendrycks & Dietterich, "Benchmarking Neural Network Robustness to Common Corruptions and
Perturbations", ICLR 2019: corruptions that training does not aim at, each at five strengths.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from statistics import fmean
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ferlite.faces.crop import crop

Face = NDArray[np.uint8]
"""One gray face, uint8 (H, W)."""

EYES, MOUTH = 0.37, 0.77
"""Where they lie in FER2013's mean face, as a share of its height from the top."""
WIDTH = 48
"""Strengths in pixels are meant for faces of this side, and grow with larger ones."""


@dataclass(frozen=True)
class Corruption:
    """One way to corrupt a face.

    Attributes:
        what: what is done, in words.
        unit: what the strengths count.
        strengths: in the order in which tables list them.
        apply: the corrupted face, of a face, a strength and a source of chance.
    """

    what: str
    unit: str
    strengths: tuple[float, ...]
    apply: Callable[[Face, float, np.random.Generator], Face]


def corrupted(images_NHW: Face, corruption: Corruption, strength: float, seed: int = 0) -> Face:
    """Every face corrupted.

    A face has its own chance, the same at every strength: its square grows, but stays where it is,
    and what happens to it does not depend on which other faces are measured.

    Args:
        images_NHW: uint8 (N, H, W), gray.
        corruption: one of `CORRUPTIONS` or `FRAMINGS`.
        strength: in the corruption's unit.
        seed: of the chance.

    Returns:
        uint8 (N, H, W); the images given stay as they are.

    >>> faces = np.full((2, 48, 48), 100, np.uint8)
    >>> corrupted(faces, CORRUPTIONS["low light"], 0.5).max()
    np.uint8(50)
    """
    out_NHW = np.empty_like(images_NHW)
    for number, image_HW in enumerate(images_NHW):
        chance = np.random.default_rng((seed, number))
        out_NHW[number] = corruption.apply(image_HW, strength, chance)
    return out_NHW


def accuracies(
    predict: Callable[[Face], NDArray[np.floating]],
    images_NHW: Face,
    labels_N: NDArray[np.integer],
    corruption: Corruption,
    seed: int = 0,
) -> Iterator[float]:
    """Accuracy at each strength of a corruption, one after the other.

    Args:
        predict: probabilities (N, K) of gray faces, uint8 (N, H, W).
        images_NHW: the faces before they are corrupted.
        labels_N: their true classes, from 0 to K − 1.
        corruption: one of `CORRUPTIONS` or `FRAMINGS`.
        seed: of the chance.
    """
    for strength in corruption.strengths:
        probabilities_NK = predict(corrupted(images_NHW, corruption, strength, seed))
        yield float((probabilities_NK.argmax(axis=1) == labels_N).mean())


def mean_corruption_accuracy(measured: Mapping[str, list[float]]) -> float | None:
    """The mean over all corruptions and strengths; None while one of `CORRUPTIONS` is missing.

    >>> mean_corruption_accuracy({name: [0.5] * 5 for name in CORRUPTIONS})
    0.5
    """
    if not CORRUPTIONS.keys() <= measured.keys():
        return None
    return fmean(fmean(measured[name]) for name in CORRUPTIONS)


def as_json(corruptions: Mapping[str, Corruption]) -> dict[str, Any]:
    """What is done and how strongly, ready for JSON."""
    return {
        name: {"what": each.what, "unit": each.unit, "strengths": list(each.strengths)}
        for name, each in corruptions.items()
    }


def _band(image_HW: Face, share: float, _: np.random.Generator, *, centre: float) -> Face:
    height, width = image_HW.shape
    top, bottom = round((centre - share / 2) * height), round((centre + share / 2) * height)
    return _covered(image_HW, max(0, top), bottom, round(0.1 * width), round(0.9 * width))


def _square(image_HW: Face, share: float, chance: np.random.Generator) -> Face:
    height, width = image_HW.shape
    side = round((share * height * width) ** 0.5)
    # The centre is drawn as a share of what is free, so that the square grows around its place.
    top, left = (
        round(u * (n - side)) for u, n in zip(chance.random(2), image_HW.shape, strict=True)
    )
    return _covered(image_HW, top, top + side, left, left + side)


def _covered(image_HW: Face, top: int, bottom: int, left: int, right: int) -> Face:
    """A part painted in the face's mean gray, which makes the face no brighter and no darker."""
    out_HW = image_HW.copy()
    out_HW[top:bottom, left:right] = round(float(image_HW.mean()))
    return out_HW


def _low_light(image_HW: Face, factor: float, _: np.random.Generator) -> Face:
    return _to_uint8(image_HW * factor)


def _blur(image_HW: Face, sigma: float, _: np.random.Generator) -> Face:
    out = cv2.GaussianBlur(image_HW, (0, 0), _scaled(sigma, image_HW), None, 0.0, _BORDER)
    return np.asarray(out, np.uint8)


def _noise(image_HW: Face, sigma: float, chance: np.random.Generator) -> Face:
    return _to_uint8(image_HW + sigma * chance.standard_normal(image_HW.shape))


def _jpeg(image_HW: Face, quality: float, _: np.random.Generator) -> Face:
    file = cv2.imencode(".jpg", image_HW, [cv2.IMWRITE_JPEG_QUALITY, int(quality)])[1]
    return np.asarray(cv2.imdecode(file, cv2.IMREAD_GRAYSCALE), np.uint8)


def _rotation(image_HW: Face, degrees: float, chance: np.random.Generator) -> Face:
    height, width = image_HW.shape
    angle = degrees if chance.random() < 0.5 else -degrees
    turn = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), angle, 1)
    return np.asarray(
        cv2.warpAffine(image_HW, turn, (width, height), flags=cv2.INTER_LINEAR, borderMode=_BORDER),
        np.uint8,
    )


def _down_scaling(image_HW: Face, side: float, _: np.random.Generator) -> Face:
    height, width = image_HW.shape
    small = round(_scaled(side, image_HW))
    shrunk = cv2.resize(image_HW, (small, small), interpolation=cv2.INTER_AREA)
    grown = cv2.resize(shrunk, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(grown, np.uint8)


def _crop_scale(image_HW: Face, scale: float, _: np.random.Generator) -> Face:
    return _cut(image_HW, 0, 0, scale)


def _shift(image_HW: Face, share: float, chance: np.random.Generator) -> Face:
    angle = chance.uniform(0, 2 * np.pi)
    return _cut(image_HW, share * np.cos(angle), share * np.sin(angle), 1)


def _cut(image_HW: Face, right: float, down: float, scale: float) -> Face:
    """The face as `ferlite` would cut it out of a photo of nothing else, from a box that is off."""
    height, width = image_HW.shape
    photo_HWC = cv2.cvtColor(image_HW, cv2.COLOR_GRAY2BGR)
    box = (right * width, down * height, float(width), float(height))
    cut_1HW = crop(np.asarray(photo_HWC, np.uint8), box, scale, (height, width), channels=1)
    return np.asarray(cut_1HW[0], np.uint8)


def _scaled(pixels: float, image_HW: Face) -> float:
    return pixels * float(image_HW.shape[1]) / WIDTH


def _to_uint8(image_HW: NDArray[np.floating]) -> Face:
    return np.asarray(np.clip(np.rint(image_HW), 0, 255), np.uint8)


_BORDER = cv2.BORDER_REPLICATE  # a black border would be an edge that no training face has

CORRUPTIONS: dict[str, Corruption] = {
    "eyes covered": Corruption(
        "a gray band over the eyes, as wide as 80% of the image",
        "height of the band, share of the image",
        (0.10, 0.15, 0.20, 0.25, 0.30),
        partial(_band, centre=EYES),
    ),
    "mouth covered": Corruption(
        "a gray band over the mouth, as wide as 80% of the image",
        "height of the band, share of the image",
        (0.10, 0.15, 0.20, 0.30, 0.40),
        partial(_band, centre=MOUTH),
    ),
    "square covered": Corruption(
        "a gray square somewhere",
        "area of the square, share of the image",
        (0.05, 0.10, 0.20, 0.30, 0.40),
        _square,
    ),
    "low light": Corruption(
        "all gray values multiplied and rounded",
        "factor",
        (0.6, 0.4, 0.25, 0.15, 0.08),
        _low_light,
    ),
    "blur": Corruption(
        "Gaussian blur", "standard deviation, pixels of 48", (0.5, 1, 1.5, 2, 3), _blur
    ),
    "noise": Corruption(
        "Gaussian noise on every pixel", "standard deviation, of 255", (8, 16, 24, 36, 50), _noise
    ),
    "JPEG": Corruption("JPEG of low quality", "quality", (40, 25, 15, 10, 5), _jpeg),
    "rotation": Corruption(
        "turned in the plane, either way by lot", "degrees", (5, 10, 20, 30, 45), _rotation
    ),
    "down-scaling": Corruption(
        "shrunk and grown again", "side it was shrunk to, pixels", (32, 24, 16, 12, 8),
        _down_scaling,
    ),
}  # fmt: skip
"""What happens to images of faces on their way to a network."""

FRAMINGS: dict[str, Corruption] = {
    "crop scale": Corruption(
        "cut too tightly or too loosely, the same centre; nearest edge pixels outside",
        "side of the crop over the image's",
        (0.7, 0.8, 0.9, 0.95, 1.05, 1.1, 1.2, 1.3, 1.5),
        _crop_scale,
    ),
    "shift": Corruption(
        "cut beside the face, in a direction by lot; nearest edge pixels outside",
        "shift, share of the image's side",
        (0.05, 0.10, 0.15, 0.20, 0.25),
        _shift,
    ),
}
"""How a face detector's box may be off."""
