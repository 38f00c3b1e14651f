"""Options that several commands have."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Final, TypeAlias

import typer

from ferlite.classify import zoo
from ferlite.errors import DataError, FerliteError, ModelError

INTERRUPTED: Final = 130
"""The exit status after Ctrl-C, as shells know it."""

Model: TypeAlias = Annotated[
    str | None,
    typer.Option(
        metavar="NAME|FILE.onnx", help=f"By default {zoo.DEFAULT}; see 'ferlite models list'."
    ),
]
Fast: TypeAlias = Annotated[
    bool,
    typer.Option("--fast", help=f"Use {zoo.FAST}: a third of the time, right a little less often."),
]
Detector: TypeAlias = Annotated[
    str,
    typer.Option(
        metavar="blazeface|yunet|haar|none",
        help="What finds the faces: blazeface is built in; yunet, for crowds, has to be fetched "
        "('ferlite models pull yunet'); none takes the whole image as one face.",
    ),
]
YuNet: TypeAlias = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="YuNet's file, if not the one that was fetched."),
]
Labels: TypeAlias = Annotated[
    str,
    typer.Option(
        metavar="auto|photos|ferplus|fer2013",
        help="The label source: photos is right for photos; ferplus gives the plain shares of "
        "FER+'s votes; fer2013 the dataset's own labels; auto is the first that the model has.",
    ),
]
MinScore: TypeAlias = Annotated[
    float | None,
    typer.Option(metavar="X", help="Leave out faces of which the detector is less sure (0 to 1)."),
]
MinSize: TypeAlias = Annotated[
    float | None,
    typer.Option(
        metavar="PIXELS",
        help="The smallest face to look for (by default 40 pixels; half the size takes four times "
        "as long).",
    ),
]

# Of what moves: videos and cameras.
Every: TypeAlias = Annotated[
    int,
    typer.Option(metavar="N", help="Search faces every N frames; in between, guess.", min=1),
]
People: TypeAlias = Annotated[
    str,
    typer.Option(
        metavar="auto|off",
        help="auto gives people who come back their number again (better after 'ferlite models "
        "pull sface'); off counts each time as somebody new.",
    ),
]
HalfLife: TypeAlias = Annotated[
    float,
    typer.Option(
        metavar="S",
        help="Smooth probabilities: what was shown S seconds ago counts half; 0 for none.",
        min=0,
    ),
]


def check_data(*data: Path) -> None:
    """Refuse a dataset that is not there before all that can read it is imported, which takes long.

    Raises:
        DataError: so it is.
    """
    for path in data:
        if not path.exists():
            raise DataError(f"--data {path}: there is no such file or folder")


def chosen(model: str | None, fast: bool) -> str:
    """The model that the options `--model` and `--fast` ask for.

    Raises:
        ModelError: they ask for two.
    """
    if model is not None and fast:
        raise ModelError(f"give --model or --fast, which is --model {zoo.FAST}, not both")
    return model or (zoo.FAST if fast else zoo.DEFAULT)


@contextmanager
def lab(doing: str) -> Iterator[None]:
    """Say in one sentence why the lab cannot be imported.

    Args:
        doing: what needs it, with the verb, as "training needs".

    Raises:
        FerliteError: a package is missing, or PyTorch does not load.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        raise FerliteError(
            f"{doing} the lab ({error.name} is missing): pip install 'ferlite[lab]'"
        ) from None
    except (ImportError, OSError, RuntimeError) as error:
        # A torchvision that was built for another torch, for the most part.
        why = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise FerliteError(
            f"{doing} PyTorch, which does not load ({why}); torch and torchvision must be of one "
            "build: pip install --force-reinstall torch torchvision"
        ) from None
