"""Events, their labels and weights, as they go to those who fit one classifier of several.

Dask unpickles them in the thread that receives them, where nothing should import TensorFlow.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass

import numpy as np

from skhep_nn import _columns
from skhep_nn._dask import _by_path


@dataclass(frozen=True)
class Events:
    """Events to fit on.

    Parameters
    ----------
    X : table
    y : ndarray of shape (n_events,)
    weights : ndarray of shape (n_events,) or None
    """

    X: object
    y: np.ndarray
    weights: np.ndarray | None = None

    def __sizeof__(self):
        """Bytes, by which Dask decides to send the events once and not with each fit."""
        return sum(map(_n_bytes, (self.X, self.y, self.weights)))

    def __reduce__(self):
        return Events, tuple(map(_by_path.instead, (self.X, self.y, self.weights)))

    def at(self, rows):
        """Some of them."""
        weights = None if self.weights is None else self.weights[rows]
        return Events(_columns.rows(self.X, rows), self.y[rows], weights)


def _n_bytes(part):
    return getattr(part, "nbytes", None) or sys.getsizeof(part)
