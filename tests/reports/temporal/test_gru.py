"""The GRU looks back and never ahead, learns what needs memory, and comes back from its file."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from ferlite.errors import FerliteError
from reports.temporal.features import Features
from reports.temporal.gru import Settings, TemporalModel, inputs_of, load, save, train

SMALL = Settings(hidden=8, dropout=0.0, epochs=25, batch_size=16, lr=0.02)


def riddle(count: int, seed: int) -> Features:
    """The first frame tells the emotion, happy or sad; the others tell nothing; some are lost."""
    random = np.random.default_rng(seed)
    labels_ST = np.repeat(random.integers(3, 5, (count, 1)), 6, axis=1)
    seen_ST = random.random((count, 6)) < 0.8
    seen_ST[:, 0] = True
    probabilities_STK = np.full((count, 6, 7), 1 / 7, np.float32)
    probabilities_STK[:, 0] = np.eye(7, dtype=np.float32)[labels_ST[:, 0]] * 0.9 + 0.1 / 7
    probabilities_STK[~seen_ST] = 0
    penultimate_STF = random.standard_normal((count, 6, 4)).astype(np.float32)
    return Features(probabilities_STK, penultimate_STF, labels_ST, seen_ST, 10.0)


def accuracy(model: TemporalModel, features: Features) -> float:
    return float((model.probabilities(features).argmax(2) == features.labels_ST).mean())


def test_it_remembers_what_a_frame_alone_cannot_tell() -> None:
    learn, select, test = riddle(64, 1), riddle(32, 2), riddle(64, 3)
    gru, history = train(learn, select, SMALL)
    assert accuracy(gru, test) > 0.95
    assert history[-1]["loss"] < history[0]["loss"]
    best = max(epoch["select_accuracy"] for epoch in history)
    assert accuracy(gru, select) == pytest.approx(best, abs=1e-4), "the best epoch is kept"
    layer, _ = train(learn, select, replace(SMALL, memory=False))
    assert accuracy(layer, test) < 0.8


def test_the_same_seed_gives_the_same_model() -> None:
    short = replace(SMALL, epochs=2, dropout=0.3)
    one, two, other = (
        train(riddle(16, 1), riddle(8, 2), replace(short, seed=seed))[0] for seed in (0, 0, 1)
    )
    same = [torch.equal(a, b) for a, b in zip(one.parameters(), two.parameters(), strict=True)]
    assert all(same)
    assert not torch.equal(one.classify.weight, other.classify.weight)


@pytest.mark.parametrize("memory", [True, False])
def test_what_comes_later_changes_nothing(memory: bool) -> None:
    whole = riddle(4, 5)
    model = TemporalModel(11, replace(SMALL, memory=memory))
    part = Features(
        whole.probabilities_STK[:, :3],
        whole.penultimate_STF[:, :3],
        whole.labels_ST[:, :3],
        whole.seen_ST[:, :3],
        whole.rate,
    )
    whole_STK = model.probabilities(whole)
    np.testing.assert_allclose(whole_STK.sum(2), 1, atol=1e-5)
    np.testing.assert_allclose(whole_STK[:, :3], model.probabilities(part), atol=1e-6)


def test_frame_by_frame_with_its_state_gives_the_same_as_all_at_once() -> None:
    features = riddle(4, 5)
    model = TemporalModel(11, SMALL).eval()
    x_STF, seen_ST = inputs_of(features, SMALL), torch.tensor(features.seen_ST)
    whole_STK, _ = model(x_STF, seen_ST)
    state = None
    for t in range(6):
        logits_S1K, state = model(x_STF[:, t : t + 1], seen_ST[:, t : t + 1], state)
        torch.testing.assert_close(logits_S1K[:, 0], whole_STK[:, t])


def test_what_stands_in_an_unseen_frame_is_not_read() -> None:
    features = riddle(8, 5)
    spoilt_STF = features.penultimate_STF.copy()
    spoilt_STF[~features.seen_ST] = 99
    model = TemporalModel(11, SMALL)
    np.testing.assert_array_equal(
        model.probabilities(features),
        model.probabilities(replace(features, penultimate_STF=spoilt_STF)),
    )


def test_probabilities_alone_are_a_choice() -> None:
    features = riddle(8, 5)
    assert inputs_of(features, SMALL).shape == (8, 6, 11)
    assert inputs_of(features, replace(SMALL, inputs="probabilities")).shape == (8, 6, 7)


def test_a_model_comes_back_from_its_file(tmp_path: Path) -> None:
    features = riddle(8, 5)
    model, _ = train(features, features, replace(SMALL, epochs=2))
    save(model, tmp_path / "gru.safetensors", key="abc")
    again, notes = load(tmp_path / "gru.safetensors")
    assert again.settings == model.settings
    assert notes["key"] == "abc"
    np.testing.assert_array_equal(again.probabilities(features), model.probabilities(features))


def test_a_file_that_is_no_temporal_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(FerliteError, match="there is no such file"):
        load(tmp_path / "none.safetensors")
    (tmp_path / "bad.safetensors").write_bytes(b"nonsense")
    with pytest.raises(FerliteError, match=r"bad\.safetensors: is no temporal model"):
        load(tmp_path / "bad.safetensors")
