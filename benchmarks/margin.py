"""How a face should be framed for a network: results/benchmarks/margin.json.

    python benchmarks/margin.py PHOTOS [--model ferlite_s] [--yunet FILE]

PHOTOS is a folder of photos with one main face each and a `labels.csv` (image, emotion). The
largest face found is taken for the main one. A photo without a face counts as a wrong answer, so
that a detector cannot gain by missing the hard ones. `whole` is the network on the photo as it is.

Four things are measured: the crop's side (margins), what each step of framing adds (steps), how
accuracy falls when the photos are turned (tilted), and what a network that learned FER+'s votes
says when it is asked for them and when for labels (labels). The others ask as ferlite does by
default. All but the margins are of the built-in detector's faces.
"""

import argparse
import csv
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from ferlite import EMOTIONS
from ferlite.classify import zoo
from ferlite.classify.classifier import Classifier
from ferlite.classify.labels import Labels
from ferlite.emotions import emotion_index
from ferlite.faces.blazeface import BlazeFace
from ferlite.faces.box import pad
from ferlite.faces.crop import crop
from ferlite.faces.detection import Detection
from ferlite.faces.yunet import YuNet
from ferlite.files import written_whole
from ferlite.lab.provenance import provenance
from ferlite.media.image import load
from reports.tables.framing import usual_margin

MARGINS = (0.8, 0.85, 0.9, 0.95, 1.0, 1.05, 1.1, 1.15, 1.2, 1.3, 1.4, 1.5, 1.6)
TURNS: Final = (-30, -15, 15, 30)
"""By how many degrees photos are turned."""
EVERY: Final = 3
"""Of the photos, every third is turned."""
SHARPEN: Final = 0.75
"""How much of what blurring by one pixel takes from a face is added to it."""
FER2013: Final = (129, 53)
"""Mean of the gray values of FER2013's training images, and the median of their deviations."""
RESULT = Path(__file__).parents[1] / "results" / "benchmarks" / "margin.json"

Image = NDArray[np.uint8]
Change = Callable[[Image], Image]
"""Takes and gives a face as the network takes it."""


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure accuracy against the crop's margin.")
    parser.add_argument("photos", type=Path)
    parser.add_argument("--model", default=zoo.DEFAULT, help="a name or an .onnx file")
    parser.add_argument("--yunet", type=Path, help="YuNet's file, for its margins")
    parser.add_argument("--out", type=Path, default=RESULT)
    arguments = parser.parse_args()
    cv2.setNumThreads(1)

    with (arguments.photos / "labels.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    labels_N = np.array([emotion_index(row["emotion"]) for row in rows])
    images = [load(arguments.photos / row["image"]) for row in rows]

    model = zoo.path(arguments.model)
    bench = Bench(Classifier(model, labels="auto"), labels_N)
    built_in = BlazeFace().detect
    detectors: dict[str, Callable[[Image], list[Detection]]] = {"blazeface": built_in}
    if arguments.yunet:
        detectors["yunet"] = YuNet(arguments.yunet).detect
    found: dict[str, Any] = {}
    of_each: dict[str, list[Detection | None]] = {}
    for name, detect in detectors.items():
        of_each[name] = [main_face(detect(image)) for image in images]
        found[name] = {
            "recall": round(float(np.mean([face is not None for face in of_each[name]])), 4),
            "margins": {str(m): bench.measure(images, of_each[name], m) for m in MARGINS},
        }
        show(name, found[name]["margins"])
    margin = usual_margin({"photos": len(images), "detectors": found}, "blazeface")
    faces = of_each["blazeface"]
    level = [face and face._replace(angle=0.0) for face in faces]
    steps = {
        "level": bench.measure(images, level, margin),
        "upright, as in use": bench.measure(images, faces, margin),
        "the same, sharpened": bench.measure(images, faces, margin, How(change=sharpened)),
        "the same, mean and deviation of FER2013": bench.measure(
            images, faces, margin, How(change=standardised)
        ),
        "the same, histogram equalised": bench.measure(
            images, faces, margin, How(change=equalised)
        ),
        "the same, with its mirror image": bench.measure(images, faces, margin, How(mirror=True)),
    }
    show("steps", steps)
    whose: list[Labels] = ["fer2013"]
    whose += [labels for labels in bench.classifier.sources if labels != "fer2013"]
    judged: dict[str, Any] = {
        labels: Bench(Classifier(model, labels=labels), labels_N).measure(images, faces, margin)
        for labels in whose
    }
    show("labels", judged)
    some = Bench(bench.classifier, labels_N[::EVERY])
    tilted: dict[str, Any] = {}
    for turn in TURNS:
        turned = [rotated(image, turn) for image in images[::EVERY]]
        faces = [main_face(built_in(image)) for image in turned]
        level = [face and face._replace(angle=0.0) for face in faces]
        tilted[str(turn)] = {
            "recall": round(float(np.mean([face is not None for face in faces])), 4),
            "level": some.measure(turned, level, margin),
            "upright": some.measure(turned, faces, margin),
        }
        print(turn, tilted[str(turn)], flush=True)
    whole = [Detection((0, 0, image.shape[1], image.shape[0]), 1.0) for image in images]
    found["whole"] = bench.measure(images, whole, 1.0)

    report = {
        "what": "accuracy on labelled photos against the crop's side over the longer side of the "
        "detector's box; a photo without a face found counts as wrong",
        "photos": len(images),
        "per_class": {e: int((labels_N == i).sum()) for i, e in enumerate(EMOTIONS)},
        "model": {"name": bench.classifier.name, "sha256": sha256(model.read_bytes()).hexdigest()},
        "detectors": found,
        "labels": judged,
        "confusion": bench.confusion(images, of_each["blazeface"], margin),
        "steps": steps,
        "tilted": tilted,
        "photos_tilted": len(images[::EVERY]),
        **provenance(),
    }
    with written_whole(arguments.out) as part:
        part.write_text(json.dumps(report, indent=2) + "\n")


def main_face(faces: Sequence[Detection]) -> Detection | None:
    """The largest face."""
    return max(faces, key=lambda face: face.box[2] * face.box[3], default=None)


@dataclass(frozen=True)
class How:
    """What is done to a crop on its way to an answer; `mirror` asks about its mirror image, too."""

    change: Change | None = None
    mirror: bool = False


USUAL: Final = How()


class Bench:
    """A network and the labels of the photos."""

    def __init__(self, classifier: Classifier, labels_N: NDArray[np.int64]) -> None:
        self.classifier = classifier
        self.labels_N = labels_N

    def measure(
        self,
        images: Sequence[Image],
        faces: Sequence[Detection | None],
        margin: float,
        how: How = USUAL,
    ) -> dict[str, float]:
        """Accuracy, and the mean of the classes' recalls, with misses counted as wrong."""
        answers_N = self.answers(images, faces, margin, how)
        right_N = answers_N == self.labels_N
        recalls = [right_N[self.labels_N == label].mean() for label in np.unique(self.labels_N)]
        return {
            "accuracy": round(float(right_N.mean()), 4),
            "accuracy_where_found": round(float(right_N[answers_N >= 0].mean()), 4),
            "mean_recall_of_classes": round(float(np.mean(recalls)), 4),
        }

    def confusion(
        self, images: Sequence[Image], faces: Sequence[Detection | None], margin: float
    ) -> dict[str, dict[str, int]]:
        """How often each label was answered with each emotion."""
        answers_N = self.answers(images, faces, margin)
        return {
            label: {
                answer: int(((self.labels_N == a) & (answers_N == b)).sum())
                for b, answer in enumerate(EMOTIONS)
            }
            for a, label in enumerate(EMOTIONS)
        }

    def answers(
        self,
        images: Sequence[Image],
        faces: Sequence[Detection | None],
        margin: float,
        how: How = USUAL,
    ) -> NDArray[np.int64]:
        """The emotion of each photo, -1 where no face was found."""
        size, channels = self.classifier.size, self.classifier.channels
        answers_N = np.full(len(images), -1)
        seen = [i for i, face in enumerate(faces) if face is not None]
        crops_NCHW = np.stack(
            [
                crop(image, face.box, margin, size, channels, face.angle)
                for image, face in zip(images, faces, strict=True)
                if face is not None
            ]
        )
        if how.change:
            crops_NCHW = np.stack([how.change(face_CHW) for face_CHW in crops_NCHW])
        p_N7 = self.classifier(crops_NCHW)
        if how.mirror:
            p_N7 = p_N7 + self.classifier(np.ascontiguousarray(crops_NCHW[..., ::-1]))
        answers_N[seen] = p_N7.argmax(1)
        return answers_N


def sharpened(face_CHW: Image) -> Image:
    blurred = [cv2.GaussianBlur(plane_HW, (0, 0), 1) for plane_HW in face_CHW]
    planes = [
        cv2.addWeighted(plane_HW, 1 + SHARPEN, soft_HW, -SHARPEN, 0)
        for plane_HW, soft_HW in zip(face_CHW, blurred, strict=True)
    ]
    return np.asarray(np.stack(planes), np.uint8)


def standardised(face_CHW: Image) -> Image:
    mean, deviation = FER2013
    normal_CHW = (face_CHW - face_CHW.mean()) / max(float(face_CHW.std()), 1.0)
    return np.asarray((normal_CHW * deviation + mean).clip(0, 255), np.uint8)


def equalised(face_CHW: Image) -> Image:
    return np.stack([np.asarray(cv2.equalizeHist(plane_HW), np.uint8) for plane_HW in face_CHW])


def rotated(image: Image, turn: float) -> Image:
    """The image turned clockwise around its middle, with room so that no corner is lost."""
    room, _ = pad(image, 0.25)
    height, width = room.shape[:2]
    turn_23 = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), -turn, 1)
    turned = cv2.warpAffine(room, turn_23, (width, height), borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(turned, np.uint8)


def show(name: str, measured: dict[str, Any]) -> None:
    print(name)
    for case, numbers in measured.items():
        print(f"  {case:>40}  {numbers['accuracy']:.1%}", flush=True)


if __name__ == "__main__":
    main()
