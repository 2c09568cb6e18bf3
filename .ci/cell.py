"""Print a number of a table that a benchmark wrote: a cell, by the words of its row.

    python .ci/cell.py benchmarks/RESULTS.md ratio "28-50-50-1, batch 256" "Keras fit"
    python -m benchmarks kinds jets --sides CNN | python .ci/cell.py - AUC jets

Of ``0.9232 +- 0.0014`` it is the first number, with ``--error`` the second.
"""

from __future__ import annotations

import sys
from pathlib import Path


def cell(text, column, words):
    """The cell of a Markdown table in `text`.

    Parameters
    ----------
    text : str
    column : str
        Its heading.
    words : list of str
        The first cells of its row.

    Raises
    ------
    LookupError
        If there is no such row, or several.
    """
    found, heading = [], []
    for line in text.splitlines():
        row = [part.strip() for part in line.strip("|").split("|")] if line[:1] == "|" else []
        if column in row:
            heading = row
        elif heading and row[: len(words)] == words and len(row) == len(heading):
            found.append(row[heading.index(column)])
    if len(found) != 1:
        msg = f"{len(found)} rows begin with {words} in a table with a column {column!r}"
        raise LookupError(msg)
    return found[0]


def part(text, *, error=False):
    """The number of a cell, or its error."""
    value, _, uncertainty = text.partition("+-")
    return (uncertainty if error else value.partition(";")[0]).strip()


def number(arguments, given=None, *, folder=Path()):
    """What the command line prints for these arguments; `given` stands for the file ``-``."""
    path, name, *first = (word for word in arguments if word != "--error")
    text = given if path == "-" else (folder / path).read_text(encoding="utf-8")
    return part(cell(text, name, first), error="--error" in arguments)


if __name__ == "__main__":
    is_piped = "-" in sys.argv[1:2]
    sys.stdout.write(f"{number(sys.argv[1:], sys.stdin.read() if is_piped else None)}\n")
