"""reports/landmarks.py: faces with landmark heat maps, in one square."""

import numpy as np
import pytest
import torch

from reports.landmarks import GROUPS, WithLandmarks, load, with_maps

POINTS_P2 = np.full((468, 2), 10, np.float32)


def mesh(face_HW):
    """Sees a face where it is bright, with every landmark in one place."""
    return float(face_HW.mean() > 99), POINTS_P2


def test_a_face_and_its_maps_lie_in_one_square_and_no_face_has_no_maps():
    images_NHW = np.stack([np.full((48, 48), level, np.uint8) for level in (100, 50)])
    squares_NSS, found = with_maps(images_NHW, mesh)
    assert found == 1
    assert (squares_NSS[:, :48, :48] == images_NHW).all()
    for map_HW in (squares_NSS[0, :48, 48:], squares_NSS[0, 48:, :48], squares_NSS[0, 48:, 48:]):
        assert np.unravel_index(map_HW.argmax(), map_HW.shape) == (10, 10)
        assert 0 < map_HW[10, 11] < 255
        assert map_HW[10, 20] == 0
    assert squares_NSS[1].sum() == images_NHW[1].sum()


def test_the_groups_share_no_landmark():
    every = [point for group in GROUPS for point in group]
    assert len(every) == len(set(every))
    assert max(every) < len(POINTS_P2)


@pytest.mark.parametrize("maps", [True, False])
def test_the_network_sees_face_and_maps_or_the_face_alone(maps):
    network = WithLandmarks(maps=maps).eval()
    face, other_maps = torch.rand(2, 1, 96, 96)
    other = other_maps.clone()
    other[:, :48, :48] = face[:, :48, :48]
    with torch.no_grad():
        one, two = network(torch.stack([face, other]))
    assert torch.allclose(one, two, atol=1e-6) is not maps


def test_it_is_augmented_in_training_alone():
    network = WithLandmarks(dropout=0.0)
    squares = torch.rand(4, 1, 96, 96)
    with torch.no_grad():
        assert not torch.equal(network(squares), network(squares))
        network.eval()
        assert torch.equal(network(squares), network(squares))


def test_the_file_is_a_dataset(tmp_path):
    file = tmp_path / "landmarks.npz"
    images = np.zeros((2, 96, 96), np.uint8)
    np.savez(file, images=images, labels=np.array([3, 4]), splits=np.array([0, 2], np.int8))
    faces = load(file)
    assert (faces.name, faces.rows("test").tolist()) == ("fer2013", [1])
