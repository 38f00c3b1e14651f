"""The side of `fer`, inside its own environment: see peer_fer.py, which asks.

fer runs a face in two ways: the TensorFlow Lite file that it ships (its default since 25.10), or
its Keras model. `tflite` is that Keras model, converted as it is to TensorFlow Lite.
"""

from collections.abc import Callable
from functools import cache, partial
from importlib import import_module
from importlib.resources import files
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from inside import serve, timed

cv2.setNumThreads(1)
Run = Callable[[NDArray[np.float32]], Any]


@cache
def detector(way: str) -> Any:
    """fer's own object, as its users make it, finding faces with its Haar cascade."""
    return import_module("fer.fer").FER(use_tflite=way == "default")


@cache
def network(way: str) -> Run:
    """Faces, float32 (N, 64, 64) in [-1, 1], to probabilities."""
    if way != "tflite":
        found: Run = detector(way)._classify_emotions
        return found
    tf: Any = import_module("tensorflow")
    model = tf.keras.models.load_model(
        Path(str(files("fer") / "data" / "emotion_model.hdf5")), compile=False
    )
    content = tf.lite.TFLiteConverter.from_keras_model(model).convert()
    interpreter = tf.lite.Interpreter(model_content=content, num_threads=1)
    interpreter.allocate_tensors()
    into = interpreter.get_input_details()[0]["index"]
    out = interpreter.get_output_details()[0]["index"]

    def run(faces_NHW: NDArray[np.float32]) -> NDArray[np.float32]:
        answers = []
        for face_HW in faces_NHW:
            interpreter.set_tensor(into, face_HW[None, :, :, None])
            interpreter.invoke()
            answers.append(interpreter.get_tensor(out)[0])
        return np.stack(answers)

    return run


def prepared(faces_NHW: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Faces as `FER.detect_emotions` prepares them."""
    resized = np.array([cv2.resize(face, (64, 64)) for face in faces_NHW], np.float32)
    return np.asarray((resized / 255.0 - 0.5) * 2.0, np.float32)


def classify_times(way: str, faces: int, passes: int) -> list[float]:
    made_NHW = np.random.default_rng(0).integers(0, 256, (faces, 48, 48), dtype=np.uint8)
    inputs_NHW = prepared(made_NHW)
    run = network(way)
    return timed(lambda: np.asarray(run(inputs_NHW)), passes)


def classify(way: str, file: str) -> list[int]:
    """Index of the emotion of every face in a file; fer numbers them as FER2013 does."""
    inputs_NHW = prepared(np.load(file))
    run = network(way)
    parts = [np.asarray(run(inputs_NHW[i : i + 64])) for i in range(0, len(inputs_NHW), 64)]
    labels: list[int] = np.concatenate(parts).argmax(1).tolist()
    return labels


def photos(way: str, paths: list[str]) -> dict[str, Any]:
    """From the files to the emotions: milliseconds and, of the largest face, the emotion."""
    fer = detector(way)
    emotions: list[str | None] = []

    def read(path: str) -> None:
        found = fer.detect_emotions(path)
        main = max(found, key=lambda face: face["box"][2] * face["box"][3], default=None)
        emotions.append(main and max(main["emotions"], key=main["emotions"].get))

    times = [timed(partial(read, path), 1)[0] for path in paths]
    return {"times": times, "emotions": emotions}


if __name__ == "__main__":
    serve({"classify_times": classify_times, "classify": classify, "photos": photos})
