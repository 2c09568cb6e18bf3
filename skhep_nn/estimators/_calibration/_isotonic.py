"""Isotonic regression of labels on scores, with event weights of either sign."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.isotonic import isotonic_regression

# distinct scores that are looked at where weights are negative; neighbours are pooled beyond
_MOST_PLACES = 100_000


@dataclass(frozen=True)
class IsotonicMap:
    """Probability that is constant within each pool of events and linear in between.

    Parameters
    ----------
    x : ndarray of shape (n_points,)
        First and last score of each pool.
    y : ndarray of shape (n_points,)
        Fraction of signal there, not falling.
    """

    x: np.ndarray
    y: np.ndarray

    @classmethod
    def fitted(cls, scores, is_signal, weights, resolution=None):
        """The map of events; see :func:`pools`."""
        del resolution
        low, high, values = pools(scores, is_signal, weights)
        ends = np.column_stack([low, high]).ravel()
        both = np.append(True, np.diff(ends) > 0)
        return cls(ends[both], np.repeat(values, 2)[both])

    def __call__(self, scores):
        """Probabilities of signal."""
        return np.interp(scores, self.x, self.y)


def pools(scores, is_signal, weights):
    """Pools of neighbouring scores, each with its weighted fraction of signal.

    With positive weights they are those of isotonic regression. A pool whose weights have no
    positive sum, or whose fraction would leave [0, 1], has no fraction: with weights of either sign
    it is pooled with its neighbours. With the sums of background and signal up to each score as a
    path in the plane, the pools are steps up its lower convex hull, each of which goes right and
    up: the next step is the one with the lowest fraction that leaves background and signal to come.
    So fractions do not fall, and each is the signal of its pool over all of its pool: the sum of
    weights times fractions is the sum of weights of signal.

    Parameters
    ----------
    scores : ndarray of shape (n_events,)
    is_signal : ndarray of bool of shape (n_events,)
    weights : ndarray of shape (n_events,)
        Each class with a positive sum.

    Returns
    -------
    low, high, fraction : ndarray of shape (n_pools,)
        First and last score of each pool.
    """
    counted = weights != 0
    order = np.argsort(scores[counted])
    scores, is_signal, weights = (v[counted][order] for v in (scores, is_signal, weights))
    starts = np.append(0, np.flatnonzero(np.diff(scores) > 0) + 1)
    signal = np.add.reduceat(np.where(is_signal, weights, 0.0), starts)
    background = np.add.reduceat(np.where(is_signal, 0.0, weights), starts)
    if min(signal.min(), background.min()) >= 0:
        begins = _of_positive(signal, background)
    else:
        begins = _of_either_sign(signal, background)
    ends = np.append(begins[1:], len(starts))
    low, high = scores[starts[begins]], scores[np.append(starts, len(scores))[ends] - 1]
    signal, background = (np.add.reduceat(part, begins) for part in (signal, background))
    # within rounding they are there already
    fraction = np.clip(signal / (signal + background), 0.0, 1.0)
    return low, high, np.maximum.accumulate(fraction)


def _of_positive(signal, background):
    """Where the pools begin, by scikit-learn's pooling of adjacent violators."""
    total = signal + background
    fitted = isotonic_regression(signal / total, sample_weight=total)
    return np.append(0, np.flatnonzero(np.diff(fitted) > 0) + 1)


def _of_either_sign(signal, background):
    places = _places(len(signal))
    right = np.append(0.0, np.cumsum(background))[places]
    up = np.append(0.0, np.cumsum(signal))[places]
    # a sum of many terms that is nothing is a rounding of it
    slack = 1e-12 * np.abs([*signal, *background]).sum()
    begins, at = [], 0
    while at < len(places) - 1:
        begins.append(places[at])
        at += 1 + _next(right[at + 1 :] - right[at], up[at + 1 :] - up[at], slack)
    return np.array(begins)


def _places(n):
    if n <= _MOST_PLACES:
        return np.arange(n + 1)
    return np.linspace(0, n, _MOST_PLACES + 1).astype(int)


def _next(right, up, slack):
    """The step with the lowest fraction of those that go right and up and leave room to do so."""
    left = (right[-1] - right, up[-1] - up)
    allowed = (np.minimum(right, up) >= -slack) & (right + up > slack)
    allowed &= (np.minimum(*left) >= -slack) & (np.add(*left) > slack)
    allowed[-1] = True
    fraction = np.divide(up, right + up, out=np.full(len(up), np.inf), where=allowed)
    # of steps in one direction the longest
    return len(fraction) - 1 - int(np.argmin(fraction[::-1]))
