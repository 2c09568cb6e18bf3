"""Weighted quantiles of a column, exact or by a sketch that a stream of events goes through."""

from __future__ import annotations

import numpy as np

# Distinct values up to which a sketch is exact; beyond, it keeps half as many.
SKETCH_SIZE = 20_000


class Distinct:
    """Distinct values of a column in rising order, with the sum of the weights at each.

    Parameters
    ----------
    values, weights : ndarray of shape (n_values,)
    """

    def __init__(self, values=(), weights=()):
        self.values = np.asarray(values, dtype=np.float64)
        self.weights = np.asarray(weights, dtype=np.float64)

    @classmethod
    def of(cls, column, weights=None):
        """The values of a column; NaN, and events without weight, are left out.

        Parameters
        ----------
        column, weights : ndarray of shape (n_events,)
            Negative weights count by their absolute value. None are ones.
        """
        weights = np.ones(len(column)) if weights is None else np.abs(weights)
        used = ~np.isnan(column) & (weights > 0)
        if not used.all():
            column, weights = column[used], weights[used]
        values, at = np.unique(column, return_inverse=True)
        return cls(values, np.bincount(at, weights, len(values)))

    def __len__(self):
        return len(self.values)

    def __getitem__(self, chosen):
        return Distinct(self.values[chosen], self.weights[chosen])

    def quantiles(self, fractions):
        """Quantiles by linear interpolation between the middles of the values' shares.

        An event of weight two is two events.

        Parameters
        ----------
        fractions : sequence of float
        """
        middles = (np.cumsum(self.weights) - self.weights / 2) / self.weights.sum()
        return np.interp(fractions, middles, self.values)

    def merged(self, other, size=SKETCH_SIZE):
        """This and other values together, as a sketch if there are more than `size`.

        Each time that a sketch is made, its quantiles move by at most ``2 / size`` in rank.
        """
        values, at = np.unique(np.concatenate([self.values, other.values]), return_inverse=True)
        weights = np.bincount(at, np.concatenate([self.weights, other.weights]), len(values))
        merged = Distinct(values, weights)
        return merged if len(values) <= size else merged._sketch(size // 2)

    def _sketch(self, size):
        """About `size` values that stand for shares of equal weight; the outermost stay."""
        ranks = np.cumsum(self.weights) - self.weights / 2
        group = np.minimum(ranks / self.weights.sum() * size, size - 1).astype(np.int64)
        group[0], group[-1] = -1, size
        starts = np.flatnonzero(np.diff(group, prepend=-2))
        ends = np.append(starts[1:], len(group))
        middles = (starts + ends - 1) // 2
        return Distinct(self.values[middles], np.add.reduceat(self.weights, starts))
