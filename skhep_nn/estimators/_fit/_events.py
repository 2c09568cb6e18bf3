"""Events of a fit: what the network reads of them, their classes and weights."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from skhep_nn._pieces import pieces
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
    is_compact : bool
        Whether codes and weights are short numbers of their own, see :mod:`._compact`.
    """

    x: object
    codes: np.ndarray
    weights: np.ndarray
    groups: np.ndarray | None = None
    processes: np.ndarray | None = None
    strata: np.ndarray | None = None
    redraw: object = None
    is_compact: bool = False

    def __len__(self):
        return len(self.codes)

    def at(self, rows):
        """The events `rows`; those on disk stay there."""
        of_each = (self.codes, self.weights, self.groups, self.processes, self.strata)
        of_each = (None if values is None else values[rows] for values in of_each)
        return Events(self._features(rows), *of_each, is_compact=self.is_compact)

    def parted(self, inside):
        """The events outside and inside of a mask.

        Of compact events those outside get the very arrays, so that there is no copy: what is
        parted is of no more use.
        """
        rest, chosen = rows_where(~inside), rows_where(inside)
        more = (self.groups, self.processes, self.strata)
        if not self.is_compact or any(values is not None for values in more):
            return self.at(rest), self.at(chosen)
        parts = self._features(rest), self.at(chosen)
        codes, weights = (_drawn_together(a, inside) for a in (self.codes, self.weights))
        self.codes = self.weights = None
        return Events(parts[0], codes, weights, is_compact=True), parts[1]

    def _features(self, rows):
        x, shared = self.x, {}
        if isinstance(x, dict):
            return {name: rows_of(part, rows, shared) for name, part in x.items()}
        return rows_of(x, rows, shared)


def unweighted(x, codes):
    """Events that all weigh the same."""
    return Events(x, codes, np.ones(len(codes)))


def has_every_stratum(*parts):
    """Whether the weights of each stratum that has events in a part have a positive sum there."""
    return all((sums_of_strata(part) > 0).all() for part in parts if part.strata is not None)


def sums_of_strata(events):
    """Sum of weights of each stratum that has events."""
    return np.bincount(numbered(events.strata), weights=events.weights)


def rows_where(mask):
    """Numbers of the events in a mask: 4 bytes for each, where these hold them."""
    dtype = np.int32 if len(mask) < 2**31 else np.int64
    found, end = np.empty(int(np.count_nonzero(mask)), dtype), 0
    for part in pieces(len(mask)):
        rows = np.flatnonzero(mask[part])
        found[end : end + len(rows)] = rows + part.start
        end += len(rows)
    return found


def _drawn_together(values, gone):
    """`values` without those that are `gone`, in the same memory."""
    end = 0
    for part in pieces(len(values)):
        kept = values[part][~gone[part]]
        values[end : end + len(kept)] = kept
        end += len(kept)
    return values[:end]


def numbered(groups):
    """Numbers of groups, without gaps."""
    return np.unique(groups, return_inverse=True)[1]
