"""Learn what tells faces apart in one video and does not change with light, size or a small turn.

    python benchmarks/appearance.py ../shared/fer2013/fer2013.csv.xz

Linear discriminant analysis of histograms of oriented gradients on FER2013's training faces: each
face is a class of its own, and its members are the face as other frames of a video might show it
(turned, lit, shrunk, blurred, framed and compressed otherwise). Two minutes on two cores; writes
src/ferlite/faces/appearance.npz.
"""

import argparse
import io
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ferlite.faces.appearance import FILE, gradients
from ferlite.files import written_whole
from ferlite.lab.data.fer2013 import load_fer2013

FACES: Final = 8000
VIEWS: Final = 6
"""Of each face, besides the face itself."""
DIMENSIONS: Final = 128
RIDGE: Final = 0.1
"""Of the mean variance within a face, added to all of its directions."""
SEED: Final = 0


def another_view(face_HW: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """A face as another frame of the same video might show it; uint8 (48, 48)."""
    side = len(face_HW)
    turn, growth = np.deg2rad(rng.normal(0, 4)), np.exp(rng.normal(0, 0.05))
    corners = np.array([[0, 0], [0, 1], [1, 1], [1, 0]]) - 0.5  # as PIL's QUAD wants them
    cos, sin = np.cos(turn), np.sin(turn)
    corners = (
        corners @ np.array([[cos, -sin], [sin, cos]]) * growth * [1, np.exp(rng.normal(0, 0.04))]
    )
    corners = corners + rng.normal(0, 0.035, 2) + rng.normal(0, 0.025, (4, 2)) + 0.5
    room = np.pad(face_HW, side // 4, mode="edge")
    quad = tuple((corners * side + side // 4).ravel())
    face = Image.fromarray(room).transform(
        (side, side), Image.Transform.QUAD, quad, Image.Resampling.BICUBIC
    )
    small = round(side * rng.uniform(0.45, 1))
    face = face.resize((small, small), Image.Resampling.BOX)
    light = np.asarray(face, np.float64) / 255
    slope_y, slope_x = rng.normal(0, 0.25, 2)
    y, x = np.mgrid[-0.5 : 0.5 : small * 1j, -0.5 : 0.5 : small * 1j]
    light = (
        light ** np.exp(rng.normal(0, 0.3))
        * np.exp(rng.normal(0, 0.25))
        * (1 + slope_y * y + slope_x * x)
    )
    light += rng.normal(0, rng.uniform(0, 0.02), light.shape)
    memory = io.BytesIO()
    Image.fromarray((light.clip(0, 1) * 255).astype(np.uint8)).save(
        memory, "JPEG", quality=int(rng.integers(40, 95))
    )
    return np.asarray(Image.open(memory).resize((side, side), Image.Resampling.BILINEAR))


def main() -> None:
    """Learn and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("fer2013", type=Path)
    parser.add_argument("--out", type=Path, default=FILE)
    arguments = parser.parse_args()
    rng = np.random.default_rng(SEED)
    data = load_fer2013(arguments.fer2013)
    rows = rng.choice(data.rows("train"), FACES, replace=False)
    faces_NHW = data.images_NHW[rows]
    views_VNHW = [faces_NHW] + [
        np.stack([another_view(face, rng) for face in faces_NHW]) for _ in range(VIEWS)
    ]
    seen_VNF = np.stack([gradients(views_NHW) for views_NHW in views_VNHW]).astype(np.float64)
    middle_NF = seen_VNF.mean(0)
    mean_F = middle_NF.mean(0)
    within_FF = np.einsum(
        "vnf,vng->fg", seen_VNF - middle_NF, seen_VNF - middle_NF, optimize=True
    ) / (len(seen_VNF) * FACES)
    between_FF = np.cov(middle_NF.T)
    within_FF += RIDGE * np.trace(within_FF) / len(within_FF) * np.eye(len(within_FF))
    # Whitened within, then the principal directions between: those of the largest ratio.
    values, vectors = np.linalg.eigh(within_FF)
    white_FF = vectors / np.sqrt(values)
    ratios, turned = np.linalg.eigh(white_FF.T @ between_FF @ white_FF)
    projection_FD = (white_FF @ turned[:, ::-1])[:, :DIMENSIONS]
    shown = ", ".join(f"{ratios[-d]:.2f}" for d in (1, 32, DIMENSIONS))
    print(f"ratio between and within faces, first, 32nd and last direction: {shown}")
    with written_whole(arguments.out) as part, part.open("wb") as stream:
        np.savez_compressed(
            stream, mean_F=mean_F.astype(np.float16), projection_FD=projection_FD.astype(np.float16)
        )
    print(f"{arguments.out}: {arguments.out.stat().st_size / 1000:.0f} KB")


if __name__ == "__main__":
    main()
