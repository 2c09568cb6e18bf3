"""The significance scan of 10 million events, in units of one sort of the scores."""

from __future__ import annotations

from benchmarks import significance_scan
from benchmarks.timing import in_turns


def run(name):
    """Rows of the table; the ratio is to the sort."""
    work = significance_scan.tasks(*significance_scan.sample(10_000_000))
    sides = {side: lambda f=function: significance_scan.seconds(f) for side, _, function in work}
    seconds = in_turns(sides)
    goals = {side: goal for side, goal, _ in work}
    return [
        {
            "case": name,
            "side": side,
            "seconds": value,
            "ratio": value / seconds["numpy.argsort"],
            "goal": goals[side] and f"<= {goals[side]:g}",
        }
        for side, value in seconds.items()
    ]
