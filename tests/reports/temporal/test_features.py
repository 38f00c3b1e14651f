"""Features are what the shipped network computes, in the frames that show a face."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest

from ferlite.classify import zoo
from ferlite.classify.classifier import Classifier
from ferlite.errors import FerliteError
from reports.temporal.features import (
    FeatureExtractor,
    features_of,
    kept_features,
    save_features,
)
from reports.temporal.sequences import FaceSequence

MODEL = zoo.path(zoo.FAST)


@pytest.fixture(scope="module")
def extract() -> FeatureExtractor:
    return FeatureExtractor(MODEL)


@pytest.fixture
def sequence() -> FaceSequence:
    images_THW = np.random.default_rng(0).integers(0, 256, (5, 48, 48)).astype(np.uint8)
    seen_T = np.array([True, True, False, True, True])
    return FaceSequence("a", images_THW, np.array([3, 3, 3, 4, 4]), seen_T, rate=10.0)


def test_probabilities_are_the_classifiers(
    extract: FeatureExtractor, sequence: FaceSequence
) -> None:
    probabilities_NK, _ = extract(sequence.images_THW)
    expected_NK = Classifier(MODEL)(sequence.images_THW[:, None])
    np.testing.assert_allclose(probabilities_NK, expected_NK, atol=1e-6)


def test_the_last_layer_makes_the_probabilities_of_the_features(
    extract: FeatureExtractor, sequence: FaceSequence
) -> None:
    probabilities_NK, penultimate_NF = extract(sequence.images_THW)
    weights = {i.name: onnx.numpy_helper.to_array(i) for i in onnx.load(MODEL).graph.initializer}
    # The default learned votes beside labels: a wrapper is around it, and votes' outputs are last.
    weight_KF, bias_K = (weights[f"model.network.classify.{part}"] for part in ("weight", "bias"))
    logits_NK = (penultimate_NF @ weight_KF.T + bias_K)[:, :7]
    logits_NK /= weights.get("temperature_0", 1.0)
    expected_NK = np.exp(logits_NK) / np.exp(logits_NK).sum(1, keepdims=True)
    np.testing.assert_allclose(probabilities_NK, expected_NK, atol=1e-5)


def test_frames_without_a_face_are_never_classified(
    extract: FeatureExtractor, sequence: FaceSequence
) -> None:
    features = features_of([sequence, sequence], extract)
    assert features.probabilities_STK.shape == (2, 5, 7)
    assert (features.probabilities_STK[:, 2] == 0).all()
    assert (features.penultimate_STF[:, 2] == 0).all()
    np.testing.assert_allclose(features.probabilities_STK.sum(2), features.seen_ST, atol=1e-5)
    whole_NK, _ = extract(sequence.images_THW)
    np.testing.assert_allclose(features.probabilities_STK[1, 3], whole_NK[3], atol=1e-6)


def test_sequences_of_different_lengths_are_refused(
    extract: FeatureExtractor, sequence: FaceSequence
) -> None:
    with pytest.raises(FerliteError, match="one length"):
        features_of([sequence, replace(sequence, rate=5.0)], extract)


def test_kept_features_are_those_of_the_same_key(
    extract: FeatureExtractor, sequence: FaceSequence, tmp_path: Path
) -> None:
    file = tmp_path / "kept.npz"
    assert kept_features(file, "one") is None
    features = features_of([sequence], extract)
    save_features(features, file, "one")
    kept = kept_features(file, "one")
    assert kept is not None
    np.testing.assert_array_equal(kept.probabilities_STK, features.probabilities_STK)
    np.testing.assert_allclose(kept.penultimate_STF, features.penultimate_STF, atol=1e-3)
    np.testing.assert_array_equal(kept.seen_ST, features.seen_ST)
    assert kept.rate == features.rate
    assert kept_features(file, "another") is None


def test_a_network_with_another_end_is_refused(brightness_model: Path) -> None:
    with pytest.raises(FerliteError, match="linear layer and softmax"):
        FeatureExtractor(brightness_model)
