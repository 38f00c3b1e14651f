"""`ferlite export`: a checkpoint becomes the file that ferlite runs."""

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from ferlite.cli import options
from ferlite.errors import FerliteError


def export(
    checkpoint: Annotated[
        Path, typer.Argument(metavar="CKPT", help="A checkpoint that `ferlite train` wrote.")
    ],
    out: Annotated[Path, typer.Argument(metavar="OUT.onnx", help="The file to write.")],
    int8: Annotated[
        bool, typer.Option("--int8", help="int8 weights and activations; needs --data.")
    ] = False,
    data: Annotated[
        Path | None,
        typer.Option(help="With --int8: the dataset of the training, whose faces set the scales."),
    ] = None,
) -> None:
    """Write a trained model as ONNX, checked against PyTorch.

    An int8 file is a quarter of the size and loses a little: measure it with `ferlite evaluate`.

    Examples:

      ferlite export runs/try/checkpoints/best.ckpt mine.onnx

      ferlite export runs/try/checkpoints/best.ckpt small.onnx --int8 --data fer2013.csv
    """
    if not checkpoint.is_file():
        raise FerliteError(f"{checkpoint}: there is no such checkpoint")
    with options.lab("exporting needs"):
        from ferlite.emotions import EMOTIONS
        from ferlite.lab.data.detect import load_dataset
        from ferlite.lab.export import export_onnx
        from ferlite.lab.int8 import calibration_faces, quantise
        from ferlite.lab.own import is_own
        from ferlite.lab.recipe import recipe_from_dict
        from ferlite.lab.train.checkpoint import load_model, read_checkpoint
    if out.suffix != ".onnx":
        raise FerliteError(f"{out}: the name of an exported model ends in .onnx")
    if int8 != (data is not None):
        missing, given = ("--data", "--int8") if int8 else ("--int8", "--data")
        raise FerliteError(f"{given} needs {missing}: an int8 file is scaled by real faces")
    recipe = recipe_from_dict(read_checkpoint(checkpoint)["recipe"], where=checkpoint.name)
    classes, channels, size = recipe.classes, recipe.model["channels"], recipe.model["size"]
    model = load_model(checkpoint)
    with tempfile.TemporaryDirectory(prefix="ferlite-export-") as folder:
        float32 = Path(folder) / "float32.onnx" if data else out
        try:
            export_onnx(
                model,
                float32,
                name=recipe.name,
                classes=classes,
                channels=channels,
                size=size,
                recipe=recipe,
            )
            if data:
                how = recipe.data
                dataset = load_dataset(
                    data,
                    how.dataset if is_own(how.dataset) else None,
                    split="train",
                    size=how.size,
                    classes=how.classes or EMOTIONS,
                    detect_faces=how.detect_faces,
                )
                quantise(float32, out, calibration_faces(dataset, channels, (size, size)))
        except ValueError as error:  # the exporter's check: a training that diverged, say
            raise FerliteError(str(error)) from None
        except OSError as error:
            raise FerliteError(f"{out}: cannot be written ({error.strerror})") from None
    print(f"{out}: {recipe.name}, {out.stat().st_size / 1e6:.2f} MB")
