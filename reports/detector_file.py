"""Write a detector's converted network and its card, once it answers as the original does."""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from ferlite.files import written_whole

TOLERANCE: Final = 1e-4
"""How far the answers may lie from the original's, over the largest of their values."""


def write(
    out: Path, converted: bytes, original: bytes, difference: float, card: dict[str, Any]
) -> None:
    """Write `out`, and beside it the card as JSON.

    Args:
        out: the ONNX file.
        converted: its content.
        original: the content of the file that it was made from.
        difference: the largest between the answers of the two.
        card: what is known of the network; what can be measured is added.

    Raises:
        SystemExit: `difference` is over `TOLERANCE`; nothing is written.
    """
    if not difference <= TOLERANCE:
        raise SystemExit(f"the converted file differs by {difference:.1e}; nothing is written")
    with written_whole(out) as part:
        part.write_bytes(converted)
    card["source"]["sha256"] = sha256(original).hexdigest()
    card |= {
        "largest_difference": float(f"{difference:.1e}"),
        "bytes": len(converted),
        "sha256": sha256(converted).hexdigest(),
    }
    with written_whole(out.with_suffix(".json")) as part:
        part.write_text(json.dumps(card, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"{out}: {len(converted):,} bytes, differs by {difference:.1e}")
