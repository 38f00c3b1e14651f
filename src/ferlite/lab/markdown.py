"""Tables in Markdown."""

from collections.abc import Iterable, Sequence


def markdown(head: Sequence[str], rows: Iterable[Sequence[str]], left: int = 2) -> str:
    """A Markdown table; the first `left` columns to the left, numbers to the right.

    >>> print(markdown(("a", "b"), [("1", "2")]))
    | a | b |
    |:--|:--|
    | 1 | 2 |
    <BLANKLINE>
    """
    rules = [":--" if column < left else "--:" for column in range(len(head))]
    lines = [f"| {' | '.join(head)} |", f"|{'|'.join(rules)}|"]
    lines += [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join(lines) + "\n"
