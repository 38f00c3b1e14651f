"""Batches cover every face once, in an order that seed and epoch decide alone."""

import torch

from ferlite.lab.train.batches import batches


def order(seed: int, epoch: int, *, disturb: bool = False) -> list[int]:
    loader = batches(torch.zeros(10, 1, 2, 2), torch.arange(10), 4, shuffle_seed=seed)
    loader.sampler.set_epoch(epoch)  # type: ignore[attr-defined]
    if disturb:
        torch.rand(3)
    return [int(label) for _, labels, _ in loader for label in labels]


def test_every_face_comes_once_and_the_order_depends_on_seed_and_epoch() -> None:
    assert sorted(order(1, 0)) == list(range(10))
    assert order(1, 0) == order(1, 0, disturb=True)
    assert order(1, 0) != order(1, 1)
    assert order(1, 0) != order(2, 0)


def test_validation_keeps_the_row_order() -> None:
    loader = batches(torch.zeros(10, 1, 2, 2), torch.arange(10), 4)
    assert [labels.tolist() for _, labels, _ in loader] == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]


def test_reading_batches_leaves_the_global_generator_alone() -> None:
    torch.manual_seed(0)
    expected = torch.rand(1)
    torch.manual_seed(0)
    list(batches(torch.zeros(10, 1, 2, 2), torch.arange(10), 4, shuffle_seed=1))
    assert torch.equal(torch.rand(1), expected)


def test_a_last_batch_of_one_face_is_left_out_of_training() -> None:
    loader = batches(torch.zeros(9, 1, 2, 2), torch.arange(9), 4, shuffle_seed=0)
    assert [len(labels) for _, labels, _ in loader] == [4, 4]


def test_rare_classes_get_extra_draws_that_go_round_their_rows_evenly() -> None:
    labels = torch.tensor([0, 0, 0, 0, 1, 1])
    loader = batches(
        torch.zeros(6, 1, 2, 2), labels, 4, shuffle_seed=0, faces_K=torch.tensor([4, 7])
    )
    sampler = loader.sampler
    epochs = []
    for epoch in range(2):
        sampler.set_epoch(epoch)  # type: ignore[attr-defined]
        draws = list(sampler)
        assert len(draws) == len(sampler) == 11  # type: ignore[arg-type]
        assert sorted(d for d in draws if d < 6) == list(range(6)), "every row itself, once"
        extra = sorted(d - 6 for d in draws if d >= 6)
        assert sorted([extra.count(4), extra.count(5)]) == [2, 3]
        assert set(extra) == {4, 5}
        epochs.append(draws)
    assert epochs[0] != epochs[1]
    sampler.set_epoch(0)  # type: ignore[attr-defined]
    assert list(sampler) == epochs[0]


def test_batches_say_which_faces_are_extra_draws() -> None:
    faces = torch.arange(3).reshape(3, 1, 1, 1)
    loader = batches(
        faces, torch.tensor([0, 0, 1]), 2, shuffle_seed=0, faces_K=torch.tensor([2, 2])
    )
    drawn = [
        (int(face), int(label), bool(new))
        for group in loader
        for face, label, new in zip(*group, strict=True)
    ]
    assert sorted(drawn) == [(0, 0, False), (1, 0, False), (2, 1, False), (2, 1, True)]


def test_shares_of_the_classes_come_as_they_are_and_count_as_their_largest() -> None:
    shares = torch.tensor([[0.6, 0.4], [0.3, 0.7], [0.9, 0.1]])
    loader = batches(
        torch.zeros(3, 1, 2, 2), shares, 4, shuffle_seed=0, faces_K=torch.tensor([2, 2])
    )
    (group,) = loader
    assert sorted(group[1][:, 0].tolist()) == sorted([*shares[:, 0].tolist(), shares[1, 0].item()])
