"""What importing the package costs beside scikit-learn and pandas."""

from __future__ import annotations

import subprocess
import sys

from benchmarks.timing import in_turns, seconds_of


def run(name):
    """Rows of the table; the goal is a difference."""
    sides = {
        "ours": lambda: _seconds("import sklearn, pandas, skhep_nn"),
        "sklearn and pandas": lambda: _seconds("import sklearn, pandas"),
    }
    seconds = in_turns(sides)
    limit = seconds["sklearn and pandas"] + 0.3
    return [
        {
            "case": name,
            "side": side,
            "seconds": value,
            "ratio": value / seconds["ours"],
            "goal": f"<= {limit:.2f} s" if side == "ours" else None,
        }
        for side, value in seconds.items()
    ]


def _seconds(code):
    return seconds_of(lambda: subprocess.run([sys.executable, "-c", code], check=True))
