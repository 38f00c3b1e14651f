"""`ferlite models`: which models there are, and what their cards say."""

import json as json_module
from typing import Annotated, Any

import typer

from ferlite.classify import zoo

app = typer.Typer(no_args_is_help=True, help="The models that come with ferlite, and their cards.")

_Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


@app.command("list")
def list_models(json: _Json = False) -> None:
    """List the models, with what their cards say first."""
    cards = [zoo.card(name) for name in zoo.names()]
    if json:
        print(json_module.dumps(cards, indent=2, ensure_ascii=False))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("model", no_wrap=True)
    table.add_column("accuracy", justify="right", no_wrap=True)
    table.add_column("what it is")
    for card in cards:
        table.add_row(card["name"], _shown(card.get("accuracy", "")), card.get("summary", ""))
    _print(Console(), table)


@app.command("show")
def show(
    name: Annotated[str, typer.Argument(metavar="NAME", help="See 'ferlite models list'.")],
    json: _Json = False,
) -> None:
    """Show a model's card: its data, accuracy, licence and limits, and its forbidden uses."""
    card = zoo.card(name)
    if json:
        print(json_module.dumps(card, indent=2, ensure_ascii=False))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column()
    for key, value in card.items():
        table.add_row(key.replace("_", " "), _shown(value))
    _print(Console(), table)


def _print(console: Any, table: Any) -> None:
    # A card is somebody's text: its brackets are not colours.
    console.print(table, markup=False, highlight=False, emoji=False)


def _shown(value: Any) -> str:
    """A value of a card for people: fractions as percentages, lists and tables line by line."""
    if isinstance(value, float) and 0 < value <= 1:
        return f"{value:.2%}"
    if isinstance(value, dict):
        return "\n".join(f"{key}: {_shown(each)}" for key, each in value.items())
    if isinstance(value, list):
        return "\n".join(_shown(each) for each in value)
    return str(value)
