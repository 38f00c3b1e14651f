"""Sequences of frames made from still faces, as a tracker in a video would cut them out.

A face is held for a while, then another takes its place. Datasets such as FER2013 do not say who
is who, so every change of emotion is also a change of person; some changes of person keep the
emotion, so that a new face alone does not announce a new emotion. What disturbs the frames has
memory, as in a video: the detector's box drifts, light and sharpness come and go, and the face is
lost for several frames together.
"""

import math
from dataclasses import asdict, dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from reports.temporal.sequences import FaceSequence


@dataclass(frozen=True)
class World:
    """What happens in a made sequence; times in seconds, deviations one standard deviation.

    Attributes:
        rate: frames per second.
        seconds: how long a sequence is.
        hold_least: no face is held for less.
        hold_mean: how long a face is held in the mean; the rest is exponential, without memory.
        same_emotion: probability that the next face shows the same emotion as the last.
        shift: of the box along each axis, as a share of its side.
        zoom: of the logarithm of the box's side.
        rotation: of its angle, in degrees.
        box_memory: correlation time of these three.
        light: of the logarithm of the brightness, whose median is 0.8.
        light_memory: its correlation time.
        blur: of the Gaussian blur in pixels; half of the time there is none.
        blur_memory: its correlation time.
        noise: largest standard deviation of the pixels' noise in gray levels; one for a sequence.
        lost_rate: how often a second the face is lost.
        lost_mean: for how long, in the mean.
    """

    rate: float = 10.0
    seconds: float = 8.0
    hold_least: float = 0.6
    hold_mean: float = 2.0
    same_emotion: float = 0.3
    shift: float = 0.04
    zoom: float = 0.06
    rotation: float = 5.0
    box_memory: float = 0.2
    light: float = 0.5
    light_memory: float = 1.0
    blur: float = 1.0
    blur_memory: float = 0.3
    noise: float = 16.0
    lost_rate: float = 0.15
    lost_mean: float = 0.4

    @property
    def frames(self) -> int:
        """How many frames a sequence has."""
        return round(self.rate * self.seconds)

    def as_dict(self) -> dict[str, Any]:
        """All of it, ready for JSON."""
        return asdict(self)


def make_sequences(
    images_NHW: NDArray[np.uint8],
    labels_N: NDArray[np.int64],
    count: int,
    world: World,
    seed: int,
) -> list[FaceSequence]:
    """Make sequences; the same arguments give the same ones, and a larger count only adds some.

    Args:
        images_NHW: uint8 faces, of two emotions or more.
        labels_N: their emotions, indices into `ferlite.EMOTIONS`.
        count: how many sequences.
        world: what happens in them.
        seed: decides all that is random.

    >>> faces = np.zeros((2, 48, 48), np.uint8)
    >>> made = make_sequences(faces, np.array([3, 4]), 2, World(seconds=1), seed=0)
    >>> [sequence.images_THW.shape for sequence in made]
    [(10, 48, 48), (10, 48, 48)]
    """
    made = []
    for number in range(count):
        random = np.random.default_rng([seed, number])
        rows_T = _held_rows(labels_N, world, random)
        seen_T = _seen(world, random)
        images_THW = _disturbed(images_NHW[rows_T], world, random)
        images_THW[~seen_T] = 0
        made.append(
            FaceSequence(f"made-{number:04}", images_THW, labels_N[rows_T], seen_T, world.rate)
        )
    return made


def _held_rows(
    labels_N: NDArray[np.int64], world: World, random: np.random.Generator
) -> NDArray[np.int64]:
    """Which face each frame shows, (T,)."""
    rows_T = np.empty(world.frames, np.int64)
    start, row = 0, int(random.integers(len(labels_N)))
    while start < world.frames:
        rest = max(world.hold_mean - world.hold_least, 0.0)
        held = world.hold_least + random.exponential(rest)
        end = start + max(1, round(held * world.rate))
        rows_T[start:end] = row
        is_same_N = labels_N == labels_N[row]
        keeps = random.random() < world.same_emotion
        row = int(random.choice(np.flatnonzero(is_same_N if keeps else ~is_same_N)))
        start = end
    return rows_T


def _seen(world: World, random: np.random.Generator) -> NDArray[np.bool_]:
    """In which frames the face is found; in the first it always is."""
    seen_T = np.ones(world.frames, bool)
    start = 0.0
    while world.lost_rate:
        start += random.exponential(1 / world.lost_rate)
        first = math.ceil(start * world.rate)
        if first >= world.frames:
            break
        start += random.exponential(world.lost_mean)
        seen_T[max(first, 1) : max(first + 1, math.ceil(start * world.rate))] = False
    return seen_T


def _disturbed(
    faces_THW: NDArray[np.uint8], world: World, random: np.random.Generator
) -> NDArray[np.uint8]:
    frames, height, width = faces_THW.shape
    box_4T = np.stack([_drift(frames, world.box_memory * world.rate, random) for _ in range(4)])
    light_T = _drift(frames, world.light_memory * world.rate, random)
    blur_T = _drift(frames, world.blur_memory * world.rate, random)
    noise = random.uniform(0, world.noise)
    out_THW = np.empty_like(faces_THW)
    for t, face in enumerate(faces_THW):
        right, down, larger, turn = box_4T[:, t]
        move = cv2.getRotationMatrix2D(
            ((width - 1) / 2, (height - 1) / 2),
            world.rotation * turn,
            math.exp(world.zoom * larger),
        )
        move[:, 2] += world.shift * right * width, world.shift * down * height
        moved = cv2.warpAffine(face, move, (width, height), borderMode=cv2.BORDER_REPLICATE)
        if (sigma := world.blur * blur_T[t]) > 0.1:
            moved = cv2.GaussianBlur(moved, (0, 0), sigma)
        pixels = moved * (0.8 * math.exp(world.light * light_T[t]))
        pixels += noise * random.standard_normal((height, width))
        out_THW[t] = np.clip(np.rint(pixels), 0, 255)
    return out_THW


def _drift(frames: int, memory: float, random: np.random.Generator) -> NDArray[np.float64]:
    """Gaussian numbers of deviation 1 whose correlation falls by e within `memory` frames."""
    keep = math.exp(-1 / memory) if memory > 0 else 0.0
    drift_T = random.standard_normal(frames)
    for t in range(1, frames):
        drift_T[t] = keep * drift_T[t - 1] + math.sqrt(1 - keep**2) * drift_T[t]
    return drift_T
