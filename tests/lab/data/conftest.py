"""Small made datasets, and FER2013's forms to write them in."""

import gzip
import lzma
import zipfile
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from ferlite.emotions import EMOTIONS
from ferlite.lab.data.dataset import SPLITS, FaceDataset

USAGES = ("Training", "PublicTest", "PrivateTest")


def _make_faces(seed: int = 0, rows: int = 12) -> FaceDataset:
    random = np.random.default_rng(seed)
    return FaceDataset(
        name="fer2013",
        images_NHW=random.integers(0, 256, (rows, 48, 48), dtype=np.uint8),
        labels_N=random.integers(0, len(EMOTIONS), rows),
        splits_N=random.integers(0, len(SPLITS), rows).astype(np.int8),
    )


def _csv_rows(faces: FaceDataset) -> list[tuple[str, str, str]]:
    return [
        (str(label), " ".join(map(str, image.ravel())), USAGES[split])
        for image, label, split in zip(
            faces.images_NHW, faces.labels_N, faces.splits_N, strict=True
        )
    ]


def _csv(faces: FaceDataset) -> bytes:
    lines = ["emotion,pixels,Usage", *(",".join(row) for row in _csv_rows(faces))]
    return "".join(f"{line}\n" for line in lines).encode()


def _write_kaggle(faces: FaceDataset, path: Path) -> None:
    rows = [f"{emotion}, {usage},{pixels}" for emotion, pixels, usage in _csv_rows(faces)]
    path.write_text("\n".join(["emotion, Usage, pixels", *rows, ""]))


def _write_zip(faces: FaceDataset, path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("fer2013/README", "emotion,pixels,Usage")
        archive.writestr("fer2013/fer2013.csv", _csv(faces))


def _write_folders(faces: FaceDataset, path: Path, suffix: str = ".png") -> None:
    for row, (image, label, split) in enumerate(
        zip(faces.images_NHW, faces.labels_N, faces.splits_N, strict=True)
    ):
        folder = path / ("train" if split == 0 else "test") / EMOTIONS[label]
        folder.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(folder / f"{USAGES[split]}_{row:08d}{suffix}"), image)


FORMS: dict[str, Callable[[FaceDataset, Path], object]] = {
    "fer2013.csv": lambda faces, path: path.write_bytes(_csv(faces)),
    "fer2013.csv.xz": lambda faces, path: path.write_bytes(lzma.compress(_csv(faces), preset=0)),
    "fer2013.csv.gz": lambda faces, path: path.write_bytes(gzip.compress(_csv(faces))),
    "fer2013.zip": _write_zip,
    "icml_face_data.csv": _write_kaggle,
    "images": _write_folders,
    "jpeg images": lambda faces, path: _write_folders(faces, path, ".jpg"),
}


@pytest.fixture(scope="session")
def make_faces() -> Callable[..., FaceDataset]:
    """`make_faces(seed, rows)`: random faces."""
    return _make_faces


@pytest.fixture(scope="session")
def write_form() -> Callable[[str, FaceDataset, Path], Path]:
    """`write_form(form, faces, folder)`: write faces as one of the forms; the path to load."""

    def write(form: str, faces: FaceDataset, folder: Path) -> Path:
        FORMS[form](faces, folder / form)
        return folder / form

    return write


@pytest.fixture(autouse=True)
def _no_cache_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FERLITE_HOME", str(tmp_path / "ferlite-home"))
