"""Batches cover every face once, in an order that seed and epoch decide alone."""

import torch

from ferlite.lab.train.batches import batches


def order(seed: int, epoch: int, *, disturb: bool = False) -> list[int]:
    loader = batches(torch.zeros(10, 1, 2, 2), torch.arange(10), 4, shuffle_seed=seed)
    loader.sampler.set_epoch(epoch)  # type: ignore[attr-defined]
    if disturb:
        torch.rand(3)
    return [int(label) for _, labels in loader for label in labels]


def test_every_face_comes_once_and_the_order_depends_on_seed_and_epoch() -> None:
    assert sorted(order(1, 0)) == list(range(10))
    assert order(1, 0) == order(1, 0, disturb=True)
    assert order(1, 0) != order(1, 1)
    assert order(1, 0) != order(2, 0)


def test_validation_keeps_the_row_order() -> None:
    loader = batches(torch.zeros(10, 1, 2, 2), torch.arange(10), 4)
    assert [labels.tolist() for _, labels in loader] == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]


def test_reading_batches_leaves_the_global_generator_alone() -> None:
    torch.manual_seed(0)
    expected = torch.rand(1)
    torch.manual_seed(0)
    list(batches(torch.zeros(10, 1, 2, 2), torch.arange(10), 4, shuffle_seed=1))
    assert torch.equal(torch.rand(1), expected)


def test_a_last_batch_of_one_face_is_left_out_of_training() -> None:
    loader = batches(torch.zeros(9, 1, 2, 2), torch.arange(9), 4, shuffle_seed=0)
    assert [len(labels) for _, labels in loader] == [4, 4]
