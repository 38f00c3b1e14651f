"""Where one shot of a video ends and another begins."""

from typing import Final, Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

HEIGHT: Final = 36
WIDTH: Final = 64
"""Frames are compared at this size."""
SAMPLES: Final = 4
"""A small pixel is the mean of so many pixels a side."""
BLOCK: Final = 8
"""A frame is compared in squares of so many small pixels a side..."""
STEP: Final = 6
"""...that lie so many apart."""
REACH: Final = 6
"""So many small pixels may something move from one frame to the next: a tenth of the width."""
ALIKE: Final = 0.7
"""Squares whose correlation is at least this show the same."""
TEXTURE: Final = 2.0
"""Standard deviation, of 255, under which a square shows nothing."""
MOST_TEXTURE: Final = 20.0
"""Above this, a square counts no more for showing more."""
CUT: Final = 0.3, 0.2
"""A cut: this part of the frame is unlike the one before, and so much more than usual..."""
DOUBT: Final = 0.1, 0.08
"""...and what may be one, if the faces are others too."""
MOVED: Final = 15.0, 3.0
"""...or if pixels change by so much, of 255, and so many times as much as usual."""
USUAL: Final = 0.8
"""How much of what is usual is kept from frame to frame."""
FLASH: Final = 25.0
"""By so much, of 255, a frame is brighter at least when a flash goes off."""

Change: TypeAlias = Literal["none", "doubtful", "cut"]


class _Small(NamedTuple):
    """A frame made small, and its squares; both are kept for the frame after it."""

    gray_HW: NDArray[np.float32]
    squares_YXP: NDArray[np.float32]
    texture_YX: NDArray[np.float32]

    @classmethod
    def of(cls, gray_HW: NDArray[np.float32]) -> "_Small":
        """With its squares."""
        return cls(gray_HW, *_squares(gray_HW, STEP))


class Cuts:
    """Says of each frame of a video whether a new shot begins with it.

    Two frames are made small, and compared square by square: a square has its like in the other
    frame if it correlates with one nearby. Correlation does not see how bright it is, so the light
    may change, and the search around it forgives movement. In wild movement more must change.

    A frame in which there is nothing to see (black, say) is passed over: the next one is compared
    with the one before it. So is one that is suddenly much brighter, which may be of a flash: if
    the next one is like it, the cut was there.

    >>> cuts = Cuts()
    >>> here, there = np.random.default_rng(0).integers(0, 256, (2, 36, 64, 3), np.uint8)
    >>> [cuts(image) for image in (here, here, there, there)]
    ['none', 'none', 'cut', 'none']
    """

    def __init__(self) -> None:
        """Begin before the first frame."""
        self._last: _Small | None = None
        self._flash: _Small | None = None
        self._usual = self._usual_moved = 0.0

    def __call__(self, image_HWC: NDArray[np.uint8]) -> Change:
        """What is new in the next frame.

        Args:
            image_HWC: uint8, (H, W, 3).

        Returns:
            "cut" if a new shot begins; "doubtful" if it may, and faces should be looked at before
            they are taken for those of the frame before; else "none", as for the first frame.
        """
        now = _Small.of(small(image_HWC))
        last, flash = self._last, self._flash
        self._flash = None
        if last is None:
            self._last = now
            return "none"
        if now.gray_HW.std() < TEXTURE:
            return "doubtful"
        changed = _unlikeness(last, now)
        moved = float(np.abs(now.gray_HW - last.gray_HW).mean())
        cut, doubt = (max(least, self._usual + more) for least, more in (CUT, DOUBT))
        least, times = MOVED
        is_doubtful = changed > doubt
        is_cut = changed > cut or (is_doubtful and moved > max(least, times * self._usual_moved))
        if is_cut and flash is None and now.gray_HW.mean() > last.gray_HW.mean() + FLASH:
            self._flash = now
            return "doubtful"
        self._last = now
        if is_cut:
            self._usual = self._usual_moved = 0.0
            if flash is not None and _unlikeness(flash, now) < CUT[0]:
                return "none"  # it was no flash, and the faces since are new already
            return "cut"
        self._usual = USUAL * self._usual + (1 - USUAL) * changed
        self._usual_moved = USUAL * self._usual_moved + (1 - USUAL) * moved
        return "doubtful" if is_doubtful else "none"


def small(image_HWC: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The frame in gray, float32 (36, 64); each pixel is the mean of 4×4 spread over its part.

    >>> float(small(np.full((90, 160, 3), 7, np.uint8)).mean())
    7.0
    """
    rows, columns = (
        ((np.arange(parts * SAMPLES) + 0.5) * length / (parts * SAMPLES)).astype(np.intp)
        for parts, length in zip((HEIGHT, WIDTH), image_HWC.shape, strict=False)
    )
    # Whole rows first, and sums in integers: frames are large, and this is done for each.
    sampled_HWC = image_HWC[rows].take(columns, axis=1)
    summed_HP = sampled_HWC.reshape(HEIGHT, SAMPLES, -1).sum(1, dtype=np.uint32)
    summed_HW = summed_HP.reshape(HEIGHT, WIDTH, -1).sum(2, dtype=np.uint32)
    return np.asarray(summed_HW / (3 * SAMPLES**2), np.float32)


def unlikeness(before_HW: NDArray[np.float32], after_HW: NDArray[np.float32]) -> float:
    """Which part of what two small frames show has no like in the other, in [0, 1].

    The smaller of both ways counts, for things come into view and leave it within a shot, too.

    >>> frame = np.random.default_rng(0).normal(100, 30, (36, 64)).astype(np.float32)
    >>> unlikeness(frame, frame / 2 + 60)
    0.0
    """
    return _unlikeness(_Small.of(before_HW), _Small.of(after_HW))


def _unlikeness(before: _Small, after: _Small) -> float:
    # Where nothing moved, which is the rule, one look is enough.
    unlike_YX = (before.squares_YXP * after.squares_YXP).sum(2) < ALIKE
    return min(_missing(before, after, unlike_YX), _missing(after, before, unlike_YX))


def _missing(here: _Small, there: _Small, unlike_YX: NDArray[np.bool_]) -> float:
    """Which part of the squares of a frame, by texture, has no like nearby in another.

    Args:
        here: the frame.
        there: the other one.
        unlike_YX: which differ from what is in the same place there.
    """
    unlike_YX = unlike_YX.copy()
    weight_YX = np.clip(here.texture_YX - TEXTURE, 0, MOST_TEXTURE)
    if (total := float(weight_YX.sum())) == 0:
        return 0.0
    if len(moved := np.argwhere(unlike_YX & (weight_YX > 0))):
        everywhere_YXP = _squares(there.gray_HW, 1)[0]
        for y, x in moved:
            rows, columns = (
                slice(max(0, at * STEP - REACH), at * STEP + REACH + 1) for at in (y, x)
            )
            around_YXP = everywhere_YXP[rows, columns]
            unlike_YX[y, x] = (around_YXP @ here.squares_YXP[y, x]).max() < ALIKE
    return float(weight_YX[unlike_YX].sum()) / total


def _squares(
    small_HW: NDArray[np.float32], step: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Squares of mean 0 and length 1, float32 (Y, X, 64); and their standard deviations."""
    squares_YXHW = sliding_window_view(small_HW, (BLOCK, BLOCK))[::step, ::step]
    squares_YXP = squares_YXHW.reshape(*squares_YXHW.shape[:2], -1)
    squares_YXP = squares_YXP - squares_YXP.mean(2, keepdims=True)
    length_YX = np.sqrt((squares_YXP**2).sum(2))
    return squares_YXP / np.maximum(length_YX, 1e-3)[..., None], length_YX / BLOCK
