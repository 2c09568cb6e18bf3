"""Time of a cut scan in units of one numpy.argsort of the same scores.

Run: python benchmarks/significance_scan.py [number of events, default 10 million]
"""

from __future__ import annotations

import statistics
import sys
import time

import numpy as np

from skhep_nn.metrics import significance_scan

REPEATS = 5


def sample(n_events, seed=0):
    """Scores, labels and weights of either sign, as a network on simulated events gives them."""
    rng = np.random.default_rng(seed)
    y = (rng.random(n_events) < 0.3).astype(np.int64)
    score = rng.beta(1 + y, 2 - y)
    weight = rng.uniform(0.5, 1.5, n_events) * rng.choice([1, -1], n_events, p=[0.95, 0.05])
    return y, score, weight


def tasks(y, score, weight):
    """What is timed: a name, the allowed ratio to the first, and a function."""
    uneven = np.sort(np.random.default_rng(1).random(200))
    return [
        ("numpy.argsort", None, lambda: np.argsort(score)),
        ("scan, every threshold", 3.0, lambda: scan(y, score, weight)),
        ("scan, 200 thresholds", 1.0, lambda: scan(y, score, weight, thresholds=200)),
        ("scan, 200 uneven thresholds", 1.0, lambda: scan(y, score, weight, thresholds=uneven)),
    ]


def scan(y, score, weight, **options):
    """A scan with a systematic uncertainty, the dearest figure of merit, and its best cut."""
    return significance_scan(y, score, weight, systematic=0.2, **options).best


def seconds(function):
    """Time of one call."""
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def main(n_events=10_000_000):
    """Print median times, taken in turn so that a busy machine slows all alike."""
    work = tasks(*sample(n_events))
    times = [[seconds(function) for _, _, function in work] for _ in range(REPEATS)]
    medians = [statistics.median(column) for column in zip(*times, strict=True)]
    print(f"{n_events} events, medians of {REPEATS}")
    print(f"{'':28} {'seconds':>8} {'ratio':>6} {'goal':>5}")
    for (name, goal, _), median in zip(work, medians, strict=True):
        print(f"{name:28} {median:8.3f} {median / medians[0]:6.2f} {goal or '':>5}")


if __name__ == "__main__":
    main(*(int(float(argument)) for argument in sys.argv[1:2]))
