"""FER2013 with landmark heat maps as extra channels, an idea that LightEmoNet's authors leave open.

    pip download mediapipe==0.10.14 --no-deps
    pip install ai-edge-litert
    python -m reports.landmarks mediapipe-0.10.14-*.whl --data fer2013.csv --out landmarks.npz
    ferlite train results/trials/residual_cnn_landmarks.json --data landmarks.npz \
        --out runs/residual_cnn_landmarks

Landmarks are those of MediaPipe's face mesh (Kartynnik et al. 2019), from the wheel on PyPI. Each
group of them becomes a map with a spot at every landmark. Datasets hold gray squares alone, so face
and maps lie side by side in one square of twice the size, and `WithLandmarks` takes it apart again.
"""

import argparse
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Final, cast

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from pydantic import Field
from torch import Tensor, nn

from ferlite.files import written_whole
from ferlite.lab.data.dataset import FaceDataset
from ferlite.lab.data.fer2013 import load_fer2013
from ferlite.lab.models.residual_cnn import ResidualCNN
from ferlite.lab.train.augment import Augmentation, augment

WHEEL_MEMBER: Final = "mediapipe/modules/face_landmark/face_landmark.tflite"
MESH_SIDE: Final = 192
"""Height and width of what the face mesh takes."""
AROUND: Final = 1.5
"""It was made for faces with room around them: so large is its image over one of FER2013. At 1.5 it
sees a face in 96% of them, at 1.0 in 90%."""
SURE: Final = 0.5
"""Where the mesh is less sure than this that there is a face, the maps stay empty."""
SPOT: Final = 1.0
"""Standard deviation of a spot, in pixels of the face."""
GROUPS: Final = (
    # Both eyes and brows, as MediaPipe's face_mesh_connections.py lists them...
    (
        *(263, 249, 390, 373, 374, 380, 381, 382, 362, 466, 388, 387, 386, 385, 384, 398),
        *(33, 7, 163, 144, 145, 153, 154, 155, 133, 246, 161, 160, 159, 158, 157, 173),
        *(276, 283, 282, 295, 285, 300, 293, 334, 296, 336),
        *(46, 53, 52, 65, 55, 70, 63, 105, 66, 107),
    ),
    # ...the nose...
    (168, 6, 197, 195, 5, 4, 1, 2, 98, 327),
    # ...and the lips, outside and inside.
    (
        *(61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40),
        *(185, 78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308, 415, 310, 311, 312, 13, 82, 81),
        *(80, 191),
    ),
)
"""The landmarks of each map."""


class WithLandmarks(nn.Module):
    """The residual CNN of Mutaliyev & Kalpeyeva on a gray face and its landmark maps.

    Augmentation turns and shifts a whole image, which would tear face and maps apart. So it is
    done here, in training, to all channels alike: as in `residual_cnn_augmented`.

    Args:
        maps: False leaves the maps empty, for comparison.
        dropout: as the residual CNN's.
        size: height and width of the square that holds face and maps.
        classes: number of emotions.
    """

    def __init__(
        self,
        *,
        maps: bool = True,
        dropout: Annotated[float, Field(ge=0, le=0.95)] = 0.4,
        size: Annotated[int, Field(ge=64, le=512)] = 96,
        classes: Annotated[int, Field(ge=2, le=100)] = 7,
    ) -> None:
        super().__init__()
        self._share = 1.0 if maps else 0.0
        self._how = Augmentation(flip=0.5, rotation=10, shift=0.1, zoom=(0.9, 1.1))
        channels = cast(Any, 1 + len(GROUPS))  # a paper's network has 1 or 3
        self.network = ResidualCNN(
            dropout=dropout, channels=channels, size=size // 2, classes=classes
        )
        self.classify = self.network.classify

    def forward(self, x_N1SS: Tensor) -> Tensor:
        """Logits (N, classes) of float squares (N, 1, size, size) in [0, 1]."""
        half = x_N1SS.shape[-1] // 2
        quarters = [x_N1SS[:, :, y : y + half, x : x + half] for y in (0, half) for x in (0, half)]
        x_NCHW = torch.cat([quarters[0], *(self._share * each for each in quarters[1:])], 1)
        if self.training:
            x_NCHW = augment(x_NCHW, self._how)
        logits: Tensor = self.network(x_NCHW)
        return logits


def load(path: Path) -> FaceDataset:
    """The file that `main` makes."""
    with np.load(path, allow_pickle=False) as file:
        return FaceDataset("fer2013", file["images"], file["labels"], file["splits"])


def main() -> None:
    """Find the landmarks of every face and write faces and maps into one file."""
    parser = argparse.ArgumentParser(description="FER2013 with landmark heat maps.")
    parser.add_argument("wheel", type=Path, help="mediapipe-0.10.14-….whl")
    parser.add_argument("--data", type=Path, required=True, help="FER2013's table")
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    with zipfile.ZipFile(arguments.wheel) as wheel:
        mesh = FaceMesh(wheel.read(WHEEL_MEMBER))
    faces = load_fer2013(arguments.data)
    images_NSS, found = with_maps(faces.images_NHW, mesh)
    with written_whole(arguments.out) as part, part.open("wb") as file:
        np.savez_compressed(file, images=images_NSS, labels=faces.labels_N, splits=faces.splits_N)
    print(f"{arguments.out}: landmarks of {found:,} of {len(faces):,} faces")


class FaceMesh:
    """MediaPipe's face mesh, run by TensorFlow Lite's own runtime."""

    def __init__(self, content: bytes) -> None:
        from ai_edge_litert.interpreter import Interpreter

        self._runs = Interpreter(model_content=content)
        self._runs.allocate_tensors()
        (self._takes,) = self._runs.get_input_details()
        by_size = sorted(self._runs.get_output_details(), key=lambda each: np.prod(each["shape"]))
        self._score, self._points = by_size

    def __call__(self, face_HW: NDArray[np.uint8]) -> tuple[float, NDArray[np.float32]]:
        """How sure it is of a face, in [0, 1], and its landmarks (468, 2): x, y in its pixels."""
        side = face_HW.shape[0]
        inner = round(MESH_SIDE / AROUND)
        before = (MESH_SIDE - inner) // 2
        large = Image.fromarray(face_HW).resize((inner, inner), Image.Resampling.BICUBIC)
        after = MESH_SIDE - inner - before
        padded_HW = np.pad(np.asarray(large), (before, after), "edge")
        rgb_1HW3 = np.repeat(padded_HW[None, :, :, None], 3, axis=3).astype(np.float32) / 255
        self._runs.set_tensor(self._takes["index"], rgb_1HW3)
        self._runs.invoke()
        logit = float(self._runs.get_tensor(self._score["index"]).ravel()[0])
        points_P3 = self._runs.get_tensor(self._points["index"]).reshape(-1, 3)
        return 1 / (1 + float(np.exp(-logit))), (points_P3[:, :2] - before) * side / inner


def with_maps(images_NHW: NDArray[np.uint8], mesh: FaceMesh) -> tuple[NDArray[np.uint8], int]:
    """Faces and their maps, uint8 (N, 2·H, 2·W), and in how many a face was seen."""
    count, height, width = images_NHW.shape
    answers_NSS = np.zeros((count, 2 * height, 2 * width), np.uint8)
    found = 0
    for face_HW, answer_SS in zip(images_NHW, answers_NSS, strict=True):
        answer_SS[:height, :width] = face_HW
        score, points_P2 = mesh(face_HW)
        if score < SURE:
            continue
        found += 1
        corners = ((0, width), (height, 0), (height, width))
        for (top, left), map_HW in zip(corners, maps(points_P2, height, width), strict=True):
            answer_SS[top : top + height, left : left + width] = map_HW
    return answers_NSS, found


def maps(points_P2: NDArray[np.float32], height: int, width: int) -> Iterator[NDArray[np.uint8]]:
    """One map for each group: white at its landmarks, and a Gaussian around each.

    >>> points_P2 = np.full((468, 2), 8, np.float32)
    >>> [int(map_HW[8, 8]) for map_HW in maps(points_P2, 16, 16)]
    [255, 255, 255]
    """
    for group in GROUPS:
        spots_HW = _spots(points_P2[list(group)], height, width)
        yield (255 * spots_HW).round().astype(np.uint8)


def _spots(points_P2: NDArray[np.float32], height: int, width: int) -> NDArray[np.float64]:
    y, x = np.mgrid[:height, :width]
    squares_PHW = [(x - px) ** 2 + (y - py) ** 2 for px, py in points_P2]
    nearest_HW: NDArray[np.float64] = np.min(squares_PHW, axis=0)
    return np.exp(-nearest_HW / (2 * SPOT**2))


if __name__ == "__main__":
    main()
