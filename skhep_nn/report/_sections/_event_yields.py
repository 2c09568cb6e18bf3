"""Events and yields: per process and part."""

from __future__ import annotations

import numpy as np
import pandas as pd

from skhep_nn import _weights
from skhep_nn.report._contents import Missing, Table
from skhep_nn.report._sections import _shared


def events_and_yields(context):
    """Events, sums of weights and negative weights of each process in each part."""
    if not context.parts:
        msg = "It needs events."
        raise Missing(msg, "Give Report(..., train=(X, y), test=(X, y)).")
    for part in context.parts.values():
        yield Table(_table(part), f"{part.word.capitalize()} events")


def _table(part):
    rows = {}
    for process in sorted(set(part.processes.tolist())):
        rows[process] = _row(part.weights[part.processes == process])
    rows["all"] = _row(part.weights)
    return pd.DataFrame.from_dict(rows, orient="index")


def _row(weights):
    negative = weights < 0
    return {
        "events": len(weights),
        "yield": _shared.summed(weights),
        "effective events": round(_weights.effective_events(weights), 1),
        "negative weights": int(np.count_nonzero(negative)),
        "negative part of the weight": _part(weights, negative),
    }


def _part(weights, negative):
    total = np.abs(weights).sum()
    return float(np.abs(weights[negative]).sum() / total) if total > 0 else np.nan
