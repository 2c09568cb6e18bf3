"""The best epoch: kept always, by the weighted validation loss."""

from __future__ import annotations

import contextlib

import numpy as np


class BestEpoch:
    """Keeps the network of the epoch with the lowest validation loss.

    Parameters
    ----------
    patience : int or None
        Epochs without improvement after which training stops; None never stops it.

    Attributes
    ----------
    epoch : int or None
        Number of the best epoch, from 1.
    loss : float
    waited : int
        Epochs since then.
    """

    def __init__(self, patience=None):
        self.patience = patience
        self.epoch = None
        self.loss = np.inf
        self.waited = 0
        self.variables = None

    def update(self, epoch, loss, model):
        """Take note of `epoch`, whose validation loss was `loss`; the network is copied if best."""
        if loss < self.loss:
            self.epoch, self.loss, self.waited = epoch, loss, 0
            self.variables = values_of(kept_variables(model))
        else:
            self.waited += 1

    def start(self, epoch, loss, model):
        """Begin with the network as it is: that of `epoch`, whose validation loss is `loss`.

        A loss that is not finite is one that any epoch beats.
        """
        self.epoch, self.waited = epoch, 0
        self.loss = loss if np.isfinite(loss) else np.inf
        self.variables = values_of(kept_variables(model))

    @property
    def exhausted(self):
        """Whether training should stop."""
        return self.patience is not None and self.waited >= self.patience

    def restore(self, model):
        """Give `model` the variables of the best epoch, if there is one."""
        if self.variables is not None:
            assign(kept_variables(model), self.variables)


def kept_variables(model):
    """The variables that a best epoch consists of, averages of the optimizer included."""
    return [*model.variables, *_averages(model.optimizer)]


def start_averages(model):
    """Let the optimizer's averages of the weights begin with the weights as they are."""
    averages = _averages(model.optimizer)
    if averages:
        assign(averages, model.trainable_variables)


@contextlib.contextmanager
def averaged(model):
    """`model` with the optimizer's averages as its weights for a while, if it keeps any."""
    averages = _averages(model.optimizer)
    weights = values_of(model.trainable_variables)
    if averages:
        assign(model.trainable_variables, values_of(averages))
    try:
        yield
    finally:
        assign(model.trainable_variables, weights)


def values_of(variables):
    """Copies of the values of Keras variables, as arrays."""
    return [np.array(variable.numpy()) for variable in variables]


def assign(variables, values):
    """Give Keras variables these values."""
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)


def _averages(optimizer):
    return getattr(optimizer, "_model_variables_moving_average", None) or ()
