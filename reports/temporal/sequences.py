"""Faces followed through frames, and the folders in which one keeps them.

    DIR/labels.csv                  sequence,frame,emotion[,seen]
    DIR/<sequence>/000001.png ...   the face in each frame, already cut out

`labels.csv` has a row for every frame, in any order; frames count from 1 without gaps. Where `seen`
is 0 no face was found: that frame has no image, but it still has an emotion. Without the column
every frame is seen. Images may be of any size and of any format that ferlite reads; their names
are their numbers, with any number of leading zeros.
"""

import csv
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ferlite.emotions import EMOTIONS, emotion_index
from ferlite.errors import FerliteError
from ferlite.faces.crop import crop
from ferlite.lab.data.image_files import is_image, visible
from ferlite.media.image import load

LABELS: Final = "labels.csv"
_SEEN: Final = {"": True, "1": True, "0": False}


@dataclass(frozen=True)
class FaceSequence:
    """One face through time.

    Attributes:
        name: what it is called.
        images_THW: uint8 gray faces; black where none was seen.
        labels_T: int64 true emotions, indices into `ferlite.EMOTIONS`.
        seen_T: bool, in which frames the face was found.
        rate: frames per second.
    """

    name: str
    images_THW: NDArray[np.uint8]
    labels_T: NDArray[np.int64]
    seen_T: NDArray[np.bool_]
    rate: float

    def __len__(self) -> int:
        return len(self.labels_T)


def load_sequences(folder: str | Path, *, rate: float, size: int = 48) -> list[FaceSequence]:
    """Read a folder of frame sequences, laid out as the top of this file says.

    Args:
        folder: the folder that holds `labels.csv`.
        rate: frames per second.
        size: height and width of the faces, in pixels.

    Returns:
        The sequences in the order of their names.

    Raises:
        FerliteError: the layout differs, an image is missing, left over or damaged, or the rate is
            no positive number.

    >>> import cv2, tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> (folder / "anna").mkdir()
    >>> cv2.imwrite(str(folder / "anna" / "000001.png"), np.full((60, 60), 9, np.uint8))
    True
    >>> rows = "sequence,frame,emotion,seen\\nanna,1,happy,1\\nanna,2,happy,0\\n"
    >>> _ = (folder / "labels.csv").write_text(rows)
    >>> (anna,) = load_sequences(folder, rate=10)
    >>> anna.images_THW.shape, anna.seen_T.tolist()
    ((2, 48, 48), [True, False])
    """
    folder = Path(folder)
    if not (np.isfinite(rate) and rate > 0):
        raise FerliteError(f"the rate must be more than 0 frames per second, not {rate}")
    rows = _read_labels(folder / LABELS)
    named = {path.name for path in visible(folder) if path.is_dir()}
    if extra := sorted(named - set(rows)):
        raise FerliteError(f"{folder / extra[0]}: {LABELS} has no row for this sequence")
    return [_sequence(folder / name, rows[name], rate, size) for name in sorted(rows)]


def _read_labels(path: Path) -> dict[str, dict[int, tuple[int, bool]]]:
    """By sequence and frame: the emotion, and whether the face was seen."""
    rows: dict[str, dict[int, tuple[int, bool]]] = defaultdict(dict)
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            lines = csv.DictReader(file)
            if not {"sequence", "frame", "emotion"} <= set(lines.fieldnames or ()):
                raise FerliteError(
                    f"{path}: its first line must name the columns sequence, frame and emotion"
                )
            for line in lines:
                where = f"{path}: line {lines.line_num}"
                name, frame, label, seen = _row(line, where)
                if frame in rows[name]:
                    raise FerliteError(f"{where} has frame {frame} of {name} a second time")
                rows[name][frame] = label, seen
    except OSError as error:
        raise FerliteError(f"{path}: cannot be read ({error.strerror})") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise FerliteError(f"{path}: is no CSV table ({error})") from error
    if not rows:
        raise FerliteError(f"{path}: has no rows")
    return rows


def _row(line: dict[str, str | None], where: str) -> tuple[str, int, int, bool]:
    name, frame, emotion, seen = (
        (line.get(column) or "").strip() for column in ("sequence", "frame", "emotion", "seen")
    )
    # A name is a folder in DIR: one with a separator in it would be looked for elsewhere.
    if not name or name in (".", "..") or "/" in name or "\\" in name:
        raise FerliteError(f"{where} has {name!r}, which is no name of a sequence's folder")
    if not (frame.isascii() and frame.isdigit() and int(frame[:10]) >= 1 and len(frame) <= 10):
        raise FerliteError(f"{where} has the frame {frame!r}; frames count from 1")
    try:
        label = emotion_index(emotion)
    except KeyError:
        raise FerliteError(
            f"{where} has the emotion {emotion!r}, which is none of {', '.join(EMOTIONS)}"
        ) from None
    if seen not in _SEEN:
        raise FerliteError(f"{where} has {seen!r} as seen, which is 1 or 0")
    return name, int(frame), label, _SEEN[seen]


def _sequence(
    folder: Path, rows: dict[int, tuple[int, bool]], rate: float, size: int
) -> FaceSequence:
    frames = len(rows)
    if gap := next((t for t in range(1, frames + 1) if t not in rows), None):
        raise FerliteError(
            f"{folder.parent / LABELS}: lacks frame {gap} of {folder.name}; "
            "a frame without a face needs a row, too, with 0 in the column seen"
        )
    image_files = _images_of(folder)
    images_THW = np.zeros((frames, size, size), np.uint8)
    for frame, (_, seen) in rows.items():
        image_file = image_files.pop(frame, None)
        if seen != (image_file is not None):
            says = "an image is missing" if seen else "there is an image"
            raise FerliteError(
                f"{folder}: {says} of frame {frame}, which {LABELS} says was "
                f"{'seen' if seen else 'not seen'}"
            )
        if image_file is not None:
            image_HWC = load(image_file)
            box = (0, 0, image_HWC.shape[1], image_HWC.shape[0])
            images_THW[frame - 1] = crop(image_HWC, box, 1.0, (size, size), 1)[0]
    if image_files:
        raise FerliteError(
            f"{next(iter(image_files.values()))}: {LABELS} has no row for this frame"
        )
    ordered = [rows[frame] for frame in range(1, frames + 1)]
    return FaceSequence(
        name=folder.name,
        images_THW=images_THW,
        labels_T=np.array([label for label, _ in ordered], np.int64),
        seen_T=np.array([seen for _, seen in ordered], bool),
        rate=rate,
    )


def _images_of(folder: Path) -> dict[int, Path]:
    """The images of a sequence by their numbers."""
    if not folder.is_dir():
        raise FerliteError(f"{folder}: there is no such folder, but {LABELS} names the sequence")
    found: dict[int, Path] = {}
    for path in visible(folder):
        if not is_image(path.name):
            continue
        if not (path.stem.isascii() and path.stem.isdigit()):
            raise FerliteError(f"{path}: a frame is named after its number, such as 000001.png")
        if (number := int(path.stem)) in found:
            raise FerliteError(f"{path}: is frame {number}, as {found[number].name} is")
        found[number] = path
    return found
