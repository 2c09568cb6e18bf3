"""Edges of bins that maximise the significance where nuisances are common to all bins.

The deviance of a binning is the least over the nuisances, so that it is no sum over bins and the
best edges are no shortest path. For nuisances that are held it is one. So the nuisances are held,
the best binning for them is found, then the best nuisances for that binning, and so on, until both
are each other's answer: the saddle point, which the damped steps of fictitious play lead to (J.
Robinson, Ann. Math. 54 (1951) 296). Then each edge is moved by itself as long as that is of use.
What a binning has with nuisances that are held is never less than what it has with its own, so
that most moves need no fit.
"""

from __future__ import annotations

import numpy as np

from skhep_nn.metrics._binned import _fit
from skhep_nn.metrics._binned._likelihood import LEAST, BinnedLikelihood, profiled

_ROUNDS = 12
_SAME = 1e-3
_BETTER = 1e-9


class ProfiledIntervals:
    """Bins between any two candidate edges, with nuisances that are common to all of them.

    Parameters
    ----------
    sums : Intervals
    allowed : ndarray of bool of shape (n_edges, n_edges)
    error : ndarray of shape (n_edges, n_edges)
        Relative uncertainty of the background, independent from bin to bin.
    slopes : ndarray of shape (2, n_variations, n_edges, n_edges)
        Change of the background per unit of each nuisance, where it is negative and positive.
    """

    def __init__(self, sums, allowed, error, slopes):
        self._sums = sums
        self._allowed = allowed
        self._error = error
        self._slopes = slopes
        self._known = {}

    def gains(self, theta):
        """What each interval adds with the nuisances at `theta`; -inf where it is no bin."""
        at, out = self._allowed, np.full(self._allowed.shape, -np.inf)
        slopes = self._slopes[(theta > 0).astype(int), np.arange(len(theta))][:, at]
        s, b = self._sums.signal[at], self._sums.background[at]
        varied = np.maximum(b + theta @ slopes, LEAST * b)
        out[at] = profiled(s + b, 0.0, varied, self._error[at])[0]
        return out

    def profile(self, inner):
        """(deviance, nuisances) of a binning without signal, the nuisances at their best."""
        found = self._known.get(inner)
        if found is None:
            path = [0, *inner, len(self._allowed) - 1]
            at = path[:-1], path[1:]
            signal, background = self._sums.signal[at], self._sums.background[at]
            slopes = self._slopes[:, :, path[:-1], path[1:]]
            likelihood = BinnedLikelihood(
                signal, background, self._error[at], np.zeros_like(slopes), slopes
            )
            fit = _fit.fit(likelihood, signal + background, mu=0.0)
            found = self._known[inner] = fit.deviance, fit.theta
        return found


def best_profiled(intervals, n_bins, inner, best_path):
    """A binning of `n_bins` of highest deviance, from one that is allowed.

    Parameters
    ----------
    intervals : ProfiledIntervals
    n_bins : int
    inner : tuple of int
        Positions of inner edges to begin with.
    best_path : callable
        ``best_path(gains, n_bins)``: the binning of the highest sum.

    Returns
    -------
    (float, tuple of int)
        Deviance and positions of the inner edges.
    """
    tried, point = [inner], intervals.profile(inner)[1]
    for number in range(2, 2 + _ROUNDS):
        inner = best_path(intervals.gains(point), n_bins)
        tried.append(inner)
        step = intervals.profile(inner)[1] - point
        if np.abs(step).max(initial=0.0) < _SAME:
            break
        point = point + step / number
    return _moved(intervals, max(tried, key=lambda one: intervals.profile(one)[0]))


def _moved(intervals, inner):
    """The best binning that moves of one edge after the other lead to."""
    value, theta = intervals.profile(inner)
    last, improved = len(intervals.gains(theta)) - 1, True
    while improved:
        improved = False
        for place in range(len(inner)):
            gains = intervals.gains(theta)
            low, high = ([0, *inner, last][at] for at in (place, place + 2))
            # of this edge anywhere between its neighbours, the others and the nuisances held
            now = gains[low, inner[place]] + gains[inner[place], high]
            rises = gains[low, low + 1 : high] + gains[low + 1 : high, high] - now
            for at in np.argsort(-rises):
                if rises[at] <= _BETTER * value:
                    break
                other = (*inner[:place], low + 1 + int(at), *inner[place + 1 :])
                found = intervals.profile(other)
                if found[0] > value * (1 + _BETTER):
                    inner, (value, theta), improved = other, found, True
                    break
    return value, inner
