"""Options that several commands have."""

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

Model: TypeAlias = Annotated[
    str, typer.Option(metavar="NAME|FILE.onnx", help="See 'ferlite models list'.")
]
Detector: TypeAlias = Annotated[
    str,
    typer.Option(
        metavar="auto|haar|yunet|none",
        help="What finds the faces: auto is yunet if its file is there, else haar; "
        "none takes the whole picture as one face.",
    ),
]
YuNet: TypeAlias = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="YuNet's file, if not the one that was fetched."),
]
Labels: TypeAlias = Annotated[
    str,
    typer.Option(
        metavar="auto|original|ferplus",
        help="Whose judgement to give: that of the dataset's original labels, or of the ten people "
        "who voted on each face for FER+; auto is theirs where the model has learned it.",
    ),
]

# Of what moves: videos and cameras.
Every: TypeAlias = Annotated[
    int,
    typer.Option(metavar="N", help="Search faces every N frames; in between, follow them.", min=1),
]
HalfLife: TypeAlias = Annotated[
    float,
    typer.Option(
        metavar="S",
        help="Smooth probabilities: what was shown S seconds ago counts half; 0 for none.",
        min=0,
    ),
]
