"""What is worth keeping of many runs, in a few files of limited size; and back again.

The files are one tar, cut into pieces: NAME.1of3, NAME.2of3, … . It begins with a list of the runs
and how many epochs each has, so that an older state never replaces a newer one.
"""

import io
import json
import re
import shutil
import tarfile
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any, Final

import torch

from ferlite.errors import FerliteError
from ferlite.files import written_whole
from ferlite.lab.recipe import recipe_from_dict
from ferlite.lab.train.checkpoint import AVERAGED, read_checkpoint
from ferlite.lab.train.schedule import should_stop

_LIST: Final = "runs.json"
_PIECE: Final = re.compile(r"runs\.tar\.(\d+)of(\d+)")
_BLOCK: Final = 512


def epochs_done(run: Path) -> int:
    """How many epochs a run's folder holds; 0 where there is none.

    >>> epochs_done(Path("nowhere"))
    0
    """
    last = run / "checkpoints" / "last.ckpt"
    return len(read_checkpoint(last)["history"]) if last.is_file() else 0


def is_trained(run: Path) -> bool:
    """Whether a run has come to its last epoch; it may still have to be exported and measured."""
    last = run / "checkpoints" / "last.ckpt"
    if not last.is_file():
        return False
    content = read_checkpoint(last)
    recipe = recipe_from_dict(content["recipe"], where=str(run))
    history = content["history"]
    return len(history) >= recipe.training.epochs or should_stop(recipe.stopping, history)


def lighten(run: Path) -> None:
    """Take out of a resting run's checkpoints what nobody will need; a quarter or less remains.

    best.ckpt keeps the weights that are the model, and nothing of the optimiser. last.ckpt keeps
    the history alone once the run is trained; of one that is still to go on it stays as it is.
    """
    folder = run / "checkpoints"
    if (folder / "best.ckpt").is_file():
        _lighten(folder / "best.ckpt", weights=True)
    if is_trained(run):
        _lighten(folder / "last.ckpt", weights=False)


def _lighten(path: Path, *, weights: bool) -> None:
    content = read_checkpoint(path)
    if "optimizer_states" not in content:  # it is light already
        return
    state = content["state_dict"]
    kept = AVERAGED if any(name.startswith(AVERAGED) for name in state) else "model."
    needed = ("recipe", "history", "provenance", "initial_weights", "teachers")
    light = {key: content[key] for key in needed if key in content}
    light["state_dict"] = {k: v for k, v in state.items() if weights and k.startswith(kept)}
    with written_whole(path) as part:
        torch.save(light, part)


def pack(
    runs: Path, names: Sequence[str], folder: Path, *, megabytes: float = 16, files: int = 8
) -> list[str]:
    """Write what is worth keeping of these runs, the most valuable first, into a folder.

    Args:
        runs: the folder that holds the runs.
        names: which of them, in the order of their value; those that have no epoch yet are passed
            over.
        folder: what the pieces replace the content of.
        megabytes: what a piece may have, in 10⁶ bytes.
        files: how many pieces there may be.

    Returns:
        The runs whose weights found no room; their numbers may be there all the same.
    """
    room = int(megabytes * 1e6) * files - 64 * 1024  # the list, and the end of a tar
    begun = {name: epochs for name in names if (epochs := epochs_done(runs / name))}
    chosen: list[Path] = []
    left_out = []
    # The numbers of all runs before the weights of any.
    parts = [(name, of(runs / name)) for of in (_numbers, _weights) for name in begun]
    for name, found in parts:
        needed = sum(_BLOCK + -(-file.stat().st_size // _BLOCK) * _BLOCK for file in found)
        if needed > room:
            left_out.append(name)
            continue
        room -= needed
        chosen += found
    listed = [
        {"name": name, "epochs": epochs, "measured": (runs / name / "metrics.json").is_file()}
        for name, epochs in begun.items()
    ]
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".pack-", dir=folder.parent) as made:
        whole = Path(made) / "runs.tar"
        with tarfile.open(whole, "w") as tar:
            text = json.dumps(listed).encode()
            head = tarfile.TarInfo(_LIST)
            head.size = len(text)
            tar.addfile(head, io.BytesIO(text))
            for file in chosen:
                tar.add(file, str(file.relative_to(runs)))
        new = Path(made) / "pieces"
        new.mkdir()
        _cut(whole, new, int(megabytes * 1e6))
        if folder.exists():
            shutil.rmtree(folder)
        new.rename(folder)
    return left_out


def _numbers(run: Path) -> list[Path]:
    """What is small and says what came out."""
    small = [run / "metrics.json", run / "recipe.yaml"]
    if is_trained(run):
        small.append(run / "checkpoints" / "last.ckpt")
    return [file for file in small if file.is_file()]


def _weights(run: Path) -> list[Path]:
    large = [*sorted(run.glob("*.onnx")), run / "checkpoints" / "best.ckpt"]
    if not is_trained(run):
        large.append(run / "checkpoints" / "last.ckpt")
    return [file for file in large if file.is_file()]


def _cut(whole: Path, folder: Path, size: int) -> None:
    count = max(1, -(-whole.stat().st_size // size))
    with whole.open("rb") as file:
        for number in range(1, count + 1):
            (folder / f"runs.tar.{number}of{count}").write_bytes(file.read(size))


def unpack(folder: Path, runs: Path) -> dict[str, bool]:
    """Put packed runs back, except those that have as many epochs already.

    Returns:
        For each packed run, whether it was put in place.

    Raises:
        FerliteError: there is nothing packed, a piece is missing, or one is damaged.
    """
    found = {int(m[1]): path for path in _listing(folder) if (m := _PIECE.fullmatch(path.name))}
    if not found:
        raise FerliteError(f"{folder}: holds no packed runs (runs.tar.1of…)")
    counts = {_PIECE.fullmatch(path.name)[2] for path in found.values()}  # type: ignore[index]
    if len(counts) > 1 or sorted(found) != list(range(1, int(*counts) + 1)):
        raise FerliteError(f"{folder}: some of the pieces runs.tar.…of{max(counts)} are missing")
    placed: dict[str, bool] = {}
    try:
        with (
            tempfile.TemporaryFile() as whole,
            tempfile.TemporaryDirectory(prefix=".unpack-", dir=_made(runs)) as made,
        ):
            for number in sorted(found):
                whole.write(found[number].read_bytes())
            whole.seek(0)
            listed = _extracted(whole, Path(made))
            for entry in listed:
                name = str(entry["name"])
                packed = Path(made) / name
                placed[name] = packed.is_dir() and _is_newer(entry, runs / name)
                if placed[name]:
                    shutil.copytree(packed, runs / name, dirs_exist_ok=True)
    except (tarfile.TarError, KeyError, ValueError) as error:
        raise FerliteError(f"{folder}: the packed runs are damaged ({error})") from None
    return placed


def _extracted(whole: IO[bytes], folder: Path) -> list[dict[str, Any]]:
    with tarfile.open(fileobj=whole) as tar:
        tar.extractall(folder, filter="data")
    listed: list[dict[str, Any]] = json.loads((folder / _LIST).read_text(encoding="utf-8"))
    return listed


def _is_newer(entry: dict[str, Any], run: Path) -> bool:
    here = epochs_done(run), (run / "metrics.json").is_file()
    return (int(entry["epochs"]), bool(entry["measured"])) > here


def _listing(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise FerliteError(f"{folder}: there is no such folder")
    return sorted(folder.iterdir())


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder
