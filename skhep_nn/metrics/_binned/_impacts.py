"""What each systematic uncertainty does to the measured signal strength and the significance."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from skhep_nn.metrics._binned import _fit
from skhep_nn.metrics._binned._discovery import discovery

BINS = "bins"


def impacts(likelihood, names):
    """A row per nuisance: its constraint, its impacts, and the significance without it.

    Parameters
    ----------
    likelihood : BinnedLikelihood
    names : sequence of str

    Returns
    -------
    DataFrame
    """
    import pandas as pd

    rows, widths = {}, constraints(likelihood)
    theta = discovery(likelihood)[1]
    for k, name in enumerate(names):
        rows[name] = {
            "constraint": widths[k],
            "impact_up": _shift(likelihood, {k: widths[k]}),
            "impact_down": _shift(likelihood, {k: -widths[k]}),
            "significance_without": _significance(_without(likelihood, k), np.delete(theta, k)),
        }
    certain = replace(likelihood, relative_error=np.zeros_like(likelihood.relative_error))
    rows[BINS] = {"significance_without": _significance(certain, theta)}
    columns = ["constraint", "impact_up", "impact_down", "significance_without"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns)


def constraints(likelihood):
    """Standard deviations of the nuisances after the fit of the expected data, by its Hessian.

    A nuisance with different slopes on either side has the mean of both.
    """
    n = likelihood.n_variations
    signal, background = (
        slopes.mean(axis=0) for slopes in (likelihood.signal_slopes, likelihood.background_slopes)
    )
    slopes = np.vstack([likelihood.signal, signal + background])
    nu = likelihood.signal + likelihood.background
    variance = nu + (likelihood.relative_error * likelihood.background) ** 2
    hessian = (slopes / variance) @ slopes.T
    hessian[1:, 1:] += np.eye(n)
    return np.sqrt(np.diag(np.linalg.inv(hessian))[1:])


def _significance(likelihood, start):
    return discovery(likelihood, start, sweeps=0)[0]


def _shift(likelihood, fixed):
    data = likelihood.signal + likelihood.background
    return _fit.fit(likelihood, data, fixed=fixed, sweeps=0).mu - 1.0


def _without(likelihood, k):
    return replace(
        likelihood,
        signal_slopes=np.delete(likelihood.signal_slopes, k, axis=1),
        background_slopes=np.delete(likelihood.background_slopes, k, axis=1),
    )
