"""`ferlite train`: one recipe, one run, one folder with everything about it."""

from pathlib import Path
from typing import Annotated

import typer

from ferlite.errors import FerliteError


def train(
    recipe: Annotated[
        str, typer.Argument(help="A recipe's name, such as residual_cnn, or a .yaml file.")
    ],
    data: Annotated[
        Path, typer.Option(help="The dataset: fer2013.csv (also .xz, .gz, .zip) or its folder.")
    ],
    out: Annotated[Path, typer.Option(help="Folder for checkpoints, numbers, figures and ONNX.")],
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Change one setting; may be repeated."),
    ] = None,
    weights: Annotated[
        Path | None,
        typer.Option(
            help="Weights to start from: a network that ships, by its name; a checkpoint or .onnx "
            "of ferlite's; a file of torchvision's or timm's; or .safetensors."
        ),
    ] = None,
    teacher: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="NETWORK",
            help="A network to learn from, where the recipe has a distillation.share: one that "
            "ships, by its name, or a checkpoint; may be repeated.",
        ),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on from the last checkpoint in --out.")
    ] = False,
) -> None:
    """Train a system by its recipe.

    Examples:

      ferlite train residual_cnn --data fer2013.csv --out runs/residual_cnn

      ferlite train residual_cnn --data fer2013.csv --out runs/try --set training.epochs=5

      ferlite train residual_cnn --data fer2013.csv --out runs/try --resume

      ferlite train clcm --data fer2013.csv --out runs/clcm --weights mobilenet_v2-b0353104.pth

      ferlite train ferlite_s --data fer2013/ --out runs/mine --weights ferlite_s
    """
    try:
        from ferlite.lab.evaluate.report import print_report
        from ferlite.lab.recipe import load_recipe
        from ferlite.lab.train.loop import train as run
        from ferlite.lab.train.memory import keep_freed_memory
    except ModuleNotFoundError as error:
        raise FerliteError(
            f"training needs the lab ({error.name} is missing): pip install 'ferlite[lab]'"
        ) from None
    checked = load_recipe(recipe, settings)
    keep_freed_memory()
    try:
        metrics = run(checked, data, out, weights=weights, teachers=teacher or (), resume=resume)
    except (KeyboardInterrupt, SystemExit):
        raise FerliteError(
            f"stopped; the finished epochs are in {out}: add --resume to go on"
        ) from None
    measured = metrics.get("test", metrics.get("validation"))
    if measured is None:  # pictures of no faces
        best = metrics["history"][metrics["best_epoch"] - 1]
        print(f"validation accuracy {best['val_accuracy']:.1%} in epoch {best['epoch']}")
    else:
        print_report(measured)
    print(f"all of it: {out}")
