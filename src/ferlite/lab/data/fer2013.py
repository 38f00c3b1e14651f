"""FER2013 in whatever form it is at hand: a table, compressed or not, or folders of images."""

import hashlib
from pathlib import Path

from ferlite.errors import FerliteError
from ferlite.lab.data import fer2013_folders, fer2013_table
from ferlite.lab.data.cache import cached
from ferlite.lab.data.dataset import FaceDataset


def load_fer2013(path: str | Path, *, cache: Path | None = None) -> FaceDataset:
    """Read FER2013 into memory: uint8 images (N, 48, 48), labels in canonical order, splits.

    Training is the split "train", PublicTest "validation" and PrivateTest "test". The real data
    has 35,887 rows: 28,709, 3,589 and 3,589.

    Args:
        path: a file or a folder.
            As a file, a CSV table with the columns emotion, pixels and Usage in any order, such
            as `fer2013.csv` or Kaggle's `icml_face_data.csv`; plain, or compressed as xz, gzip or
            zip, which its content tells, not its name. Rows keep their order.
            As a folder, one that directly holds a single such file, or images in
            `train|validation|test/<emotion>/*.jpg|png`; see `fer2013_folders` for what they may
            be called and which split an image gets. Rows are in the order of the paths.
        cache: folder in which the parsed data is kept for the next load, under the SHA-256 of the
            content of `path`; by default `datasets` in `ferlite.files.home()`. A cache that is
            damaged or from another version is rebuilt; one that cannot be written costs a warning.

    Raises:
        FerliteError: there is no such file, it is no FER2013 or a row of it is wrong; the
            sentence names the file and the row, where row 1 is the first one after the header.

    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> face = " ".join(["128"] * 48 * 48)
    >>> _ = (folder / "fer2013.csv").write_text(f"emotion,pixels,Usage\\n3,{face},PublicTest\\n")
    >>> faces = load_fer2013(folder, cache=folder)
    >>> faces.images_NHW.shape, faces.classes[faces.labels_N[0]], faces.rows("validation")
    ((1, 48, 48), 'happy', array([0]))
    """
    path = Path(path)
    try:
        return _load(path, cache)
    except OSError as error:
        raise FerliteError(
            f"{error.filename or path}: cannot be read ({error.strerror})"
        ) from error


def _load(path: Path, cache: Path | None) -> FaceDataset:
    if not path.is_dir():
        return _load_table(path, cache)
    tables = fer2013_table.find(path)
    image_files = fer2013_folders.find(path)
    if image_files and not tables:
        sha256 = fer2013_folders.sha256(image_files)
        return cached(
            lambda: fer2013_folders.read(image_files), name="fer2013", sha256=sha256, folder=cache
        )
    if len(tables) == 1 and not image_files:
        return _load_table(tables[0], cache)
    if not tables:
        raise FerliteError(
            f"{path}: this folder holds no FER2013, neither a table (a CSV file with the columns "
            "emotion, pixels and Usage, or one compressed) nor images in train|test/<emotion>/"
        )
    found = [table.name for table in tables] + ["folders of images"] * bool(image_files)
    raise FerliteError(f"{path}: holds FER2013 more than once ({', '.join(found)}); name one file")


def _load_table(path: Path, cache: Path | None) -> FaceDataset:
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return cached(lambda: fer2013_table.read(path), name="fer2013", sha256=sha256, folder=cache)
