"""Read any dataset that ferlite knows, by what lies at a path."""

from collections.abc import Callable
from pathlib import Path

from ferlite.errors import FerliteError
from ferlite.lab.data.affectnet import load_affectnet
from ferlite.lab.data.ckplus import load_ckplus
from ferlite.lab.data.dataset import FaceDataset
from ferlite.lab.data.fer2013 import load_fer2013
from ferlite.lab.data.ferplus import load_ferplus
from ferlite.lab.data.folder import load_folder
from ferlite.lab.data.layout import TITLES, kind_of
from ferlite.lab.data.rafdb import load_rafdb


def load_dataset(
    path: str | Path, kind: str | None = None, *, split: str | None = None
) -> FaceDataset:
    """Read a dataset with its loader's own defaults.

    A folder that holds both FER2013 and FER+'s votes is FER2013; give the file of votes for FER+.

    Args:
        path: a file or folder of any dataset in `ferlite.lab.data.layout.TITLES`.
        kind: which one it must be ("fer2013", "ferplus", "rafdb", "affectnet", "ckplus" or
            "folder"); None recognises it.
        split: the only split that will be used; rows of others may then be missing where reading
            them takes long, which is AffectNet.

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
        if kind is None:
            raise FerliteError(
                f"{path}: is none of the datasets that ferlite knows ({', '.join(TITLES.values())})"
            )
    else:
        _check_kind(path, kind)
    loaders: dict[str, Callable[[Path], FaceDataset]] = {
        "fer2013": load_fer2013,
        "ferplus": load_ferplus,
        "rafdb": load_rafdb,
        "affectnet": lambda folder: load_affectnet(folder, split=split),
        "ckplus": load_ckplus,
        "folder": load_folder,
    }
    return loaders[kind](path)


def _check_kind(path: Path, kind: str) -> None:
    """Refuse what is clearly another dataset; the loader says what is wrong with anything else."""
    found = kind_of(path)
    # These may be the same pictures, or lie in the same folder.
    alike = {"fer2013": {"folder"}, "folder": {"fer2013"}, "ferplus": {"fer2013"}}
    if found is not None and found != kind and found not in alike.get(kind, ()):
        raise FerliteError(f"{path}: is {TITLES[found]}, but {TITLES[kind]} is needed")
