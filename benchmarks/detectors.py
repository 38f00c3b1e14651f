"""Which faces the detectors find, what they take for one, and how long it takes:
results/benchmarks/detectors.json.

    python benchmarks/detectors.py PHOTOS --yunet face_detection_yunet_2023mar.onnx --crowd C.jpg

PHOTOS is a folder of photos with one main face each and a `labels.csv` (image, emotion). Nobody has
drawn boxes into them: in the photos as they are, a face counts as found when there is any box, and
every box beyond the first is an extra one. For the other tests the place is known: faces of which
YuNet is sure are pasted in a known size into backgrounds made by chance, or cut out tightly. Images
without faces are the samples of scikit-image and scikit-learn. C.jpg is a photo of 72 faces.
"""

import argparse
import csv
import json
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
import skimage
import sklearn.datasets
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL import ImageDraw

from ferlite.faces.blazeface import BlazeFace
from ferlite.faces.box import Box
from ferlite.faces.detection import Detection
from ferlite.faces.haar import Haar
from ferlite.faces.track import iou
from ferlite.faces.yunet import YuNet
from ferlite.files import written_whole
from ferlite.lab.provenance import provenance

RESULT = Path(__file__).parents[1] / "results" / "benchmarks" / "detectors.json"
SIZES: Final = (32, 40, 64, 100, 200, 400)
"""The longer side of a pasted face's box, in pixels."""
CANVAS: Final = (800, 600)
"""Width and height of a background, in pixels."""
SMALL: Final = (400, 400)
"""Width and height of the photos that the time is told of."""
SHARES: Final = (0.15, 0.5)
"""A face's part of the height, at least and at most, where it does not fill the photo."""
MARGINS: Final = (1.0, 0.8)
"""Side of a close crop over the longer side of the face's box."""
SURE: Final = 0.85
"""YuNet's score from which a face is pasted and cut out."""
OVERLAP: Final = 0.3
"""A box is of the face when their intersection over union is at least this."""
IN_CROWD: Final = 72
WITH_FACES: Final = ("astronaut.png", "camera.png")
"""The samples of scikit-image that show one."""

Image = NDArray[np.uint8]
Detect = Callable[[Image], list[Detection]]
Case = tuple[Image, Box | None]
"""An image, and where its face is; None where there is none."""


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the face detectors.")
    parser.add_argument("photos", type=Path)
    parser.add_argument("--yunet", type=Path, required=True, help="YuNet's file")
    parser.add_argument("--crowd", type=Path, help="a photo of 72 faces")
    parser.add_argument("--each", type=int, default=60, help="faces pasted in each size")
    parser.add_argument("--haar", action="store_true", help="measure Haar, too, which takes long")
    parser.add_argument("--out", type=Path, default=RESULT)
    arguments = parser.parse_args()
    cv2.setNumThreads(1)

    with (arguments.photos / "labels.csv").open(newline="") as file:
        photos = [read(arguments.photos / row["image"]) for row in csv.DictReader(file)]
    detectors: dict[str, Detect] = {
        "blazeface": BlazeFace().detect,
        "yunet": YuNet(arguments.yunet).detect,
    }
    if arguments.haar:
        detectors["haar"] = Haar().detect
    found: dict[str, dict[str, Any]] = {name: {} for name in detectors}
    for name, detect in detectors.items():
        answers, times = timed(detect, photos)
        count_N = np.array([len(faces) for faces in answers])
        found[name]["photos"] = {
            "images": len(photos),
            "misses": int((count_N == 0).sum()),
            "extra_boxes": int((count_N - 1).clip(0).sum()),
            **milliseconds(times),
        }
        if name == "yunet":
            sure = [
                (photo, best.box)
                for photo, faces in zip(photos, answers, strict=True)
                if faces
                and (best := max(faces, key=area)).score >= SURE
                and min(photo.shape[:2]) >= 200
            ]
    rng = np.random.default_rng(0)
    chosen = [sure[i] for i in rng.choice(len(sure), arguments.each, replace=False)]
    tests: dict[str, list[Case]] = {
        f"pasted, {size} pixels": [paste(photo, box, size, rng) for photo, box in chosen]
        for size in SIZES
    }
    tests |= {
        f"cut at {margin}": [close(photo, box, margin) for photo, box in chosen]
        for margin in MARGINS
    }
    tests["400×400, face smaller"] = [portrait(photo, box, rng) for photo, box in chosen]
    tests["background"] = [(background(rng), None) for _ in chosen]
    tests["no face"] = [(image, None) for image in without_faces()]
    for title, cases in tests.items():
        for name, detect in detectors.items():
            found[name][title] = judged(detect, cases)
            print(title, name, found[name][title], flush=True)
    for name, detect in detectors.items():
        _, times = timed(detect, [resized(photo, SMALL) for photo, _ in chosen])
        found[name]["400×400"] = {"images": len(times), **milliseconds(times)}
        print("400×400", name, found[name]["400×400"], flush=True)
    if arguments.crowd:
        for name, detect in detectors.items():
            (faces,), times = timed(detect, [read(arguments.crowd)])
            found[name]["crowd"] = {"faces": IN_CROWD, "boxes": len(faces), **milliseconds(times)}
            print("crowd", name, found[name]["crowd"], flush=True)

    report = {
        "what": __doc__.split("\n\n")[2].replace("\n", " ").strip() if __doc__ else "",
        "overlap": OVERLAP,
        "canvas": {"width": CANVAS[0], "height": CANVAS[1]},
        "detectors": found,
        **provenance(),
    }
    with written_whole(arguments.out) as part:
        part.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def read(path: Path) -> Image:
    with Pillow.open(path) as image:
        if image.mode.startswith("I"):  # 16 bits
            return np.repeat((np.asarray(image) >> 8).astype(np.uint8)[..., None], 3, axis=2)
        return np.asarray(image.convert("RGB"))


def without_faces() -> Iterator[Image]:
    """The samples of scikit-image and scikit-learn that show no face."""
    for folder in (
        Path(skimage.__file__).parent / "data",
        Path(sklearn.datasets.__file__).parent / "images",
    ):
        for path in sorted(folder.iterdir()):
            if path.suffix not in (".png", ".jpg", ".tif", ".gif") or path.name in WITH_FACES:
                continue
            try:
                yield read(path)
            except OSError:  # floating point, which Pillow does not read: noise in [0, 1]
                pages = np.asarray(skimage.io.imread(path))
                yield (pages.reshape(-1, *pages.shape[-3:])[0] * 255).astype(np.uint8)


def area(face: Detection) -> float:
    return face.box[2] * face.box[3]


def timed(detect: Detect, images: Sequence[Image]) -> tuple[list[list[Detection]], list[float]]:
    answers, times = [], []
    for image in images:
        start = time.process_time()  # of this process alone, whatever else the machine does
        answers.append(detect(image))
        times.append(time.process_time() - start)
    return answers, times


def milliseconds(times: Sequence[float]) -> dict[str, float]:
    return {
        "median_ms": round(1e3 * float(np.median(times)), 2),
        "p95_ms": round(1e3 * float(np.percentile(times, 95)), 2),
    }


def judged(detect: Detect, cases: Sequence[Case]) -> dict[str, Any]:
    """Recall where the place of the face is known, and how many boxes are of no face."""
    answers, times = timed(detect, [image for image, _ in cases])
    truth = [box for _, box in cases]
    hits = [
        [box is not None and iou(face.box, box) >= OVERLAP for face in faces]
        for faces, box in zip(answers, truth, strict=True)
    ]
    numbers: dict[str, Any] = {"images": len(cases), **milliseconds(times)}
    if all(truth):
        numbers["recall"] = round(float(np.mean([any(hit) for hit in hits])), 4)
    return numbers | {"false_alarms": sum(not yes for hit in hits for yes in hit)}


def resized(image: Image, size: tuple[int, int]) -> Image:
    return np.asarray(Pillow.fromarray(image).resize(size, reducing_gap=2.0))


def background(rng: np.random.Generator) -> Image:
    """Noise at every scale, as the clutter of a photo has it, with some straight edges."""
    width, height = CANVAS
    total_HWC = np.zeros((height, width, 3))
    for octave in range(1, 8):
        for channel in range(3):
            coarse_HW = rng.normal(size=(2**octave, 2**octave)).astype(np.float32)
            fine_HW = Pillow.fromarray(coarse_HW).resize(CANVAS, Pillow.Resampling.BICUBIC)
            total_HWC[..., channel] += np.asarray(fine_HW) * 0.7**octave
    total_HWC = 128 + 60 * total_HWC / total_HWC.std()
    canvas = Pillow.fromarray(total_HWC.clip(0, 255).astype(np.uint8))
    for _ in range(12):
        x, y, w, h = (int(rng.integers(0, high)) for high in (width, height, 200, 200))
        color = tuple(map(int, rng.integers(0, 256, 3)))
        ImageDraw.Draw(canvas).rectangle(
            (x, y, x + w, y + h), outline=color, width=int(rng.integers(1, 9))
        )
    return np.array(canvas)


def paste(photo: Image, box: Box, size: int, rng: np.random.Generator) -> Case:
    """The photo in a background, so large that its face has `size` pixels, and where that is."""
    canvas = background(rng)
    scale = size / max(box[2:])
    small = resized(photo, tuple(max(1, round(side * scale)) for side in photo.shape[1::-1]))
    # A photo larger than the background is cut, never at its face.
    height, width = (min(a, b) for a, b in zip(small.shape[:2], canvas.shape[:2], strict=True))
    top, left = (
        int(rng.integers(0, b - a + 1))
        for a, b in zip((height, width), canvas.shape[:2], strict=True)
    )
    canvas[top : top + height, left : left + width] = small[:height, :width]
    x, y, w, h = (side * scale for side in box)
    return canvas, (x + left, y + top, w, h)


def portrait(photo: Image, box: Box, rng: np.random.Generator) -> Case:
    """The photo before a soft backdrop, as in a portrait or a photo to the waist."""
    width, height = SMALL
    scale = rng.uniform(*SHARES) * height / max(box[2:])
    small = resized(photo, tuple(max(1, round(side * scale)) for side in photo.shape[1::-1]))
    soft = Pillow.fromarray(rng.integers(60, 200, (4, 4, 3), np.uint8))
    canvas = soft.resize(SMALL, Pillow.Resampling.BICUBIC)
    x, y, w, h = (side * scale for side in box)
    left = round(rng.uniform(0.35, 0.65) * width - x - w / 2)
    top = round(rng.uniform(0.3, 0.45) * height - y - h / 2)
    canvas.paste(Pillow.fromarray(small), (left, top))
    return np.asarray(canvas), (x + left, y + top, w, h)


def close(photo: Image, box: Box, margin: float) -> Case:
    """The photo cut to the square around its face, as far as the photo reaches."""
    x, y, w, h = box
    side = margin * max(w, h)
    left, top = (max(0, round(c - side / 2)) for c in (x + w / 2, y + h / 2))
    right, bottom = round(x + w / 2 + side / 2), round(y + h / 2 + side / 2)
    return np.ascontiguousarray(photo[top:bottom, left:right]), (x - left, y - top, w, h)


if __name__ == "__main__":
    main()
