"""Which regions of a face drove the answer: cover each in turn and see what the network misses."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ferlite.classify.classifier import Classifier

PATCH: Final = 1 / 4
"""Side of the square that covers a region, over the side of the crop: an eye, half a mouth."""
STEPS: Final = 12
"""The square moves over the crop in so many steps a side, a third of its own side each."""
_SUREST: Final = 1e-6  # nearer to 0 and 1 float32 has no odds


@dataclass(frozen=True, slots=True, eq=False)
class Explanation:
    """Which regions of a face spoke for an emotion.

    Attributes:
        emotion: the one explained.
        heat_HW: float32, of the size of the network's input. What the emotion loses where the
            region around a pixel is covered, in log-odds: 1 divides its odds by 2.7. Positive
            where the face speaks for the emotion, negative where it speaks against it.
        square: left, top and side, in pixels of the image, of what the network saw and the heat
            lies on; parts may lie outside the image.
        angle: by how many degrees the square is turned around its middle, clockwise as seen.
    """

    emotion: str
    heat_HW: NDArray[np.float32]
    square: tuple[int, int, int]
    angle: float = 0.0


def occlusion(
    classifier: Classifier, face_CHW: NDArray[np.uint8], emotion: int
) -> NDArray[np.float32]:
    """How much a network's belief in an emotion depends on each region of a face.

    Occlusion sensitivity (Zeiler & Fergus 2014, "Visualizing and Understanding Convolutional
    Networks", section 2.1): a square of a quarter of the face's side, filled with the face's mean
    colour, covers every region in turn, 169 in all; the heat of a pixel is the mean of what the
    squares over it took from the emotion. Loss is counted in log-odds, because the probability
    of a network that is sure hardly moves. All covered faces go through the network in one call.

    Args:
        classifier: the network.
        face_CHW: uint8, (C, H, W), as the network takes it.
        emotion: the index in `ferlite.EMOTIONS`.

    Returns:
        float32, (H, W): see `Explanation.heat_HW`.

    Raises:
        FerliteError: the face has another shape or type than the network takes.

    >>> from ferlite.classify import zoo
    >>> occlusion(Classifier(zoo.path(zoo.DEFAULT)), np.zeros((1, 80, 80), np.uint8), 3).shape
    (80, 80)
    """
    covers_NHW = _covers(*face_CHW.shape[1:])
    mean_C11 = np.rint(face_CHW.mean((1, 2), keepdims=True)).astype(np.uint8)
    covered_NCHW = np.where(covers_NHW[:, None], mean_C11, face_CHW)
    p_N = classifier(np.concatenate([face_CHW[None], covered_NCHW]))[:, emotion]
    p_N = np.clip(p_N.astype(np.float64), _SUREST, 1 - _SUREST)
    odds_N = np.log(p_N / (1 - p_N))
    lost_N = odds_N[0] - odds_N[1:]
    heat_HW = np.einsum("nhw,n->hw", covers_NHW, lost_N) / covers_NHW.sum(0)
    return np.asarray(heat_HW, np.float32)


def _covers(height: int, width: int) -> NDArray[np.bool_]:
    """Masks (N, H, W) of the squares. Those at the edges lie half outside, so that the edges are
    covered as often as the middle.
    """
    y_HS, x_WS = (
        np.abs(np.arange(side)[:, None] + 0.5 - np.linspace(0, side, STEPS + 1)) < side * PATCH / 2
        for side in (height, width)
    )
    masks_SSHW = y_HS.T[:, None, :, None] & x_WS.T[None, :, None, :]
    return masks_SSHW.reshape(-1, height, width)
