"""RAF-DB, the basic set: about 15,000 faces from the web, each labelled by about 40 people.

Li, Deng and Du, "Reliable Crowdsourcing and Deep Locality-Preserving Learning for Expression
Recognition in the Wild", CVPR 2017.
"""

from pathlib import Path
from typing import Final

from ferlite.emotions import emotion_index
from ferlite.errors import FerliteError
from ferlite.lab.data.dataset import SPLITS, FaceDataset
from ferlite.lab.data.image_files import ListedImage, load_images
from ferlite.lab.data.layout import RAFDB

LABELS: Final = {
    str(code): emotion_index(name)
    for code, name in enumerate(
        ("surprise", "fear", "disgust", "happy", "sad", "angry", "neutral"), start=1
    )
}
"""RAF-DB's codes 1 to 7, and the labels that they mean."""


def load_rafdb(path: str | Path, *, size: int = 100, cache: Path | None = None) -> FaceDataset:
    """Read RAF-DB's aligned faces: official train and test split, no validation.

    The real data has 15,339 rows: 12,271 train and 3,068 test, in the order of the list.

    Args:
        path: the folder `basic`, with `EmoLabel/list_patition_label.txt` and `Image/aligned/`, or
            any folder with `list_patition_label.txt` and `aligned/`.
        size: height and width in pixels of the faces, which become gray; 100 is their own.
        cache: where the result is kept; see `ferlite.lab.data.cache.cached`.

    Returns:
        images uint8 (N, size, size), labels int64 in canonical order, name "rafdb".

    Raises:
        FerliteError: a part or an image is missing, or a line of the list is wrong.

    >>> import cv2, tempfile, numpy as np
    >>> folder = Path(tempfile.mkdtemp())
    >>> _ = (folder / "list_patition_label.txt").write_text("train_00001.jpg 4\\n")
    >>> (folder / "aligned").mkdir()
    >>> face = np.zeros((100, 100, 3), np.uint8)
    >>> cv2.imwrite(str(folder / "aligned" / "train_00001_aligned.jpg"), face)
    True
    >>> faces = load_rafdb(folder, cache=folder / "cache")
    >>> faces.images_NHW.shape, faces.classes[faces.labels_N[0]]
    ((1, 100, 100), 'happy')
    """
    listing, aligned = RAFDB.find(Path(path))
    return load_images(
        "rafdb", lambda: _listed(listing, aligned), [listing, aligned], size=size, cache=cache
    )


def _listed(listing: Path, aligned: Path) -> list[ListedImage]:
    """The images that lines such as `train_00001.jpg 5` tell of."""
    image_files = []
    text = listing.read_text(encoding="utf-8", errors="replace")
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            name, code = line.split()
            split = SPLITS.index(name.partition("_")[0])
            label = LABELS[code]
        except (ValueError, KeyError):
            raise FerliteError(
                f"{listing}: line {number} is {line[:40]!r}, not a name that begins with train_ or "
                "test_ and a code from 1 to 7"
            ) from None
        file = aligned / f"{Path(name).stem}_aligned.jpg"
        image_files.append(ListedImage(file, label, split))
    return image_files
