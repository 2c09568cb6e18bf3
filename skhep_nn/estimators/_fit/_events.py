"""Events of a fit: what the network reads of them, their classes and weights."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from skhep_nn import _weights
from skhep_nn.training._mapped import rows_of


@dataclass
class Events:
    """Features, class numbers and weights of some events.

    Parameters
    ----------
    x : ndarray, MappedRows, or dict of str to these
    codes, weights : ndarray of shape (n_events,)
    groups : ndarray of shape (n_events,) or None
        What the balancer balances, if not the classes.
    processes : ndarray of str of shape (n_events,) or None
        The process of each event, where batches are drawn by it.
    strata : ndarray of int of shape (n_events,) or None
        Numbers of the groups within a class that are to weigh the same, if there are any.
    redraw : callable or None
        What changes the events before each epoch, see :class:`skhep_nn.training.Plan`.
    """

    x: object
    codes: np.ndarray
    weights: np.ndarray
    groups: np.ndarray | None = None
    processes: np.ndarray | None = None
    strata: np.ndarray | None = None
    redraw: object = None

    def __len__(self):
        return len(self.codes)

    def at(self, rows):
        """The events `rows`; those on disk stay there."""
        x = self.x
        x = {k: rows_of(a, rows) for k, a in x.items()} if isinstance(x, dict) else rows_of(x, rows)
        of_each = (self.codes, self.weights, self.groups, self.processes, self.strata)
        return Events(x, *(None if values is None else values[rows] for values in of_each))


def unweighted(x, codes):
    """Events that all weigh the same."""
    return Events(x, codes, np.ones(len(codes)))


def has_every_class(*parts):
    """Whether each class of the first part has a positive sum of weights in all parts."""
    n_classes = int(parts[0].codes.max()) + 1
    sums = [_weights.class_sums(part.codes, part.weights, n_classes) for part in parts]
    present = np.bincount(parts[0].codes, minlength=n_classes) > 0
    return all((s[present] > 0).all() for s in sums)


def has_every_stratum(*parts):
    """Whether the weights of each stratum that has events in a part have a positive sum there."""
    return all((sums_of_strata(part) > 0).all() for part in parts if part.strata is not None)


def sums_of_strata(events):
    """Sum of weights of each stratum that has events."""
    return np.bincount(numbered(events.strata), weights=events.weights)


def numbered(groups):
    """Numbers of groups, without gaps."""
    return np.unique(groups, return_inverse=True)[1]
