"""The answer that is right for photos, made from the votes' answer inside a model's file.

Voters seldom say fear, disgust or sad, so a network that learned their votes says them more seldom
than it sees them. Logit adjustment (Menon et al. 2021) takes out what the network knows of how
often each emotion occurs in its training faces: the logits less τ times the logarithm of the prior.
A temperature then makes the probabilities as sure as they are right.
"""

from pathlib import Path
from typing import Final

import numpy as np

from ferlite.classify.labels import OUTPUTS
from ferlite.files import written_whole

PRIOR: Final = {
    "angry": 0.088,
    "disgust": 0.011,
    "fear": 0.031,
    "happy": 0.264,
    "sad": 0.144,
    "surprise": 0.123,
    "neutral": 0.339,
}
"""Shares of FER+'s training votes; `python -m reports.photos` counts them again."""
TAU: Final = 1.0
"""All of the prior is taken out, as theory says; nothing about it is fitted."""
TEMPERATURE: Final = 1.5
"""Chosen on the development photos; see results/benchmarks/photos.json."""


def with_photos(
    source: Path, out: Path, tau: float = TAU, temperature: float = TEMPERATURE
) -> None:
    """Write a network that learned votes again, with the output for photos behind the others.

    An output for photos that is there already is replaced.

    Args:
        source: an ONNX file with the outputs `probabilities` and `voted`, its classes in the order
            of `PRIOR`.
        out: the file to write; whole or not at all. May be `source`.
        tau: how much of the prior is taken out; 0 is nothing, 1 all of it.
        temperature: above 0; the adjusted logits are divided by it.

    Raises:
        ValueError: the network's votes do not come from a softmax.
    """
    import onnx
    from onnx import helper, numpy_helper

    network = onnx.load(source)
    graph = network.graph
    for nodes in (graph.node, graph.initializer, graph.output):
        for each in [each for each in nodes if each.name.startswith("photos")]:
            nodes.remove(each)
    softmax = next((node for node in graph.node if OUTPUTS["ferplus"] in node.output), None)
    if softmax is None or softmax.op_type != "Softmax":
        raise ValueError(f"{source}: its votes do not come from a softmax")
    constants = {
        "photos_prior": tau * np.log(np.array(list(PRIOR.values()), np.float32)),
        "photos_temperature": np.array(temperature, np.float32),
    }
    graph.initializer.extend(
        numpy_helper.from_array(np.asarray(value, np.float32), name)
        for name, value in constants.items()
    )
    for kind, taken, given in (
        ("Sub", [softmax.input[0], "photos_prior"], "photos_adjusted"),
        ("Div", ["photos_adjusted", "photos_temperature"], "photos_logits"),
        ("Softmax", ["photos_logits"], OUTPUTS["photos"]),
    ):
        graph.node.append(helper.make_node(kind, taken, [given], name=f"photos_{kind.lower()}"))
    (votes,) = (output for output in graph.output if output.name == OUTPUTS["ferplus"])
    like = onnx.ValueInfoProto()
    like.CopyFrom(votes)
    like.name = OUTPUTS["photos"]
    graph.output.append(like)
    with written_whole(out) as part:
        onnx.save(network, part)
