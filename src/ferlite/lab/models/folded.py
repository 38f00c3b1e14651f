"""Networks out of files that hold their normalisation folded into the convolutions.

What ships is such an ONNX file, and so is what `ferlite train` leaves beside its checkpoints: with
this, training can go on from either. Keras's weights of MobileNetV2 may be a .safetensors like it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from ferlite.classify.labels import OUTPUTS
from ferlite.errors import FerliteError
from ferlite.lab.models.face_model import FaceModel
from ferlite.lab.models.weights import HEAD, start_from

NAME: Final = "ferlite.name"
"""Under which a file of ferlite's says which network it is."""
RECIPE_SHA256: Final = "ferlite.recipe_sha256"
"""Under which it says by which recipe it was trained."""
TEMPERATURE: Final = "temperature of the votes"
"""Under which `read_onnx` says how a file calibrates the votes' answer."""
_PREFIXES: Final = ("model.network.", "network.")
"""How the names of tensors begin in a file, with and without outputs for votes."""
_FOLDED: Final = "_bias"
"""What the exporter puts behind the name of filters to name the biases that it folds in."""


def read_onnx(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """The weights of a file that ferlite exported, float32, by the network's own names.

    Those of an int8 file are what its integers stand for. Filters whose normalisation was
    folded in have their biases under `NAME.weight_bias`.

    Returns:
        The tensors, and the file's metadata; where it answers as people vote, too, with "voted" and
        the `TEMPERATURE` of that answer, which the tensors are without.

    Raises:
        FerliteError: no ONNX file, or not one of ferlite's.
    """
    if not path.is_file():
        raise FerliteError(f"{path}: there is no such weights file")
    try:
        import onnx
    except ModuleNotFoundError:
        raise FerliteError(f"{path}: to read it, pip install onnx") from None
    try:
        model = onnx.load(path)
    except Exception:  # onnx raises many kinds for files that are not its own
        raise FerliteError(
            f"{path}: not a readable ONNX file; it may be cut short or damaged"
        ) from None
    about = {entry.key: entry.value for entry in model.metadata_props}
    held = {tensor.name: _tensor(tensor) for tensor in model.graph.initializer}
    for node in model.graph.node:
        if node.op_type == "DequantizeLinear" and all(name in held for name in node.input):
            axis = next((a.i for a in node.attribute if a.name == "axis"), 1)
            held[node.output[0]] = _dequantised([held[name] for name in node.input], axis)
    tensors = {}
    for node in model.graph.node:
        for name in () if node.op_type == "DequantizeLinear" else node.input:
            if name in held and (own := _own_name(name)):
                tensors[own] = held[name].float()
    tensors |= dict(_slopes(model.graph.node, tensors))
    if NAME not in about or not tensors:
        raise FerliteError(
            f"{path}: not a network that ferlite exported; start from a .safetensors or .pth file"
        )
    if OUTPUTS["ferplus"] in {output.name for output in model.graph.output}:
        about["voted"] = "true"
        about[TEMPERATURE] = str(_temperature(model.graph, held))
    return tensors, about


def _slopes(nodes: Iterable[Any], tensors: Mapping[str, Tensor]) -> Iterator[tuple[str, Tensor]]:
    """What leaky ReLUs multiply with, for each channel, as the PReLUs that they were trained as."""
    made_by = {name: node for node in nodes for name in node.output}
    for node in nodes:
        if node.op_type != "LeakyRelu":
            continue
        (slope,) = (a.f for a in node.attribute if a.name == "alpha")
        while node.op_type != "Conv":
            node = made_by[node.input[0]]
        filters = _own_name(node.input[1])
        # In a Sequential, the activation comes behind the convolution.
        layers, place, _ = filters.rsplit(".", 2)
        width = len(tensors[filters])
        yield f"{layers}.{int(place) + 1}.weight", torch.full((width, 1, 1, 1), slope)


def _own_name(name: str) -> str:
    """What the network calls a tensor of a file; integers are called after what they stand for."""
    own = name.removesuffix("_DequantizeLinear_Output")
    return next((own.removeprefix(p) for p in _PREFIXES if own.startswith(p)), "")


def _temperature(graph: Any, held: Mapping[str, Tensor]) -> float:
    """What the votes' logits are divided by before their softmax, all calibrations together."""
    made_by = {name: node for node in graph.node for name in node.output}
    node, divided_by = made_by[OUTPUTS["ferplus"]], 1.0
    while (node := made_by.get(node.input[0])) is not None and node.op_type == "Div":
        divided_by *= float(held[node.input[1]])
    return divided_by


def _tensor(tensor: Any) -> Tensor:
    from onnx import numpy_helper

    return torch.from_numpy(numpy_helper.to_array(tensor).copy())


def _dequantised(inputs: list[Tensor], axis: int) -> Tensor:
    """ONNX's DequantizeLinear of [integers, scale, zero point]; scales may be one per channel."""
    integers, scale = inputs[0].float(), inputs[1]
    zero = inputs[2].float() if len(inputs) > 2 else torch.zeros(())
    if scale.ndim == 1:
        shape = [1] * integers.ndim
        shape[axis] = -1
        scale, zero = scale.reshape(shape), zero.reshape(shape)
    return (integers - zero) * scale


def start_from_onnx(model: FaceModel, path: Path) -> dict[str, str]:
    """Give a model the weights of a file that ferlite exported.

    A network without outputs for votes takes the other outputs of one that has them. Batch
    normalisation has no statistics of its own afterwards: see `separate_statistics`.

    Args:
        model: of the same system as the file's; changed in place.
        path: the file, float32 or int8.

    Returns:
        The file's metadata.

    Raises:
        FerliteError: no ONNX file of ferlite's, or of another network; the model is unchanged.
    """
    tensors, about = read_onnx(path)
    if "voted" in about and not model.voted:
        for name in [name for name in tensors if name.startswith(HEAD)]:
            tensors[name] = tensors[name].chunk(2)[0]
    start_from(model.network, unfolded(model.network, tensors), str(path))
    return about


def unfolded(network: nn.Module, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """A file's tensors (`read_onnx`) under all the names that the network has.

    Normalisation layers get no mean, a deviation of one, and the biases that were folded in: the
    same function, for `separate_statistics` to give them statistics again.
    """
    state = dict(tensors)
    for name, convolution, after, normalise in normalised(network):
        if f"{after}.running_mean" in tensors:
            continue
        bias = state.pop(f"{name}.weight{_FOLDED}", None)
        if bias is None:  # folded into what was there already, or written by others
            bias = state.pop(f"{name}.bias", None)
        if bias is None:
            continue  # loading will say that it is missing
        if convolution.bias is not None:
            state[f"{name}.bias"] = torch.zeros_like(bias)
        state[f"{after}.weight"] = torch.ones_like(bias)
        state[f"{after}.bias"] = bias
        state[f"{after}.running_mean"] = torch.zeros_like(bias)
        state[f"{after}.running_var"] = torch.full_like(bias, 1 - normalise.eps)
    return state


@torch.no_grad()
def separate_statistics(
    network: nn.Module, answer: Callable[[Tensor], Any], batches: Iterable[Tensor]
) -> None:
    """Give batch normalisation the statistics of these faces, without changing the function.

    A file has them folded into its convolutions; training needs them apart again.

    Args:
        network: in evaluation mode; changed in place.
        answer: what is done with a batch so that it passes through the network.
        batches: of faces, as `answer` takes them.
    """
    pairs = [(convolution, normalise) for _, convolution, _, normalise in normalised(network)]
    sums = [torch.zeros(2, c.out_channels, dtype=torch.double) for c, _ in pairs]
    seen = [0] * len(pairs)

    def add_up(number: int) -> Callable[[nn.Module, tuple[Tensor, ...], Tensor], None]:
        def hook(_module: nn.Module, _x: tuple[Tensor, ...], y_BCHW: Tensor) -> None:
            y = y_BCHW.double()
            sums[number].add_(torch.stack([y.mean((2, 3)).sum(0), y.square().mean((2, 3)).sum(0)]))
            seen[number] += len(y)

        return hook

    hooks = [c.register_forward_hook(add_up(number)) for number, (c, _) in enumerate(pairs)]
    for batch in batches:
        answer(batch)
    for hook in hooks:
        hook.remove()
    for (_, normalise), (total, squares), count in zip(pairs, sums, seen, strict=True):
        mean = total / count
        variance = squares / count - mean**2
        assert normalise.running_mean is not None
        assert normalise.running_var is not None
        scale = normalise.weight / (normalise.running_var + normalise.eps).sqrt()
        normalise.bias.add_(scale * (mean - normalise.running_mean))
        normalise.weight.copy_(scale * (variance + normalise.eps).sqrt())
        normalise.running_mean.copy_(mean)
        normalise.running_var.copy_(variance)


def is_folded(network: nn.Module, tensors: Mapping[str, Tensor]) -> bool:
    """Whether tensors have biases where the network has normalisation layers."""
    return any(
        f"{name}.bias" in tensors and convolution.bias is None and f"{after}.weight" not in tensors
        for name, convolution, after, _ in normalised(network)
    )


def normalised(network: nn.Module) -> Iterator[tuple[str, nn.Conv2d, str, _BatchNorm]]:
    """Every convolution with the normalisation that follows it, and their names."""
    for (name, module), (after, following) in pairwise(network.named_modules()):
        if isinstance(module, nn.Conv2d) and isinstance(following, nn.BatchNorm2d):
            yield name, module, after, following
