"""Median significance of a discovery: the profile likelihood ratio of the expected data."""

from __future__ import annotations

import numpy as np

from skhep_nn.metrics._binned import _fit


def discovery(likelihood, start=None, **options):
    """(significance, nuisances of the fit without signal) for the expected data s + b.

    The data are those of a signal strength of one, which fits them perfectly, so that
    q0 is the deviance of the best fit without signal; `options` are those of `_fit.fit`.
    """
    data = likelihood.signal + likelihood.background
    found = _fit.fit(likelihood, data, mu=0.0, start=start, **options)
    return float(np.sqrt(max(found.deviance, 0.0))), found.theta


def discovery_at(likelihood, theta):
    """Significance with the nuisances of the fit without signal at `theta`."""
    data = likelihood.signal + likelihood.background
    found = likelihood.deviance(data, 0.0, theta, likelihood.slopes(theta > 0))
    return float(np.sqrt(max(found[0], 0.0)))
