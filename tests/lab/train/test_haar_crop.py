"""Haar cropping cuts to the face that is found and leaves other images alone."""

from pathlib import Path

import cv2
import numpy as np

from ferlite.lab.train.haar_crop import haar_cropped


def test_a_face_is_cut_out_and_an_image_without_one_is_left_whole(astronaut: Path) -> None:
    photo = cv2.imread(str(astronaut), cv2.IMREAD_GRAYSCALE)
    face = cv2.resize(photo[50:190, 155:295], (48, 48), interpolation=cv2.INTER_AREA)
    blank = np.full((48, 48), 128, np.uint8)
    images = np.stack([face, blank])
    cropped, found = haar_cropped(images)
    assert found == 1
    assert cropped.shape == images.shape
    assert np.array_equal(cropped[1], blank)
    # What was cut is some square of the image, magnified: shrunk again, it has its place in it.
    best = max(
        cv2.matchTemplate(
            face, cv2.resize(cropped[0], (side, side), interpolation=cv2.INTER_AREA),
            cv2.TM_CCOEFF_NORMED,
        ).max()
        for side in range(24, 47)
    )  # fmt: skip
    assert best > 0.98
    assert not np.array_equal(cropped[0], face)
    assert np.array_equal(images[0], face), "the input stays as it was"
