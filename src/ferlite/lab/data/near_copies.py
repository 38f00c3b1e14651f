"""Near-copies: one photograph that was saved again, relit, written on, re-cropped or mirrored.

The distance of two images is 1 − r, where r is their correlation (from −1 to 1) after

- bringing both to 48×48 pixels;
- a band-pass, a Gaussian of 1 pixel less one of 6: noise and JPEG go, and so do brightness and
  slow shading; the correlation itself takes away what is left of brightness and contrast;
- sliding the inner 44×44 pixels of the first over the second, up to 2 pixels each way, and taking
  the place where r is highest.

Measuring all pairs so would take hours, so only pairs whose low frequencies agree are measured: the
cosine of their 10×10 lowest DCT coefficients, which hardly notice a shift by a pixel. That is one
matrix product for each of four places of the second image. docs/research/audit.md tells how
both thresholds were chosen and what they miss.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

LARGEST_DISTANCE: Final = 0.10
"""Pairs up to here are near-copies; on FER2013 all that were looked at are the same photograph."""
BLANK_DEVIATION: Final = 5.0
"""An image whose gray values deviate less from their mean (root mean square) shows nothing."""
SMALLEST_COSINE: Final = 0.75
"""Pairs whose low frequencies agree less are not measured."""

_SIDE: Final = 48
_SLIDE: Final = 2
_FINE, _COARSE = 1.0, 6.0
_FREQUENCIES: Final = 10
# Two blocks of descriptors and their product stay in the processor's cache.
_BLOCK: Final = 2048
# As OpenCV counts it, what is constant correlates with anything.
_EMPTY: Final = 0.05


@dataclass(frozen=True)
class NearCopies:
    """Pairs of images that are near-copies.

    Attributes:
        rows_P2: int64 row numbers, the smaller first; pairs are in ascending order.
        distances_P: float32 distances, 0 to the largest allowed.
        mirrored_P: bool, True where only the mirrored second image is a copy of the first.
    """

    rows_P2: NDArray[np.int64]
    distances_P: NDArray[np.float32]
    mirrored_P: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.rows_P2)


def find_near_copies(
    images_NHW: NDArray[np.uint8], largest_distance: float = LARGEST_DISTANCE
) -> NearCopies:
    """All pairs of images within a distance of each other, as they are or mirrored.

    Blank images are copies of nothing. Takes 9 KB of memory per image, and time that grows with
    the square of their number: half a minute of one core for 36,000.

    Args:
        images_NHW: uint8 gray images of any one size.
        largest_distance: between 0 and 1; over 0.1, different people are found, too.

    >>> face_HW = np.random.default_rng(0).integers(0, 256, (6, 6)).astype(np.uint8)
    >>> face_HW = cv2.resize(face_HW, (48, 48))
    >>> found = find_near_copies(np.stack([face_HW, face_HW // 2 + 60, face_HW[:, ::-1]]))
    >>> found.rows_P2.tolist(), found.mirrored_P.tolist()
    ([[0, 1], [0, 2], [1, 2]], [False, True, True])
    """
    shown = np.flatnonzero(~is_blank(images_NHW))
    bands_NHW = band_pass(images_NHW[shown])
    best: dict[tuple[int, int], tuple[float, bool]] = {}
    for mirrored in (False, True):
        for a, b in _candidates(bands_NHW, mirrored):
            second_HW = bands_NHW[b, :, ::-1] if mirrored else bands_NHW[b]
            distance = _distance(bands_NHW[a], second_HW)
            if distance <= largest_distance:
                best.setdefault((a, b), (distance, mirrored))
    pairs = sorted(best)
    return NearCopies(
        rows_P2=shown[np.array(pairs, dtype=np.int64).reshape(-1, 2)],
        distances_P=np.array([best[pair][0] for pair in pairs], dtype=np.float32),
        mirrored_P=np.array([best[pair][1] for pair in pairs], dtype=bool),
    )


def distance(first_HW: NDArray[np.uint8], second_HW: NDArray[np.uint8]) -> float:
    """The distance of two gray images, as the top of this file defines it, 0 to 2.

    Anything is at a distance of 1 from an image of a single gray.

    >>> ramp_HW = np.tile(np.arange(48, dtype=np.uint8) ** 2 // 10, (48, 1))
    >>> distance(ramp_HW, ramp_HW // 2 + 100) < 0.02
    True
    """
    return _distance(*band_pass(np.stack([first_HW, second_HW])))


def is_blank(images_NHW: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Which images show nothing: gray values that deviate from their mean by less than 5.

    >>> is_blank(np.full((1, 48, 48), 128, np.uint8)).tolist()
    [True]
    """
    return np.array([image_HW.std() < BLANK_DEVIATION for image_HW in images_NHW], dtype=bool)


def band_pass(images_NHW: NDArray[np.uint8]) -> NDArray[np.float32]:
    """What two images are compared by: float32 (N, 48, 48), each of mean 0 and deviation 1."""
    bands_NHW = np.empty((len(images_NHW), _SIDE, _SIDE), np.float32)
    for image_HW, band_HW in zip(images_NHW, bands_NHW, strict=True):
        # Bilinear shrinking would skip pixels.
        how = cv2.INTER_AREA if min(image_HW.shape) > _SIDE else cv2.INTER_LINEAR
        small_HW = cv2.resize(image_HW, (_SIDE, _SIDE), interpolation=how).astype(np.float32)
        cv2.subtract(_blurred(small_HW, _FINE), _blurred(small_HW, _COARSE), dst=band_HW)
    bands_NHW -= bands_NHW.mean(axis=(1, 2), keepdims=True)
    bands_NHW /= np.maximum(bands_NHW.std(axis=(1, 2), keepdims=True), 1e-6)
    return bands_NHW


def _blurred(image_HW: NDArray[np.float32], sigma: float) -> NDArray[np.float32]:
    blurred_HW: NDArray[np.float32] = cv2.GaussianBlur(image_HW, (0, 0), sigma)  # type: ignore[assignment]
    return blurred_HW


def _distance(first_HW: NDArray[np.float32], second_HW: NDArray[np.float32]) -> float:
    inner_HW = first_HW[_SLIDE:-_SLIDE, _SLIDE:-_SLIDE]
    if inner_HW.std() < _EMPTY:
        return 1.0
    # OpenCV's name for the correlation of an image with every window of another.
    correlations = cv2.matchTemplate(second_HW, inner_HW, cv2.TM_CCOEFF_NORMED)
    return max(0.0, 1.0 - float(correlations.max()))


def _candidates(bands_NHW: NDArray[np.float32], mirrored: bool) -> Iterator[tuple[int, int]]:
    """Pairs of rows, the smaller first, whose low frequencies agree."""
    first_ND = _low_frequencies(bands_NHW, _SLIDE, _SLIDE)
    # Every place that `_distance` tries is at most a pixel, up or down and sideways, from one here.
    slid_ND = [_low_frequencies(bands_NHW, y, x) for y in (1, 3) for x in (1, 3)]
    if (
        mirrored
    ):  # Mirroring negates the odd horizontal cosines; the four places stay the same four.
        signs_KK = (-1.0) ** np.indices((_FREQUENCIES, _FREQUENCIES), dtype=np.float32)[1]
        slid_ND = [vectors_ND * signs_KK.ravel()[1:] for vectors_ND in slid_ND]
    for top in range(0, len(bands_NHW), _BLOCK):
        for left in range(top, len(bands_NHW), _BLOCK):
            rows_ND = first_ND[top : top + _BLOCK]
            agree = np.zeros((len(rows_ND), len(first_ND[left : left + _BLOCK])), dtype=bool)
            for vectors_ND in slid_ND:
                agree |= rows_ND @ vectors_ND[left : left + _BLOCK].T >= SMALLEST_COSINE
            a, b = np.nonzero(np.triu(agree, k=1) if top == left else agree)
            yield from zip((a + top).tolist(), (b + left).tolist(), strict=True)


def _low_frequencies(bands_NHW: NDArray[np.float32], y: int, x: int) -> NDArray[np.float32]:
    """The lowest cosine coefficients of every image's window at (y, x), as vectors of length 1.

    Returns:
        float32 (N, K·K − 1), without the constant term, which says nothing here.
    """
    side = _SIDE - 2 * _SLIDE
    cosines_KW = cv2.dct(np.eye(side, dtype=np.float32), flags=cv2.DCT_ROWS).T[:_FREQUENCIES]
    windows_NHW = bands_NHW[:, y : y + side, x : x + side]
    coefficients_NKK = cosines_KW @ (windows_NHW @ cosines_KW.T)
    vectors_ND = coefficients_NKK.reshape(len(bands_NHW), _FREQUENCIES**2)[:, 1:]
    lengths_N1 = np.linalg.norm(vectors_ND, axis=1, keepdims=True)
    unit_ND: NDArray[np.float32] = vectors_ND / np.maximum(lengths_N1, 1e-6)
    return unit_ND
