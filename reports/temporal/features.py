"""What the face network says of each frame: log-probabilities, and what its last layer sees."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray

from ferlite.classify.classifier import Classifier
from ferlite.emotions import EMOTIONS
from ferlite.errors import FerliteError
from ferlite.files import written_whole
from reports.temporal.sequences import FaceSequence

FLOOR: Final = 1e-6
"""Probabilities below this count as this, so that their logarithms stay finite."""
_BATCH: Final = 64


@dataclass(frozen=True)
class Features:
    """What is known of each frame of one or more sequences of the same length.

    Attributes:
        probabilities_STK: float32, in the order of `ferlite.EMOTIONS`; 0 where no face was seen.
        penultimate_STF: float32, the input of the network's last layer; 0 where none was seen.
        labels_ST: int64 true emotions.
        seen_ST: bool, in which frames a face was found.
        rate: frames per second.
    """

    probabilities_STK: NDArray[np.float32]
    penultimate_STF: NDArray[np.float32]
    labels_ST: NDArray[np.int64]
    seen_ST: NDArray[np.bool_]
    rate: float

    def __len__(self) -> int:
        return len(self.labels_ST)


class FeatureExtractor:
    """A face network that also gives what its last layer sees.

    >>> from ferlite.classify import zoo
    >>> extract = FeatureExtractor(zoo.path(zoo.FAST))
    >>> [part.shape for part in extract(np.zeros((2, 48, 48), np.uint8))]
    [(2, 7), (2, 256)]
    """

    def __init__(self, model: Path) -> None:
        """Load a network and lead its last layer's input out of the graph.

        Args:
            model: an ONNX file of ferlite's with gray faces.

        Raises:
            FerliteError: it is no such file, or does not end in a linear layer and softmax.
        """
        self.size = self._check(model)
        proto = onnx.load(model)
        features = _input_of_last_layer(proto.graph)
        if features is None:
            raise FerliteError(
                f"{model}: does not end in a linear layer and softmax, as features need"
            )
        self._names = ["probabilities", features]
        proto.graph.output.append(
            onnx.helper.make_tensor_value_info(features, onnx.TensorProto.FLOAT, None)
        )
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(
            proto.SerializeToString(), options, providers=["CPUExecutionProvider"]
        )
        self.sha256 = hashlib.sha256(model.read_bytes()).hexdigest()

    @staticmethod
    def _check(model: Path) -> int:
        """The side of the faces, once it is known that this network can be used here."""
        classifier = Classifier(model)
        order = classifier.metadata["ferlite.emotions"].split(",")
        height, width = classifier.size
        if classifier.channels != 1 or height != width or order != list(EMOTIONS):
            raise FerliteError(
                f"{model}: features are taken from networks that read square gray faces and tell "
                "apart the seven emotions in ferlite's order"
            )
        return height

    def __call__(
        self, faces_NHW: NDArray[np.uint8]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Probabilities (N, 7) and penultimate features (N, F) of gray faces, one or more."""
        parts = [
            self._session.run(self._names, {"faces": faces_NHW[start : start + _BATCH, None]})
            for start in range(0, len(faces_NHW), _BATCH)
        ]
        probabilities_NK, penultimate_NF = (np.concatenate(part) for part in zip(*parts))  # noqa: B905
        return probabilities_NK, penultimate_NF


def features_of(sequences: Sequence[FaceSequence], extract: FeatureExtractor) -> Features:
    """The features of sequences of the same length and rate.

    Raises:
        FerliteError: there are none, or their lengths or rates differ.
    """
    if len({(len(sequence), sequence.rate) for sequence in sequences}) != 1:
        raise FerliteError("features are kept of one or more sequences of one length and rate")
    seen_ST = np.stack([sequence.seen_T for sequence in sequences])
    images_STHW = np.stack([sequence.images_THW for sequence in sequences])
    probabilities_NK, penultimate_NF = extract(images_STHW[seen_ST])
    probabilities_STK = np.zeros((*seen_ST.shape, probabilities_NK.shape[1]), np.float32)
    penultimate_STF = np.zeros((*seen_ST.shape, penultimate_NF.shape[1]), np.float32)
    probabilities_STK[seen_ST] = probabilities_NK
    penultimate_STF[seen_ST] = penultimate_NF
    labels_ST = np.stack([sequence.labels_T for sequence in sequences])
    return Features(probabilities_STK, penultimate_STF, labels_ST, seen_ST, sequences[0].rate)


def save_features(features: Features, path: Path, key: str) -> None:
    """Keep features, with the key that says what they were made of."""
    with written_whole(path) as part:
        np.savez(
            part,
            probabilities=features.probabilities_STK,
            penultimate=features.penultimate_STF.astype(np.float16),
            labels=features.labels_ST,
            seen=features.seen_ST,
            rate=features.rate,
            key=key,
        )


def kept_features(path: Path, key: str) -> Features | None:
    """The features in a file, or None where there is none or it was made of other things."""
    if not path.is_file():
        return None
    with np.load(path) as kept:
        if str(kept["key"]) != key:
            return None
        return Features(
            kept["probabilities"],
            kept["penultimate"].astype(np.float32),
            kept["labels"],
            kept["seen"],
            float(kept["rate"]),
        )


def key_of(**parts: object) -> str:
    """A short name for settings: the same for the same ones.

    >>> key_of(seed=1) == key_of(seed=1), key_of(seed=1) == key_of(seed=2)
    (True, False)
    """
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


def _input_of_last_layer(graph: onnx.GraphProto) -> str | None:
    """What the linear layer before the softmax reads.

    A temperature may lie between the two, and where votes were learned beside labels a split.
    """
    made_by = {output: node for node in graph.node for output in node.output}
    softmax = made_by.get("probabilities")
    if softmax is None or softmax.op_type != "Softmax":
        return None
    last = made_by.get(softmax.input[0])
    while last is not None and last.op_type in ("Div", "Split"):
        last = made_by.get(last.input[0])
    return last.input[0] if last is not None and last.op_type == "Gemm" else None
