"""`ferlite train`: one recipe, one run, one folder with everything about it."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from ferlite.cli import options
from ferlite.lab import recipes


def _list(wanted: bool) -> None:
    if not wanted:
        return
    with options.lab("training needs"):
        from ferlite.lab.recipes import summaries

        recipes = summaries()
    of = ""
    for folder, name, summary in recipes:
        if folder != of:
            print({"papers": "From papers:", "ferlite": "\nferlite's own:"}[folder])
            of = folder
        print(f"  {name:<26} {summary}")
    raise typer.Exit


def train(
    recipe: Annotated[
        str,
        typer.Argument(
            help="A recipe's name, such as residual_cnn; a .yaml file; or the .json of a result, "
            "which holds its recipe."
        ),
    ],
    data: Annotated[
        Path,
        typer.Option(
            help="The dataset, recognised from its content as by 'ferlite evaluate': FER2013, "
            "FER+, RAF-DB, AffectNet, or a folder with one subfolder for each emotion or class."
        ),
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
    classes: Annotated[
        str | None,
        typer.Option(
            metavar="A,B,C",
            help="Classes of your own, in this order; by default the names of the folder's "
            "subfolders, where none is an emotion's.",
        ),
    ] = None,
    model_file: Annotated[
        str | None,
        typer.Option(
            metavar="FILE.py:CLASS", help="A network of your own, in place of the recipe's."
        ),
    ] = None,
    teacher: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="NETWORK",
            help="A network to learn from, where the recipe has a distillation.alpha: one that "
            "ships, by its name, or a checkpoint; may be repeated.",
        ),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on from the last checkpoint in --out.")
    ] = False,
    _: Annotated[
        bool,
        typer.Option(
            "--list", callback=_list, is_eager=True, help="List the recipes, a line each, and exit."
        ),
    ] = False,
) -> None:
    """Train a system by its recipe, or a network that ships on your own faces.

    Examples:

      ferlite train finetune --data faces/ --out runs/mine

      ferlite train residual_cnn --data fer2013.csv --out runs/residual_cnn

      ferlite train residual_cnn --data fer2013.csv --out runs/try --set training.epochs=5

      ferlite train residual_cnn --data fer2013.csv --out runs/try --resume

      ferlite train clcm --data fer2013.csv --out runs/clcm --weights mobilenet_v2-b0353104.pth

      ferlite train residual_cnn --model-file my_net.py:MyNet --data fer2013.csv --out runs/my_net
    """
    options.check_data(data)
    recipes.find(recipe)
    print(f"{recipe}: loading PyTorch, then {data}", file=sys.stderr)
    with options.lab("training needs"):
        from ferlite.lab.train.finetune import recipe_for
        from ferlite.lab.train.loop import train as run
        from ferlite.lab.train.memory import keep_freed_memory
    changed = list(settings or [])
    if classes is not None:
        changed.append(f"data.classes=[{classes}]")
    checked, weights = recipe_for(recipe, changed, weights, model_file, name=out.resolve().name)
    keep_freed_memory()
    try:
        metrics = run(checked, data, out, weights=weights, teachers=teacher or (), resume=resume)
    except (KeyboardInterrupt, SystemExit):
        done = (out / "checkpoints" / "last.ckpt").is_file()
        kept = f"the finished epochs are in {out}" if done else "no epoch was finished"
        print(f"ferlite: stopped; {kept}: add --resume to go on", file=sys.stderr)
        raise typer.Exit(options.INTERRUPTED) from None
    _report(metrics)
    print(f"all of it: {out}")
    if metrics.get("initial_weights") and "onnx" in metrics:
        print(f"to use it: ferlite predict PHOTO --model {out / metrics['onnx']['file']}")


def _report(metrics: Mapping[str, Any]) -> None:
    from ferlite.lab.evaluate.report import print_before_and_after, print_report

    measured = metrics.get("test", metrics.get("validation"))
    if measured is None:  # images of no faces
        best = metrics["history"][metrics["best_epoch"] - 1]
        print(f"validation accuracy {best['val_accuracy']:.1%} in epoch {best['epoch']}")
        return
    print_report(measured)
    if metrics["recipe"]["stopping"]["keep_start"]:
        print_before_and_after(metrics)
