"""Minimum of the deviance over nuisance parameters and signal strength, with SciPy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

# standard deviations that a nuisance may be pulled by, as in pyhf
MOST = 5.0
_ENOUGH = 1e-10
_OPTIONS = {"ftol": 1e-13, "maxiter": 500}


@dataclass(frozen=True)
class Fit:
    """The minimum: its deviance, signal strength and nuisance parameters."""

    deviance: float
    mu: float
    theta: np.ndarray


def fit(likelihood, data, *, mu=None, fixed=None, start=None, sweeps=3):
    """The best nuisance parameters, and the best signal strength unless it is given.

    A nuisance has two slopes, one on either side of zero, so that there may be a minimum on each.
    From the minimum that is found first, every nuisance with a kink is tried on its other side.

    Parameters
    ----------
    likelihood : BinnedLikelihood
    data : ndarray of shape (n_bins,)
    mu : float, default=None
        None: free.
    fixed : dict of int to float, default=None
        Nuisances that are held at a value.
    start : ndarray of shape (n_variations,), default=None
        Where to begin, e.g. the minimum for similar data.
    sweeps : int, default=3
        How often all other sides are tried; 0 where a minimum for similar data is given.

    Returns
    -------
    Fit
    """
    n, fixed = likelihood.n_variations, {} if fixed is None else fixed
    theta = np.zeros(n) if start is None else np.array(start, dtype=float)
    theta[[*fixed]] = [*fixed.values()]
    free = ~np.isin(np.arange(n), [*fixed])
    found = Fit(np.inf, 1.0 if mu is None else mu, theta)
    if n == 0 and mu is not None:
        return Fit(likelihood.deviance(data, mu, theta, likelihood.slopes(theta > 0))[0], mu, theta)
    found = _descended(likelihood, data, found, mu, free)
    kinked = np.flatnonzero(free & likelihood.has_kink)
    for _ in range(sweeps):
        before = found.deviance
        for k in kinked:
            other = _descended(likelihood, data, _turned(found, k), mu, free)
            found = other if _is_better(other, found) else found
        if not before > found.deviance:
            break
    return found


def _turned(found, k):
    """The same minimum with nuisance `k` on its other side."""
    theta = found.theta.copy()
    theta[k] = np.clip(-np.sign(theta[k] or 1.0) * max(np.abs(theta[k]), 0.3), -MOST, MOST)
    return Fit(np.inf, found.mu, theta)


def _is_better(one, other):
    return other.deviance - one.deviance > _ENOUGH * max(1.0, one.deviance)


def _descended(likelihood, data, found, mu, free):
    """The minimum that lies downhill.

    On its own side each nuisance is smooth, so the minimum is looked for within sides; where it
    lies at zero and the other side goes down from there, the search goes on in the other side.
    """
    at_zero = free & (found.theta == 0)
    sides = _downhill(likelihood, data, found, found.theta > 0, at_zero)
    for _ in range(2 + 2 * likelihood.n_variations):
        better = _within(likelihood, data, found, mu, sides, free)
        if not _is_better(better, found):
            return min(found, better, key=lambda one: one.deviance)
        found = better
        turned = _downhill(likelihood, data, found, sides, free & (np.abs(found.theta) < 1e-9))
        if (turned == sides).all():
            break
        sides = turned
    return found


def _downhill(likelihood, data, at, sides, candidates):
    """`sides`, with those of `candidates`, which are at zero, on the side that goes down most."""
    if not candidates.any():
        return sides
    descents = []
    for positive in (False, True):
        there = np.where(candidates, positive, sides)
        slope = likelihood.deviance(data, at.mu, at.theta, likelihood.slopes(there))[2]
        descents.append(slope if not positive else -slope)
    down, up = descents
    best = np.where(np.maximum(down, up) > 1e-9, up > down, sides)
    return np.where(candidates, best, sides)


def _within(likelihood, data, begin, mu, sides, free):
    slopes = likelihood.slopes(sides)

    def function(x):
        value, slope_mu, slope_theta = likelihood.deviance(data, x[0], x[1:], slopes)
        return value, np.concatenate([[slope_mu], slope_theta])

    low = np.where(free, np.where(sides, 0.0, -MOST), begin.theta)
    high = np.where(free, np.where(sides, MOST, 0.0), begin.theta)
    bounds = [(mu, mu), *zip(low, high, strict=True)]
    start = np.concatenate([[begin.mu], np.clip(begin.theta, low, high)])
    done = minimize(function, start, jac=True, method="SLSQP", bounds=bounds, options=_OPTIONS)
    return Fit(float(done.fun), float(done.x[0]), done.x[1:])
