"""Labels guessed from votes, from networks, and from both."""

from collections.abc import Iterator

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from ferlite.lab.data.dataset import FaceDataset
from reports.beside_people import beside_people

RNG = np.random.default_rng(0)
N = 140
LABELS = np.arange(N) % 7


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """More threads only wait for each other on arrays this small."""
    with threadpool_limits(1):
        yield


def faces(labels: np.ndarray) -> FaceDataset:
    count = len(labels)
    return FaceDataset(
        "fer2013", np.zeros((count, 48, 48), np.uint8), labels, np.zeros(count, np.int8)
    )


def votes_for(labels: np.ndarray) -> np.ndarray:
    return np.asarray(10 * np.eye(10, dtype=np.int64)[labels])


def sure_of(labels: np.ndarray) -> np.ndarray:
    return np.where(np.eye(7)[labels], 0.94, 0.01).astype(np.float32)


DOUBT = np.full((N, 7), 1 / 7, np.float32)


def test_people_who_have_other_words_for_the_labels_still_tell_them_apart() -> None:
    told = votes_for((LABELS + 3) % 7)
    found = beside_people(faces(LABELS), told, faces(LABELS), told, [DOUBT])
    assert found["people"]["accuracy"] == 1
    assert found["networks"]["accuracy"] == pytest.approx(1 / 7, abs=0.1)
    assert found["networks_and_people"]["accuracy"] == 1


def test_votes_and_networks_that_know_different_halves_know_all_together() -> None:
    """People tell even labels apart, the network odd ones; each says nothing of the others."""
    even = LABELS % 2 == 0
    told = np.where(even[:, None], votes_for(LABELS), 1)
    said = np.where(even[:, None], DOUBT, sure_of(LABELS))
    found = beside_people(faces(LABELS), told, faces(LABELS), told, [said])
    assert found["people"]["accuracy"] == pytest.approx(5 / 7, abs=0.01)
    assert found["networks"]["accuracy"] == pytest.approx(4 / 7, abs=0.01)
    assert found["networks_and_people"]["accuracy"] == 1


def test_noise_is_worth_nothing_on_faces_that_were_not_learned_from() -> None:
    noise = RNG.dirichlet(np.ones(7), N).astype(np.float32)
    shuffled = RNG.permutation(LABELS)
    found = beside_people(
        faces(LABELS), votes_for(LABELS), faces(shuffled), votes_for(LABELS), [noise]
    )
    for told in found.values():
        assert told["accuracy"] < 0.35
    assert found["networks"]["log_loss"] > np.log(7) - 0.02
