"""How much around a face a network should see, and what a detector misses: results/margin.json.

    python benchmarks/margin.py PHOTOS [--model ferlite_s] --yunet face_detection_yunet_2023mar.onnx

PHOTOS is a folder of photos with one main face each and a `labels.csv` (image, emotion). The
largest face found is taken for the main one. A photo without a face counts as a wrong answer, so
that a detector cannot gain by missing the hard ones. `whole` is the network on the photo as it is.
"""

import argparse
import csv
import json
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ferlite import EMOTIONS
from ferlite.classify import zoo
from ferlite.classify.classifier import Classifier
from ferlite.emotions import emotion_index
from ferlite.faces.box import Box
from ferlite.faces.crop import crop
from ferlite.faces.haar import Haar
from ferlite.faces.yunet import YuNet
from ferlite.files import written_whole
from ferlite.lab.provenance import provenance
from ferlite.media.image import load

MARGINS = (0.8, 0.85, 0.9, 0.95, 1.0, 1.05, 1.1, 1.15, 1.2, 1.3, 1.4, 1.5, 1.6)
RESULT = Path(__file__).parents[1] / "results" / "margin.json"

Image = NDArray[np.uint8]


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure accuracy against the crop's margin.")
    parser.add_argument("photos", type=Path)
    parser.add_argument("--model", default=zoo.DEFAULT, help="a name or an .onnx file")
    parser.add_argument("--yunet", type=Path, required=True, help="YuNet's file")
    parser.add_argument("--out", type=Path, default=RESULT)
    arguments = parser.parse_args()
    cv2.setNumThreads(1)

    with (arguments.photos / "labels.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    labels_N = np.array([emotion_index(row["emotion"]) for row in rows])
    images = [load(arguments.photos / row["image"]) for row in rows]

    model = zoo.path(arguments.model)
    classifier = Classifier(model)
    detectors: dict[str, Callable[[Image], Sequence[Any]]] = {
        "haar": Haar().detect,
        "yunet": YuNet(arguments.yunet).detect,
    }
    found: dict[str, Any] = {}
    for name, detect in detectors.items():
        boxes = [main_face(detect(image)) for image in images]
        found[name] = {
            "recall": round(float(np.mean([box is not None for box in boxes])), 4),
            "margins": {str(m): measure(classifier, images, boxes, m, labels_N) for m in MARGINS},
        }
        show(name, found[name])
    whole: list[Box | None] = [(0, 0, image.shape[1], image.shape[0]) for image in images]
    found["whole"] = measure(classifier, images, whole, 1.0, labels_N)

    report = {
        "what": "accuracy on labelled photos against the crop's side over the longer side of the "
        "detector's box; a photo without a face found counts as wrong",
        "photos": len(images),
        "per_class": {e: int((labels_N == i).sum()) for i, e in enumerate(EMOTIONS)},
        "model": {"name": classifier.name, "sha256": sha256(model.read_bytes()).hexdigest()},
        "yunet_sha256": sha256(arguments.yunet.read_bytes()).hexdigest(),
        "detectors": found,
        **provenance(),
    }
    with written_whole(arguments.out) as part:
        part.write_text(json.dumps(report, indent=2) + "\n")


def main_face(faces: Sequence[Any]) -> Box | None:
    """The box of the largest face."""
    boxes: list[Box] = [face[0] for face in faces]
    return max(boxes, key=lambda box: box[2] * box[3], default=None)


def measure(
    classifier: Classifier,
    images: Sequence[Image],
    boxes: Sequence[Box | None],
    margin: float,
    labels_N: NDArray[np.int64],
) -> dict[str, float]:
    """Accuracy, and the mean of the classes' recalls, with misses counted as wrong."""
    answers_N = np.full(len(images), -1)
    seen = [i for i, box in enumerate(boxes) if box is not None]
    crops = [
        crop(images[i], box, margin, classifier.size, classifier.channels)
        for i, box in enumerate(boxes)
        if box is not None
    ]
    answers_N[seen] = classifier(np.stack(crops)).argmax(1)
    right_N = answers_N == labels_N
    recalls = [right_N[labels_N == label].mean() for label in np.unique(labels_N)]
    return {
        "accuracy": round(float(right_N.mean()), 4),
        "accuracy_where_found": round(float(right_N[seen].mean()), 4),
        "mean_recall_of_classes": round(float(np.mean(recalls)), 4),
    }


def show(name: str, found: dict[str, Any]) -> None:
    print(f"{name}: recall {found['recall']:.1%}")
    for margin, numbers in found["margins"].items():
        print(f"  {margin:>5}  {numbers['accuracy']:.1%}")


if __name__ == "__main__":
    main()
