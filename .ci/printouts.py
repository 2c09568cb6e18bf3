"""Run the pages whose printouts are of the whole sample, and print the printouts that moved.

    PYTHONPATH=tests python .ci/printouts.py [--write] [PAGE ...]

The tests run every block on a small part of the samples and compare the words of these printouts;
here their numbers are compared, after the training that the page shows. It takes minutes a page.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import textwrap
from pathlib import Path

from matplotlib import pyplot
from pages import blocks, running


def main(argv=None):
    """Print what moved, and on request write it to the pages; 1 if something moved."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("pages", nargs="*", type=Path, help="default: all that have such printouts")
    parser.add_argument("--write", action="store_true", help="write the new printouts")
    arguments = parser.parse_args(argv)
    found = [page.resolve() for page in arguments.pages] or _of_whole_samples()
    moved = [one for page in found for one in moved_in(page, write=arguments.write)]
    sys.stdout.write(f"{len(found)} pages, {len(moved)} printouts moved\n")
    return min(len(moved), 1)


def moved_in(page, *, write=False):
    """(block, what it prints now) of each printout of a page that moved.

    Parameters
    ----------
    page : Path
    write : bool, default=False
        Whether to write it there, unless the page leaves something out by ``...``.
    """
    moved, before = [], Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        for block, printed in _printed(page, Path(folder)):
            if not running.is_as_printed(block.printed, printed):
                moved.append((block, printed))
                sys.stdout.write(f"{block.where} printed\n{printed}\nand the page says\n")
                sys.stdout.write(f"{block.printed}\n")
                sys.stdout.flush()
        os.chdir(before)
    if write:
        _write(page, moved)
    return moved


def _printed(page, folder):
    """Each block whose printout is of the whole sample, and what it prints."""
    reader = running.Reader(folder)
    for block in blocks.blocks(page):
        if block.language not in blocks.RUN or block.not_run:
            continue
        printed = running.HOW[block.language](block, reader)
        pyplot.close("all")
        if block.blank and printed is not None:
            yield block, printed


def _write(page, moved):
    text = page.read_text(encoding="utf-8")
    for block, printed in moved:
        if "..." not in block.printed:
            at = text.index(block.code)
            lines = textwrap.dedent(printed).rstrip().splitlines()
            old, new = block.printed, "".join(f"{line.rstrip()}\n" for line in lines)
            text = text[:at] + text[at:].replace(old, new, 1)
    page.write_text(text, encoding="utf-8")


def _of_whole_samples():
    return [page for page in blocks.pages() if any(block.blank for block in blocks.blocks(page))]


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    sys.exit(main())
