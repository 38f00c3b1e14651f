"""Every console and Python block of README and docs is run, or says why not.

A page's blocks run in their order, in one folder (conftest.py says what lies there) and one Python
namespace. A block that cannot be run has its reason in a comment right before it, which readers of
the page do not see:

    <!-- not run: needs a camera -->

A Python block whose first line is a comment such as `# my_net.py` is not run but saved as that
file.
"""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "examples" / "README.md",
    *sorted((ROOT / "docs").rglob("*.md")),
]
SECONDS = 300
"""No block may take longer, however slow the machine; a reader's patience ends much sooner."""

_BLOCK = re.compile(
    r"(?:^[ ]*<!--\ not\ run:\ (?P<reason>[^\n]*?)\ -->\n)?"
    r"^(?P<indent>[ ]*)```(?P<language>console|python)\n(?P<text>.*?)^(?P=indent)```$",
    re.MULTILINE | re.DOTALL | re.VERBOSE,
)
_INSTALL = re.compile(r"(python -m )?pip install ")


@dataclass(frozen=True)
class Block:
    """A piece of a page that is code.

    Attributes:
        line: of the page, counted from 1.
        language: "console" or "python".
        text: without its indentation.
        reason: why it cannot be run; None if it can.
    """

    line: int
    language: str
    text: str
    reason: str | None


def blocks_of(page: str) -> list[Block]:
    """The blocks of a page's Markdown, in their order."""
    return [
        Block(
            line=page.count("\n", 0, found.start("text")) + 1,
            language=found["language"],
            text=re.sub(f"^{found['indent']}", "", found["text"], flags=re.MULTILINE),
            reason=found["reason"],
        )
        for found in _BLOCK.finditer(page)
    ]


def commands_of(text: str) -> str:
    """What a person types: lines after `$ ` and those that continue them, without installations."""
    script: list[str] = []
    typed = False
    for line in text.splitlines():
        if line.startswith("$ ") or (typed and script[-1].endswith("\\")):
            script.append(line.removeprefix("$ "))
            typed = True
        else:
            typed = False  # it is what the command printed
    return "\n".join(line for line in script if not _INSTALL.match(line))


@contextmanager
def _limit(seconds: int) -> Iterator[None]:
    def stop(*_: Any) -> None:
        raise TimeoutError(f"not done after {seconds} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def run(block: Block, place: str, namespace: dict[str, Any]) -> None:
    """Run one block in the current folder."""
    if named := re.match(r"# (\w+\.py)\n", block.text):
        Path(named[1]).write_text(block.text, encoding="utf-8")
        return
    if block.language == "python":
        # Counted as in the page, so that a traceback names its line.
        code = compile("\n" * (block.line - 1) + block.text, place, "exec")
        with _limit(SECONDS):
            exec(code, namespace)
        return
    with subprocess.Popen(
        ["bash", "-euxo", "pipefail", "-c", commands_of(block.text)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as shell:
        try:
            said, _ = shell.communicate(timeout=SECONDS)
        except BaseException:
            os.killpg(shell.pid, signal.SIGKILL)  # what the commands have started ends, too
            raise
    assert shell.returncode == 0, f"{place}:{block.line}: exit status {shell.returncode}\n{said}"


@pytest.mark.skipif(sys.platform == "win32", reason="the docs' console is bash")
@pytest.mark.parametrize(
    "page",
    [p for p in PAGES if any(b.reason is None for b in blocks_of(p.read_text("utf-8")))],
    ids=lambda p: str(p.relative_to(ROOT)),
)
def test_blocks_of_a_page_run_in_their_order(page: Path, world: Path) -> None:
    namespace: dict[str, Any] = {"__name__": "__main__"}
    for block in blocks_of(page.read_text("utf-8")):
        if block.reason is None:
            run(block, str(page.relative_to(ROOT)), namespace)


def test_blocks_are_found_with_their_reasons_and_commands_without_what_they_print() -> None:
    page = (
        "# Title\n\n```python\nx = 1\n```\n\n"
        "- item\n\n  <!-- not run: needs a camera -->\n  ```console\n  $ ferlite webcam\n  ```\n"
        "```console\n$ pip install ferlite\n$ echo one \\\n    two\none two\n$ false\n```\n"
        "```yaml\nname: no code\n```\n"
    )
    python, camera, shell = blocks_of(page)
    assert (python.language, python.text, python.line) == ("python", "x = 1\n", 4)
    assert (camera.reason, camera.text) == ("needs a camera", "$ ferlite webcam\n")
    assert commands_of(shell.text) == "echo one \\\n    two\nfalse"


@pytest.mark.skipif(sys.platform == "win32", reason="the docs' console is bash")
def test_a_command_that_fails_is_not_overlooked(world: Path) -> None:
    (block,) = blocks_of("```console\n$ ferlite predict missing.jpg\n$ true\n```\n")
    with pytest.raises(AssertionError, match=r"page\.md:2: exit status 1\n(.|\n)*missing\.jpg"):
        run(block, "page.md", {})
