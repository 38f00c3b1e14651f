"""Cutting a dataset's images to the face that a Haar cascade finds, as some protocols ask."""

import cv2
import numpy as np
from numpy.typing import NDArray

from ferlite.faces.haar import Haar

_MAGNIFIED = 2
"""Images are searched at so many times their size: at 48×48 itself the cascade finds a face in 66%
of FER2013's images instead of 73%, and four times finds no more than twice."""
_SMALLEST = 0.5
"""Boxes under this share of the image are no faces: the image itself is a face already."""


def haar_cropped(images_NHW: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], int]:
    """Every image cut to the largest face found and brought back to its size, bilinearly.

    An image in which none is found stays as it is. In FER2013, whose images are cut to the face,
    it finds one in 73% (of 1,000 drawn at random) and cuts those to 45 of 48 pixels (the median).

    Args:
        images_NHW: uint8 gray images.

    Returns:
        uint8 (N, H, W), and in how many of the N a face was found.

    >>> images, found = haar_cropped(np.zeros((2, 48, 48), np.uint8))
    >>> images.shape, found
    ((2, 48, 48), 0)
    """
    haar = Haar()
    height, width = images_NHW.shape[1:]
    cropped_NHW = images_NHW.copy()
    found = 0
    for image_HW, out_HW in zip(images_NHW, cropped_NHW, strict=True):
        large = cv2.resize(
            image_HW, None, fx=_MAGNIFIED, fy=_MAGNIFIED, interpolation=cv2.INTER_LINEAR
        )
        boxes = [face.box for face in haar.detect(cv2.cvtColor(large, cv2.COLOR_GRAY2BGR))]
        if not boxes:
            continue
        x, y, w, h = (n / _MAGNIFIED for n in max(boxes, key=lambda box: box[2]))
        # A box may reach outside the image.
        left, right = max(round(x), 0), min(round(x + w), width)
        top, bottom = max(round(y), 0), min(round(y + h), height)
        if min(right - left, bottom - top) >= _SMALLEST * min(width, height):
            found += 1
            face_HW = image_HW[top:bottom, left:right]
            cv2.resize(face_HW, (width, height), dst=out_HW, interpolation=cv2.INTER_LINEAR)
    return cropped_NHW, found
