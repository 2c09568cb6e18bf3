"""Timing: sides in turn, so that a busy machine slows all alike, and medians."""

from __future__ import annotations

import statistics
import time

import keras

TURNS = 5
EPOCHS = 3
PLANNED = 100


class EpochTimer(keras.callbacks.Callback):
    """Seconds of each epoch of a long fit that is stopped after a few."""

    def __init__(self):
        super().__init__()
        self.seconds = []

    def on_epoch_begin(self, epoch, logs=None):
        """Start the clock."""
        self.start = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        """Stop the clock, and training after enough epochs."""
        self.seconds.append(time.perf_counter() - self.start)
        if len(self.seconds) == EPOCHS:
            self.model.stop_training = True

    @property
    def median(self):
        """Median after the first epoch, which traces and compiles."""
        return statistics.median(self.seconds[1:])


def in_turns(sides, turns=TURNS):
    """Median of each side's seconds.

    Parameters
    ----------
    sides : dict of str to callable
        Each returns the seconds that it counts.
    turns : int
    """
    seconds = {name: [] for name in sides}
    for _ in range(turns):
        for name, side in sides.items():
            seconds[name].append(side())
    return {name: statistics.median(values) for name, values in seconds.items()}


def seconds_of(function):
    """Seconds of one call."""
    start = time.perf_counter()
    function()
    return time.perf_counter() - start
