"""The mean of several trainings' weights, for another training to begin with.

    python -m ferlite.lab.train.average runs/first runs/second --out mean.safetensors
    ferlite train ferlite_s --data fer2013.csv --out runs/ferlite_s --weights mean.safetensors

Networks that were trained on from one another lie in one valley, and the middle of it is often
right more often than either ("model soups", Wortsman et al. 2022). Batch statistics of a mean are
nobody's: the training that begins with it has to measure them (`training.bn_recalibration: true`).
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor

from ferlite.errors import FerliteError
from ferlite.files import written_whole
from ferlite.lab.train.checkpoint import load_model, read_checkpoint

_NOTE: Final = "mean_of"


def mean_weights(checkpoints: Sequence[Path]) -> dict[str, Tensor]:
    """Mean of the weights that each training kept, by name, as the network itself names them.

    Raises:
        FerliteError: not checkpoints of ferlite's, or of networks that differ.
    """
    states = [load_model(path).network.state_dict() for path in checkpoints]
    first = states[0]
    for path, state in zip(checkpoints, states, strict=True):
        if {n: t.shape for n, t in state.items()} != {n: t.shape for n, t in first.items()}:
            raise FerliteError(f"{path}: is of another network than {checkpoints[0]}")
    return {
        name: torch.stack([state[name] for state in states]).mean(0)
        if tensor.is_floating_point()
        else tensor
        for name, tensor in first.items()
    }


def write_mean(checkpoints: Sequence[Path], out: Path) -> None:
    """Write `mean_weights` with the names of the trainings.

    Raises:
        FerliteError: as `mean_weights`.
    """
    names = [str(read_checkpoint(path)["recipe"]["name"]) for path in checkpoints]
    mean = {name: tensor.contiguous() for name, tensor in mean_weights(checkpoints).items()}
    with written_whole(out) as part:
        save_file(mean, part, {_NOTE: ", ".join(names)})


def mean_of(path: Path) -> str:
    """The names of the trainings whose mean a .safetensors file holds, ", " between; "" if none."""
    with safe_open(path, "pt") as file:
        return str((file.metadata() or {}).get(_NOTE, ""))


def main() -> None:
    """Write the mean of runs."""
    parser = argparse.ArgumentParser(description="Average the weights of several trainings.")
    parser.add_argument("runs", type=Path, nargs="+", help="folders of trainings of one network")
    parser.add_argument("--out", type=Path, required=True, help="the .safetensors to write")
    arguments = parser.parse_args()
    try:
        checkpoints = [run / "checkpoints" / "best.ckpt" for run in arguments.runs]
        write_mean(checkpoints, arguments.out)
    except FerliteError as error:
        parser.error(str(error))
    print(arguments.out)


if __name__ == "__main__":
    main()
