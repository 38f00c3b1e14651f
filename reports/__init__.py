"""How this repository's README and docs get their tables and figures; not in the wheel."""
