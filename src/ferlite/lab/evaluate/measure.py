"""A trained network on a dataset, both as its recipe would have them."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ferlite.classify.classifier import Classifier
from ferlite.classify.labels import Labels
from ferlite.emotions import EMOTIONS, WITH_CONTEMPT
from ferlite.errors import FerliteError
from ferlite.lab.data.dataset import FaceDataset
from ferlite.lab.data.detect import load_dataset
from ferlite.lab.evaluate.report import predict_checkpoint, predict_onnx
from ferlite.lab.train.haar_crop import haar_cropped

ANSWERS: Final[dict[str, Labels]] = {
    "fer2013": "fer2013",
    **dict.fromkeys(("ferplus", "ferplus8", "rafdb", "affectnet", "ckplus"), "ferplus"),
}
"""The label source that a published dataset is measured with where none is named."""


@dataclass(frozen=True)
class Trained:
    """A trained network and what measuring it takes.

    Attributes:
        path: an ONNX file, or a checkpoint (.ckpt).
        classes: what it tells apart, in the order of its answers.
        size: at how many pixels a side its recipe keeps faces from image files; None is the
            dataset's usual size.
        haar_crop: whether its recipe cuts every face to what the Haar cascade finds.
        detect_faces: whether its recipe cuts the images of a folder to the face in them.
    """

    path: Path
    classes: tuple[str, ...]
    size: int | None = None
    haar_crop: bool = False
    detect_faces: bool = False
    voted: bool = False


def read_trained(path: Path) -> Trained:
    """What a model file says of itself; ONNX files from elsewhere take faces as they are.

    >>> from ferlite.classify import zoo
    >>> read_trained(zoo.path(zoo.FAST)).haar_crop
    False

    Raises:
        FerliteError: no such file, or none of an emotion network.
    """
    if path.suffix == ".ckpt":
        from ferlite.lab.recipe import recipe_from_dict
        from ferlite.lab.train.checkpoint import read_checkpoint

        recipe = recipe_from_dict(read_checkpoint(path)["recipe"], where=path.name)
        how = recipe.data
        return Trained(
            path, recipe.classes, how.size, how.haar_crop, how.detect_faces, how.votes_weight > 0
        )
    classifier = Classifier(path)
    try:
        noted = json.loads(classifier.metadata.get("ferlite.data", "{}"))
        return Trained(
            path,
            classifier.classes,
            noted.get("size"),
            bool(noted.get("haar_crop")),
            bool(noted.get("detect_faces")),
            "ferplus" in classifier.sources,
        )
    except (ValueError, AttributeError):
        raise FerliteError(
            f"{path}: its note 'ferlite.data' cannot be read; export it again"
        ) from None


def faces_for(trained: Trained, data: Path, split: str, kind: str | None = None) -> FaceDataset:
    """A dataset with the classes that a network knows, as far as the dataset has them.

    Args:
        trained: the network.
        data: the dataset.
        split: of which rows are wanted.
        kind: as for `load_dataset`.

    Raises:
        FerliteError: it cannot be read, has no rows in the split, or other classes.
    """
    own = trained.classes not in (EMOTIONS, WITH_CONTEMPT)
    dataset = load_dataset(
        data,
        kind,
        split=split,
        size=trained.size,
        contempt=trained.classes == WITH_CONTEMPT,
        classes=trained.classes if own else EMOTIONS,
        detect_faces=trained.detect_faces,
    )
    if dataset.classes != trained.classes[: len(dataset.classes)]:
        raise FerliteError(
            f"{data}: tells {', '.join(dataset.classes)} apart, and {trained.path.name} "
            f"{', '.join(trained.classes)}"
        )
    if not len(dataset.rows(split)):
        raise FerliteError(f"{data}: has no {split} rows")
    return dataset


def predict(
    trained: Trained, faces: FaceDataset, labels: Labels | None = None
) -> NDArray[np.float32]:
    """Probabilities of a dataset's classes for its faces, prepared as in the training.

    Unless `labels` names another label source, FER2013 is measured as its own labels have it, the
    other published datasets as people would vote, and a folder or data of your own by the answer
    that `ferlite predict` gives, where the network has learned that.

    Where the network knows contempt and the dataset does not, no face shows it: it is left out, and
    the other probabilities are made to sum to 1.

    Returns:
        float32 (N, K), in the order of `faces.classes`.

    Raises:
        FerliteError: the file cannot be read, or the network has not learned these labels.
    """
    images_NHW = faces.images_NHW
    if trained.haar_crop:
        images_NHW, _ = haar_cropped(images_NHW)
    run = predict_checkpoint if trained.path.suffix == ".ckpt" else predict_onnx
    if labels is None:
        labels = ANSWERS.get(faces.name, "auto") if trained.voted else "fer2013"
    probabilities_NK = run(trained.path, images_NHW, labels=labels)
    if faces.classes != trained.classes:
        probabilities_NK = probabilities_NK[:, : len(faces.classes)]
        sum_N1 = probabilities_NK.sum(axis=1, keepdims=True)
        # A network may be so sure of contempt that float32 leaves nothing for the others.
        even = np.float32(1 / len(faces.classes))
        probabilities_NK = np.where(
            sum_N1 == 0, even, probabilities_NK / np.maximum(sum_N1, np.float32(1e-38))
        )
    return probabilities_NK
