"""Two trained networks as one: weights for `TwoTrunks`, for another training to begin with.

    python -m ferlite.lab.join runs/ferlite_m_sface runs/ferlite_m_vggface2 --out joined.safetensors
    ferlite train ferlite_m --data fer2013.csv --out runs/ferlite_m --weights joined.safetensors

Its last layer gives the mean of the two networks' logits, so that it begins with what they would
answer together.
"""

import argparse
from pathlib import Path
from typing import Final

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor

from ferlite.errors import FerliteError
from ferlite.files import written_whole
from ferlite.lab.models.mobilenet_v1 import MobileNetV1
from ferlite.lab.models.sface import SFace
from ferlite.lab.train.checkpoint import load_model, read_checkpoint

_NOTE: Final = "joined_of"


def joined_weights(sface: Path, mobilenet: Path) -> dict[str, Tensor]:
    """The weights of two trainings under the names that `TwoTrunks` gives them.

    Args:
        sface: checkpoint of an `SFace`.
        mobilenet: checkpoint of a `MobileNetV1`.

    Raises:
        FerliteError: not checkpoints of ferlite's, or of other networks, or one answers as people
            vote, too, and the other does not.
    """
    people, others = load_model(sface).network, load_model(mobilenet).network
    if not isinstance(people, SFace):
        raise FerliteError(f"{sface}: the first must be a training of sface")
    if not isinstance(others, MobileNetV1):
        raise FerliteError(f"{mobilenet}: the second must be a training of mobilenet_v1")
    heads = people.classify, others.classify
    if heads[0].out_features != heads[1].out_features:
        raise FerliteError(
            f"{mobilenet}: gives {heads[1].out_features} answers and {sface} "
            f"{heads[0].out_features}; train both with data.voted or both without"
        )
    trunks = {"sface": people.features, "mobilenet": others.features}
    return {
        f"{trunk}.{name}": tensor
        for trunk, layers in trunks.items()
        for name, tensor in layers.state_dict().items()
    } | {
        "classify.weight": torch.cat([head.weight.detach() for head in heads], 1) / 2,
        "classify.bias": sum((head.bias.detach() for head in heads), torch.zeros(())) / 2,
    }


def write_joined(sface: Path, mobilenet: Path, out: Path) -> None:
    """Write `joined_weights` with the names of the trainings.

    Raises:
        FerliteError: as `joined_weights`.
    """
    joined = {n: t.contiguous() for n, t in joined_weights(sface, mobilenet).items()}
    names = [str(read_checkpoint(path)["recipe"]["name"]) for path in (sface, mobilenet)]
    with written_whole(out) as part:
        save_file(joined, part, {_NOTE: ", ".join(names)})


def joined_of(path: Path) -> str:
    """The names of the trainings that a .safetensors file joins, ", " between; "" if none."""
    with safe_open(path, "pt") as file:
        return str((file.metadata() or {}).get(_NOTE, ""))


def main() -> None:
    """Join two runs."""
    parser = argparse.ArgumentParser(description="Two trained networks as one with two trunks.")
    parser.add_argument("sface", type=Path, help="folder of a training of sface")
    parser.add_argument("mobilenet", type=Path, help="folder of a training of mobilenet_v1")
    parser.add_argument("--out", type=Path, required=True, help="the .safetensors to write")
    arguments = parser.parse_args()
    try:
        kept = Path("checkpoints") / "best.ckpt"
        write_joined(arguments.sface / kept, arguments.mobilenet / kept, arguments.out)
    except FerliteError as error:
        parser.error(str(error))
    print(arguments.out)


if __name__ == "__main__":
    main()
