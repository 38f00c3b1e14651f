"""A recipe names its dataset: all but CK+ can be trained on, and no other takes its place."""

import pytest
import torch

from ferlite.classify.classifier import Classifier
from ferlite.errors import FerliteError
from ferlite.lab.recipe import load_recipe
from ferlite.lab.train import module as module_file
from ferlite.lab.train.checkpoint import load_model
from ferlite.lab.train.loop import load_data, train
from ferlite.lab.train.module import TrainingModule

TINY = ["training.epochs=1", "training.precision=32", "model.blocks=1"]


def tiny(*more):
    return load_recipe("tests/lab/recipes/small.yaml", [*TINY, *more])


@pytest.mark.parametrize(
    ("tree", "file", "settings", "rows"),
    [
        ("ferplus", "fer2013new.csv", ["data.dataset=ferplus"], (6, 7, 7)),
        ("ferplus", "", ["data.dataset=ferplus", "data.votes=crossentropy"], (6, 7, 7)),
        ("ferplus", "", ["data.dataset=ferplus", "data.votes=probability"], (6, 7, 7)),
        ("rafdb", "", ["data.dataset=rafdb", "data.validation=train"], (5, 2, 7)),
        ("affectnet sets", "", ["data.dataset=affectnet", "data.validation=train"], (5, 2, 7)),
        ("folder", "", ["data.dataset=folder"], (7, 7, 7)),
    ],
)
def test_a_run_learns_and_is_measured_on_the_dataset_of_its_recipe(
    make_tree, tmp_path, tree, file, settings, rows
):
    # The trees have one face of each emotion in each split, copies of each other.
    recipe = tiny(*settings, "data.drop_copies=false", "data.stratified=false",
                  "data.validation_share=0.3")  # fmt: skip
    metrics = train(recipe, make_tree(tree) / file, tmp_path / "run")
    assert metrics["data"]["name"] == recipe.data.dataset
    assert tuple(metrics["data"]["rows"].values()) == rows
    assert metrics["test"]["n"] == rows[2]


def test_labels_and_votes_are_learned_and_measured_by_one_network(make_tree, tmp_path):
    recipe = tiny("data.votes_weight=0.5", "data.drop_copies=false")
    metrics = train(recipe, make_tree("ferplus"), tmp_path / "run")
    assert metrics["data"]["name"] == "fer2013"
    assert metrics["test"]["n"] == metrics["voted"]["test"]["n"] == 7
    assert metrics["voted"]["test"]["log_loss"] != metrics["test"]["log_loss"]
    (file,) = (tmp_path / "run").glob("*.onnx")
    assert Classifier(file, labels="auto").labels == "photos"


def test_each_answer_learns_from_its_own_targets():
    module = TrainingModule(tiny("data.votes_weight=0.5"))
    module._train = torch.zeros(3)
    faces_BCHW = torch.zeros(4, 1, 48, 48, dtype=torch.uint8)
    no_extra_B = torch.zeros(4, dtype=torch.bool)
    labels_B7 = torch.eye(7)[:4]

    def gradients(votes_B7):
        module.zero_grad()
        both_B14 = torch.cat([labels_B7, votes_B7], 1)
        torch.manual_seed(0)
        module.training_step((faces_BCHW, both_B14, no_extra_B), 0).backward()
        return module.model.network.classify.weight.grad.clone().chunk(2)

    labels, votes = gradients(0.5 * torch.eye(7)[:4])
    same_labels, other_votes = gradients(0.5 * torch.eye(7)[3:])
    _, no_votes = gradients(torch.zeros(4, 7))
    assert torch.allclose(labels, same_labels)
    assert not torch.allclose(votes, other_votes)
    assert not no_votes.any()


def test_a_student_learns_from_its_teachers_what_the_labels_say_what_people_voted_or_both(
    make_tree, tmp_path
):
    tree = make_tree("ferplus")
    train(tiny("data.votes_weight=0.5", "data.drop_copies=false"), tree, tmp_path / "teacher")
    teacher = tmp_path / "teacher" / "checkpoints" / "best.ckpt"
    learned = {}
    for shares in ((1, 0), (1, 1), (0, 1)):
        own, voted = shares
        recipe = tiny(
            "data.votes_weight=0.5", "data.drop_copies=false", "model.weights=file",
            "training.epochs=2",
            f"distillation.alpha={own}", f"distillation.votes_alpha={voted}",
        )  # fmt: skip
        out = tmp_path / f"{own}{voted}"
        train(recipe, tree, out, weights=teacher, teachers=[teacher])
        weight = load_model(out / "checkpoints" / "last.ckpt").network.classify.weight
        learned[shares] = weight.chunk(2)
    assert not torch.equal(learned[1, 0][1], learned[1, 1][1])
    assert not torch.equal(learned[0, 1][0], learned[1, 1][0])


def test_who_has_no_outputs_for_votes_learns_no_votes_from_teachers(make_tree, tmp_path):
    tree = make_tree("ferplus")
    train(tiny("data.drop_copies=false"), tree, tmp_path / "teacher")
    teacher = tmp_path / "teacher" / "checkpoints" / "best.ckpt"
    share = "distillation.votes_alpha=0.5"
    with pytest.raises(FerliteError, match="has no outputs for votes"):
        train(tiny(share), tree, tmp_path / "a", teachers=[teacher])
    with pytest.raises(FerliteError, match="none of the teachers of small learned votes"):
        train(tiny(share, "data.votes_weight=0.5"), tree, tmp_path / "b", teachers=[teacher])
    with pytest.raises(FerliteError, match="--teacher FILE"):
        train(tiny(share, "data.votes_weight=0.5"), tree, tmp_path / "c")


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        (["data.dataset=ferplus"], "only the rows of a FER2013 table have votes"),
        (["data.votes_mix=0.3"], "the votes have outputs of their own"),
    ],
)
def test_votes_beside_labels_are_of_fer2013_and_not_blended_too(make_tree, settings, sentence):
    with pytest.raises(FerliteError, match=sentence):
        load_data(tiny("data.votes_weight=0.5", *settings), make_tree("ferplus"))


def test_a_model_of_eight_classes_is_taught_ferplus_with_contempt(make_tree):
    recipe = tiny("data.dataset=ferplus", "model.classes=8", "data.drop_copies=false")
    faces = load_data(recipe, make_tree("ferplus")).dataset
    assert (faces.name, faces.classes) == ("ferplus8", recipe.classes)
    assert faces.classes[-1] == "contempt"


@pytest.mark.parametrize(("setting", "side"), [([], 100), (["data.size=64"], 64)])
def test_the_size_in_memory_is_the_datasets_or_the_recipes(make_tree, setting, side):
    recipe = tiny("data.dataset=rafdb", "data.validation=test", *setting)
    assert load_data(recipe, make_tree("rafdb")).dataset.images_NHW.shape[1:] == (side, side)


@pytest.mark.parametrize(
    ("wanted", "tree", "sentence"),
    [
        ("fer2013", "rafdb", "is RAF-DB, but FER2013 is needed"),
        ("rafdb", "affectnet sets", "is AffectNet, but RAF-DB is needed"),
        ("affectnet", "fer2013", "is FER2013, but AffectNet is needed"),
        ("fer2013", "ckplus table", r"is CK\+, but FER2013 is needed"),
        ("ferplus", "folder", r"is a folder with one .*, but FER\+ is needed"),
    ],
)
def test_another_dataset_is_refused_by_name(make_tree, wanted, tree, sentence):
    with pytest.raises(FerliteError, match=sentence):
        load_data(tiny(f"data.dataset={wanted}"), make_tree(tree))


def test_ckplus_is_no_dataset_to_learn_from():
    with pytest.raises(FerliteError, match=r"data\.dataset: 'ckplus' is not one of fer2013"):
        tiny("data.dataset=ckplus")


@pytest.mark.parametrize("votes", ["crossentropy", "probability"])
def test_votes_are_learned_as_shares_or_as_labels_drawn_from_them(monkeypatch, votes):
    learned = []
    loss_of = module_file.loss_of
    monkeypatch.setattr(
        module_file,
        "loss_of",
        lambda logits, labels, *rest: learned.append(labels) or loss_of(logits, labels, *rest),
    )
    torch.manual_seed(0)
    module = TrainingModule(tiny(f"data.votes={votes}"))
    module._train = torch.zeros(3)
    shares_BK = torch.tensor([[0, 0.25, 0, 0.75, 0, 0, 0]]).repeat(400, 1)
    faces_BCHW = torch.zeros(400, 1, 48, 48, dtype=torch.uint8)
    module.training_step((faces_BCHW, shares_BK, torch.zeros(400, dtype=torch.bool)), 0)
    (labels,) = learned
    if votes == "crossentropy":
        assert torch.equal(labels, shares_BK)
    else:
        count_K = torch.bincount(labels, minlength=7)
        assert count_K[[1, 3]].sum() == 400
        assert abs(count_K[1] / 400 - 0.25) < 0.07
