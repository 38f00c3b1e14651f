"""CK+: people in a laboratory who go from a neutral face to the peak of an emotion.

Lucey, Cohn, Kanade, Saragih, Ambadar and Matthews, "The Extended Cohn-Kanade Dataset (CK+)", CVPR
Workshops 2010.

Each sequence with a label gives its peak, the last frame; each sequence, labelled or not, gives its
first frame as neutral, which is how `ckextended.csv` comes to 593 of them. Contempt is left out.
All is "test", as in the paper of CLCM: a few people in one room are too few to learn from.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ferlite.emotions import EMOTIONS, emotion_index
from ferlite.errors import FerliteError
from ferlite.faces.box import Box
from ferlite.faces.haar import Haar
from ferlite.lab.data import fer2013_table
from ferlite.lab.data.dataset import SPLITS, FaceDataset
from ferlite.lab.data.image_files import ListedImage, load_images, visible
from ferlite.lab.data.layout import CKPLUS

LABELS: Final = {
    code: emotion_index(name)
    for code, name in {
        0: "neutral", 1: "angry", 3: "disgust", 4: "fear", 5: "happy", 6: "sad", 7: "surprise",
    }.items()
}  # fmt: skip
"""CK+'s codes of the emotions, and the labels that they mean."""
CONTEMPT: Final = 2
"""CK+'s code of the emotion that is left out."""
TABLE_CONTEMPT: Final = 7
"""The same in `ckextended.csv`, whose other codes are FER2013's."""

_TEST = SPLITS.index("test")


def load_ckplus(path: str | Path, *, size: int = 96, cache: Path | None = None) -> FaceDataset:
    """Read CK+, all of it as split "test".

    The real data has 902 rows: 593 neutral ones, and 309 peaks of 45 angry, 59 disgust, 25 fear, 69
    happy, 28 sad and 83 surprise.

    Args:
        path: a folder with `cohn-kanade-images/S*/*/*.png` and `Emotion/S*/*/*_emotion.txt`; the
            largest face that the Haar cascade finds in a frame is cut out, and where it finds none
            the middle square is. Or the table `ckextended.csv` of 48×48 faces (plain or
            compressed), or a folder that holds it.
        size: height and width in pixels of the faces, which become gray; the table's stay at 48.
        cache: where the faces of the frames are kept; see `ferlite.lab.data.cache.cached`.

    Returns:
        images uint8 (N, size, size), labels int64 in canonical order, name "ckplus".

    Raises:
        FerliteError: a part or a frame is missing, or a label or a row is wrong.

    >>> import tempfile
    >>> table = Path(tempfile.mkdtemp()) / "ckextended.csv"
    >>> face = " ".join(["128"] * 48 * 48)
    >>> rows = [f"5,{face},Training", f"7,{face},PublicTest"]
    >>> _ = table.write_text("\\n".join(["emotion,pixels,Usage", *rows]))
    >>> faces = load_ckplus(table)
    >>> len(faces), faces.classes[faces.labels_N[0]], faces.rows("test")
    (1, 'surprise', array([0]))
    """
    path = Path(path)
    if path.is_file() and fer2013_table.is_table(path):
        return _of_table(path)
    if path.is_dir() and len(tables := fer2013_table.find(path)) == 1:
        return _of_table(tables[0])
    emotion, images = CKPLUS.find(path)
    return load_images(
        "ckplus",
        lambda: list(_peaks(emotion, images)) + list(_neutral(images)),
        [emotion, images],
        size=size,
        locate=largest_face(),
        cache=cache,
    )


def largest_face() -> Callable[[NDArray[np.uint8]], Box]:
    """A function that finds the largest face of an image, or else the image's middle square.

    >>> largest_face()(np.zeros((480, 640, 3), np.uint8))
    (80.0, 0.0, 480, 480)
    """
    haar = Haar()

    def locate(image_HWC: NDArray[np.uint8]) -> Box:
        boxes = [face.box for face in haar.detect(image_HWC)]
        if boxes:
            return max(boxes, key=lambda box: box[2] * box[3])
        height, width = image_HWC.shape[:2]
        side = min(height, width)
        return (width - side) / 2, (height - side) / 2, side, side

    return locate


def _of_table(path: Path) -> FaceDataset:
    codes = {**fer2013_table.CODES, str(TABLE_CONTEMPT).encode(): TABLE_CONTEMPT}
    rows = [row for row in fer2013_table.rows(path, codes) if row.label != TABLE_CONTEMPT]
    if not rows:
        raise FerliteError(f"{path}: holds contempt only, which is left out")
    faces = fer2013_table.dataset("ckplus", rows)
    return replace(faces, splits_N=np.full(len(rows), _TEST, np.int8))


def _peaks(emotion: Path, images: Path) -> Iterator[ListedImage]:
    """Last frames: `S005_001_00000011_emotion.txt` labels `S005_001_00000011.png`."""
    for file in sorted(emotion.glob("S*/*/*_emotion.txt")):
        text = file.read_text(encoding="utf-8", errors="replace").strip()
        try:
            code = float(text)
            label = None if code == CONTEMPT else LABELS[int(code)]
            if code % 1:
                raise ValueError
        except (ValueError, OverflowError, KeyError):
            raise FerliteError(
                f"{file}: holds {text[:24]!r}, which is no code from 0 to 7"
            ) from None
        if label is not None:
            name = f"{file.name.removesuffix('_emotion.txt')}.png"
            sequence = file.parent.relative_to(emotion)
            yield ListedImage(images / sequence / name, label, _TEST)


def _neutral(images: Path) -> Iterator[ListedImage]:
    """First frames; a sequence of one frame has only its peak."""
    for sequence in sorted(images.glob("S*/*")):
        if sequence.is_dir() and not sequence.name.startswith("."):
            frames = [file for file in visible(sequence) if file.suffix.lower() == ".png"]
            if len(frames) > 1:
                yield ListedImage(frames[0], EMOTIONS.index("neutral"), _TEST)
