import json

import cv2
import numpy as np
import pytest

from ferlite.emotions import EMOTIONS
from ferlite.errors import FerliteError
from ferlite.lab.evaluate.metrics import evaluate_probabilities
from ferlite.lab.evaluate.report import (
    fitted,
    predict_checkpoint,
    predict_onnx,
    print_report,
    write_report,
)

LEVELS = np.round(np.arange(7) * 255 / 6)
"""The gray values that the brightness network knows as the seven emotions."""


def flat_faces(labels, size=48):
    """Images of one gray level each, the one that the brightness network takes for the label."""
    pixels = LEVELS[labels].astype(np.uint8)
    return np.broadcast_to(pixels[:, None, None], (len(labels), size, size)).copy()


def expected(labels):
    powers = np.exp(-0.1 * np.abs(LEVELS[labels][:, None] - np.arange(7) * 255 / 6))
    return powers / powers.sum(axis=1, keepdims=True)


class TestPredictOnnx:
    def test_gives_the_probabilities_of_every_image(self, brightness_model):
        labels = np.arange(10) % 7
        found = predict_onnx(brightness_model, flat_faces(labels), batch=3)
        assert found.dtype == np.float32
        np.testing.assert_allclose(found, expected(labels), atol=1e-5)

    def test_brings_images_to_the_models_size_and_colours(self, make_model):
        labels = np.arange(7)
        model = make_model(channels=3, size=60)
        found = predict_onnx(model, flat_faces(labels, size=48))
        np.testing.assert_allclose(found, expected(labels), atol=1e-5)

    def test_of_no_images_is_no_rows(self, brightness_model):
        assert predict_onnx(brightness_model, flat_faces(np.arange(0))).shape == (0, 7)

    def test_a_missing_file_is_told_in_a_sentence(self, tmp_path):
        with pytest.raises(FerliteError, match="nowhere"):
            predict_onnx(tmp_path / "nowhere.onnx", flat_faces(np.arange(1)))


class TestPredictCheckpoint:
    def test_gives_what_the_checkpoints_model_gives(self, make_checkpoint):
        import torch

        from ferlite.lab.train.checkpoint import load_model

        path = make_checkpoint(channels=3)
        images = np.random.default_rng(0).integers(256, size=(5, 48, 48), dtype=np.uint8)

        found = predict_checkpoint(path, images, batch=2)

        with torch.no_grad():
            wanted = load_model(path)(torch.from_numpy(fitted(images, 3, (32, 32)))).numpy()
        np.testing.assert_allclose(found, wanted, atol=1e-6)


class TestFitted:
    def test_images_of_the_right_size_stay_as_they_are(self):
        images = np.random.default_rng(0).integers(256, size=(4, 48, 48), dtype=np.uint8)
        np.testing.assert_array_equal(fitted(images, 1, (48, 48)), images[:, None])

    def test_gray_is_repeated_into_three_equal_channels(self):
        images = np.random.default_rng(0).integers(256, size=(4, 48, 48), dtype=np.uint8)
        np.testing.assert_array_equal(
            fitted(images, 3, (48, 48)), np.stack([images, images, images], axis=1)
        )

    def test_larger_is_bilinear(self):
        images = np.random.default_rng(0).integers(256, size=(2, 48, 48), dtype=np.uint8)
        found = fitted(images, 1, (60, 90))
        assert found.shape == (2, 1, 60, 90)
        wanted = cv2.resize(images[1], (90, 60), interpolation=cv2.INTER_LINEAR)
        np.testing.assert_array_equal(found[1, 0], wanted)

    def test_smaller_is_the_mean_of_what_falls_on_a_pixel(self):
        image = np.zeros((1, 4, 4), np.uint8)
        image[0, :2, :2] = [[0, 100], [100, 200]]
        assert fitted(image, 1, (2, 2)).tolist() == [[[[100, 0], [0, 0]]]]


def measured():
    labels = np.array([0, 1, 2, 3, 4, 5, 3, 3])  # nobody is neutral
    probabilities = np.full((8, 7), 0.05)
    probabilities[np.arange(8), [0, 1, 2, 3, 4, 5, 3, 4]] = 0.7
    return evaluate_probabilities(probabilities, labels, EMOTIONS), probabilities, labels


class TestWriteReport:
    def test_writes_the_metrics_and_three_figures(self, tmp_path):
        metrics, probabilities, labels = measured()
        out = tmp_path / "new" / "folder"
        write_report(metrics, probabilities, labels, EMOTIONS, out)
        assert json.loads((out / "metrics.json").read_text()) == metrics
        pictures = {file.name for file in out.iterdir() if cv2.imread(str(file)) is not None}
        assert pictures == {"confusion.png", "roc.png", "calibration.png"}


class TestPrintReport:
    def test_leads_with_the_accuracy_and_has_a_row_for_each_emotion(self, capsys):
        metrics, _, _ = measured()
        print_report(metrics)
        lines = capsys.readouterr().out.splitlines()
        low, high = metrics["accuracy_ci95"]
        assert lines[0] == f"Accuracy 87.5% (95% interval {low:.1%} to {high:.1%}) on 8 images"
        rows = {line.split()[1]: line.split()[3::2] for line in lines if line.count("│") == 7}
        assert list(rows) == [name for name in EMOTIONS if name != "neutral"]
        assert rows["happy"][:4] == ["3", "100.0%", "66.7%", "80.0%"]
        assert "no images of neutral; 0 taken for one of these" in lines
