"""Images that tests change: with Pillow, as the base install has no OpenCV."""

import numpy as np
from PIL import Image, ImageFilter


def resized(image: np.ndarray, fx: float, fy: float | None = None) -> np.ndarray:
    """An image (H, W, 3) `fx` times as wide and `fy`, by default as much, times as high."""
    height, width = image.shape[:2]
    return to_size(image, (round(width * fx), round(height * (fx if fy is None else fy))))


def to_size(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """An image of another width and height."""
    return np.array(Image.fromarray(image).resize(size, Image.Resampling.BILINEAR))


def turned(image: np.ndarray, angle: float, centre: tuple[float, float]) -> np.ndarray:
    """An image of the same size, turned around a place by degrees, clockwise as seen."""
    turned = Image.fromarray(image).rotate(-angle, Image.Resampling.BILINEAR, center=centre)
    return np.array(turned)


def blurred(image: np.ndarray, radius: float) -> np.ndarray:
    """An image without what is finer than some pixels."""
    return np.array(Image.fromarray(image).filter(ImageFilter.GaussianBlur(radius)))


def pixels(path: object) -> np.ndarray:
    """A file's pixels, uint8 (H, W, 3), RGB."""
    return np.array(Image.open(path).convert("RGB"))
