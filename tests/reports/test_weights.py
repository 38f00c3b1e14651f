"""All that ships is made again by one command, which goes on where it was stopped."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from reports.results import Results, read_results, shipped
from reports.weights import PUBLIC, make, trainings


class Runs:
    """Stands in for the shell: notes commands, and leaves what a training would."""

    def __init__(self, folder: Path, most: int = 1000) -> None:
        self.commands: list[Sequence[str]] = []
        self._folder, self._most = folder, most

    def __call__(self, words: Sequence[str]) -> None:
        if len(self.commands) == self._most:
            raise KeyboardInterrupt
        self.commands.append(words)
        for before in words[words.index("--data") if "--data" in words else 0 :]:
            if before.endswith("best.ckpt"):
                assert (Path(before).parents[1] / "metrics.json").is_file(), words
        if words[:2] == ["ferlite", "train"]:
            out = Path(words[words.index("--out") + 1])
            out.mkdir()
            (out / "metrics.json").touch()

    @property
    def trained(self) -> list[str]:
        return [Path(w[w.index("--out") + 1]).name for w in self.commands if w[1] == "train"]


@pytest.fixture(scope="module")
def results() -> Results:
    return read_results()


def test_every_training_finds_what_it_needs_and_ends_in_the_package(
    results: Results, tmp_path: Path
) -> None:
    runs = Runs(tmp_path)
    make(results, "fer2013", tmp_path, runs)
    assert runs.trained == [each["name"] for each in trainings(results)]
    assert {"ferlite_m", "ferlite_s", "ferlite_xs"} <= set(runs.trained)
    converted = [c for c in runs.commands if any("_weights" in word for word in c)]
    assert len(converted) == len(PUBLIC)
    put = [c for c in runs.commands if "reports.ship" in c]
    assert len(put) == len({name.removesuffix("_int8") for name in shipped()})
    assert runs.commands[-1][-1] == "reports.tables"


def test_what_is_trained_is_not_trained_again(results: Results, tmp_path: Path) -> None:
    first = Runs(tmp_path, most=9)
    with pytest.raises(KeyboardInterrupt):
        make(results, "fer2013", tmp_path, first)
    second = Runs(tmp_path)
    make(results, "fer2013", tmp_path, second)
    assert first.trained
    assert not set(first.trained) & set(second.trained)
    assert len(first.trained) + len(second.trained) == len(trainings(results))
    assert all(c[-1] == "--resume" for c in second.commands if c[1] == "train")
