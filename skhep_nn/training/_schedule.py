"""Learning rates that change: with the steps, or when the loss no longer falls."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import keras
import numpy as np


def inverse_time(learning_rate, decay):
    """``learning_rate / (1 + decay * step)``, the decay of Keras' legacy optimizers.

    Parameters
    ----------
    learning_rate : float
    decay : float
        Per optimiser step.
    """
    return keras.optimizers.schedules.InverseTimeDecay(
        learning_rate, decay_steps=1, decay_rate=decay
    )


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
            optimizer.learning_rate = float(optimizer.learning_rate) * self.factor
            self.waited = 0

    def state(self):
        """What a checkpoint keeps."""
        return asdict(self)
