"""Export and measure runs that were trained where ONNX could not be written.

    python -m reports.finish runs/a runs/b --data fer2013.csv

Everything else `ferlite train` has left in the folder: this reads the weights to keep from its
checkpoints, writes NAME.onnx and the figures, measures the file, and writes metrics.json, just as
the training would have. Teachers and initial weights are not needed again.
"""

import argparse
import sys
from pathlib import Path

from ferlite.errors import FerliteError
from ferlite.lab.evaluate.metrics import headline
from ferlite.lab.recipe import Recipe, recipe_from_dict
from ferlite.lab.train.checkpoint import read_checkpoint
from ferlite.lab.train.loop import TrainingData, finish, load_data
from reports.plan.archive import is_trained


def finish_runs(runs: list[Path], data: Path) -> None:
    """Finish each run that has come to its last epoch and has no metrics.json yet.

    Args:
        runs: their folders.
        data: what they were trained on, as `ferlite train --data` takes it.

    Raises:
        FerliteError: a run is not trained to its end, or the data cannot be read.
    """
    loaded: dict[str, TrainingData] = {}
    for run in runs:
        if (run / "metrics.json").is_file():
            print(f"{run}: is finished already")
            continue
        recipe = _recipe(run)
        # Runs that see the data alike read it once.
        key = f"{recipe.data} {recipe.seed} {recipe.model['classes']}"
        if key not in loaded:
            loaded[key] = load_data(recipe, data)
        metrics = finish(recipe, loaded[key], run)
        print(f"{run}: {headline(metrics.get('test', metrics['validation']))}")


def _recipe(run: Path) -> Recipe:
    if not is_trained(run):
        raise FerliteError(f"{run}: is not trained to its end; go on with 'ferlite train --resume'")
    content = read_checkpoint(run / "checkpoints" / "last.ckpt")
    return recipe_from_dict(content["recipe"], where=str(run))


def main() -> None:
    """Finish the runs that the command line names."""
    parser = argparse.ArgumentParser(description="Export and measure trained runs.")
    parser.add_argument("runs", nargs="+", type=Path, help="folders of ferlite train --out")
    parser.add_argument("--data", type=Path, required=True, help="as 'ferlite train' takes it")
    arguments = parser.parse_args()
    try:
        finish_runs(arguments.runs, arguments.data)
    except FerliteError as error:
        sys.exit(f"ferlite: {error}")


if __name__ == "__main__":
    main()
