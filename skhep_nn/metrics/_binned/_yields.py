"""Table of the yields of every process and bin, with errors and variations."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

ALL_BACKGROUND = "all background"


def yields_table(templates):
    """DataFrame with a row per process and bin, and their sums.

    Parameters
    ----------
    templates : Templates
    """
    import pandas as pd

    rows = [_rows(templates, name, [at]) for at, name in enumerate(templates.processes)]
    backgrounds = np.flatnonzero(~templates.is_signal)
    if len(backgrounds) > 1:
        rows.append(_rows(templates, ALL_BACKGROUND, backgrounds))
    return pd.concat(rows)


def _rows(templates, name, at):
    import pandas as pd

    bins = [f"{low:.4g} to {high:.4g}" for low, high in pairwise(templates.edges)]
    columns = {
        "yield": _with_sum(templates.nominal[at].sum(axis=0)),
        "error": np.sqrt(_with_sum(templates.squares[at].sum(axis=0))),
    }
    for variation, pair in templates.variations.items():
        for side, values in zip(("up", "down"), pair, strict=True):
            columns[f"{variation} {side}"] = _with_sum(values[at].sum(axis=0))
    index = pd.MultiIndex.from_product([[name], [*bins, "sum"]], names=["process", "bin"])
    return pd.DataFrame(columns, index=index)


def _with_sum(values):
    return np.append(values, values.sum())
