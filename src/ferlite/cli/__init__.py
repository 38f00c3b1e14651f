"""The `ferlite` command: one file per subcommand, each importing what it needs when it runs."""

import io
import os
import re
import sys
from typing import Annotated, Any, Final

import typer

import ferlite
from ferlite.cli import models
from ferlite.cli.audit import audit
from ferlite.cli.bench import bench
from ferlite.cli.evaluate import evaluate
from ferlite.cli.export import export
from ferlite.cli.label import label
from ferlite.cli.predict import predict
from ferlite.cli.report import report
from ferlite.cli.serve import serve
from ferlite.cli.train import train
from ferlite.cli.video import video
from ferlite.cli.webcam import webcam
from ferlite.errors import FerliteError
from ferlite.media.suffixes import VIDEOS

_UsageError: Final[Any] = typer.BadParameter.__base__
"""Click's class for a wrong option or argument; newer versions of Typer have a copy of Click."""

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    help="Read the emotion in a face, on a CPU, and know how far to trust it.",
)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"ferlite {ferlite.__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Show the version and exit."
        ),
    ] = False,
) -> None:
    """Hold what may stand before a subcommand; the help text is the app's."""


app.command()(predict)
app.command()(video)
app.command()(webcam)
app.command()(label)
app.command()(serve)
app.command()(train)
app.command()(evaluate)
app.command()(report)
app.command()(audit)
app.command()(bench)
app.command()(export)
app.add_typer(models.app, name="models")


def main() -> None:
    """Run the command line: a `FerliteError` becomes one sentence and exit status 1."""
    # A file name may hold what the terminal's encoding lacks; that must not end a long run.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        status = app(prog_name="ferlite", standalone_mode=False)
    except _UsageError as error:
        _print_usage_error(error)
        sys.exit(2)
    except FerliteError as error:
        print(f"ferlite: {_as_option(str(error))}", file=sys.stderr)
        sys.exit(1)
    except BrokenPipeError:
        # The reader of our pipe went away (`| head`); that is its right.
        sys.stderr.close()
        sys.exit(1)
    sys.exit(status if isinstance(status, int) else 0)


def _as_option(sentence: str) -> str:
    """What Python says of an argument, of the option that it is here.

    >>> _as_option("min_score must be between 0 and 1, not nan")
    '--min-score must be between 0 and 1, not nan'
    """
    if said := re.match("[a-z_]+(?= must )", sentence):
        return f"--{said[0].replace('_', '-')}{sentence[said.end() :]}"
    return sentence


def _print_usage_error(error: Any) -> None:
    """One sentence, and where the options are explained; the help itself if nothing was asked."""
    said = error.format_message()
    if type(error).__name__ == "NoArgsIsHelpError":
        print(said, file=sys.stderr)
        return
    command = error.ctx.command_path if error.ctx else "ferlite"
    said = " ".join(said.split()).rstrip(".")
    asked = _asked_for()
    if error.ctx is None and asked is not None:  # Click's parser does not say where it was
        command = f"{command} {asked.name}"
        option = getattr(error, "option_name", "")
        wants = next((each.metavar for each in asked.params if option in each.opts), None)
        if "requires an argument" in said and wants:
            said = f"{said}: {option} {wants}"
    if said.startswith("No such command") and os.path.exists(sys.argv[1]):
        verb = "video" if sys.argv[1].lower().endswith(VIDEOS) else "predict"
        said = f"{sys.argv[1]} is no command; did you mean '{command} {verb} {sys.argv[1]}'?"
    link = " See" if said.endswith("?") else "; see"
    print(f"ferlite: {said[:1].lower()}{said[1:]}{link} '{command} --help'", file=sys.stderr)


def _asked_for() -> Any:
    """The command that was typed; None where there is none of that name."""
    commands: dict[str, Any] = getattr(typer.main.get_command(app), "commands", {})
    return commands.get(sys.argv[1]) if len(sys.argv) > 1 else None
