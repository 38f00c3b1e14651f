import numpy as np
import pytest

from ferlite.faces import people as people_module
from ferlite.faces.people import AT_FIRST, MOST_PEOPLE, VIEWS, People
from ferlite.faces.track import Tracked

IMAGE = np.zeros((90, 90, 3), np.uint8)
POINTS = ((1.0, 1.0), (3.0, 1.0), (2.0, 2.0), (2.0, 3.0))


def look(*parts: float) -> np.ndarray:
    vector = np.array(parts, np.float32)
    return vector / np.linalg.norm(vector)


A, B, C = look(1, 0, 0, 0), look(0, 1, 0, 0), look(0, 0, 1, 0)


class Video:
    """Feeds `People` with frames in which tracks look like this or that, one a second."""

    def __init__(self, embed=None, step: float = 1.0):
        self.people = People(embed)
        self.time, self.step = 0.0, step

    def __call__(self, *faces, points=None) -> list[int]:
        self.time += self.step
        tracked = [Tracked(t, (0, 0, 9, 9), 1.0, points=points, look_D=seen) for t, seen in faces]
        return self.people(IMAGE, self.time, tracked, {t for t, _ in faces})


def test_who_comes_back_has_the_same_number_and_who_is_new_a_new_one():
    video = Video()
    assert video((1, A), (2, B)) == [1, 2]
    assert video((1, A)) == [1]
    assert video((3, B), (4, C)) == [2, 3]
    assert video() == []
    assert video((5, A)) == [1]
    assert video((5, None)) == [1]


def test_nobody_is_in_a_frame_twice():
    video = Video()
    assert video((1, A), (2, A)) == [1, 2]
    assert sorted(video((3, A), (4, A), (5, A))) == [1, 2, 3]


def test_of_two_candidates_the_one_that_is_more_alike_is_recognised():
    video = Video()
    assert video((1, A)) == [1]
    assert video((2, look(0.9, 0.5, 0, 0)), (3, look(1, 0.1, 0, 0))) == [2, 1]


def test_who_is_recognised_a_little_later_takes_the_old_number():
    video = Video(step=AT_FIRST / 4)
    assert video((1, A)) == [1]
    assert video() == []
    assert video((2, B)) == [2]
    assert video((2, look(1, 0.1, 0, 0))) == [1]
    assert video() == []
    # Who was begun for it is nobody, and that number is not given again.
    assert video((3, B)) == [1]
    assert video() == []
    assert video((4, C)) == [3]


def test_after_its_first_second_a_face_keeps_its_number():
    video = Video(step=AT_FIRST + 0.1)
    assert [video((1, A)), video(), video((2, B)), video((2, A)), video((2, A))] == [
        [1], [], [2], [2], [2]
    ]  # fmt: skip


def test_an_embedding_recognises_who_looks_otherwise():
    faces = iter([A, B, A])
    asked = []

    def embed(image, points):
        asked.append(points)
        return next(faces)

    video = Video(embed)
    assert video((1, A), points=POINTS) == [1]
    assert video((2, B), points=POINTS) == [2]
    assert video((3, C), points=POINTS) == [1]
    assert video((3, C)) == [1]  # without points there is nothing to recognise
    assert asked == [POINTS] * 3


def test_a_face_that_stays_is_seldom_embedded():
    asked = []
    video = Video(lambda image, points: asked.append(1) or A, step=0.04)
    for _ in range(250):
        video((1, A), points=POINTS)
    assert len(asked) == pytest.approx(8, abs=1)  # in ten seconds


def test_memory_is_bounded_and_those_who_are_there_are_not_forgotten(monkeypatch):
    monkeypatch.setattr(people_module, "SAME_LOOK", 2.0)  # everyone is new
    video = Video()
    for i in range(2, 2 * MOST_PEOPLE):
        assert video((1, A), (i, B))[0] == 1
    assert len(video.people._people) == MOST_PEOPLE
    assert len(video.people._tracks) == 2
    monkeypatch.undo()
    for i in range(1000, 1000 + 3 * VIEWS):
        video((i, C))
    assert max(len(person.views) for person in video.people._people.values()) == VIEWS
