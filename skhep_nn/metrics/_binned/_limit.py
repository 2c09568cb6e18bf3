"""Expected upper limit on the signal strength, by the CLs method with asymptotic formulas."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.stats import norm

from skhep_nn.metrics._binned import _fit

_BANDS = (-2.0, -1.0, 0.0, 1.0, 2.0)
_MOST_DOUBLINGS = 200


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
        roots.append(_strength(likelihood, target, start))
    low95, low68, median, high68, high95 = roots
    return ExpectedLimit(median, (low68, high68), (low95, high95), confidence_level)


def _strength(likelihood, target, start):
    """Signal strength at which the test statistic is `target` squared."""

    def excess(mu):
        found = _fit.fit(likelihood, likelihood.background, mu=mu, start=start)
        return np.sqrt(max(found.deviance, 0.0)) - target

    high = 1.0
    for _ in range(_MOST_DOUBLINGS):
        if excess(high) > 0:
            break
        high *= 2
    else:
        return float("inf")
    low = high / 2
    while excess(low) > 0:
        low, high = low / 2, low
    return float(brentq(excess, low, high, rtol=1e-6))
