"""The container's stages are given the files that they read."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
STAGES = re.split(r"^FROM ", (ROOT / "Dockerfile").read_text(), flags=re.MULTILINE)[1:]


def copied(stage: str) -> list[Path]:
    """What a stage takes from the repository."""
    lines = re.findall(r"^COPY (?!--from)(.+)$", stage, re.MULTILINE)
    return [ROOT / source for line in lines for source in line.split()[:-1]]


def read_by_the_page() -> set[Path]:
    """Files outside web/ that its sources name."""
    sources = [ROOT / "web/vite.config.ts", *(ROOT / "web/vite").rglob("*.ts")]
    sources += (ROOT / "web/src").rglob("*.ts")
    named = {
        (source.parent / path).resolve()
        for source in sources
        for path in re.findall(r'"((?:\.\./)+[^"]+)"', source.read_text())
    }
    return {path for path in named if path.is_file() and not path.is_relative_to(ROOT / "web")}


def test_what_is_copied_is_there() -> None:
    for stage in STAGES:
        assert all(path.exists() for path in copied(stage))


def test_the_page_is_built_from_files_that_were_copied() -> None:
    page = next(stage for stage in STAGES if "AS page" in stage)
    read = read_by_the_page()
    assert ROOT / "LICENSE" in read
    missing = {p for p in read if not any(p.is_relative_to(given) for given in copied(page))}
    assert not missing


@pytest.mark.parametrize("name", ["LICENSE", "NOTICE", "src", "web", "results/benchmarks"])
def test_docker_is_let_see_what_is_copied(name: str) -> None:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    assert lines[0] == "*"
    assert any(line.startswith(f"!{name}") for line in lines)
