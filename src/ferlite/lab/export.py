"""From PyTorch to the one file format that ferlite runs: ONNX, pixels in, probabilities out."""

import contextlib
import importlib.util
import io
import json
import logging
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import onnxruntime
import torch

from ferlite.classify.classifier import CLASSES
from ferlite.classify.labels import OUTPUTS, Labels
from ferlite.emotions import EMOTIONS
from ferlite.files import written_whole
from ferlite.lab.models.face_model import FaceModel
from ferlite.lab.models.folded import NAME, RECIPE_SHA256
from ferlite.lab.models.sface import without_flat_slopes
from ferlite.lab.photos import with_photos
from ferlite.lab.recipe import Recipe

TOLERANCE = 1e-4


def can_export() -> bool:
    """Whether onnx and onnxscript are installed, which training does without.

    >>> can_export()
    True
    """
    return all(importlib.util.find_spec(name) is not None for name in ("onnx", "onnxscript"))


def export_onnx(
    model: FaceModel,
    path: Path,
    *,
    name: str,
    classes: Sequence[str],
    channels: int,
    size: int,
    recipe: Recipe | None = None,
) -> None:
    """Write `model` as ONNX and check that it gives what PyTorch gives.

    The file's input is `faces`, uint8 (N, channels, size, size) with N free; its output is
    `probabilities`, float32 (N, classes), and of a network that learned votes `voted` is a second
    one and, where its classes are the seven emotions, `photos` a third. Normalisation and softmax
    are inside. Of the recipe the file says what must be known to measure it: which it was, and how
    it wants a dataset's faces.

    Raises:
        ValueError: the file's probabilities differ from PyTorch's by more than 1e-4; nothing is
            written then.
    """
    model = model.eval().cpu().to(memory_format=torch.contiguous_format)
    without_flat_slopes(model)
    example = torch.zeros(2, channels, size, size, dtype=torch.uint8)
    with written_whole(path) as part:
        with _silence():
            torch.onnx.export(
                _Answers(model) if model.voted else model,
                (example,),
                part,
                input_names=["faces"],
                output_names=list(OUTPUTS.values())[: 1 + model.voted],
                dynamic_shapes=({0: torch.export.Dim("N", min=1)},),
                dynamo=True,
                external_data=False,
                optimize=True,
            )
        told = "ferlite.emotions" if set(EMOTIONS) <= set(classes) else CLASSES
        metadata = {NAME: name, told: ",".join(classes)}
        if recipe is not None:
            metadata[RECIPE_SHA256] = recipe.sha256
            how = recipe.data
            metadata["ferlite.data"] = json.dumps(
                {"size": how.size, "haar_crop": how.haar_crop, "detect_faces": how.detect_faces}
            )
        _finish(part, metadata)
        if model.voted and tuple(classes) == EMOTIONS:
            with_photos(part, part)
        difference = largest_difference(model, part, channels=channels, size=size)
        if not difference <= TOLERANCE:
            raise ValueError(f"{path}: ONNX differs from PyTorch by {difference:.2e}")


class _Answers(torch.nn.Module):
    """A network that learned votes, as the exporter needs it to have two outputs."""

    def __init__(self, model: FaceModel) -> None:
        super().__init__()
        self.model = model

    def forward(self, faces_BCHW: torch.Tensor) -> tuple[torch.Tensor, ...]:
        return self.model.probabilities(faces_BCHW)


def with_temperature(
    source: Path, out: Path, temperature: float, labels: Labels = "fer2013"
) -> None:
    """Write an exported network again, its logits divided by `temperature` before the softmax.

    What the network does to its logits already stays: a second temperature multiplies the first.

    Args:
        source: an ONNX file as `export_onnx` or `ferlite.lab.int8.quantise` writes it.
        out: the file to write; whole or not at all. May be `source`.
        temperature: above 0; 1 changes nothing.
        labels: of which output; see `ferlite.classify.labels`.

    Raises:
        ValueError: the temperature is not above 0, or the probabilities do not come from a softmax.

    >>> import tempfile
    >>> from ferlite.classify import zoo
    >>> with_temperature(zoo.path(zoo.FAST), Path(tempfile.mkdtemp()) / "cool.onnx", 0.9)
    """
    import onnx

    if not 0 < temperature < float("inf"):
        raise ValueError(f"a temperature is a number above 0, not {temperature}")
    network = onnx.load(source)
    nodes = network.graph.node
    place, softmax = next(
        ((at, node) for at, node in enumerate(nodes) if OUTPUTS[labels] in node.output),
        (0, onnx.NodeProto()),
    )
    if softmax.op_type != "Softmax":
        raise ValueError(f"{source}: its probabilities do not come from a softmax")
    name = f"temperature_{sum(node.name.startswith('temperature') for node in nodes)}"
    network.graph.initializer.append(
        onnx.numpy_helper.from_array(np.array(temperature, np.float32), name)
    )
    logits = softmax.input[0]
    for node in nodes:  # the softmax, and what is made of the same logits for photos
        for at, taken in enumerate(node.input):
            if taken == logits and (node is softmax or labels == "ferplus"):
                node.input[at] = f"{name}_logits"
    nodes.insert(place, onnx.helper.make_node("Div", [logits, name], [f"{name}_logits"], name=name))
    with written_whole(out) as part:
        onnx.save(network, part)


def largest_difference(model: FaceModel, path: Path, *, channels: int, size: int) -> float:
    """Largest difference between a file's and PyTorch's answers, on random faces."""
    generator = torch.Generator().manual_seed(0)
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    worst = 0.0
    for count in (1, 7):
        shape = (count, channels, size, size)
        faces = torch.randint(0, 256, shape, dtype=torch.uint8, generator=generator)
        with torch.no_grad():
            theirs = [answer.numpy() for answer in model.probabilities(faces)]
        ours = session.run(list(OUTPUTS.values())[: len(theirs)], {"faces": faces.numpy()})
        differences = [float(np.abs(a - b).max()) for a, b in zip(ours, theirs, strict=True)]
        worst = max(worst, *differences)
    return worst


def _finish(path: Path, metadata: dict[str, str]) -> None:
    """Add the metadata, and drop the exporter's notes, which hold paths of this machine."""
    import onnx  # only here: machines that train may lack it

    proto = onnx.load(path)
    proto.doc_string = ""
    for node in proto.graph.node:
        node.doc_string = ""
        del node.metadata_props[:]
    for value in (*proto.graph.value_info, *proto.graph.input, *proto.graph.output):
        value.doc_string = ""
        del value.metadata_props[:]
    for initializer in proto.graph.initializer:
        del initializer.metadata_props[:]
    del proto.graph.metadata_props[:]
    del proto.metadata_props[:]
    for key, value in metadata.items():
        proto.metadata_props.add(key=key, value=value)
    onnx.save(proto, path)


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    """The exporter talks a lot, on standard output too."""
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    logging.getLogger("onnxscript").setLevel(logging.ERROR)
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        yield
