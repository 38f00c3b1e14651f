import subprocess
import sys
import warnings

import cv2
import numpy as np
import pytest
from matplotlib.figure import Figure

from ferlite.emotions import EMOTIONS
from ferlite.lab.evaluate.figures import (
    calibration_figure,
    confusion_figure,
    curves_figure,
    latency_figure,
    roc_figure,
)
from ferlite.lab.evaluate.metrics import evaluate_probabilities


@pytest.fixture
def drawn(monkeypatch):
    """The figures in the order in which they were written."""
    figures = []
    write = Figure.savefig

    def remember(figure, *args, **kwargs):
        figures.append(figure)
        write(figure, *args, **kwargs)

    monkeypatch.setattr(Figure, "savefig", remember)
    return figures


@pytest.fixture(autouse=True)
def _no_warnings():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def predictions(n=200, absent=None):
    rng = np.random.default_rng(0)
    labels = np.arange(n) % 7
    probabilities = rng.dirichlet(np.ones(7), size=n) * 0.6 + 0.4 * np.eye(7)[labels]
    kept = labels != (EMOTIONS.index(absent) if absent else -1)
    return probabilities[kept], labels[kept]


def history(epochs, **changed):
    return [
        {
            "epoch": epoch,
            "train_loss": 2 / epoch,
            "train_accuracy": 1 - 0.8 / epoch,
            "val_loss": 1 + 0.1 * (epoch - 4) ** 2,
            "val_accuracy": 0.6 - 0.01 * (epoch - 5) ** 2,
            "learning_rate": 1e-3 / epoch,
            **changed,
        }
        for epoch in range(1, epochs + 1)
    ]


def legend(axes):
    return [text.get_text() for text in axes.get_legend().get_texts()]


def is_picture(path):
    image = cv2.imread(str(path))
    return image is not None and image.std() > 0


class TestConfusionFigure:
    def test_each_cell_shows_the_share_of_its_true_class_and_the_count(self, tmp_path, drawn):
        probabilities = np.array([[0.9, 0.1], [0.8, 0.2], [0.7, 0.3], [0.4, 0.6], [0.2, 0.8]])
        labels = np.array([0, 0, 0, 0, 1])
        metrics = evaluate_probabilities(probabilities, labels, ["sad", "happy"])

        confusion_figure(metrics, tmp_path / "confusion.png")

        assert is_picture(tmp_path / "confusion.png")
        axes = drawn[0].axes[0]
        cells = [text.get_text() for text in axes.texts]
        assert cells == ["75%", "3", "25%", "1", "0%", "0", "100%", "1"]
        assert [text.get_text() for text in axes.get_yticklabels()] == ["sad", "happy"]
        assert "80.0%" in axes.get_title(loc="left")

    def test_the_row_of_an_absent_class_is_blank(self, tmp_path, drawn):
        metrics = evaluate_probabilities(*predictions(absent="fear"), EMOTIONS)
        confusion_figure(metrics, tmp_path / "confusion.png")
        rows_with_text = {round(text.get_position()[1]) for text in drawn[0].axes[0].texts}
        assert rows_with_text == set(range(7)) - {EMOTIONS.index("fear")}


class TestRocFigure:
    def test_the_legend_names_each_class_with_its_auc(self, tmp_path, drawn):
        probabilities, labels = predictions()
        roc_figure(probabilities, labels, EMOTIONS, tmp_path / "roc.png")
        assert is_picture(tmp_path / "roc.png")
        per_class = evaluate_probabilities(probabilities, labels, EMOTIONS)["per_class"]
        assert legend(drawn[0].axes[0]) == [
            f"{name}  {row['roc_auc']:.3f}" for name, row in per_class.items()
        ]

    def test_no_two_classes_look_alike(self, tmp_path, drawn):
        roc_figure(*predictions(), EMOTIONS, tmp_path / "roc.png")
        _chance, *curves = drawn[0].axes[0].lines
        assert len({(line.get_color(), line.get_linestyle()) for line in curves}) == 7

    def test_an_absent_class_has_no_curve(self, tmp_path, drawn):
        roc_figure(*predictions(absent="sad"), EMOTIONS, tmp_path / "roc.png")
        names = [entry.split()[0] for entry in legend(drawn[0].axes[0])]
        assert names == [name for name in EMOTIONS if name != "sad"]

    def test_labels_of_one_class_only_still_give_a_picture(self, tmp_path):
        roc_figure(np.eye(2), np.array([0, 0]), ["sad", "happy"], tmp_path / "roc.png")
        assert is_picture(tmp_path / "roc.png")


class TestCalibrationFigure:
    def test_one_bar_as_high_as_the_accuracy_for_each_bin_with_images(self, tmp_path, drawn):
        probabilities = np.array([[0.7, 0.3], [0.7, 0.3], [0.99, 0.01]])
        calibration_figure(probabilities, np.array([0, 1, 0]), tmp_path / "cal.png")
        assert is_picture(tmp_path / "cal.png")
        accuracy, images = drawn[0].axes
        assert [bar.get_height() for bar in accuracy.patches] == [0.5, 1.0]
        assert sum(bar.get_height() for bar in images.patches) == pytest.approx(1)


class TestCurvesFigure:
    def test_shows_training_beside_validation_and_names_the_best_epochs(self, tmp_path, drawn):
        curves_figure(history(8), tmp_path / "curves.png")
        assert is_picture(tmp_path / "curves.png")
        loss, accuracy, rate = drawn[0].axes
        assert legend(loss) == legend(accuracy) == ["training", "validation"]
        assert loss.get_title(loc="left") == "Best on validation: 1.000 in epoch 4"
        assert accuracy.get_title(loc="left") == "Best on validation: 60.0% in epoch 5"
        assert rate.lines[0].get_ydata()[-1] == 1e-3 / 8

    @pytest.mark.parametrize(
        "rows",
        [
            pytest.param(history(1), id="one epoch"),
            pytest.param(history(3, val_loss=float("nan"), train_loss=float("inf")), id="diverged"),
            pytest.param(history(3, learning_rate=0.0), id="frozen"),
        ],
    )
    def test_odd_trainings_still_give_a_picture(self, tmp_path, rows):
        curves_figure(rows, tmp_path / "curves.png")
        assert is_picture(tmp_path / "curves.png")

    def test_no_epochs_are_told_in_a_sentence(self, tmp_path):
        with pytest.raises(ValueError, match="history is empty"):
            curves_figure([], tmp_path / "curves.png")


def test_drawing_leaves_pyplot_alone():
    code = "import sys, ferlite.lab.evaluate.figures; sys.exit('matplotlib.pyplot' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_latencies_are_boxes_with_the_fastest_on_top(drawn, tmp_path):
    latency_figure(
        {"slow": [40.0, 41, 44], "fast": [0.4, 0.5, 0.6], "middle": [4.0, 5, 9]},
        tmp_path / "latency.png",
    )
    (axes,) = drawn[0].axes
    from_below = [label.get_text() for label in axes.get_yticklabels()]
    assert from_below == ["slow", "middle", "fast"]
    assert axes.get_xscale() == "log", "the fast ones would vanish"
    medians = [line.get_xdata()[0] for line in axes.lines if len(set(line.get_xdata())) == 1]
    assert {41, 5, 0.5} <= set(medians)
    assert "3 passes each" in axes.get_title(loc="left")


def test_latency_boxes_say_how_many_passes_each_has(drawn, tmp_path):
    latency_figure({"a": [1.0, 2, 3], "b": [1.0, 2]}, tmp_path / "latency.png")
    assert "2 to 3 passes" in drawn[0].axes[0].get_title(loc="left")
