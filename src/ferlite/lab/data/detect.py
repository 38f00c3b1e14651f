"""Read any dataset that ferlite knows, by what lies at a path."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from ferlite.errors import FerliteError
from ferlite.lab.data.affectnet import load_affectnet
from ferlite.lab.data.ckplus import load_ckplus
from ferlite.lab.data.dataset import FaceDataset
from ferlite.lab.data.fer2013 import load_fer2013
from ferlite.lab.data.ferplus import Mode, load_ferplus
from ferlite.lab.data.folder import load_folder
from ferlite.lab.data.layout import TITLES, find_votes, kind_of
from ferlite.lab.data.rafdb import load_rafdb


def load_dataset(
    path: str | Path,
    kind: str | None = None,
    *,
    split: str | None = None,
    size: int | None = None,
    votes: Mode = "majority",
    contempt: bool = False,
) -> FaceDataset:
    """Read a dataset by its own loader, with seven emotions in all sets but FER+.

    A folder that holds both FER2013 and FER+'s votes is FER2013, unless contempt is asked for; give
    the file of votes for FER+.

    Args:
        path: a file or folder of any dataset in `ferlite.lab.data.layout.TITLES`.
        kind: which one it must be ("fer2013", "ferplus", "rafdb", "affectnet", "ckplus" or
            "folder"); None recognises it.
        split: the only split that will be used; rows of others may then be missing where reading
            them takes long, which is AffectNet.
        size: side in pixels of faces from picture files; None is the loader's default. Faces from
            tables keep theirs.
        votes: what is made of FER+'s votes.
        contempt: read FER+ with its eighth class; the other sets have seven all the same.

    Raises:
        FerliteError: it is none of them, another one than `kind`, incomplete or damaged.

    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "faces.csv"
    >>> face = " ".join(["128"] * 48 * 48)
    >>> _ = file.write_text(f"emotion,pixels,Usage\\n3,{face},Training\\n")
    >>> load_dataset(file).name
    'fer2013'
    """
    path = Path(path)
    if kind is None:
        kind = kind_of(path)
        if contempt and kind == "fer2013" and path.is_dir() and find_votes(path):
            kind = "ferplus"
        if kind is None:
            raise FerliteError(
                f"{path}: is none of the datasets that ferlite knows ({', '.join(TITLES.values())})"
            )
    else:
        _check_kind(path, kind)
    sized: dict[str, Any] = {} if size is None else {"size": size}
    loaders: dict[str, Callable[[], FaceDataset]] = {
        "fer2013": lambda: load_fer2013(path),
        "ferplus": lambda: load_ferplus(path, mode=votes, classes=8 if contempt else 7),
        "rafdb": lambda: load_rafdb(path, **sized),
        "affectnet": lambda: load_affectnet(path, split=split, **sized),
        "ckplus": lambda: load_ckplus(path, **sized),
        "folder": lambda: load_folder(path, **sized),
    }
    return loaders[kind]()


def _check_kind(path: Path, kind: str) -> None:
    """Refuse what is clearly another dataset; the loader says what is wrong with anything else."""
    found = kind_of(path)
    # These may be the same pictures, or lie in the same folder.
    alike = {"fer2013": {"folder"}, "folder": {"fer2013"}, "ferplus": {"fer2013"}}
    if found is not None and found != kind and found not in alike.get(kind, ()):
        raise FerliteError(f"{path}: is {TITLES[found]}, but {TITLES[kind]} is needed")
