"""ferlite's side, inside an environment with its base install: see peer_fer.py and pipeline.py."""

import os
import time
from collections.abc import Generator
from contextlib import nullcontext
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np

from ferlite import EmotionRecognizer
from ferlite.classify import zoo
from ferlite.classify.classifier import Classifier
from ferlite.classify.labels import Labels
from ferlite.faces.crop import crop
from ferlite.media.draw import annotate
from ferlite.media.shot import Shot
from ferlite.media.video import Video
from ferlite.media.writer import writing
from ferlite.stream import read_video
from inside import serve, timed


@cache
def classifier(model: str, labels: Labels = "auto") -> Classifier:
    return Classifier(zoo.path(model), labels=labels)


@cache
def recognizer(model: str, detector: str, yunet: str | None) -> EmotionRecognizer:
    return EmotionRecognizer(model, detector, yunet=yunet)  # type: ignore[arg-type]


def classify_times(model: str, faces: int, passes: int) -> list[float]:
    run = classifier(model)
    shape = (faces, run.channels, *run.size)
    made_NCHW = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    return timed(lambda: run(made_NCHW), passes)


def classify(model: str, file: str) -> list[int]:
    """Index of the emotion, by FER2013's labels, of every face (48×48, gray) in a file."""
    run = classifier(model, "fer2013")
    faces_NHW = np.load(file)
    whole = (0, 0, faces_NHW.shape[2], faces_NHW.shape[1])
    labels: list[int] = []
    for start in range(0, len(faces_NHW), 64):
        faces_NHWC = np.repeat(faces_NHW[start : start + 64, :, :, None], 3, axis=3)
        crops = [crop(face, whole, 1.0, run.size, run.channels) for face in faces_NHWC]
        labels += run(np.stack(crops)).argmax(1).tolist()
    return labels


def photos(model: str, detector: str, yunet: str | None, paths: list[str]) -> dict[str, Any]:
    """From the files to the emotions: milliseconds and, of the largest face, the emotion."""
    run = recognizer(model, detector, yunet)
    emotions: list[str | None] = []

    def read(path: str) -> None:
        found = run.recognize(path)  # the largest first
        emotions.append(found[0].emotion if found else None)

    times = [timed(partial(read, path), 1)[0] for path in paths]
    return {"times": times, "emotions": emotions}


class Loop(Video):
    """A video, over and over, as one long video."""

    def __init__(self, path: Path, frames: int) -> None:
        super().__init__(path)
        self._frames = frames

    def __iter__(self) -> Generator[Shot]:
        index = 0
        while True:
            for shot in Video(self._path):
                if index == self._frames:
                    return
                yield Shot(index, index / self.rate, shot.image_HWC)
                index += 1


def read_whole_video(
    model: str,
    detector: str,
    yunet: str | None,
    path: str,
    frames: int,
    sample: int,
    save: str | None = None,
) -> dict[str, Any]:
    """Read a video to the end: seconds, faces seen, and resident bytes every `sample` frames.

    With `save`, a marked copy is written there.
    """
    video = Loop(Path(path), frames)
    faces, resident = 0, []
    begin = time.perf_counter()
    marked = writing(Path(save), video.rate) if save else nullcontext()
    with marked as out:
        for frame in read_video(recognizer(model, detector, yunet).tracker(), video):
            faces += len(frame.faces)
            if out is not None:
                out.add(annotate(frame.image, frame.faces), frame.time)
            if (frame.index + 1) % sample == 0:
                pages = int(Path("/proc/self/statm").read_text().split()[1])
                resident.append(pages * os.sysconf("SC_PAGE_SIZE"))
    return {"seconds": time.perf_counter() - begin, "faces": faces, "resident_bytes": resident}


if __name__ == "__main__":
    serve(
        {
            "classify_times": classify_times,
            "classify": classify,
            "photos": photos,
            "video": read_whole_video,
        }
    )
