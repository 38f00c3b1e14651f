"""Attention begins as if it were not there, and then tells channels and places apart."""

import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from ferlite.lab.models.attention import SqueezeExcite, excited, weighted_pool


@given(st.integers(1, 9), st.integers(1, 12), st.integers(1, 5))
def test_both_begin_as_nothing(width: int, squeeze: int, side: int) -> None:
    x = torch.rand(2, width, side, side)
    torch.testing.assert_close(SqueezeExcite(width, squeeze)(x), x)
    torch.testing.assert_close(weighted_pool(width, side)(x)[:, :, 0, 0], x.mean((2, 3)))


def test_without_a_squeeze_there_is_nothing_to_learn() -> None:
    assert isinstance(excited(8, 0), nn.Identity)
    assert isinstance(excited(8, 4), SqueezeExcite)


def test_a_channel_is_weighed_by_what_the_whole_map_shows() -> None:
    excite = SqueezeExcite(2, 1)
    with torch.no_grad():
        excite.reduce.weight.copy_(torch.eye(2)[:, :, None, None])
        excite.reduce.bias.zero_()
        excite.expand.weight.copy_(torch.tensor([[0.0, 1.0], [0.0, 0.0]])[:, :, None, None])
    x = torch.ones(1, 2, 2, 2)
    x[0, 1, 0, 0] = 5  # the second channel's mean is 2 now
    y = excite(x)
    torch.testing.assert_close(
        y[0, 0], torch.full((2, 2), 2 * float(torch.sigmoid(torch.tensor(2.0))))
    )
    torch.testing.assert_close(y[0, 1], x[0, 1])


def test_places_may_count_differently() -> None:
    pool = weighted_pool(1, 2)
    with torch.no_grad():
        pool.weight.copy_(torch.tensor([[[[1.0, 0.0], [0.0, -1.0]]]]))
    assert pool(torch.tensor([[[[3.0, 8.0], [8.0, 1.0]]]])).item() == 2
