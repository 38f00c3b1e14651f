"""Near-copies are one photograph in another file; what only looks alike is none."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ferlite.lab.data.near_copies import (
    LARGEST_DISTANCE,
    distance,
    find_near_copies,
    is_blank,
)


def scene(seed, side=48):
    """A picture with structure of all sizes, as a face has; seeds give unlike ones."""
    random = np.random.default_rng(seed)
    layers = [
        cv2.resize(random.random((n, n), np.float32), (side, side), interpolation=cv2.INTER_CUBIC)
        for n in (4, 8, 16)
    ]
    picture = sum(layers)
    return cv2.normalize(picture, None, 20, 220, cv2.NORM_MINMAX).astype(np.uint8)


def moved(image, right, down, zoom=1.0):
    matrix = cv2.getRotationMatrix2D((23.5, 23.5), 0, zoom)
    matrix[:, 2] += right, down
    return cv2.warpAffine(image, matrix, (48, 48), borderMode=cv2.BORDER_REFLECT)


def jpeg(image, quality):
    _, content = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return cv2.imdecode(content, cv2.IMREAD_GRAYSCALE)


def lettered(image):
    return cv2.putText(image.copy(), "stock", (2, 44), cv2.FONT_HERSHEY_PLAIN, 0.6, 200)


COPIES = {
    "the same": lambda image: image,
    "brighter": lambda image: np.minimum(image, 200) + 50,
    "less contrast": lambda image: image // 3 + 90,
    "gamma 1.4": lambda image: (255 * (image / 255) ** 1.4).astype(np.uint8),
    "lit from the left": lambda image: np.clip(image - np.arange(48), 0, 255).astype(np.uint8),
    "JPEG": lambda image: jpeg(image, 30),
    "shifted by a pixel": lambda image: moved(image, 1, 0),
    "shifted by two, down and right": lambda image: moved(image, 2, 2),
    "shifted by half a pixel": lambda image: moved(image, -0.5, 1.5),
    "cropped a little closer": lambda image: moved(image, 0, 0, 1.03),
    "bought from a stock agency": lettered,
    "smaller and back": lambda image: cv2.resize(cv2.resize(image, (32, 32)), (48, 48)),
}


def pairs(found):
    return [tuple(pair) for pair in found.rows_P2.tolist()]


@pytest.mark.parametrize("change", COPIES.values(), ids=COPIES)
def test_a_copy_is_found_among_other_pictures(change):
    images = np.stack([scene(seed) for seed in range(20)] + [change(scene(7))])
    found = find_near_copies(images)
    assert pairs(found) == [(7, 20)]
    assert not found.mirrored_P.any()


@pytest.mark.parametrize("change", COPIES.values(), ids=COPIES)
def test_a_mirrored_copy_is_found_and_called_so(change):
    images = np.stack([change(scene(7))[:, ::-1]] + [scene(seed) for seed in range(20)])
    found = find_near_copies(images)
    assert pairs(found) == [(0, 8)]
    assert found.mirrored_P.all()


@pytest.mark.parametrize(
    "change",
    [
        lambda image: image[::-1],
        lambda image: image.T,
        lambda image: 255 - image,
        lambda image: moved(image, 6, 0),
        lambda image: np.hstack([image[:, :24], scene(99)[:, 24:]]),
    ],
    ids=["upside down", "turned", "negative", "shifted far", "half of it"],
)
def test_what_is_no_copy_is_not_found(change):
    assert pairs(find_near_copies(np.stack([scene(7), change(scene(7))]))) == []


def test_every_pair_of_several_copies_is_found_once_with_its_distance():
    images = np.stack([scene(1), scene(2), moved(scene(1), 1, 0), scene(1), scene(2) // 2])
    found = find_near_copies(images)
    assert pairs(found) == [(0, 2), (0, 3), (1, 4), (2, 3)]
    measured = [distance(images[a], images[b]) for a, b in pairs(found)]
    assert found.distances_P.tolist() == pytest.approx(measured, abs=1e-6)
    assert found.distances_P[1] == pytest.approx(0, abs=1e-5)


def test_pairs_are_found_across_the_blocks_of_the_search(monkeypatch):
    monkeypatch.setattr("ferlite.lab.data.near_copies._BLOCK", 4)
    images = np.stack([*(scene(seed) for seed in range(11)), scene(2)[:, ::-1], scene(9)])
    found = find_near_copies(images)
    assert pairs(found) == [(2, 11), (9, 12)]
    assert found.mirrored_P.tolist() == [True, False]


def test_a_smaller_distance_finds_fewer():
    images = np.stack([scene(1), jpeg(scene(1), 10), scene(1) + 1])
    exact = find_near_copies(images, largest_distance=1e-4)
    assert pairs(exact) == [(0, 2)]
    assert len(find_near_copies(images)) == 3


def test_blank_images_are_copies_of_nothing():
    noise = np.random.default_rng(0).integers(0, 9, (48, 48)).astype(np.uint8)
    blank = np.stack([np.zeros((48, 48), np.uint8), np.full((48, 48), 255, np.uint8), noise])
    assert is_blank(blank).all()
    assert pairs(find_near_copies(np.concatenate([blank, blank]))) == []


@pytest.mark.parametrize("gray", [0, 128, 255])
def test_a_blank_image_is_far_from_everything(gray):
    blank = np.full((48, 48), gray, np.uint8)
    assert distance(blank, scene(1)) == distance(scene(1), blank) == distance(blank, blank) == 1


def test_pictures_with_only_a_frame_are_copies_of_no_face():
    framed = np.full((48, 48), 255, np.uint8)
    framed[:, :2] = 0
    assert not is_blank(framed[None]).any()
    images = np.stack([framed] + [scene(seed) for seed in range(5)])
    assert pairs(find_near_copies(images)) == []


def test_images_of_other_sizes_are_compared_too():
    images = np.stack([scene(5, side=100), scene(6, side=100), scene(5, side=100) // 2])
    assert pairs(find_near_copies(images)) == [(0, 2)]


@pytest.mark.parametrize("rows", [0, 1])
def test_too_few_images_have_no_copies(rows):
    found = find_near_copies(np.stack([scene(0)] * 2)[:rows])
    assert found.rows_P2.shape == (0, 2)
    assert len(found) == 0


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 1000),
    gain=st.floats(0.3, 1.0),
    offset=st.integers(0, 30),
    right=st.integers(-1, 1),
    down=st.integers(-1, 1),
)
def test_brightness_contrast_and_a_pixel_of_shift_hardly_count(seed, gain, offset, right, down):
    image = scene(seed)
    changed = moved((image * gain + offset).astype(np.uint8), right, down)
    assert distance(image, changed) < LARGEST_DISTANCE / 3
    assert distance(changed, image) < LARGEST_DISTANCE / 3


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(0, 400), min_size=2, max_size=12, unique=True),
    st.randoms(use_true_random=False),
)
def test_the_order_of_the_images_does_not_matter(seeds, random):
    images = [scene(seed) for seed in seeds] + [scene(seeds[0])[:, ::-1], jpeg(scene(seeds[1]), 50)]
    order = random.sample(range(len(images)), len(images))
    straight = find_near_copies(np.stack(images))
    shuffled = find_near_copies(np.stack([images[row] for row in order]))
    back = {tuple(sorted((order[a], order[b]))) for a, b in pairs(shuffled)}
    assert back == set(pairs(straight)) == {(0, len(seeds)), (1, len(seeds) + 1)}
