import json
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as sk

from ferlite.emotions import EMOTIONS
from ferlite.lab.evaluate.metrics import (
    accuracy_interval,
    evaluate_probabilities,
    expected_calibration_error,
    reliability,
)

EIGHT = (*EMOTIONS, "contempt")


def made_predictions(n, seed=0, k=7, skill=2.0):
    """Probabilities that lean towards the labels: a classifier neither perfect nor blind."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(k, size=n)
    logits = rng.normal(size=(n, k)) + skill * np.eye(k)[labels]
    exponentials = np.exp(logits)
    return exponentials / exponentials.sum(axis=1, keepdims=True), labels


predictions = st.builds(
    made_predictions,
    n=st.integers(1, 200),
    seed=st.integers(0, 2**32 - 1),
    k=st.integers(2, 8),
    skill=st.floats(-2, 6),
)


class TestEvaluateProbabilities:
    def test_agrees_with_scikit_learn(self):
        probabilities, labels = made_predictions(500)
        predicted = probabilities.argmax(axis=1)

        metrics = evaluate_probabilities(probabilities, labels, EMOTIONS)

        assert metrics["n"] == 500
        assert metrics["accuracy"] == pytest.approx(sk.accuracy_score(labels, predicted))
        assert metrics["macro_f1"] == pytest.approx(sk.f1_score(labels, predicted, average="macro"))
        assert metrics["weighted_f1"] == pytest.approx(
            sk.f1_score(labels, predicted, average="weighted")
        )
        assert metrics["macro_roc_auc"] == pytest.approx(
            sk.roc_auc_score(labels, probabilities, multi_class="ovr", average="macro")
        )
        assert metrics["log_loss"] == pytest.approx(sk.log_loss(labels, probabilities))
        assert metrics["confusion_matrix"] == sk.confusion_matrix(labels, predicted).tolist()
        report = sk.classification_report(
            labels, predicted, target_names=EMOTIONS, output_dict=True
        )
        for emotion, row in metrics["per_class"].items():
            assert row["precision"] == pytest.approx(report[emotion]["precision"])
            assert row["recall"] == pytest.approx(report[emotion]["recall"])
            assert row["f1"] == pytest.approx(report[emotion]["f1-score"])
            assert row["support"] == report[emotion]["support"]

    @given(predictions)
    def test_the_confusion_matrix_holds_every_image_and_its_diagonal_the_accuracy(self, made):
        probabilities, labels = made
        metrics = evaluate_probabilities(probabilities, labels, EIGHT[: probabilities.shape[1]])
        confusion = np.array(metrics["confusion_matrix"])
        assert confusion.sum() == len(labels)
        assert confusion.trace() / len(labels) == pytest.approx(metrics["accuracy"])
        supports = [row["support"] for row in metrics["per_class"].values()]
        assert confusion.sum(axis=1).tolist() == supports

    def test_rows_of_the_confusion_matrix_are_true_classes(self):
        metrics = evaluate_probabilities(np.array([[0.1, 0.9]]), np.array([0]), ["sad", "happy"])
        assert metrics["confusion_matrix"] == [[0, 1], [0, 0]]

    @given(predictions)
    def test_any_input_gives_plain_json_without_warnings(self, made):
        probabilities, labels = made
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            metrics = evaluate_probabilities(probabilities, labels, EIGHT[: probabilities.shape[1]])
        assert json.loads(json.dumps(metrics, allow_nan=False)) == metrics

    def test_a_class_absent_from_the_labels_has_no_auc(self):
        probabilities, labels = made_predictions(300)
        kept = labels != EMOTIONS.index("disgust")

        metrics = evaluate_probabilities(probabilities[kept], labels[kept], EMOTIONS)

        aucs = {name: row["roc_auc"] for name, row in metrics["per_class"].items()}
        assert aucs.pop("disgust") is None
        assert metrics["per_class"]["disgust"]["support"] == 0
        assert metrics["macro_roc_auc"] == pytest.approx(np.mean(list(aucs.values())))

    def test_labels_of_one_class_only_have_no_auc_at_all(self):
        metrics = evaluate_probabilities(
            np.array([[0.9, 0.1], [0.3, 0.7]]), np.array([0, 0]), ["sad", "happy"]
        )
        assert metrics["macro_roc_auc"] is None
        assert metrics["accuracy"] == 0.5

    def test_float32_and_quantised_softmax_are_taken_without_warnings(self):
        probabilities, labels = made_predictions(100)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            exact = evaluate_probabilities(probabilities, labels, EMOTIONS)
            rough = evaluate_probabilities(probabilities.astype(np.float16), labels, EMOTIONS)
        assert rough["log_loss"] == pytest.approx(exact["log_loss"], rel=1e-3)

    def test_a_probability_of_zero_for_the_truth_costs_much_but_not_infinity(self):
        metrics = evaluate_probabilities(np.array([[1.0, 0.0]]), np.array([1]), ["sad", "happy"])
        assert 30 < metrics["log_loss"] < 40

    @pytest.mark.parametrize(
        ("probabilities", "labels", "classes", "sentence"),
        [
            ([[0.5, 0.5]], [0], ["a", "b", "c"], r"shape \(N, 3\)"),
            ([0.5, 0.5], [0], ["a", "b"], r"shape \(N, 2\)"),
            ([[0.5, 0.5]], [0, 1], ["a", "b"], r"labels must have shape \(1,\)"),
            ([[0.5, 0.5]], [[0]], ["a", "b"], r"labels must have shape \(1,\)"),
            ([[0.5, 0.5]], [2], ["a", "b"], "labels must lie in 0 to 1"),
            ([[0.5, 0.5]], [-1], ["a", "b"], "labels must lie in 0 to 1"),
            ([[0.5, 0.5]], [0.0], ["a", "b"], "labels must be integers"),
            ([[0.5, 0.5], [np.nan, 1]], [0, 1], ["a", "b"], r"in \[0, 1\], which row 1 is not"),
            ([[np.inf, 0]], [0], ["a", "b"], r"in \[0, 1\]"),
            ([[1.5, -0.5]], [0], ["a", "b"], r"in \[0, 1\]"),
            ([[1, 0], [0.5, 0.4]], [0, 1], ["a", "b"], "row 1 sums to 0.9"),
            ([[1.0]], [0], ["a"], "two or more different names"),
            ([[0.5, 0.5]], [0], ["a", "a"], "two or more different names"),
        ],
    )
    def test_wrong_input_is_told_in_a_sentence(self, probabilities, labels, classes, sentence):
        with pytest.raises(ValueError, match=sentence):
            evaluate_probabilities(np.array(probabilities), np.array(labels), classes)

    def test_no_rows_is_told_in_a_sentence(self):
        with pytest.raises(ValueError, match="no rows"):
            evaluate_probabilities(np.empty((0, 2)), np.empty(0, int), ["a", "b"])


class TestAccuracyInterval:
    @given(st.integers(1, 5000), st.data())
    def test_holds_the_accuracy_and_stays_within_zero_and_one(self, n, data):
        accuracy = data.draw(st.integers(0, n)) / n
        low, high = accuracy_interval(accuracy, n)
        assert 0 <= low <= accuracy <= high <= 1
        assert low < high

    @pytest.mark.parametrize(("n", "share"), [(12, 0.7), (500, 0.7), (60, 0.95)])
    def test_covers_the_true_accuracy_about_95_times_in_100(self, n, share):
        found = np.random.default_rng(2).binomial(n, share, 1000) / n
        bounds = [accuracy_interval(measured, n) for measured in found]
        assert 925 <= sum(low <= share <= high for low, high in bounds) <= 985


class TestExpectedCalibrationError:
    def test_worked_by_hand(self):
        # Two images at 0.9, one of them right: |0.5 − 0.9| = 0.4 for both. One right at 0.6 and
        # one wrong at 0.56, in one bin: |0.5 − 0.58| = 0.08 for both.
        probabilities = np.array([[0.9, 0.1], [0.1, 0.9], [0.6, 0.4], [0.56, 0.44]])
        labels = np.array([0, 0, 0, 1])
        assert expected_calibration_error(probabilities, labels, bins=10) == pytest.approx(0.24)

    @given(predictions)
    def test_agrees_with_a_loop_over_the_definition(self, made):
        probabilities, labels = made
        error = 0.0
        for b in range(15):
            inside = [
                (max(row), int(np.argmax(row)) == label)
                for row, label in zip(probabilities, labels, strict=True)
                if b / 15 < max(row) <= (b + 1) / 15
            ]
            if inside:
                confidence = sum(c for c, _ in inside) / len(inside)
                accuracy = sum(right for _, right in inside) / len(inside)
                error += abs(accuracy - confidence) * len(inside) / len(labels)
        assert expected_calibration_error(probabilities, labels) == pytest.approx(error)

    @given(predictions)
    def test_is_at_least_the_gap_of_the_whole_and_equal_to_it_in_one_bin(self, made):
        probabilities, labels = made
        accuracy = (probabilities.argmax(axis=1) == labels).mean()
        gap = abs(accuracy - probabilities.max(axis=1).mean())
        assert gap - 1e-12 <= expected_calibration_error(probabilities, labels) <= 1
        assert expected_calibration_error(probabilities, labels, bins=1) == pytest.approx(gap)

    @given(predictions, st.randoms(use_true_random=False))
    def test_does_not_depend_on_the_order_of_rows(self, made, random):
        probabilities, labels = made
        order = list(range(len(labels)))
        random.shuffle(order)
        assert expected_calibration_error(probabilities[order], labels[order]) == pytest.approx(
            expected_calibration_error(probabilities, labels)
        )

    def test_is_nought_when_sure_and_right_and_one_when_sure_and_wrong(self):
        sure = np.array([[1.0, 0.0], [1.0, 0.0]])
        assert expected_calibration_error(sure, np.array([0, 0])) == 0
        assert expected_calibration_error(sure, np.array([1, 1])) == 1


class TestReliability:
    def test_a_confidence_on_an_edge_belongs_to_the_bin_below(self):
        count, _, _ = reliability(np.array([[0.5, 0.5], [0.51, 0.49]]), np.array([0, 0]), bins=4)
        assert count.tolist() == [0, 1, 1, 0]

    @given(predictions)
    def test_bins_add_up_to_the_whole(self, made):
        probabilities, labels = made
        count, confidence, accuracy = reliability(probabilities, labels)
        assert count.sum() == len(labels)
        assert count @ confidence == pytest.approx(probabilities.max(axis=1).sum())
        assert count @ accuracy == pytest.approx((probabilities.argmax(axis=1) == labels).sum())
