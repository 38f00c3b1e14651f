"""Make the README's images anew: what `make demo` prints, and what it draws.

python docs/images/make.py
"""

import os
import subprocess
import sys
from pathlib import Path

import cv2
from rich.console import Console
from rich.text import Text

from ferlite.files import written_whole

HERE = Path(__file__).parent
COMMAND = ["predict", "examples/astronaut.jpg", "--save", "examples/out"]
WIDTH = 96
DRAWN = 512
"""Longer side of the drawn image in the README, in pixels."""


def main() -> None:
    """Run the demo's command and keep what it shows."""
    answer = subprocess.run(
        [sys.executable, "-c", "from ferlite.cli import main; main()", *COMMAND],
        cwd=HERE.parents[1],
        env={**os.environ, "FORCE_COLOR": "1", "COLUMNS": str(WIDTH)},
        check=True,
        capture_output=True,
        text=True,
    )
    with open(os.devnull, "w") as nowhere:
        console = Console(record=True, width=WIDTH, file=nowhere)
        console.print(f"[bold]$ ferlite {' '.join(COMMAND)}[/bold]", highlight=False)
        console.print(Text.from_ansi(answer.stdout))
    with written_whole(HERE / "demo.svg") as part:
        console.save_svg(str(part), title="ferlite")
    drawn = cv2.imread(str(HERE.parents[1] / "examples" / "out" / "astronaut.jpg"))
    assert drawn is not None
    scale = DRAWN / max(drawn.shape)
    small = cv2.resize(drawn, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    with written_whole(HERE / "astronaut.jpg") as part:
        cv2.imwrite(str(part), small, [cv2.IMWRITE_JPEG_QUALITY, 90])


if __name__ == "__main__":
    main()
