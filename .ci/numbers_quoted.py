"""Run the commands beside the numbers of README and docs, and print the numbers that moved.

A page says behind a number where it comes from, in a comment that is not shown:

    <!-- number: python .ci/cell.py benchmarks/RESULTS.md ratio "28-50-50-1, batch 256" "Keras fit"
         -> 9.4 -->

The last word that the command prints is compared with the number, to the digits that are quoted.
"""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

ROOT = Path(__file__).parents[1]
COMMENT = re.compile(r"<!-- number:\s*(.*?)\s*->\s*(\S+)\s*-->", re.DOTALL)
GENERATED = {"_build", "reference", "auto_examples"}


@dataclass(frozen=True)
class Quoted:
    """A number of a page, and the command that gives it.

    Parameters
    ----------
    page : Path
    command : str
    value : str
        As it is quoted.
    """

    page: Path
    command: str
    value: str

    def now(self):
        """The number that the command prints today, to as many digits as are quoted."""
        done = subprocess.run(
            self.command, shell=True, cwd=ROOT, capture_output=True, text=True, check=True
        )
        return rounded(done.stdout.split()[-1], self.value)


def rounded(found, quoted):
    """`found` with as many decimals as `quoted` has."""
    number = re.compile(r"-?[\d,]*\.?\d+(?:e[-+]?\d+)?")
    step = Decimal(1).scaleb(Decimal(quoted.replace(",", "")).as_tuple().exponent)
    value = Decimal(number.search(found)[0].replace(",", "")).quantize(step)
    return f"{value:,}" if "," in quoted else f"{value}"


def quoted_numbers():
    """Every number that names its command."""
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    return [
        Quoted(page, " ".join(command.split()), value)
        for page in pages
        if not GENERATED & {*page.parts}
        for command, value in COMMENT.findall(page.read_text(encoding="utf-8"))
    ]


def main():
    """Print what moved; the number of these is the exit code."""
    moved = []
    for one in quoted_numbers():
        now = one.now()
        if now != one.value:
            moved.append(one)
            where = one.page.relative_to(ROOT)
            sys.stdout.write(f"{where}: {one.value} is {now} now ({one.command})\n")
    sys.stdout.write(f"{len(quoted_numbers())} numbers, {len(moved)} moved\n")
    return min(len(moved), 1)


if __name__ == "__main__":
    sys.exit(main())
