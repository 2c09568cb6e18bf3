"""The page of the samples that ship: their columns and units, from the text beside each."""

from __future__ import annotations

import re
from pathlib import Path

import skhep_nn

DATA = Path(skhep_nn.__file__).parent / "datasets" / "data"
# Sample -> the function that reads it.
LOADERS = {
    "lepton_jets": "load_lepton_jets",
    "jets": "load_jets",
    "particle_lists": "load_particle_lists",
    "resonance": "load_resonance",
}
TABLE = re.compile(r"^\| column \|.*?(?=^(?!\|))", re.MULTILINE | re.DOTALL)


def page():
    """The page, as text."""
    parts = ["Columns of the samples\n======================\n", INTRODUCTION]
    for name, loader in LOADERS.items():
        text = (DATA / f"{name}.md").read_text(encoding="utf-8")
        title = text.partition("\n")[0].lstrip("# ").partition(":")[0]
        parts += [f"{title}\n{'-' * len(title)}\n", f":func:`skhep_nn.datasets.{loader}`\n"]
        parts += [_as_list_table(found) for found in TABLE.findall(text)]
    return "\n".join(parts)


INTRODUCTION = """\
How each sample was generated, its selection, its weights and what is simplified stands beside it,
in ``skhep_nn/datasets/data/*.md``. Labels of 0 and 1 (``is_signal``, ``passes_skim``, ``acc``)
and small counts are int8, which is a number like any other to classifiers and metrics; in
arithmetic of your own, ``-1000 * y``, take ``y.astype(int)`` first.
"""


def rows(text):
    """Cells of the rows of a table of Markdown, its heading first."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [row for row in cells if not set("".join(row)) <= set("- ")]


def _as_list_table(text):
    lines = [".. list-table::", "   :header-rows: 1", "   :widths: 30 14 56", "   :class: wide", ""]
    for row in rows(text):
        cells = [re.sub(r"`([^`]*)`", r"``\1``", cell).replace("|eta|", r"\|eta\|") for cell in row]
        lines += [f"   {'* -' if n == 0 else '  -'} {cell}" for n, cell in enumerate(cells)]
    return "\n".join([*lines, ""])
