"""Seconds per epoch of a parametric network: new masses of background each epoch, or the old."""

from __future__ import annotations

import functools

import numpy as np

from benchmarks.classifiers import Timer
from benchmarks.networks import AS_IN_KERAS
from benchmarks.timing import PLANNED, in_turns

N_EVENTS, N_FEATURES, BATCH_SIZE = 200_000, 28, 256
MASSES = (500.0, 750.0, 1000.0, 1250.0, 1500.0)
GOAL = 1.1
# The difference is a few ms of half a second: more epochs than of the other cases.
N_EPOCHS = 8


class LongTimer(Timer):
    """A timer of more epochs."""

    def on_epoch_end(self, epoch, logs=None):
        """Stop the clock, and training after enough epochs."""
        super().on_epoch_end(epoch, logs)
        self.model.stop_training = len(self.seconds) >= N_EPOCHS


def run(name):
    """Rows of the table; the ratio is to masses that are drawn once."""
    data = sample()
    sides = {
        f"resample={kind!r}": functools.partial(epoch, kind, *data) for kind in ("epoch", "never")
    }
    seconds = in_turns(sides)
    once = seconds["resample='never'"]
    return [
        {
            "case": name,
            "side": side,
            "seconds": value,
            "ratio": value / once,
            "goal": f"<= {GOAL} (to masses drawn once)" if "epoch" in side else None,
        }
        for side, value in seconds.items()
    ]


def epoch(resample, x, y):
    """Seconds of an epoch through two layers of 50."""
    from skhep_nn import ParametricClassifier

    timer = LongTimer()
    ParametricClassifier(
        parameter=-1,
        units=(50, 50),
        **AS_IN_KERAS,
        resample=resample,
        epochs=PLANNED,
        batch_size=BATCH_SIZE,
        early_stopping=False,
        callbacks=[timer],
        random_state=1,
        verbose=0,
    ).fit(x, y)
    return timer.median


def sample(seed=0):
    """Features and, in the last column, the mass of signal; NaN for background."""
    rng = np.random.default_rng(seed)
    y = np.arange(N_EVENTS) % 2
    x = rng.normal(size=(N_EVENTS, N_FEATURES + 1)).astype(np.float32)
    mass = rng.choice(MASSES, N_EVENTS)
    x[:, 0] += y * mass / 1000
    x[:, -1] = np.where(y == 1, mass, np.nan)
    return x, y
