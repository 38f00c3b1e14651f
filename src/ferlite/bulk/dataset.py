"""`label`: the emotions in the images of a Ray Data dataset, in one's own pipeline."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from ferlite.bulk.cluster import cluster_cores
from ferlite.bulk.contents import kind_of
from ferlite.bulk.rows import face_schema
from ferlite.bulk.tables import content
from ferlite.classify import zoo
from ferlite.classify.labels import Labels
from ferlite.errors import FerliteError
from ferlite.recognizer import Detector, EmotionRecognizer

if TYPE_CHECKING:
    import ray.data


def label(
    dataset: "ray.data.Dataset",
    *,
    column: str = "image",
    model: str | Path = zoo.DEFAULT,
    detector: Detector = "blazeface",
    labels: Labels = "auto",
    min_score: float | None = None,
    min_size: float | None = None,
    workers: int | None = None,
    batch_size: int = 16,
) -> "ray.data.Dataset":
    """Read the emotion of every face in the images of a dataset.

    Nothing is read before the dataset that comes out is; images pass through in batches, so the
    memory that it takes does not grow with the dataset. Each worker loads the models once.

    Args:
        dataset: with a column of images: the bytes of files, paths or arrays, as
            `EmotionRecognizer.recognize` takes them, or what `ray.data.read_images` gives.
        column: its name.
        model: as for `EmotionRecognizer`, and so are the next four.
        detector: what finds the faces.
        labels: the label source.
        min_score: of a face.
        min_size: of a face, in pixels.
        workers: how many, a core each; by default all cores.
        batch_size: how many images a worker takes at a time.

    Returns:
        A dataset with a row for each face: the other columns of the image's row, `face` (counted
        from 0 in each image, the largest first), x, y, w, h (pixels of the upright image),
        `detection_score`, `emotion`, `confidence` and the probability of each emotion (both in
        [0, 1]). An image without a face has a row with nulls; one that cannot be read has why in
        `error`, and `error_kind`.

    Raises:
        FerliteError: a model is missing or wrong, or an argument makes no sense.

    >>> import ray
    >>> from ferlite.bulk import label
    >>> photos = ray.data.from_items([{"image": "examples/astronaut.jpg"}])  # doctest: +SKIP
    >>> label(photos).take(1)[0]["emotion"]  # doctest: +SKIP
    'happy'
    """
    from ray.data import ActorPoolStrategy

    recognizer = {
        "model": model,
        "detector": detector,
        "labels": labels,
        "min_score": min_score,
        "min_size": min_size,
    }
    EmotionRecognizer(**recognizer)  # type: ignore[arg-type]  # what is wrong is said here
    return dataset.map_batches(
        _Labeller,
        fn_constructor_args=(recognizer, column),
        batch_format="pyarrow",
        batch_size=batch_size,
        compute=ActorPoolStrategy(size=workers or cluster_cores()),
        num_cpus=1,
    )


class _Labeller:
    """Turns batches of images into batches of faces."""

    def __init__(self, recognizer: Mapping[str, Any], column: str) -> None:
        self._recognizer = EmotionRecognizer(**recognizer)
        self._schema = face_schema(self._recognizer.classifier.classes)
        self._column = column

    def __call__(self, batch: pa.Table) -> pa.Table:
        if self._column not in batch.column_names:
            raise FerliteError(
                f"the dataset has no column {self._column}; it has {', '.join(batch.column_names)}"
            )
        taken: list[int] = []
        found: list[tuple[Any, ...]] = []
        empty = (None,) * (len(self._schema) - 2)
        for number, image in enumerate(batch[self._column].to_pylist()):
            rows: list[tuple[Any, ...]]
            try:
                faces = self._recognizer.recognize(_image(image))
                rows = [(i, *face.to_row(), None, None) for i, face in enumerate(faces)]
            except FerliteError as error:
                rows = [(*empty, str(error), kind_of(error))]
            rows = rows or [(*empty, None, None)]
            taken += [number] * len(rows)
            found += rows
        columns = zip(*found, strict=True) if found else [()] * len(self._schema)
        kept = [name for name in batch.column_names if name != self._column]
        if taken_names := set(kept) & set(self._schema.names):
            raise FerliteError(
                f"the dataset has a column {min(taken_names)}, as the answer has; rename it"
            )
        return pa.table(
            {
                **{name: batch[name].take(pa.array(taken, pa.int64())) for name in kept},
                **{
                    field.name: pa.array(values, field.type)
                    for values, field in zip(columns, self._schema, strict=True)
                },
            }
        )


def _image(value: Any) -> Any:
    """What a column holds, as the recognizer takes it."""
    value = content(value)
    return np.asarray(value) if isinstance(value, list) else value
