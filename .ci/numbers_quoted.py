"""Run the commands beside the numbers of README and docs, and print the numbers that moved.

A page says behind a number where it comes from, in a comment that is not shown:

    <!-- number: python .ci/cell.py benchmarks/RESULTS.md ratio "28-50-50-1, batch 256" "Keras fit"
         -> 9.4 -->

The last word that the command prints is compared with the number, to the digits that are quoted.
``<!-- measured: ... -->`` is the same for a command that takes minutes; these run with ``--all``.
Commands that are alike up to ``| python .ci/cell.py -`` run once.
"""

from __future__ import annotations

import argparse
import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path

import cell

ROOT = Path(__file__).parents[1]
COMMENT = re.compile(r"<!-- (number|measured):\s*(.*?)\s*->\s*(\S+)\s*-->", re.DOTALL)
CELL = "python .ci/cell.py - "
PIPE = f" | {CELL}"
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
    takes_long : bool
    """

    page: Path
    command: str
    value: str
    takes_long: bool = False

    def now(self):
        """The number that the command prints today, to as many digits as are quoted."""
        study, _, words = self.command.partition(PIPE)
        printed = output(f"{CELL}{words}", output(study)) if words else output(study)
        return rounded(printed.split()[-1], self.value)


@cache
def output(command, given=None):
    """What a command prints; its ``python`` is this one, and a cell needs no new process."""
    words = shlex.split(command)
    if words[:2] == CELL.split()[:2]:
        return cell.number(words[2:], given, folder=ROOT)
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    done = subprocess.run(
        command,
        shell=True,
        cwd=ROOT,
        env={**os.environ, "PATH": path},
        input=given,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return done.stdout


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
        Quoted(page, " ".join(command.split()), value, kind == "measured")
        for page in pages
        if not GENERATED & {*page.parts}
        for kind, command, value in COMMENT.findall(page.read_text(encoding="utf-8"))
    ]


def main(argv=None):
    """Print what moved; 1 if something did."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--all", action="store_true", help="also what takes minutes")
    takes_all = parser.parse_args(argv).all
    quoted = quoted_numbers()
    chosen = [one for one in quoted if takes_all or not one.takes_long]
    moved = []
    for one in chosen:
        now = one.now()
        if now != one.value:
            moved.append(one)
            where = one.page.relative_to(ROOT)
            sys.stdout.write(f"{where}: {one.value} is {now} now ({one.command})\n")
            sys.stdout.flush()
    rest = len(quoted) - len(chosen)
    more = f"; {rest} more take minutes (ARGS=--all)" if rest else ""
    sys.stdout.write(f"{len(chosen)} numbers, {len(moved)} moved{more}\n")
    return min(len(moved), 1)


if __name__ == "__main__":
    sys.exit(main())
