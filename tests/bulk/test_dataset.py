from pathlib import Path

import numpy as np
import pytest

from ferlite.bulk import label
from ferlite.errors import FerliteError
from tests.bulk.conftest import gray_image


def test_a_dataset_gets_a_row_for_each_face(
    ray_here: None, brightness_model: Path, tmp_path: Path, astronaut: Path
) -> None:
    import ray.data

    path = gray_image(tmp_path / "white.png", 255)
    images = [
        {"id": 1, "image": str(path).encode()[:5]},
        {"id": 2, "image": path.read_bytes()},
        {"id": 3, "image": astronaut.read_bytes()},
    ]
    found = label(
        ray.data.from_items(images), model=brightness_model, detector="none", workers=1
    ).take_all()
    assert [(row["id"], row["face"], row["error_kind"]) for row in found] == [
        (1, None, "unreadable"), (2, 0, None), (3, 0, None),
    ]  # fmt: skip
    assert (found[1]["emotion"], found[1]["w"]) == ("neutral", 24)
    assert "image" not in found[0]

    arrays = ray.data.from_numpy(np.full((3, 20, 30, 3), 0, np.uint8)).rename_columns(["image"])
    found = label(arrays, model=brightness_model, detector="none", workers=1).take_all()
    assert [(row["emotion"], row["w"], row["h"]) for row in found] == [("angry", 30, 20)] * 3


def test_a_model_that_is_not_there_is_told_before_anything_is_read(ray_here: None) -> None:
    import ray.data

    with pytest.raises(FerliteError, match=r"there is no model 'ferlite_q'"):
        label(ray.data.range(3), model="ferlite_q")
