"""A student learns from the mean of its teachers' answers."""

import torch
from torch.nn import functional

from ferlite.lab.models.face_model import FaceModel
from ferlite.lab.models.residual_cnn import ResidualCNN
from ferlite.lab.train.distill import Teacher, Teachers, distillation_loss


def teacher(size: int = 48, channels: int = 1, *, voted: bool = False) -> Teacher:
    network = ResidualCNN(
        head="gap",
        blocks=2,
        size=size,
        channels=channels,
        classes=14 if voted else 7,
    )  # type: ignore[arg-type]
    return Teacher(FaceModel(network, voted=voted).eval(), size, channels)


def test_the_loss_is_least_where_the_student_answers_as_its_teachers() -> None:
    answers = torch.softmax(torch.randn(5, 7), 1)
    same = distillation_loss(answers.log() * 2, answers, 2.0)
    for _ in range(5):
        assert distillation_loss(torch.randn(5, 7), answers, 2.0) > same


def test_at_temperature_one_it_is_cross_entropy() -> None:
    logits, answers = torch.randn(5, 7), torch.softmax(torch.randn(5, 7), 1)
    expected = functional.cross_entropy(logits, answers)
    assert torch.isclose(distillation_loss(logits, answers, 1.0), expected)


def test_teachers_of_any_size_and_colour_answer_together() -> None:
    taught = [teacher(), teacher(size=32, channels=3)]
    x = torch.rand(4, 1, 48, 48)
    (together,) = Teachers(taught).answers(x, 1.0)
    alone = [Teachers([one]).answers(x, 1.0)[0] for one in taught]
    assert torch.allclose(together, (alone[0] + alone[1]) / 2)
    assert torch.allclose(alone[0], taught[0].model.network(x).softmax(1), atol=1e-6)
    assert torch.allclose(together.sum(1), torch.ones(4))


def test_a_higher_temperature_makes_softer_answers() -> None:
    x, one = torch.rand(4, 1, 48, 48), Teachers([teacher()])
    assert (one.answers(x, 4.0)[0].amax(1) < one.answers(x, 1.0)[0].amax(1)).all()


def test_only_those_who_learned_votes_answer_as_people_vote() -> None:
    labels_alone, both = teacher(), teacher(voted=True)
    x = torch.rand(4, 1, 48, 48)
    by_labels, by_votes = Teachers([labels_alone, both]).answers(x, 1.0)
    own_labels, own_votes = Teachers([both]).answers(x, 1.0)
    assert torch.allclose(by_votes, own_votes)
    assert torch.allclose(by_labels, (own_labels + Teachers([labels_alone]).answers(x, 1.0)[0]) / 2)
    assert Teachers([labels_alone, both]).voted
    assert not Teachers([labels_alone]).voted


def test_what_all_of_them_see_stands_side_by_side() -> None:
    several, x = [teacher(), teacher(size=32)], torch.rand(4, 1, 48, 48)
    together = Teachers(several)
    together.answers(x, 1.0)
    alone = [Teachers([one]) for one in several]
    for each in alone:
        each.answers(x, 1.0)
    assert torch.equal(together.features(), torch.cat([each.features() for each in alone], 1))
    assert together.features().shape == (4, sum(together.widths))


def test_mirrored_teachers_answer_a_face_and_its_mirror_image_alike() -> None:
    one, x = teacher(voted=True), torch.rand(4, 1, 48, 48)
    both = Teachers([one], mirrored=True).answers(x, 2.0)
    as_it_is, turned = (Teachers([one]).answers(view, 2.0) for view in (x, x.flip(-1)))
    assert not torch.allclose(as_it_is[0], turned[0])
    mirrored, plain = Teachers([one], mirrored=True), Teachers([one])
    for taught in (mirrored, plain):
        taught.answers(x, 2.0)
    assert torch.allclose(mirrored.features(), plain.features(), atol=1e-6)
    for answer, first, second in zip(both, as_it_is, turned, strict=True):
        assert torch.allclose(answer, (first + second) / 2)
