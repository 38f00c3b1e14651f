"""Parameters and multiply-adds of a network of which there is only the ONNX file."""

from collections.abc import Mapping
from math import prod
from pathlib import Path

import onnx

_PRODUCTS = ("Conv", "Gemm", "MatMul")


def onnx_cost(path: Path) -> dict[str, int | None]:
    """Weights and biases of all convolutions and matrix products, and their multiply-adds per face.

    Counted as `ferlite.lab.train.loop.size_of` counts a PyTorch model: biases and activations cost
    no multiply-add. An exported file has fewer parameters than its model, because normalisation
    layers are folded into the convolutions before them.

    Returns:
        `parameters` and `multiply_adds`; the latter is None where the file does not tell the size
        of every feature map.

    >>> from ferlite.classify import zoo
    >>> sorted(onnx_cost(zoo.path(zoo.FAST)))
    ['multiply_adds', 'parameters']
    """
    network = onnx.load(path)
    (faces,) = network.graph.input
    faces.type.tensor_type.shape.dim[0].dim_value = 1
    del network.graph.value_info[:]  # they still speak of N faces
    graph = onnx.shape_inference.infer_shapes(network, data_prop=True).graph

    # A product finds its weights directly or, in a quantised file, behind a DequantizeLinear.
    constants = {tensor.name: list(tensor.dims) for tensor in graph.initializer}
    for node in graph.node:
        if node.op_type == "DequantizeLinear" and node.input[0] in constants:
            constants[node.output[0]] = constants[node.input[0]]
    shapes = constants | {
        value.name: [dim.dim_value for dim in value.type.tensor_type.shape.dim]
        for value in (*graph.input, *graph.value_info, *graph.output)
    }
    products = [node for node in graph.node if node.op_type in _PRODUCTS]
    weights = {name for node in products for name in node.input[1:] if name in constants}
    each = [_multiply_adds(node, shapes) for node in products]
    known = [count for count in each if count]
    return {
        "parameters": sum(prod(constants[name]) for name in weights),
        "multiply_adds": sum(known) if len(known) == len(each) else None,
    }


def _multiply_adds(node: onnx.NodeProto, shapes: Mapping[str, list[int]]) -> int:
    """Those of one product; 0 where a size is unknown."""
    data, weight, out = (shapes.get(name, [0]) for name in (*node.input[:2], node.output[0]))
    if node.op_type == "Conv":  # weight: out channels, in channels of one group, height, width
        return prod(out) * prod(weight[1:])
    transposed = any(a.name == "transA" and a.i for a in node.attribute)
    return prod(out) * data[0 if transposed else -1]
