"""Which faces the detectors find, what they take for one, and how long it takes:
results/benchmarks/detection.json.

    python benchmarks/detection.py PHOTOS --yunet face_detection_yunet_2023mar.onnx

PHOTOS is a folder of photos with one main face each and a `labels.csv` (image, emotion). Nobody has
drawn boxes into them: in the photos as they are, a face counts as found when there is any box, and
as a false alarm every box that overlaps no box of YuNet's (of YuNet itself, every further box). For
the other tests the place is known: faces that YuNet is sure of are pasted in a known size into
backgrounds made by chance, or cut out tightly.
"""

import argparse
import csv
import json
import time
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from ferlite.faces.box import Box
from ferlite.faces.detection import Detection
from ferlite.faces.haar import Haar
from ferlite.faces.track import iou
from ferlite.faces.yunet import YuNet
from ferlite.files import written_whole
from ferlite.lab.provenance import provenance
from ferlite.media.image import load

RESULT = Path(__file__).parents[1] / "results" / "benchmarks" / "detection.json"
SIZES: Final = (40, 64, 100, 200, 400)
"""The longer side of a pasted face's box, in pixels."""
CANVAS: Final = (600, 800)
"""Height and width of a background, in pixels."""
MARGINS: Final = (1.0, 0.8)
"""Side of a close crop over the longer side of the face's box."""
SURE: Final = 0.85
"""YuNet's score from which a face is pasted and cut out."""
OVERLAP: Final = 0.3
"""A box is of the face when their intersection over union is at least this."""

Image = NDArray[np.uint8]
Detect = Callable[[Image], list[Detection]]
Case = tuple[Image, Box | None]
"""A picture, and where its face is; None where there is none."""


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the face detectors.")
    parser.add_argument("photos", type=Path)
    parser.add_argument("--yunet", type=Path, required=True, help="YuNet's file")
    parser.add_argument("--each", type=int, default=60, help="faces pasted in each size")
    parser.add_argument("--out", type=Path, default=RESULT)
    arguments = parser.parse_args()
    cv2.setNumThreads(1)

    with (arguments.photos / "labels.csv").open(newline="") as file:
        photos = [load(arguments.photos / row["image"]) for row in csv.DictReader(file)]
    detectors: dict[str, Detect] = {
        "haar": Haar().detect,
        "yunet": YuNet(arguments.yunet).detect,
    }
    answers: dict[str, list[list[Detection]]] = {}
    found: dict[str, dict[str, Any]] = {}
    for name, detect in detectors.items():
        answers[name], times = timed(detect, photos)
        found[name] = {"photos": {"pictures": len(photos), **milliseconds(times)}}
    for name, each in answers.items():
        found[name]["photos"] |= {
            "recall": round(float(np.mean([bool(faces) for faces in each])), 4),
            "false_alarms": sum(map(strangers, each, answers["yunet"])),
        }

    rng = np.random.default_rng(0)
    sure = [
        (photo, max(faces, key=area).box)
        for photo, faces in zip(photos, answers["yunet"], strict=True)
        if faces and max(faces, key=area).score >= SURE and min(photo.shape[:2]) >= 200
    ]
    chosen = [sure[i] for i in rng.choice(len(sure), arguments.each, replace=False)]
    tests: dict[str, list[Case]] = {
        f"pasted, {size} pixels": [paste(photo, box, size, rng) for photo, box in chosen]
        for size in SIZES
    }
    tests |= {
        f"cut at {margin}": [close(photo, box, margin) for photo, box in chosen]
        for margin in MARGINS
    }
    tests["no face"] = [(background(rng), None) for _ in chosen]
    for title, cases in tests.items():
        for name, detect in detectors.items():
            found[name][title] = judged(detect, cases)
            print(title, name, found[name][title], flush=True)

    report = {
        "what": __doc__.split("\n\n")[2].replace("\n", " ") if __doc__ else "",
        "overlap": OVERLAP,
        "canvas": {"height": CANVAS[0], "width": CANVAS[1]},
        "yunet_sha256": sha256(arguments.yunet.read_bytes()).hexdigest(),
        "detectors": found,
        **provenance(),
    }
    with written_whole(arguments.out) as part:
        part.write_text(json.dumps(report, indent=2) + "\n")


def area(face: Detection) -> float:
    return face.box[2] * face.box[3]


def strangers(faces: Sequence[Detection], known: Sequence[Detection]) -> int:
    """How many boxes are of none of the known faces; where they are the same, all but one."""
    if faces is known:
        return max(0, len(faces) - 1)
    return sum(all(iou(face.box, k.box) < OVERLAP for k in known) for face in faces)


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
    """Recall where there is a face, and how many boxes are of no face."""
    answers, times = timed(detect, [image for image, _ in cases])
    truth = [box for _, box in cases]
    hits = [
        [box is not None and iou(face.box, box) >= OVERLAP for face in faces]
        for faces, box in zip(answers, truth, strict=True)
    ]
    numbers: dict[str, Any] = {"pictures": len(cases), **milliseconds(times)}
    if all(truth):
        numbers["recall"] = round(float(np.mean([any(hit) for hit in hits])), 4)
    return numbers | {"false_alarms": sum(not yes for hit in hits for yes in hit)}


def background(rng: np.random.Generator) -> Image:
    """Noise at every scale, as the clutter of a photo has it, with some straight edges."""
    height, width = CANVAS
    total_HWC = np.zeros((height, width, 3))
    for octave in range(1, 8):
        coarse_HWC = rng.normal(size=(2**octave, 2**octave, 3))
        fine_HWC = cv2.resize(coarse_HWC, (width, height), interpolation=cv2.INTER_CUBIC)
        total_HWC += fine_HWC * 0.7**octave
    total_HWC = 128 + 60 * total_HWC / total_HWC.std()
    canvas = np.ascontiguousarray(total_HWC.clip(0, 255).astype(np.uint8))
    for _ in range(12):
        x, y, w, h = (rng.integers(0, high) for high in (width, height, 200, 200))
        color = tuple(map(int, rng.integers(0, 256, 3)))
        cv2.rectangle(
            canvas, (int(x), int(y)), (int(x + w), int(y + h)), color, int(rng.integers(1, 9))
        )
    return canvas


def paste(photo: Image, box: Box, size: int, rng: np.random.Generator) -> Case:
    """The photo in a background, so large that its face has `size` pixels, and where that is."""
    canvas = background(rng)
    scale = size / max(box[2:])
    small = cv2.resize(photo, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    # A photo larger than the background is cut, never at its face.
    height, width = (min(a, b) for a, b in zip(small.shape[:2], CANVAS, strict=True))
    top, left = (
        int(rng.integers(0, b - a + 1)) for a, b in zip((height, width), CANVAS, strict=True)
    )
    canvas[top : top + height, left : left + width] = small[:height, :width]
    x, y, w, h = (side * scale for side in box)
    return canvas, (x + left, y + top, w, h)


def close(photo: Image, box: Box, margin: float) -> Case:
    """The photo cut to the square around its face, as far as the photo reaches."""
    x, y, w, h = box
    side = margin * max(w, h)
    left, top = (max(0, round(c - side / 2)) for c in (x + w / 2, y + h / 2))
    right, bottom = round(x + w / 2 + side / 2), round(y + h / 2 + side / 2)
    return np.ascontiguousarray(photo[top:bottom, left:right]), (x - left, y - top, w, h)


if __name__ == "__main__":
    main()
