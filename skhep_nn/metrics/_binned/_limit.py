"""Expected upper limit on the signal strength, by the CLs method with asymptotic formulas."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.stats import norm

from skhep_nn.metrics._binned import _fit

_BANDS = (-2.0, -1.0, 0.0, 1.0, 2.0)
# below it the test statistic is lost in its rounding
LEAST_LEVEL = 0.001
_MOST = 1e30
_MOST_MINIMA = 5
_ENOUGH = 1e-4


@dataclass(frozen=True)
class ExpectedLimit:
    """Expected upper limit on the signal strength if there is no signal.

    Attributes
    ----------
    median : float
        As a multiple of the signal that was given.
    band_68, band_95 : tuple of float
        Between which 68 % and 95 % of the limits lie.
    confidence_level : float
    """

    median: float
    band_68: tuple
    band_95: tuple
    confidence_level: float


def expected_limit(likelihood, confidence_level):
    """Signal strengths that are excluded, for background fluctuations of -2 to 2 deviations.

    With q the test statistic of the expected data without signal and N the fluctuation, the
    limit is where CLs = (1 - Phi(sqrt(q) - N)) / Phi(N) = 1 - `confidence_level`.
    """
    roots, start = [], np.zeros(likelihood.n_variations)
    for n in _BANDS:
        target = n + norm.isf((1 - confidence_level) * norm.cdf(n))
        root, start = _strength(likelihood, target, start)
        roots.append(root)
    low95, low68, median, high68, high95 = roots
    return ExpectedLimit(median, (low68, high68), (low95, high95), confidence_level)


def _strength(likelihood, target, start):
    """(signal strength at which the test statistic is `target` squared, nuisances there).

    On the way the nuisances follow the signal strength; at its end other minima are tried.
    """
    mu = np.inf
    for _ in range(_MOST_MINIMA):
        mu, theta = _root(likelihood, target, start)
        if not np.isfinite(mu):
            break
        found = _fit.fit(likelihood, likelihood.background, mu=mu, start=theta)
        start = found.theta
        if abs(_excess(found, target)) < _ENOUGH:
            break
    return mu, start


def _root(likelihood, target, start):
    latest = [start]

    def excess(mu):
        found = _fit.fit(likelihood, likelihood.background, mu=mu, start=latest[0], sweeps=0)
        latest[0] = found.theta
        return _excess(found, target)

    high = 1.0
    while excess(high) < 0:
        high *= 2
        if high > _MOST:
            return np.inf, latest[0]
    low = high / 2
    while excess(low) > 0:
        low, high = low / 2, low
        if low < 1 / _MOST:
            return 0.0, latest[0]
    return float(brentq(excess, low, high, rtol=1e-6)), latest[0]


def _excess(found, target):
    return np.sqrt(max(found.deviance, 0.0)) - target
