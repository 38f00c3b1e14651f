"""FER2013 in two thirds of the room, to carry it to a machine that takes only so much.

    python -m reports.packed fer2013.csv.xz packed/          here, with FER+'s votes
    python -m reports.packed packed/fer2013.xz fer2013/      there: fer2013.csv, the same rows

A pixel is guessed from its left, upper and upper left neighbours by the median edge detector of
JPEG-LS (Weinberger, Seroussi and Sapiro 2000): neighbours are alike, so that most of what is left
is near zero. Inside the xz are `MAGIC`, the number of faces (8 bytes, little-endian), a byte per
face for its emotion and one for its split, then the differences, face by face, modulo 256.
"""

import argparse
import lzma
import shutil
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ferlite.errors import DataError, FerliteError
from ferlite.files import written_whole
from ferlite.lab.data.dataset import FaceDataset
from ferlite.lab.data.fer2013 import load_fer2013
from ferlite.lab.data.fer2013_table import SIDE, USAGES
from ferlite.lab.data.layout import find_votes

MAGIC: Final = b"ferlite packed faces 1, 48x48\n"
# Literal bytes alone: what is left of pixels has no words that come again.
_XZ: Final = [{"id": lzma.FILTER_LZMA2, "preset": 6, "lc": 0, "lp": 0, "pb": 0}]


def pack(faces: FaceDataset, path: Path) -> None:
    """Write a dataset of 48×48 faces as a packed file.

    >>> import tempfile
    >>> images = np.random.default_rng(0).integers(0, 256, (2, 48, 48)).astype(np.uint8)
    >>> faces = FaceDataset("fer2013", images, np.array([3, 6]), np.array([0, 2], np.int8))
    >>> file = Path(tempfile.mkdtemp()) / "fer2013.xz"
    >>> pack(faces, file)
    >>> unpack(file).sha256 == faces.sha256
    True
    """
    head = (
        MAGIC
        + len(faces).to_bytes(8, "little")
        + faces.labels_N.astype(np.uint8).tobytes()
        + faces.splits_N.astype(np.uint8).tobytes()
    )
    with (
        written_whole(path) as part,
        lzma.open(part, "wb", format=lzma.FORMAT_XZ, filters=_XZ) as file,
    ):
        file.write(head)
        file.write(_differences(faces.images_NHW).tobytes())


def unpack(path: Path) -> FaceDataset:
    """The dataset of a packed file.

    Raises:
        DataError: it is something else, or cut short.
    """
    try:
        content = lzma.decompress(path.read_bytes())
    except (OSError, lzma.LZMAError) as error:
        raise DataError(f"{path}: cannot be read, or is cut short ({error})") from None
    start = len(MAGIC) + 8
    count = int.from_bytes(content[len(MAGIC) : start], "little")
    if not content.startswith(MAGIC) or len(content) != start + count * (2 + SIDE**2):
        raise DataError(f"{path}: is no packed FER2013, or cut short")
    bytes_ = np.frombuffer(content, np.uint8, offset=start)
    labels_N, splits_N, left = np.split(bytes_, [count, 2 * count])
    return FaceDataset(
        name="fer2013",
        images_NHW=_sums(left.reshape(count, SIDE, SIDE)),
        labels_N=labels_N.astype(np.int64),
        splits_N=splits_N.astype(np.int8),
    )


def write_table(faces: FaceDataset, path: Path) -> None:
    """Write FER2013 as its CSV table, which every reader of FER2013 takes."""
    usages = list(USAGES)
    with written_whole(path) as part, part.open("w", encoding="ascii") as file:
        file.write("emotion,pixels,Usage\n")
        for image_HW, label, split in zip(
            faces.images_NHW, faces.labels_N, faces.splits_N, strict=True
        ):
            file.write(f"{label},{' '.join(map(str, image_HW.ravel()))},{usages[split]}\n")


def _differences(images_NHW: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Each pixel less its guess, modulo 256."""
    around = np.pad(images_NHW, ((0, 0), (1, 0), (1, 0)))
    left, above, corner = around[:, 1:, :-1], around[:, :-1, 1:], around[:, :-1, :-1]
    return images_NHW - _guess(left, above, corner)


def _sums(left_NHW: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The pixels of `_differences`: one place after the other, all faces at once."""
    count, height, width = left_NHW.shape
    around_HWN = np.zeros((height + 1, width + 1, count), np.uint8)
    left_HWN = np.ascontiguousarray(left_NHW.transpose(1, 2, 0))
    for y in range(height):
        for x in range(width):
            guess = _guess(around_HWN[y + 1, x], around_HWN[y, x + 1], around_HWN[y, x])
            around_HWN[y + 1, x + 1] = left_HWN[y, x] + guess
    return np.ascontiguousarray(around_HWN[1:, 1:].transpose(2, 0, 1))


def _guess(
    left: NDArray[np.uint8], above: NDArray[np.uint8], corner: NDArray[np.uint8]
) -> NDArray[np.uint8]:
    """The middle one of left, above, and left + above − corner; outside a face all is black."""
    low, high = np.minimum(left, above), np.maximum(left, above)
    # left + above − corner lies between the two exactly where the corner does; bytes may overflow
    # on the way there and come back.
    return np.where(corner >= high, low, np.where(corner <= low, high, left + above - corner))


def is_packed(path: Path) -> bool:
    """Whether a file is one that `pack` wrote."""
    try:
        with lzma.open(path) as file:
            return file.readline(100) == MAGIC
    except (OSError, EOFError, lzma.LZMAError):
        return False


def main() -> None:
    """Pack the FER2013 that lies at a path, or unpack it."""
    parser = argparse.ArgumentParser(description="Pack FER2013 (and FER+'s votes), or unpack it.")
    parser.add_argument("data", type=Path, help="fer2013.csv (also .xz, .gz, .zip) or a packed one")
    parser.add_argument("out", type=Path, help="the folder to write")
    arguments = parser.parse_args()
    data, out = arguments.data, arguments.out
    try:
        if is_packed(data):
            write_table(unpack(data), out / "fer2013.csv")
        else:
            pack(load_fer2013(data), out / "fer2013.xz")
        for votes in find_votes(data if data.is_dir() else data.parent):
            with written_whole(out / votes.name) as part:
                shutil.copyfile(votes, part)
    except FerliteError as error:
        parser.exit(1, f"{error}\n")
    for file in sorted(out.iterdir()):
        print(f"{file}: {file.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
