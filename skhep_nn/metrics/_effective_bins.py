"""Bins of a score that have equal effective numbers of events."""

from __future__ import annotations

import numpy as np

# places where a bin may begin; more would be finer than any error
_MOST_PLACES = 5000
_BISECTIONS = 40


def equal_effective_edges(scores, weights, n_bins, least):
    """Edges in [0, 1] of `n_bins` bins whose effective numbers of events are as equal as can be.

    The effective number of a bin, (sum w)^2 / sum w^2, is not the sum of those of its parts. So
    bins are filled from below, each until it reaches a number, and the number is the largest that
    `n_bins` of them reach. Every bin has a positive sum of weights.

    Parameters
    ----------
    scores : ndarray of shape (n_events,)
        In [0, 1]; equal scores stay together.
    weights : ndarray of shape (n_events,)
        Of either sign, with a positive sum.
    n_bins : int
    least : float
        Effective number that a bin must reach; there are fewer bins where events do not suffice.

    Returns
    -------
    ndarray of shape (at most n_bins + 1,)
    """
    order = np.argsort(scores)
    scores, weights = scores[order], weights[order]
    # no bin has more effective events than events
    least = min(least, len(scores) + 1)
    places = _places(scores)
    sums, squares = (_up_to(places, values) for values in (weights, weights**2))
    begins = _filled(sums, squares, n_bins, least)
    if len(begins) == n_bins:
        # a bin has at most as many effective events as events
        begins = _most_even(sums, squares, n_bins, least, len(scores))
    return _edges(scores, places[_with_positive_rest(sums, begins)])


def _places(scores):
    """Where a bin may begin, and the end: event numbers at which the score changes."""
    changes = np.flatnonzero(np.diff(scores) > 0) + 1
    if len(changes) > _MOST_PLACES:
        at = np.linspace(0, len(scores), _MOST_PLACES + 1)[1:-1]
        changes = np.unique(changes[np.searchsorted(changes, at).clip(max=len(changes) - 1)])
    return np.concatenate([[0], changes, [len(scores)]])


def _up_to(places, values):
    return np.append(0.0, np.cumsum(values))[places]


def _most_even(sums, squares, n_bins, least, most):
    low, high = least, most
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        enough = len(_filled(sums, squares, n_bins, middle)) == n_bins
        low, high = (middle, high) if enough else (low, middle)
    return _filled(sums, squares, n_bins, low)


def _filled(sums, squares, n_bins, number):
    """Places at which the bins begin, at most `n_bins`, that reach the effective `number`."""
    begins, at = [], 0
    while len(begins) < n_bins:
        of_bin = sums[at + 1 :] - sums[at]
        reached = (of_bin > 0) & (of_bin**2 >= number * (squares[at + 1 :] - squares[at]))
        if not reached.any():
            break
        begins.append(at)
        at += 1 + int(reached.argmax())
    return begins or [0]


def _with_positive_rest(sums, begins):
    """`begins` without the last ones, if what is left behind them has no positive sum."""
    while len(begins) > 1 and not sums[-1] - sums[begins[-1]] > 0:
        begins = begins[:-1]
    return begins


def _edges(scores, begins):
    below, above = scores[begins[1:] - 1], scores[begins[1:]]
    middle = below / 2 + above / 2
    return np.unique([0.0, *np.where(middle > below, middle, above), 1.0])
