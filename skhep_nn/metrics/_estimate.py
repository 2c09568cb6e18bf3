"""A number with its statistical error."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Estimate(NamedTuple):
    """A number and its standard error, from the statistics of the events.

    Attributes
    ----------
    value : float
    error : float
        NaN of a single event.
    """

    value: float
    error: float


def weighted_mean(values, weights):
    r"""The weighted mean of one value per event, with its standard error.

    Events are independent and their number is not fixed, so that to first order

    .. math:: V = \frac{n}{n - 1} \frac{\sum w_i^2 (v_i - \bar v)^2}{(\sum w_i)^2}.

    Parameters
    ----------
    values, weights : ndarray of shape (n_events,)
        Weights of either sign, with a positive sum.

    Returns
    -------
    Estimate
    """
    total = weights.sum()
    mean = np.dot(weights, values) / total
    n_events = np.count_nonzero(weights)
    if n_events < 2:
        return Estimate(float(mean), np.nan)
    squares = np.sum(np.square(weights * (values - mean)))
    return Estimate(float(mean), float(np.sqrt(squares * n_events / (n_events - 1)) / total))
