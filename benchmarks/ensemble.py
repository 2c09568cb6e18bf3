"""Seconds of a fit of five networks against that of one, and how long processors were at it."""

from __future__ import annotations

import functools
import statistics
import time

import numpy as np

from benchmarks.networks import PLAIN
from benchmarks.timing import in_turns, seconds_of
from skhep_nn import DenseClassifier

N_EVENTS, N_FEATURES, BATCH_SIZE, EPOCHS = 100_000, 28, 256, 10
# the network, and how many times as long five may take
CASES = {
    "n_networks=5 on 28-50-50-1, batch 256": (PLAIN, 2.5),
    "n_networks=5 on the default network": ({}, 4.0),
}


def run(name):
    """Rows of the table; the ratio is to the fit of one network."""
    arguments, goal = CASES[name]
    X, y = sample()
    # what is traced and compiled stays for the turns that follow
    sides = {n: Fits(n, arguments, X, y) for n in (1, 5)}
    seconds = in_turns(sides, turns=3)
    processor = {n: statistics.median(side.processor) for n, side in sides.items()}
    return [
        *_rows(name, "n_networks={}", seconds, f"<= {goal} (to one network)"),
        *_rows(name, "n_networks={}, time of processors", processor, None),
    ]


def _rows(name, side, seconds, goal):
    return [
        {
            "case": name,
            "side": side.format(n),
            "seconds": value,
            "ratio": value / seconds[1],
            "goal": goal if n > 1 else None,
        }
        for n, value in seconds.items()
    ]


class Fits:
    """Whole fits of so many networks; a call is one, and returns its seconds."""

    def __init__(self, n_networks, arguments, X, y):
        self.processor = []
        network = DenseClassifier(
            **arguments,
            n_networks=n_networks,
            epochs=EPOCHS,
            batch_size=BATCH_SIZE,
            early_stopping=False,
            random_state=1,
            verbose=0,
        )
        self.fit = functools.partial(network.fit, X, y)

    def __call__(self):
        """Fit."""
        start = time.process_time()
        seconds = seconds_of(self.fit)
        self.processor.append(time.process_time() - start)
        return seconds


def sample(seed=0):
    """Events with labels that depend on two features."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(N_EVENTS, N_FEATURES)).astype(np.float32)
    return X, (X[:, 0] + X[:, 1] + rng.normal(size=N_EVENTS) > 0).astype(int)
