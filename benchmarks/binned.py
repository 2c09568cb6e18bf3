"""Significance in 20 bins of a million events with 5 variations, in units of one sort."""

from __future__ import annotations

import numpy as np

from benchmarks.significance_scan import sample
from benchmarks.timing import in_turns, seconds_of
from skhep_nn.metrics import binned_significance

N_VARIATIONS = 5


def run(name):
    """Rows of the table; the goal is 0.5 s beyond the sort."""
    y, score, weight = sample(1_000_000)
    variations = {
        f"v{k}": tuple(np.clip(score + sign * 0.005 * (k + 1), 0, 1) for sign in (1, -1))
        for k in range(N_VARIATIONS)
    }
    options = {"bins": np.linspace(0, 1, 21), "systematic": 0.1, "variations": variations}
    sides = {
        "numpy.argsort": lambda: seconds_of(lambda: np.argsort(score)),
        "binned_significance": lambda: seconds_of(
            lambda: binned_significance(y, score, weight, **options)
        ),
    }
    seconds = in_turns(sides)
    goal = f"<= {0.5 + seconds['numpy.argsort']:.2f} s"
    return [
        {
            "case": name,
            "side": side,
            "seconds": value,
            "ratio": value / seconds["numpy.argsort"],
            "goal": goal if side == "binned_significance" else None,
        }
        for side, value in seconds.items()
    ]
