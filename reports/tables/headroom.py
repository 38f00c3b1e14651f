"""The tables of docs/research/headroom.md: what is left to gain on FER2013."""

from typing import Any, Final

from ferlite.lab.markdown import markdown
from reports.results import Results

_WHO: Final = {
    "people": "ten people's votes on these faces",
    "networks": "the networks",
    "networks_and_people": "the networks and ten people's votes",
}
_LOOKS: Final = {"alone": "as the face is", "mirrored": "mean with its mirror image"}


def networks_table(found: dict[str, Any]) -> str:
    """Every network and all together: accuracy and log loss on PublicTest."""
    networks = {f"`{name}`": row for name, row in found["networks"].items()}
    rows = [
        (name, *("{accuracy:.1%}, {log_loss:.3f}".format_map(row[look]) for look in _LOOKS))
        for name, row in (*networks.items(), ("all together", found["together"]))
    ]
    return markdown(("answer of", *_LOOKS.values()), rows, left=1)


def people_table(found: dict[str, Any]) -> str:
    """What most people see in the faces of PublicTest, and in those that all networks miss."""
    groups = {"faces": found, "faces that all networks miss": found["missed_by_all"]}
    rows = [
        (what, *(f"{of['people_see'][what] / max(of['n'], 1):.0%}" for of in groups.values()))
        for what in found["people_see"]
    ]
    head = ("most people see", *(f"in {of['n']:,} {name}" for name, of in groups.items()))
    return markdown(head, rows, left=1)


def beside_people_table(found: dict[str, Any]) -> str:
    """How well the labels of PublicTest can be guessed, and from what."""
    rows = [
        (who, "{accuracy:.1%}".format_map(told), "{log_loss:.3f}".format_map(told))
        for who, told in ((_WHO[key], found["beside_people"][key]) for key in _WHO)
    ]
    return markdown(("labels guessed from", "accuracy", "log loss"), rows, left=1)


def usual_faces_table(results: Results) -> str:
    """PublicTest by the faces that batch statistics were measured on."""
    runs = results["usual_faces"]["runs"]
    faces = list(next(iter(runs.values())))
    rows = [
        (
            name,
            *("{accuracy:.1%}, {log_loss:.3f}".format_map(found[name]) for found in runs.values()),
        )
        for name in faces
    ]
    return markdown(("statistics of faces", *(f"`{name}`" for name in runs)), rows, left=1)
