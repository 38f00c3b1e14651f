import numpy as np
import pytest

from ferlite.faces.cuts import Cuts

rng = np.random.default_rng(0)


def scene(seed: int) -> np.ndarray:
    """A room of 240×400 with large and small things in it; frames are parts of it."""
    rng = np.random.default_rng(seed)
    layers = [
        np.kron(rng.integers(0, 128, (240 // size, 400 // size, 1)), np.ones((size, size, 3)))
        for size in (40, 8)
    ]
    return sum(layers).astype(np.uint8)


def frames(seed: int, count: int = 8, step: int = 0) -> list[np.ndarray]:
    """A camera that moves to the right by `step` of its 160 pixels a frame."""
    room = scene(seed)
    return [room[60:150, 40 + i * step : 200 + i * step] for i in range(count)]


def changes(images) -> list[str]:
    cuts = Cuts()
    return [cuts(image) for image in images]


@pytest.mark.parametrize("step", [0, 3, 12])
def test_a_cut_is_found_and_movement_is_none(step):
    answers = changes([*frames(1, step=step), *frames(2, step=step)])
    assert [i for i, answer in enumerate(answers) if answer == "cut"] == [8]
    assert answers.count("none") == 15


def test_noise_and_light_are_no_cut():
    images = [
        (image * gain + rng.normal(0, 4, image.shape)).clip(0, 255).astype(np.uint8)
        for image, gain in zip(frames(3, 9), (1, 1, 0.4, 0.4, 0.7, 1, 0.2, 1, 1), strict=True)
    ]
    assert set(changes(images)) == {"none"}


def test_a_flash_is_no_cut_but_a_cut_to_something_brighter_makes_faces_new():
    dark = [(image / 3).astype(np.uint8) for image in frames(4)]
    flash = (frames(5)[0] / 4 + 190).astype(np.uint8)  # nothing of the room is left
    assert changes([*dark, flash, *dark])[8:11] == ["doubtful", "none", "none"]
    bright = [(image / 2 + 120).astype(np.uint8) for image in frames(5)]
    assert changes([*dark, *bright])[8:11] == ["doubtful", "none", "none"]


def test_over_black_the_frames_before_and_after_are_compared():
    black = np.zeros((90, 160, 3), np.uint8)
    one, other = frames(6), frames(7)
    assert "cut" not in changes([*one, black, black, *one])
    assert changes([*one, black, black, *other])[10] in ("cut", "doubtful")
    assert changes([black, black]) == ["none", "doubtful"]


def test_where_a_part_is_another_the_faces_are_doubtful():
    room = frames(8)[0]
    other = room.copy()
    other[20:70, 30:70] = scene(9)[20:70, 30:70]
    assert changes([room, room, other, other]) == ["none", "none", "doubtful", "none"]


@pytest.mark.parametrize("shape", [(1, 1, 3), (2000, 3, 3), (36, 64, 3)])
def test_frames_of_any_size_are_compared(shape):
    image = rng.integers(0, 256, shape, np.uint8)
    assert len(changes([image, image, frames(1)[0]])) == 3
