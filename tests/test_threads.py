"""Whoever works at the same time gets exactly the answers that he would get alone."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import TypeVar

import numpy as np
import pytest

from ferlite import EmotionRecognizer, Face
from tests.images import pixels, resized, to_size

Answer = TypeVar("Answer")


@pytest.fixture(params=["blazeface", "yunet"])
def make(request: pytest.FixtureRequest) -> Callable[[], EmotionRecognizer]:
    """Makes recognizers with the network that comes with ferlite."""
    if request.param == "blazeface":
        return EmotionRecognizer
    file = request.getfixturevalue("yunet_file")
    return lambda: EmotionRecognizer(detector="yunet", yunet=file)


@pytest.fixture(scope="module")
def pictures(astronaut: Path) -> list[np.ndarray]:
    """Of several sizes, with no face, one and many."""
    portrait = pixels(astronaut)
    head = to_size(portrait[36:196, 144:304], (64, 64))
    crowd = np.tile(np.hstack([head, head[:, ::-1], head // 2]), (2, 1, 1))
    noise = np.random.default_rng(0).integers(0, 256, (60, 100, 3), np.uint8)
    return [resized(portrait, 0.4, 0.35), noise, crowd, head]


def at_once(works: Sequence[Callable[[], Answer]]) -> list[Answer]:
    """What each gives, all begun at the same moment in threads of their own."""
    ready = Barrier(len(works))

    def begin(work: Callable[[], Answer]) -> Answer:
        ready.wait()
        return work()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(begin, works))


def reading(
    recognizer: EmotionRecognizer, pictures: Sequence[np.ndarray], first: int = 0
) -> Callable[[], list[list[Face]]]:
    """Read all pictures twice, beginning with the one of that number; answers in their order."""

    def read() -> list[list[Face]]:
        answers: dict[int, list[Face]] = {}
        for i in range(2 * len(pictures)):
            number = (first + i) % len(pictures)
            faces = recognizer.recognize(pictures[number])
            assert answers.setdefault(number, faces) == faces
        return [answers[number] for number in range(len(pictures))]

    return read


def test_two_recognizers_in_two_threads(make, pictures):
    alone = reading(make(), pictures)()
    assert [bool(faces) for faces in alone] == [True, False, True, True]
    assert len(alone[2]) > 1
    together = at_once([reading(make(), pictures), reading(make(), pictures, first=2)])
    assert together == [alone] * 2


def test_one_recognizer_shared_by_eight_threads(make, pictures):
    alone = reading(make(), pictures)()
    shared = make()
    together = at_once([reading(shared, pictures, first) for first in range(8)])
    assert together == [alone] * 8


@pytest.mark.parametrize("shared", [False, True], ids=["two recognizers", "one shared"])
def test_two_films_in_two_threads(make, two_people: Path, shared: bool):
    def watching(recognizer: EmotionRecognizer) -> Callable[[], list[tuple[float, list[Face]]]]:
        return lambda: [
            (frame.time, list(frame.faces)) for frame in recognizer.recognize_video(two_people)
        ]

    recognizer = make()
    alone = watching(make())()
    assert [len(faces) for _, faces in alone] == [2] * 20
    together = at_once([watching(recognizer), watching(recognizer if shared else make())])
    assert together == [alone] * 2


def test_a_film_and_pictures_with_one_recognizer(make, two_people: Path, pictures):
    def watch(recognizer: EmotionRecognizer) -> list[list[Face]]:
        return [list(frame.faces) for frame in recognizer.recognize_video(two_people)]

    alone = [watch(make()), reading(make(), pictures)()]
    shared = make()
    assert at_once([lambda: watch(shared), reading(shared, pictures)]) == alone
