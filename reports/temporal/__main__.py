"""Smoothing against a GRU on anyone's own sequences.

    python -m reports.temporal DIR --rate 10 --gru runs/temporal/gru_0.safetensors

DIR is laid out as `reports.temporal.sequences` says; benchmarks/temporal.py makes the GRU.
"""

import argparse
import sys
from pathlib import Path

from ferlite.classify import zoo
from ferlite.errors import FerliteError
from ferlite.lab.markdown import markdown
from reports.temporal import gru
from reports.temporal.features import FeatureExtractor, features_of
from reports.temporal.gru import inputs_of
from reports.temporal.measures import answers, follow
from reports.temporal.sequences import load_sequences
from reports.temporal.smoothing import exponential, held


def compared(folder: Path, rate: float, model: Path, half_life: float, temporal: Path) -> str:
    """A table of each sequence of a folder: accuracy, delay and flicker of three methods.

    Raises:
        FerliteError: the folder, the network or the temporal model is none.
    """
    recurrent, _ = gru.load(temporal)
    extract = FeatureExtractor(model)
    rows = []
    for sequence in load_sequences(folder, rate=rate, size=extract.size):
        if not sequence.seen_T.any():
            raise FerliteError(f"{folder / sequence.name}: no frame of it shows a face")
        features = features_of([sequence], extract)
        width = inputs_of(features, recurrent.settings).shape[2]
        if width != len(recurrent.mean):
            raise FerliteError(
                f"{temporal}: reads {len(recurrent.mean)} features, and {model} gives {width}; "
                "it belongs to another network"
            )
        said_STK, seen_ST = features.probabilities_STK, features.seen_ST
        methods = {
            "frame by frame": held(said_STK, seen_ST),
            f"smoothing, {half_life} s": exponential(said_STK, seen_ST, rate, half_life),
            "GRU": recurrent.probabilities(features),
        }
        for name, method_STK in methods.items():
            found = follow(answers(method_STK), features.labels_ST, rate)
            rows.append(
                (
                    sequence.name,
                    name,
                    f"{found['accuracy']:.1%}",
                    f"{found['delay_s']:.2f} s",
                    f"{found['flicker_per_s']:+.2f}",
                )
            )
    return markdown(("sequence", "method", "accuracy", "delay", "flicker per s"), rows)


def main() -> None:
    """Read the arguments and print the table."""
    parser = argparse.ArgumentParser(description="Compare smoothing and a GRU on your sequences.")
    parser.add_argument("folder", type=Path, help="holds labels.csv and a folder per sequence")
    parser.add_argument("--rate", type=float, required=True, help="frames per second")
    parser.add_argument("--gru", type=Path, required=True, help="a .safetensors file")
    parser.add_argument("--model", default=zoo.FAST, help="the face network it was trained on")
    parser.add_argument("--half-life", type=float, default=0.3, help="of the smoothing, in seconds")
    given = parser.parse_args()
    try:
        model = zoo.path(given.model)
        print(compared(given.folder, given.rate, model, given.half_life, given.gru), end="")
    except FerliteError as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
