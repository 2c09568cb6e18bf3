"""Learning rates that change: with the steps, or when the loss no longer falls."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import keras
import numpy as np

from skhep_nn import _floats


def rate_of(optimizer):
    """The learning rate of an optimizer as it stands."""
    # the variables of older versions of Keras are no numbers
    return float(keras.ops.convert_to_numpy(optimizer.learning_rate))


def inverse_time(learning_rate, decay):
    """``learning_rate / (1 + decay * step)``, the decay of Keras' legacy optimizers.

    Parameters
    ----------
    learning_rate : float
    decay : float
        Per optimiser step.

    Returns
    -------
    keras.optimizers.schedules.LearningRateSchedule
        For an optimizer of your own, as ``keras.optimizers.Adam(inverse_time(0.01, 1e-4))``.

    Raises
    ------
    ValueError
        If one of them is no number, or below 0.

    Examples
    --------
    >>> from skhep_nn.training import inverse_time
    >>> round(float(inverse_time(0.01, 0.5)(2)), 9)  # after two steps
    0.005
    """
    rate, decay = _rate(learning_rate, "learning_rate"), _rate(decay, "decay")
    return keras.optimizers.schedules.InverseTimeDecay(rate, decay_steps=1, decay_rate=decay)


def _rate(value, name):
    found = _floats.not_negative(value, name)
    if found > np.finfo(np.float32).max:
        msg = f"{name}={value!r:.60}; it must be a number of float32"
        raise ValueError(msg)
    return found


@dataclass(frozen=True)
class Cosine:
    """Half a cosine, from the optimizer's own rate down to 0, after a linear warm-up.

    Planned in optimiser steps over all epochs of a phase. What it is in an epoch depends on the
    number of that epoch alone, so that a fit which is stopped and goes on has the rates that it
    would have had.

    Parameters
    ----------
    epochs : int
    warm_up : float, default=0.05
        Fraction of the steps.
    """

    epochs: int
    warm_up: float = 0.05

    def factors(self, epoch, n_steps):
        """The factor on the learning rate in each of the `n_steps` steps of `epoch`, from 0."""
        total = self.epochs * n_steps
        step = epoch * n_steps + np.arange(n_steps)
        warm = max(1.0, self.warm_up * total)
        fallen = np.clip((step - warm) / max(1.0, total - warm), 0.0, 1.0)
        return np.where(step < warm, (step + 1) / (warm + 1), (1 + np.cos(np.pi * fallen)) / 2)


@dataclass
class Plateau:
    """Multiplies the learning rate by `factor` when the loss has not fallen for `patience` epochs.

    Parameters
    ----------
    factor : float, default=0.1
    patience : int, default=5
    """

    factor: float = 0.1
    patience: int = 5
    best: float = np.inf
    waited: int = 0

    def update(self, loss, optimizer):
        """Take note of an epoch's loss; the optimizer's learning rate may fall."""
        if loss < self.best:
            self.best, self.waited = loss, 0
            return
        self.waited += 1
        if self.waited >= self.patience:
            optimizer.learning_rate = rate_of(optimizer) * self.factor
            self.waited = 0

    def state(self):
        """What a checkpoint keeps."""
        return asdict(self)
