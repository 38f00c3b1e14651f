"""A model's card for people: what it is, how good it is, and what it is not for."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from ferlite.classify import zoo

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

SOURCES: Final = {"photos": "photos", "voted": "FER+", "": "FER2013"}
"""Where in a card the numbers of each test set are, the default answer's first."""
WIDEST: Final = 100
"""Longer lines are tiring to read."""


def print_card(card: Mapping[str, Any], name: str, console: "Console") -> None:
    """Print a card; what it does not know is left out.

    Args:
        card: of an emotion model, or of a detector.
        name: under which it is shown.
        console: where to.
    """
    from rich.table import Table
    from rich.text import Text

    console.print(Text(title(name), style="bold"))
    console.print(card["summary"])
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for label, content in _parts(card):
        table.add_row()
        table.add_row(label, content)
    console.print(table, width=min(console.width, WIDEST))
    console.print(f"\nAll of it: ferlite models show {name} --json", style="dim")


def _parts(card: Mapping[str, Any]) -> "Iterator[tuple[str, RenderableType]]":
    from rich.text import Text

    yield "size", _size(card)
    if "task" in card:
        yield "answers", Text(f"{card['task']}; takes {card['input']}")
    if "accuracy" in card:
        yield "right on", _accuracy(card)
        yield "recognises", _per_class(card)
    if learned := _learned(card):
        yield "learned from", Text(learned)
    for key, label in (("limits", "limits"), ("not_for", "not for")):
        if key in card:
            yield label, _list(card[key])
    source = card.get("source", {})
    for key, value in {"from": card.get("url"), **source, "paper": card.get("paper")}.items():
        if value and key != "sha256":
            yield key.replace("_", " "), Text(value)
    yield "licence", Text(card.get("licence", "not said"))
    yield "sha256", Text(card["sha256"])


def _size(card: Mapping[str, Any]) -> str:
    size = f"{card.get('bytes', card.get('size', 0)) / 1e6:.1f} MB"
    if "parameters" in card:
        size += f", {card['parameters']:,} parameters"
    if "multiply_adds" in card:
        size += f", {card['multiply_adds'] / 1e6:,.0f} million multiply-adds for a face"
    return size


def _accuracy(card: Mapping[str, Any]) -> "RenderableType":
    """A row for each test set: how often right, how sure that is, and by which answer."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in ("", "accuracy (95% interval)", "balanced", "answer"):
        table.add_column(heading, no_wrap=True)
    answers = {"photos": "default", "voted": "--labels ferplus", "": "--labels fer2013"}
    for key, test_set in SOURCES.items():
        measured = card.get(key) if key else card
        if not measured:
            continue
        interval = " to ".join(f"{p:.1%}" for p in measured.get("accuracy_ci95", ()))
        accuracy = f"{measured['accuracy']:.1%}{f' ({interval})' if interval else ''}"
        recalls = measured.get("accuracy_per_class", {}).values()
        balanced = measured.get("balanced_accuracy", sum(recalls) / max(len(recalls), 1))
        table.add_row(test_set, accuracy, f"{balanced:.1%}" if balanced else "", answers[key])
    return table


def _per_class(card: Mapping[str, Any]) -> "RenderableType":
    """A row for each test set whose recalls the card has."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("")
    for name in card["accuracy_per_class"]:
        table.add_column(name, justify="right")
    for key, test_set in SOURCES.items():
        recalls = (card.get(key, {}) if key else card).get("accuracy_per_class")
        if recalls:
            table.add_row(test_set, *(f"{recall:.0%}" for recall in recalls.values()))
    return table


def _learned(card: Mapping[str, Any]) -> str:
    data = card.get("data", {})
    said = []
    if rows := data.get("rows"):
        said.append(
            f"{rows['train']:,} faces of {data['name']}; chosen on {data.get('selected_on')}, "
            f"reported on {data.get('reported_on')}"
        )
    if begun := card.get("initial_weights", {}).get("name"):
        said.append(f"began with {begun}")
    if teachers := [each["name"] for each in card.get("teachers", [])]:
        said.append(f"taught by {' and '.join(teachers)}")
    return "; ".join(said)


def _list(items: list[str]) -> "RenderableType":
    from rich.table import Table

    table = Table.grid(padding=(0, 1, 0, 0))
    for item in items:
        table.add_row("–", item)
    return table


def title(name: str) -> str:
    """A model's name, and when it is taken.

    >>> title("ferlite_m")
    'ferlite_m (the default)'
    """
    marks = {zoo.DEFAULT: " (the default)", zoo.FAST: " (--fast)"}
    return f"{name}{marks.get(name, '')}"
