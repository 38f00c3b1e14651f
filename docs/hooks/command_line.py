"""Puts every command and option into the page that says `<!-- commands -->`.

What stands between `<!-- unbuilt -->` and `<!-- /unbuilt -->` is for readers of the files alone.
"""

import html
import re
import subprocess
import sys
from typing import Any

MARKER = "<!-- commands -->"
UNBUILT = re.compile(r"<!-- unbuilt -->.*?<!-- /unbuilt -->\n", re.DOTALL)


def on_page_markdown(markdown: str, /, **_: Any) -> str:
    """Replace the marker by what Typer writes of the commands, one heading level down."""
    markdown = UNBUILT.sub("", markdown)
    if MARKER not in markdown:
        return markdown
    command = [sys.executable, "-m", "typer", "ferlite.cli", "utils", "docs", "--name", "ferlite"]
    written = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    _title, commands = html.unescape(written).split("\n", 1)
    return markdown.replace(MARKER, commands)
