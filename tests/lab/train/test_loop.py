"""A run leaves everything about itself, resumes exactly, and repeats exactly."""

import errno
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import onnx
import pytest
import torch
import yaml

from ferlite.errors import FerliteError
from ferlite.lab.data.fer2013 import load_fer2013
from ferlite.lab.models.sface import SFace
from ferlite.lab.models.weights import write_weights
from ferlite.lab.recipe import Recipe, load_recipe
from ferlite.lab.train import checkpoint
from ferlite.lab.train.batches import Batch
from ferlite.lab.train.checkpoint import load_model, read_checkpoint
from ferlite.lab.train.distill import Teachers
from ferlite.lab.train.loop import load_data, train
from ferlite.lab.train.module import TrainingModule

# Everything random is on: order, augmentation, erasing, dropout.
SMALL = [
    "training.epochs=3",
    "training.batch_size=32",
    "training.precision=32",
    "model.blocks=2",
    "optimizer.lr=0.02",
    "augmentation.erase=0.5",
]


def small(*more: str, name: str = "tests/lab/recipes/small.yaml") -> Recipe:
    return load_recipe(name, [*SMALL, *more])


def weights(out: Path, which: str = "last.ckpt") -> dict[str, torch.Tensor]:
    state: dict[str, torch.Tensor] = read_checkpoint(out / "checkpoints" / which)["state_dict"]
    return state


def same(a: dict[str, torch.Tensor], b: dict[str, torch.Tensor]) -> bool:
    return a.keys() == b.keys() and all(torch.equal(a[k], b[k]) for k in a)


@pytest.fixture(scope="module")
def finished(easy_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an uninterrupted run."""
    out = tmp_path_factory.mktemp("run")
    train(small(), easy_data, out)
    return out


def test_the_out_folder_holds_the_whole_run(finished: Path) -> None:
    for file in (
        "recipe.yaml",
        "metrics.json",
        "small.onnx",
        "checkpoints/last.ckpt",
        "checkpoints/best.ckpt",
        "curves.png",
        "confusion.png",
        "roc.png",
    ):
        assert (finished / file).stat().st_size > 0, file
    assert not list(finished.rglob("*.part*"))


def test_metrics_say_what_was_run_on_what(finished: Path, easy_data: Path) -> None:
    metrics = json.loads((finished / "metrics.json").read_text())
    recipe = small()
    assert metrics["recipe"] == recipe.as_dict()
    assert metrics["recipe_sha256"] == recipe.sha256
    assert metrics["data"]["sha256"] == load_fer2013(easy_data).sha256
    assert metrics["data"]["rows"] == {"train": 140, "validation": 35, "test": 35}
    assert metrics["epochs_run"] == len(metrics["history"]) == 3
    assert metrics["best_epoch"] in (1, 2, 3)
    assert metrics["parameters"] == sum(
        p.numel() for p in load_model(finished / "checkpoints" / "best.ckpt").parameters()
    )
    assert metrics["test"]["n"] == 35
    assert {"commit", "versions", "hardware", "seed", "wall_time_s"} <= metrics.keys()


def test_the_recipe_in_the_out_folder_runs_again(finished: Path) -> None:
    again = load_recipe(str(finished / "recipe.yaml"))
    assert again == small()


def test_the_same_seed_gives_the_same_weights_and_another_seed_others(
    finished: Path, easy_data: Path, tmp_path: Path
) -> None:
    train(small(), easy_data, tmp_path / "again")
    assert same(weights(tmp_path / "again"), weights(finished))
    train(small("seed=1"), easy_data, tmp_path / "other")
    assert not same(weights(tmp_path / "other"), weights(finished))


RUN = """
import sys
from pathlib import Path
from ferlite.lab.recipe import load_recipe
from ferlite.lab.train.loop import train
train(load_recipe(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), resume=True)
"""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_a_run_that_was_killed_resumes_to_the_same_weights(
    how: signal.Signals, finished: Path, easy_data: Path, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(yaml.safe_dump(small().as_dict()))
    process = subprocess.Popen(
        [sys.executable, "-c", RUN, str(recipe), str(easy_data), str(out)],
        stderr=subprocess.DEVNULL,
        # Tests that run in the background were told to ignore Ctrl-C, and children inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    last = out / "checkpoints" / "last.ckpt"
    while not last.exists() and process.poll() is None:
        time.sleep(0.01)
    process.send_signal(how)
    process.wait()
    assert last.exists()
    assert not (out / "metrics.json").exists(), "the run ended before it could be killed"
    done = len(read_checkpoint(last)["history"])
    assert 1 <= done <= 3
    train(small(), easy_data, out, resume=True)
    assert same(weights(out), weights(finished))
    assert same(weights(out, "best.ckpt"), weights(finished, "best.ckpt"))


def test_a_full_disk_leaves_the_last_good_checkpoint_to_resume_from(
    finished: Path, easy_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import lightning

    out = tmp_path / "run"
    save = lightning.Trainer.save_checkpoint

    def full(trainer: lightning.Trainer, path: Path, *args: Any, **kwargs: Any) -> None:
        if trainer.current_epoch >= 1:
            Path(path).write_bytes(b"half a file")
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        save(trainer, path, *args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(lightning.Trainer, "save_checkpoint", full)
        with pytest.raises(FerliteError, match=r"No space left.*--resume"):
            train(small(), easy_data, out)
    assert len(read_checkpoint(out / "checkpoints" / "last.ckpt")["history"]) == 1
    train(small(), easy_data, out, resume=True)
    assert same(weights(out), weights(finished))


def test_a_run_killed_between_its_two_checkpoints_resumes_to_the_same_weights(
    finished: Path, easy_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: Any) -> None:
        raise RuntimeError("power cut")

    with monkeypatch.context() as patch:
        patch.setattr(checkpoint.shutil, "copyfile", killed)
        with pytest.raises(RuntimeError, match="power cut"):
            train(small(), easy_data, tmp_path / "run")
    # The first epoch's best.ckpt is not there, so the first epoch must not count as done.
    assert not (tmp_path / "run" / "checkpoints" / "last.ckpt").exists()
    train(small(), easy_data, tmp_path / "run", resume=True)
    assert same(weights(tmp_path / "run", "best.ckpt"), weights(finished, "best.ckpt"))


def test_a_run_begun_before_a_key_existed_goes_on(
    finished: Path, easy_data: Path, tmp_path: Path
) -> None:
    (tmp_path / "checkpoints").mkdir()
    for name in ("last.ckpt", "best.ckpt"):
        content = read_checkpoint(finished / "checkpoints" / name)
        del content["recipe"]["imbalance"], content["recipe"]["model"]["scale"]
        del content["recipe"]["data"]["validation"], content["initial_weights"]
        torch.save(content, tmp_path / "checkpoints" / name)
    metrics = train(small(), easy_data, tmp_path, resume=True)
    assert metrics["recipe_sha256"] == small().sha256
    assert metrics["epochs_run"] == 3


def test_everything_a_protocol_may_ask_repeats_exactly_over_an_interruption(
    easy_data: Path, tmp_path: Path
) -> None:
    recipe = small(
        "training.epochs=2",
        "training.bn_recalibration=true",
        "schedule.name=constant",  # the interrupted run below is one of a single epoch
        "training.loss=binary_cross_entropy",
        "imbalance={class_weights: true, faces_per_epoch: {fear: 40}, augment: extra}",
        "data.validation=train",
        "data.haar_crop=true",
        "model.scale=-1..1",
    )
    metrics = train(recipe, easy_data, tmp_path / "whole")
    assert metrics["data"]["rows"] == {"train": 112, "validation": 28, "test": 35}
    assert 0 <= metrics["data"]["faces_found"] <= 175
    train(
        recipe.model_copy(update={"training": recipe.training.model_copy(update={"epochs": 1})}),
        easy_data,
        tmp_path / "a",
    )
    content = read_checkpoint(tmp_path / "a" / "checkpoints" / "last.ckpt")
    content["recipe"] = recipe.as_dict()
    torch.save(content, tmp_path / "a" / "checkpoints" / "last.ckpt")
    train(recipe, easy_data, tmp_path / "a", resume=True)
    assert same(weights(tmp_path / "a"), weights(tmp_path / "whole"))


def test_a_run_starts_from_the_weights_of_another_and_says_so(
    finished: Path, easy_data: Path, tmp_path: Path
) -> None:
    best, last = (finished / "checkpoints" / name for name in ("best.ckpt", "last.ckpt"))
    still = small("training.epochs=1", "optimizer.lr=1e-12")
    metrics = train(still, easy_data, tmp_path / "run", weights=best)
    assert metrics["initial_weights"]["from"] == "best.ckpt"
    for name, value in weights(finished, "best.ckpt").items():
        if name.endswith((".weight", ".bias")):
            torch.testing.assert_close(weights(tmp_path / "run")[name], value)
    train(still, easy_data, tmp_path / "run", resume=True)
    with pytest.raises(
        FerliteError, match=r"was not started from .*last\.ckpt; leave out --weights"
    ):
        train(still, easy_data, tmp_path / "run", weights=last, resume=True)
    with pytest.raises(FerliteError, match="not weights of light_emonet"):
        train(load_recipe("light_emonet"), easy_data, tmp_path / "other", weights=best)


def test_a_run_goes_on_from_the_file_of_another(
    finished: Path, easy_data: Path, tmp_path: Path
) -> None:
    """Normalisation was folded in there, and gets the statistics of faces again."""
    file = finished / "small.onnx"
    still = small("training.epochs=1", "optimizer.lr=1e-12", "training.bn_recalibration=true")
    metrics = train(still, easy_data, tmp_path / "run", weights=file)
    assert metrics["initial_weights"]["name"] == "small"
    before = json.loads((finished / "metrics.json").read_text())
    assert metrics["validation"]["log_loss"] == pytest.approx(
        before["validation"]["log_loss"], abs=0.05
    )
    variances = [v for n, v in weights(tmp_path / "run").items() if n.endswith("running_var")]
    assert all((v < 0.9).any() or (v > 1.1).any() for v in variances)
    train(still, easy_data, tmp_path / "run", weights=file, resume=True)
    pictures = load_recipe("dlfer_source")
    with pytest.raises(FerliteError, match="start from a checkpoint"):
        train(pictures, tmp_path, tmp_path / "pictures", weights=file)


def test_what_ships_is_named_by_its_name(
    easy_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    how = [
        "data.votes_weight=0",
        "training.epochs=1",
        "training.batch_size=70",
        "optimizer.lr=1e-12",
    ]
    student = load_recipe("ferlite_xs", how)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FerliteError, match=r"did you mean .*ferlite_xs"):
        train(student, easy_data, tmp_path / "run", weights=Path("ferlite_x"))
    how += ["distillation.votes_alpha=0"]
    metrics = train(
        load_recipe("ferlite_xs", how),
        easy_data,
        tmp_path / "run",
        weights=Path("ferlite_xs"),
        teachers=[Path("ferlite_s"), Path("ferlite_xs_int8")],
    )
    assert metrics["initial_weights"]["name"] == "ferlite_xs"
    assert [t["from"] for t in metrics["teachers"]] == ["ferlite_s.onnx", "ferlite_xs_int8.onnx"]
    Path("ferlite_xs").write_text("a file of this name comes first")
    with pytest.raises(FerliteError, match="not a readable weights file"):
        train(student, easy_data, tmp_path / "other", weights=Path("ferlite_xs"))


def test_a_teacher_without_its_recipe_is_refused(
    finished: Path, easy_data: Path, tmp_path: Path
) -> None:
    student = small("distillation.alpha=0.7", "training.epochs=1")
    beside = train(student, easy_data, tmp_path / "run", teachers=[finished / "small.onnx"])
    assert beside["teachers"][0]["name"] == "small"
    moved = tmp_path / "moved.onnx"
    moved.write_bytes((finished / "small.onnx").read_bytes())
    with pytest.raises(FerliteError, match=r"moved\.onnx: the recipe .* is not beside it"):
        train(student, easy_data, tmp_path / "other", teachers=[moved])
    # Nor is another run's recipe any good.
    (tmp_path / "recipe.yaml").write_text(yaml.safe_dump(small("seed=1").as_dict()))
    with pytest.raises(FerliteError, match="is not beside it"):
        train(student, easy_data, tmp_path / "other", teachers=[moved])


def test_plateau_and_early_stopping_resume_exactly(
    easy_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def worse_every_epoch(self: TrainingModule, batch: Batch, batch_idx: int) -> None:
        faces = len(batch[0])
        self._val += torch.tensor([faces * (1.0 + self.current_epoch), 0, faces])

    monkeypatch.setattr(TrainingModule, "validation_step", worse_every_epoch)
    how = [
        "training.epochs=6",
        "model.head=gap",
        "schedule.factor=0.5",
        "schedule.patience=1",
        "stopping.patience=3",
    ]
    recipe = small(*how, name="residual_cnn")
    train(recipe, easy_data, tmp_path / "whole")
    history = read_checkpoint(tmp_path / "whole" / "checkpoints" / "last.ckpt")["history"]
    lr = recipe.optimizer.lr
    assert [epoch["learning_rate"] for epoch in history] == [lr, lr, lr / 2, lr / 4]

    out = tmp_path / "parts"
    original = torch.optim.Adam.step
    steps = 0

    def interrupted(self: torch.optim.Adam, *args: Any, **kwargs: Any) -> Any:
        nonlocal steps
        steps += 1
        if steps == 13:  # in the middle of the third epoch of five steps
            raise RuntimeError("power cut")
        return original(self, *args, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch.optim.Adam, "step", interrupted)
        with pytest.raises(RuntimeError, match="power cut"):
            train(recipe, easy_data, out)
    assert len(read_checkpoint(out / "checkpoints" / "last.ckpt")["history"]) == 2
    train(recipe, easy_data, out, resume=True)
    assert same(weights(out), weights(tmp_path / "whole"))
    # Resuming a finished run trains no further.
    train(recipe, easy_data, out, resume=True)
    assert same(weights(out), weights(tmp_path / "whole"))


def test_a_run_is_not_overwritten_and_recipes_are_not_mixed(
    finished: Path, easy_data: Path
) -> None:
    with pytest.raises(FerliteError, match="already holds a training run; add --resume"):
        train(small(), easy_data, finished)
    with pytest.raises(FerliteError, match=r"another recipe \(seed differs: 42 then, 5 now\)"):
        train(small("seed=5"), easy_data, finished, resume=True)


def test_copies_of_test_rows_are_left_out_unless_asked(
    easy_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = easy_data.read_text().splitlines()
    stolen = next(line for line in lines if line.endswith("PrivateTest"))
    leaky = tmp_path / "fer2013.csv"
    leaky.write_text("\n".join([*lines, stolen.replace("PrivateTest", "Training")]) + "\n")
    once = ["training.epochs=1", "model.blocks=1"]
    metrics = train(small(*once), leaky, tmp_path / "honest")
    assert metrics["data"]["copies_dropped"] == 1
    assert metrics["data"]["rows"]["train"] == 140
    assert capsys.readouterr().err.startswith("1 training rows left out: copies of validation")
    kept = small(*once, "data.drop_copies=false")
    metrics = train(kept, leaky, tmp_path / "leaky")
    assert metrics["data"]["copies_dropped"] == 0
    assert metrics["data"]["rows"]["train"] == 141
    assert "left out" not in capsys.readouterr().err


@pytest.mark.parametrize("switches", [["model.channels=3"], ["model.size=64"]])
def test_colour_and_larger_inputs_train_and_export(
    switches: list[str], easy_data: Path, tmp_path: Path
) -> None:
    once = ["training.epochs=1", "model.blocks=1", "training.precision=bf16"]
    metrics = train(small(*once, *switches), easy_data, tmp_path / "run")
    assert metrics["test"]["n"] == 35


def test_damaged_or_foreign_checkpoints_are_refused_in_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "a.ckpt"
    with pytest.raises(FerliteError, match="no such checkpoint"):
        read_checkpoint(path)
    path.write_bytes(b"PK\x03\x04 not really")
    with pytest.raises(FerliteError, match="not a readable checkpoint"):
        read_checkpoint(path)
    torch.save({"weights": torch.zeros(3)}, path)
    with pytest.raises(FerliteError, match="not a checkpoint that"):
        read_checkpoint(path)


def test_weights_of_another_model_are_refused(finished: Path, tmp_path: Path) -> None:
    content = read_checkpoint(finished / "checkpoints" / "best.ckpt")
    content["recipe"]["model"]["blocks"] = 1
    torch.save(content, tmp_path / "other.ckpt")
    with pytest.raises(FerliteError, match="weights are of another model"):
        load_model(tmp_path / "other.ckpt")


def test_rows_of_an_audits_list_are_left_out(easy_data: Path, tmp_path: Path) -> None:
    listed = tmp_path / "exclude.csv"
    listed.write_text("0\n5\n139\n")
    recipe = small(f"data.exclude={listed}")
    whole, less = load_data(small(), easy_data), load_data(recipe, easy_data)
    assert less.excluded == 3
    kept = [row for row in range(210) if row not in (0, 5, 139)]
    assert (less.dataset.images_NHW == whole.dataset.images_NHW[kept]).all()
    with pytest.raises(FerliteError, match=r"nowhere\.csv: cannot be read"):
        load_data(small("data.exclude=nowhere.csv"), easy_data)


def test_what_is_kept_and_exported_is_the_average_where_the_recipe_wants_one(
    easy_data: Path, tmp_path: Path
) -> None:
    metrics = train(
        small("training.ema_decay=0.9", "stopping.restore_best=false"), easy_data, tmp_path
    )
    state = weights(tmp_path)
    kept = load_model(tmp_path / "checkpoints" / "last.ckpt").state_dict()
    for name, value in kept.items():
        assert torch.equal(value, state[f"averaged.module.{name}"])
    assert not torch.equal(kept["network.classify.weight"], state["model.network.classify.weight"])
    assert metrics["history"][-1]["val_accuracy"] == pytest.approx(
        metrics["validation"]["accuracy"], abs=0.03
    )


def test_slopes_are_gone_after_the_epochs_that_the_recipe_gives_them(
    easy_data: Path, tmp_path: Path
) -> None:
    sface = tmp_path / "sface.safetensors"
    write_weights(SFace().state_dict(), sface)
    recipe = load_recipe(
        "reports/plan/recipes/ferlite_m_first.yaml",
        [
            "data.votes_weight=0",
            "training.epochs=2",
            "training.relu_after=1",
            "training.relu_blocks=0",
            "training.relu_leaky=false",
            "training.batch_size=28",
            "training.precision=32",
            "model.size=32",
            "model.blocks=2",
        ],
    )
    first = recipe.model_copy(update={"training": recipe.training.model_copy(update={"epochs": 1})})
    train(first, easy_data, tmp_path / "run", weights=sface)
    last = tmp_path / "run" / "checkpoints" / "last.ckpt"
    content = read_checkpoint(last)
    slopes = [n for n, v in content["state_dict"].items() if v.shape[1:] == (1, 1, 1)]
    left = {round(float(content["state_dict"][n].max()), 3) for n in slopes}
    # 0.25 at first; of the five steps that take it away the last began after four.
    assert left == {0.05}
    content["recipe"] = recipe.as_dict()
    torch.save(content, last)
    train(recipe, easy_data, tmp_path / "run", resume=True)
    assert not any(read_checkpoint(last)["state_dict"][name].any() for name in slopes)
    network = onnx.load(tmp_path / "run" / "ferlite_m_first.onnx").graph
    # One convolution for each layer, and nothing for slopes.
    assert [node.op_type for node in network.node].count("Conv") == 5


def test_a_student_needs_its_teachers_and_keeps_them(
    finished: Path, easy_data: Path, tmp_path: Path
) -> None:
    teacher = finished / "checkpoints" / "best.ckpt"
    student = small("distillation.alpha=0.7", "distillation.temperature=2", "training.epochs=1")
    with pytest.raises(FerliteError, match="--teacher FILE"):
        train(student, easy_data, tmp_path / "a")
    with pytest.raises(FerliteError, match="no share for teachers"):
        train(small(), easy_data, tmp_path / "a", teachers=[teacher])
    metrics = train(student, easy_data, tmp_path / "a", teachers=[teacher])
    assert metrics["teachers"][0]["from"] == "best.ckpt"
    assert metrics["teachers"][0]["name"] == "small"
    names = weights(tmp_path / "a")
    assert all(name.startswith("model.") for name in names)  # no teacher in the checkpoint
    other = finished / "checkpoints" / "last.ckpt"
    with pytest.raises(FerliteError, match="started with other teachers"):
        train(student, easy_data, tmp_path / "a", teachers=[teacher, other], resume=True)
    again = train(student, easy_data, tmp_path / "a", teachers=[teacher], resume=True)
    assert again["test"] == metrics["test"]


def test_what_teachers_see_is_learned_in_training_alone_and_resumed(
    finished: Path, easy_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    teachers = [finished / "checkpoints" / "best.ckpt"]
    student = small("distillation.feature_weight=2", "training.epochs=3")
    metrics = train(student, easy_data, tmp_path / "run", teachers=teachers)
    learned = weights(tmp_path / "run")
    assert {n for n in learned if not n.startswith("model.")} == {
        "guess.guess.weight",
        "guess.guess.bias",
    }
    losses = [epoch["train_loss"] for epoch in metrics["history"]]
    assert losses[-1] < losses[0]
    model = load_model(tmp_path / "run" / "checkpoints" / "best.ckpt")
    assert metrics["parameters"] == sum(p.numel() for p in model.parameters())

    answers = TrainingModule.answers

    def interrupted(self: TrainingModule, x_BCHW: torch.Tensor, batch: int) -> Any:
        if self.current_epoch == 1:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return answers(self, x_BCHW, batch)

    with monkeypatch.context() as patch:
        patch.setattr(TrainingModule, "answers", interrupted)
        with pytest.raises(FerliteError, match="--resume"):
            train(student, easy_data, tmp_path / "cut", teachers=teachers)
    train(student, easy_data, tmp_path / "cut", teachers=teachers, resume=True)
    assert same(weights(tmp_path / "cut"), learned)


def test_a_lesson_that_comes_again_is_answered_from_memory(
    finished: Path, easy_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The faces of the third epoch are those of the first, so that nothing else changes."""
    asked: list[torch.Tensor] = []
    answer = Teachers.answers

    def counted(
        self: Teachers, x_BCHW: torch.Tensor, temperature: float
    ) -> tuple[torch.Tensor, ...]:
        asked.append(x_BCHW)
        return answer(self, x_BCHW, temperature)

    monkeypatch.setattr(Teachers, "answers", counted)
    teacher = finished / "checkpoints" / "best.ckpt"
    student = small(
        "distillation.alpha=0.7", "distillation.cached_epochs=2", "training.epochs=4",
        "augmentation.rotation=10", "augmentation.erase=0.5",
    )  # fmt: skip
    train(student, easy_data, tmp_path / "remembers", teachers=[teacher])
    batches = len(asked) // 2

    monkeypatch.setattr(
        TrainingModule,
        "answers",
        lambda self, x_BCHW, _batch: self.teachers.answers(x_BCHW, 1.0),
    )
    asked.clear()
    train(student, easy_data, tmp_path / "asks", teachers=[teacher])
    assert len(asked) == 4 * batches
    for first, third in zip(asked[:batches], asked[2 * batches : 3 * batches], strict=True):
        assert torch.equal(first, third)
    assert not torch.equal(asked[0], asked[batches])
    assert same(weights(tmp_path / "remembers"), weights(tmp_path / "asks"))


def test_a_teacher_of_other_classes_is_refused(finished: Path, easy_data: Path) -> None:
    recipe = small("distillation.alpha=0.5", "model.classes=8")
    teacher = finished / "checkpoints" / "best.ckpt"
    with pytest.raises(FerliteError, match="tells 7 classes apart, and small 8"):
        train(recipe, easy_data, finished / "none", teachers=[teacher])


def test_mixed_faces_are_learned(easy_data: Path, tmp_path: Path) -> None:
    recipe = small("augmentation.mixup=0.5", "augmentation.cutmix=0.5", "training.epochs=1")
    assert train(recipe, easy_data, tmp_path)["history"][0]["train_loss"] > 0
