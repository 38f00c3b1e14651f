"""The face recognition network takes any size, and shortcuts that need no weights."""

import pytest
import torch

from ferlite.lab.models.face_resnet import FaceResNet, PooledBlock


@pytest.mark.parametrize(("size", "left"), [(48, 2), (96, 3), (97, 4), (150, 5)])
def test_every_size_goes_through_and_is_divided_by_32(size: int, left: int) -> None:
    model = FaceResNet(size=size, channels=3, classes=8).eval()
    faces = torch.rand(2, 3, size, size)
    assert model.features(faces).shape == (2, 256, left, left)
    assert model(faces).shape == (2, 8)


def test_a_shortcut_pools_and_leaves_new_channels_empty() -> None:
    block = PooledBlock(2, 5, 2).eval()
    for parameter in block.body[4].parameters():
        torch.nn.init.zeros_(parameter)
    x = torch.rand(1, 2, 6, 6)
    y = block(x)
    assert torch.equal(y[:, :2], torch.nn.functional.avg_pool2d(x, 2))
    assert not y[:, 2:].any()
