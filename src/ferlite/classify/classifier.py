"""Run an emotion network (an ONNX file) on faces that are already cut out."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from ferlite.classify.labels import OUTPUTS, Labels, check_labels
from ferlite.emotions import EMOTIONS, WITH_CONTEMPT, emotion_index
from ferlite.errors import ModelError

CLASSES: Final = "ferlite.classes"
"""Under which a file names classes that are not the seven emotions, in the order of its output."""
LARGEST_BATCH: Final = 256
"""More faces than this are classified in several runs, so that memory stays bounded."""


class Classifier:
    """An emotion network read from an ONNX file.

    Safe to share between threads, and can be pickled: the file is then read again.

    The file has one input `faces`, uint8 (N, C, H, W) with N free and C 1 (gray) or 3 (RGB), an
    output `probabilities`, float32 (N, K), and the metadata `ferlite.emotions`: the K classes in
    the order of the output, comma separated, which are the seven emotions and perhaps contempt; or
    in its place `ferlite.classes`, K other classes that somebody taught it. A second output `voted`
    may say the same as people would vote, and a third, `photos`, as is right for photos (see
    `ferlite.classify.labels`). Whatever else a network needs (normalisation, softmax, temperature)
    is inside the graph.

    Attributes:
        name: the file's `ferlite.name`, or its file name.
        labels: the label source in use: "photos", "ferplus" or "fer2013".
        classes: what it tells apart: `ferlite.EMOTIONS`, these and contempt, or classes of one's
            own.
        sources: all label sources that the file has an answer for.
        metadata: all that the file says of itself.
        channels: 1 for gray faces, 3 for RGB.
        size: height and width of the faces.

    >>> from ferlite.classify import zoo
    >>> classifier = Classifier(zoo.path(zoo.DEFAULT))
    >>> classifier(np.zeros((2, classifier.channels, *classifier.size), np.uint8)).shape
    (2, 7)
    """

    def __init__(self, model: str | Path, threads: int = 1, labels: Labels = "fer2013") -> None:
        """Load a network.

        Args:
            model: the ONNX file.
            threads: how many threads one run may use.
            labels: the label source; see `ferlite.classify.labels`.

        Raises:
            ModelError: the file is missing, unreadable, or not an emotion network of ferlite's,
                or it has not learned these labels.
        """
        check_labels(labels)
        if threads < 1:
            raise ModelError(f"threads must be at least 1, not {threads}")
        if not Path(model).is_file():
            raise ModelError(f"there is no model file {model}; see 'ferlite models list'")
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 4  # what goes wrong is raised below, in one sentence
        try:
            session = ort.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # ONNX Runtime's errors share no class but this one
            raise ModelError(f"{model} is not a model that ONNX Runtime can load") from error

        self._arguments = model, threads, labels
        self._session = session
        self.channels, self.size = _input_of(session, model)
        self.metadata: dict[str, str] = dict(session.get_modelmeta().custom_metadata_map)
        self.name: str = self.metadata.get("ferlite.name") or Path(model).stem
        self.classes, self._order = _classes_of(self.metadata, model)
        self.sources = known = _check_outputs(session, model, len(self.classes))
        if labels == "auto":
            labels = known[-1]
        if labels not in known:
            raise ModelError(
                f"{self.name} has no answer for labels {labels!r}, only for "
                f"{' and '.join(known)}; choose another model, or labels 'auto'"
            )
        self.labels: Labels = labels

    def __reduce__(self) -> tuple[type["Classifier"], tuple[str | Path, int, Labels]]:
        return Classifier, self._arguments

    def __call__(self, faces_NCHW: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Classify faces.

        Args:
            faces_NCHW: uint8, (N, channels, *size); N may be 0 or very large.

        Returns:
            float32 (N, K): probabilities in the order of `classes`, rows sum to 1.

        Raises:
            ModelError: the array has another shape or type.
        """
        expected = (self.channels, *self.size)
        if faces_NCHW.dtype != np.uint8 or faces_NCHW.shape[1:] != expected:
            raise ModelError(
                f"{self.name} takes uint8 faces of shape (N, {', '.join(map(str, expected))}), "
                f"not {faces_NCHW.dtype} of shape {faces_NCHW.shape}"
            )
        out_NK = np.empty((len(faces_NCHW), len(self.classes)), np.float32)
        for start in range(0, len(faces_NCHW), LARGEST_BATCH):
            part = slice(start, start + LARGEST_BATCH)
            (found,) = self._session.run([OUTPUTS[self.labels]], {"faces": faces_NCHW[part]})
            out_NK[part] = found[:, self._order]
        return out_NK


def _input_of(session: ort.InferenceSession, model: str | Path) -> tuple[int, tuple[int, int]]:
    """Channels and (height, width) of a network's input, once it is known to be ours."""
    inputs = session.get_inputs()
    if len(inputs) == 1 and inputs[0].name == "faces" and inputs[0].type == "tensor(uint8)":
        match inputs[0].shape:
            case [None | str(), (1 | 3) as channels, int() as height, int() as width]:
                return channels, (height, width)
    found = ", ".join(f"{i.name}: {i.type} {i.shape}" for i in inputs)
    raise _foreign(model, f"its input is not 'faces', uint8 (N, 1 or 3, H, W), but {found}")


def _check_outputs(
    session: ort.InferenceSession, model: str | Path, classes: int
) -> tuple[Labels, ...]:
    """The label sources of a network, once its outputs are known to be ours."""
    outputs = session.get_outputs()
    known: tuple[Labels, ...] = tuple(OUTPUTS)[: len(outputs)]
    if [o.name for o in outputs] == [OUTPUTS[labels] for labels in known] and all(
        o.type == "tensor(float)" and _is_wide(o.shape, classes) for o in outputs
    ):
        return known
    found = ", ".join(f"{o.name}: {o.type} {o.shape}" for o in outputs)
    raise _foreign(model, f"its output is not 'probabilities', float32 (N, {classes}), but {found}")


def _is_wide(shape: list[int | str | None], classes: int) -> bool:
    """Whether a tensor has rows without number and this many columns."""
    return len(shape) == 2 and not isinstance(shape[0], int) and shape[1] == classes


def _classes_of(
    metadata: Mapping[str, str], model: str | Path
) -> tuple[tuple[str, ...], list[int]]:
    """What a network tells apart, and for each of these the column of its output."""
    if own := metadata.get(CLASSES):
        classes = tuple(own.split(","))
        if len(set(classes)) < len(classes) or not all(classes):
            raise _foreign(model, f"its classes ({own}) are not different names")
        return classes, list(range(len(classes)))
    order = _order_of(metadata.get("ferlite.emotions", ""), model)
    return WITH_CONTEMPT[: len(order)], order


def _order_of(listed: str, model: str | Path) -> list[int]:
    """For each of `WITH_CONTEMPT` that a network knows, the column of its output that holds it."""
    if not listed:
        raise _foreign(model, "it does not say which emotions it knows ('ferlite.emotions')")
    columns: dict[int, int] = {}
    strange = []
    for column, name in enumerate(listed.split(",")):
        try:
            is_contempt = name.strip().lower() == WITH_CONTEMPT[-1]
            columns[len(EMOTIONS) if is_contempt else emotion_index(name)] = column
        except KeyError:
            strange.append(name.strip())
    if strange:
        raise _foreign(model, f"it has classes that ferlite does not know ({', '.join(strange)})")
    if missing := [e for i, e in enumerate(EMOTIONS) if i not in columns]:
        raise _foreign(model, f"it lacks the emotions {', '.join(missing)}")
    return [columns[i] for i in sorted(columns)]


def _foreign(model: str | Path, why: str) -> ModelError:
    return ModelError(
        f"{model} is not an emotion model of ferlite's: {why}; "
        "make one with 'ferlite export' or choose from 'ferlite models list'"
    )
