"""Augmentation of whole batches on the device: one resampling for all geometry, then the light."""

import math
from typing import Annotated, Literal

import torch
from pydantic import Field
from torch import Tensor
from torch.nn import functional

from ferlite.lab.section import Section, Share

Zoom = Annotated[float, Field(ge=0.1, le=10)]


class Augmentation(Section):
    """How far a training face may be changed; the defaults change nothing.

    Attributes:
        flip: probability of mirroring left and right.
        rotation: largest angle in degrees, either way.
        shift: largest shift along each axis, as a share of the size.
        zoom: smallest and largest magnification, the same in both axes.
        shear: largest horizontal shear angle in degrees, either way.
        fill: what comes in at the edges: black ("zeros") or the nearest pixel ("nearest").
        brightness: largest change of brightness, as a share of full white.
        contrast: largest relative change of contrast around the face's mean.
        erase: probability of covering a rectangle with noise.
        erase_area: smallest and largest share of the face that the rectangle covers.
        gain: largest relative change of brightness: all pixels times 1 ± gain.
        gamma: largest exponent of the light, as a power of two either way: 1 makes pixels of 0.5
            anything from 0.25 to 0.71.
        blur: largest standard deviation, in pixels, of a Gaussian blur.
        noise: largest standard deviation of Gaussian noise, as a share of full white.
        mixup: blend faces and their labels in pairs, with shares from a Beta distribution of this
            parameter (see `ferlite.lab.train.mix`); 0 for none.
        cutmix: the same for cutting a rectangle out of one face into the other. Where both are
            asked for, a batch gets one or the other.
        resampling: how pixels between pixels are found where a face is turned, shifted, sheared or
            magnified: "bilinear" blurs, which faces in use are not; "bicubic" hardly does.
    """

    flip: Share = 0.0
    rotation: Annotated[float, Field(ge=0, le=180)] = 0.0
    shift: Share = 0.0
    zoom: tuple[Zoom, Zoom] = (1.0, 1.0)
    shear: Annotated[float, Field(ge=0, le=60)] = 0.0
    fill: Literal["zeros", "nearest"] = "nearest"
    brightness: Share = 0.0
    contrast: Share = 0.0
    erase: Share = 0.0
    erase_area: tuple[Share, Share] = (0.02, 0.2)
    gain: Share = 0.0
    gamma: Annotated[float, Field(ge=0, le=3)] = 0.0
    blur: Annotated[float, Field(ge=0, le=3)] = 0.0
    noise: Share = 0.0
    mixup: Annotated[float, Field(ge=0, le=10)] = 0.0
    cutmix: Annotated[float, Field(ge=0, le=10)] = 0.0
    resampling: Literal["bilinear", "bicubic"] = "bilinear"


def augment(x_BCHW: Tensor, how: Augmentation) -> Tensor:
    """Change every face of a batch at random, each in its own way.

    Randomness comes from torch's global generators, so that `torch.manual_seed` repeats it.

    Args:
        x_BCHW: float faces with values in [0, 1].
        how: how far.

    Returns:
        A tensor of the same shape and range (the input itself if `how` changes nothing).

    >>> faces = torch.rand(4, 1, 48, 48)
    >>> augment(faces, Augmentation(flip=0.5, rotation=10)).shape
    torch.Size([4, 1, 48, 48])
    """
    moves = how.rotation or how.shift or how.shear or how.zoom != (1.0, 1.0)
    if moves:
        x_BCHW = _move(x_BCHW, how)
    elif how.flip:
        flipped_B = _uniform(x_BCHW, 0, 1) < how.flip
        x_BCHW = torch.where(flipped_B[:, None, None, None], x_BCHW.flip(-1), x_BCHW)
    if how.blur:
        x_BCHW = _blur(x_BCHW, how.blur)
    if how.gamma:
        exponent = 2 ** _uniform(x_BCHW, -how.gamma, how.gamma)
        # The root of 0 has no slope, which is of no use here but must not become NaN.
        x_BCHW = x_BCHW.clamp(1e-4, 1) ** exponent[:, None, None, None]
    if how.contrast:
        gain = _uniform(x_BCHW, 1 - how.contrast, 1 + how.contrast)[:, None, None, None]
        mean = x_BCHW.mean((1, 2, 3), keepdim=True)
        x_BCHW = (x_BCHW - mean) * gain + mean
    if how.brightness:
        x_BCHW = x_BCHW + _uniform(x_BCHW, -how.brightness, how.brightness)[:, None, None, None]
    if how.gain:
        x_BCHW = x_BCHW * _uniform(x_BCHW, 1 - how.gain, 1 + how.gain)[:, None, None, None]
    if how.noise:
        deviation = _uniform(x_BCHW, 0, how.noise)[:, None, None, None]
        x_BCHW = x_BCHW + torch.randn_like(x_BCHW) * deviation
    if how.brightness or how.contrast or how.gain or how.noise:
        x_BCHW = x_BCHW.clamp(0, 1)
    if how.erase:
        x_BCHW = _erase(x_BCHW, how)
    return x_BCHW


def _move(x_BCHW: Tensor, how: Augmentation) -> Tensor:
    """Flip, rotate, shear, zoom and shift with a single bilinear resampling."""
    angle = torch.deg2rad(_uniform(x_BCHW, -how.rotation, how.rotation))
    shear = torch.tan(torch.deg2rad(_uniform(x_BCHW, -how.shear, how.shear)))
    # The grid says where each output pixel is read from, so magnifying reads from a smaller area.
    scale = 1 / _uniform(x_BCHW, *how.zoom)
    mirror = torch.where(_uniform(x_BCHW, 0, 1) < how.flip, -1.0, 1.0)
    cos, sin = torch.cos(angle) * scale, torch.sin(angle) * scale
    # Grid coordinates run from -1 to 1 over the size, so a shift of 1 × the size is 2.
    shift_x = 2 * _uniform(x_BCHW, -how.shift, how.shift)
    shift_y = 2 * _uniform(x_BCHW, -how.shift, how.shift)
    theta_B23 = torch.stack(
        [
            torch.stack([mirror * cos, mirror * (cos * shear - sin), shift_x], 1),
            torch.stack([sin, sin * shear + cos, shift_y], 1),
        ],
        1,
    )
    grid = functional.affine_grid(theta_B23, list(x_BCHW.shape), align_corners=False)
    padding = {"zeros": "zeros", "nearest": "border"}[how.fill]
    moved_BCHW = functional.grid_sample(
        x_BCHW, grid, mode=how.resampling, padding_mode=padding, align_corners=False
    )
    # Cubic curves overshoot beside edges; means of pixels cannot.
    return moved_BCHW.clamp(0, 1) if how.resampling == "bicubic" else moved_BCHW


def _blur(x_BCHW: Tensor, largest: float) -> Tensor:
    """Blur each face by its own Gaussian, rows and columns one after the other."""
    faces, channels, height, width = x_BCHW.shape
    radius = math.ceil(2 * largest)
    deviation_B1 = _uniform(x_BCHW, 0, largest).clamp(min=0.05)[:, None]
    offsets = torch.arange(-radius, radius + 1, device=x_BCHW.device)[None, :]
    kernels_BW = torch.exp(-0.5 * (offsets / deviation_B1) ** 2)
    kernels_BW = kernels_BW / kernels_BW.sum(1, keepdim=True)
    # One group for each channel of each face gives every face its own kernel in one call.
    kernels = kernels_BW.repeat_interleave(channels, 0)[:, None]
    x = x_BCHW.reshape(1, faces * channels, height, width)
    x = functional.pad(x, (radius, radius, radius, radius), mode="replicate")
    x = functional.conv2d(x, kernels[:, :, :, None], groups=faces * channels)
    x = functional.conv2d(x, kernels[:, :, None, :], groups=faces * channels)
    return x.reshape(x_BCHW.shape)


def _erase(x_BCHW: Tensor, how: Augmentation) -> Tensor:
    """Cover one rectangle per chosen face with noise (Zhong et al. 2020, Random Erasing)."""
    height, width = x_BCHW.shape[-2:]
    area = _uniform(x_BCHW, *how.erase_area)
    aspect = torch.exp(_uniform(x_BCHW, math.log(0.3), math.log(1 / 0.3)))
    h = (area * aspect).sqrt().clamp(max=1) * height
    w = (area / aspect).sqrt().clamp(max=1) * width
    top = _uniform(x_BCHW, 0, 1) * (height - h)
    left = _uniform(x_BCHW, 0, 1) * (width - w)
    rows = torch.arange(height, device=x_BCHW.device)[None, :]
    columns = torch.arange(width, device=x_BCHW.device)[None, :]
    inside_rows = (rows >= top[:, None]) & (rows < (top + h)[:, None])
    inside_columns = (columns >= left[:, None]) & (columns < (left + w)[:, None])
    chosen = _uniform(x_BCHW, 0, 1) < how.erase
    covered = chosen[:, None, None] & inside_rows[:, :, None] & inside_columns[:, None, :]
    return torch.where(covered[:, None], torch.rand_like(x_BCHW), x_BCHW)


def _uniform(x_BCHW: Tensor, low: float, high: float) -> Tensor:
    """One random number per face, on the faces' device."""
    return torch.empty(len(x_BCHW), device=x_BCHW.device).uniform_(low, high)
