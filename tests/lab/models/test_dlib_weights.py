"""dlib's file becomes a network that computes what dlib's layers compute."""

from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch.nn import functional

from ferlite.errors import FerliteError
from ferlite.lab.models.dlib_weights import RGB_MEAN, layers_in, read_dlib
from ferlite.lab.models.face_resnet import STAGES
from ferlite.lab.models.folded import separate_statistics


def integer(value: int) -> bytes:
    """As dlib writes integers: a byte that counts bytes, and those bytes."""
    width = max(1, (value.bit_length() + 7) // 8)
    return bytes([width]) + value.to_bytes(width, "little")


def layer(name: str, parameters: NDArray[np.float32]) -> bytes:
    """As dlib writes a layer: its name, then version 2 of a tensor."""
    sizes = b"".join(map(integer, (parameters.size, 1, 1, 1)))
    return integer(len(name)) + name.encode() + integer(2) + sizes + parameters.tobytes()


def shapes() -> list[tuple[int, int, int]]:
    """Filters, channels and side of every convolution."""
    width_in, every = 32, [(32, 3, 7)]
    for width, depth in STAGES:
        for _ in range(depth):
            every += [(width, width_in, 3), (width, width, 3)]
            width_in = width
    return every


@pytest.fixture(scope="module")
def dlib_layers() -> list[tuple[NDArray[np.float32], NDArray[np.float32]]]:
    """Filters with biases, and factors with offsets, as if trained."""
    rng = np.random.default_rng(7)

    def drawn(size: int, spread: float) -> NDArray[np.float32]:
        return rng.normal(0, spread, size).astype(np.float32)

    return [
        (
            drawn(out * channels * side**2 + out, (channels * side**2) ** -0.5),
            np.concatenate([1 + drawn(out, 0.1), drawn(out, 0.1)]),
        )
        for out, channels, side in shapes()
    ]


@pytest.fixture
def dlib_file(
    tmp_path: Path, dlib_layers: list[tuple[NDArray[np.float32], NDArray[np.float32]]]
) -> Path:
    file = tmp_path / "dlib_face_recognition_resnet_model_v1.dat"
    parts = [layer("con_4", con) + layer("affine_", affine) for con, affine in dlib_layers]
    file.write_bytes(integer(1) + b"\x0dloss_metric_2" + b"".join(parts))
    return file


def test_layers_come_in_the_file_s_order(
    dlib_file: Path, dlib_layers: list[tuple[NDArray[np.float32], NDArray[np.float32]]]
) -> None:
    read = list(layers_in(dlib_file.read_bytes(), "x"))
    assert [part.kind for part in read] == ["con", "affine"] * len(dlib_layers)
    np.testing.assert_array_equal(read[0].parameters, dlib_layers[0][0])
    np.testing.assert_array_equal(read[-1].parameters, dlib_layers[-1][1])


def test_the_first_layers_compute_what_dlib_s_would_of_the_same_gray(
    dlib_file: Path, dlib_layers: list[tuple[NDArray[np.float32], NDArray[np.float32]]]
) -> None:
    """Away from the border, where dlib does not pad."""
    gray = torch.rand(1, 1, 64, 64)
    rgb = (gray.expand(-1, 3, -1, -1) * 255 - torch.tensor(RGB_MEAN)[:, None, None]) / 256
    con, affine = (torch.from_numpy(part) for part in dlib_layers[0])
    theirs = functional.conv2d(rgb, con[:-32].view(32, 3, 7, 7), con[-32:], 2)
    theirs = theirs * affine[:32, None, None] + affine[32:, None, None]
    with torch.no_grad():
        ours = read_dlib(dlib_file).features[:2](gray)
    # Theirs begins 3 pixels further in and steps by 2: the pictures' grids never meet, so ours is
    # computed from a picture moved by one pixel.
    with torch.no_grad():
        moved = read_dlib(dlib_file).features[:2](functional.pad(gray, (1, 0, 1, 0)))
    assert ours.shape == (1, 32, 32, 32)
    torch.testing.assert_close(
        moved[:, :, 2:31, 2:31], theirs[:, :, :29, :29], atol=2e-5, rtol=1e-4
    )


def test_measured_statistics_leave_the_function_as_it_was(dlib_file: Path) -> None:
    network = read_dlib(dlib_file)
    faces = torch.rand(40, 1, 96, 96)
    with torch.no_grad():
        before = network.features(faces)
        separate_statistics(network, network, faces.split(16))
        after = network.features(faces)
        network.train()
        normalised_by_the_batch = network.features(faces)
    torch.testing.assert_close(after, before, atol=1e-3, rtol=1e-3)
    torch.testing.assert_close(normalised_by_the_batch, before, atol=1e-2, rtol=1e-2)


@pytest.mark.parametrize(
    ("content", "says"), [(b"", "not dlib's face recognition network"), (None, "cut short")]
)
def test_another_file_is_refused(dlib_file: Path, content: bytes | None, says: str) -> None:
    dlib_file.write_bytes(dlib_file.read_bytes()[:-50] if content is None else content)
    with pytest.raises(FerliteError, match=says):
        read_dlib(dlib_file)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FerliteError, match="nowhere"):
        read_dlib(tmp_path / "nowhere.dat")
