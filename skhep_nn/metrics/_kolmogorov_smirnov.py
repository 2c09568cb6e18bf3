"""Kolmogorov-Smirnov test of two weighted samples, the usual check for overtraining."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from skhep_nn import _floats, _weights
from skhep_nn.exceptions import WeightError


class KSResult(NamedTuple):
    """Largest distance of two distributions, and how probable a larger one is by chance."""

    statistic: float
    pvalue: float


def weighted_ks(a, b, weights_a=None, weights_b=None):
    r"""Two-sided Kolmogorov-Smirnov test of two weighted samples.

    Parameters
    ----------
    a, b : array-like of shape (n_events,)
        For instance the scores of training and test events of one class.
    weights_a, weights_b : array-like of shape (n_events,) or number, default=None
        Event weights of either sign, with positive sums. None counts each event once.

    Returns
    -------
    KSResult
        ``statistic`` is the largest distance of the weighted cumulative distributions;
        ``pvalue`` its asymptotic probability, for the effective numbers of events.

    Raises
    ------
    ValueError
        If a sample is empty, not one-dimensional or has NaN.
    WeightError
        If the weights of a sample sum to zero or less.

    Notes
    -----
    With :math:`n = n_a n_b / (n_a + n_b)` and :math:`n_a = (\sum w)^2 / \sum w^2`, the p-value is
    :math:`Q(\lambda) = 2 \sum_k (-1)^{k-1} e^{-2 k^2 \lambda^2}` at
    :math:`\lambda = (\sqrt n + 0.12 + 0.11 / \sqrt n) D` (M. A. Stephens, J. R. Stat. Soc. B 32
    (1970) 115; Numerical Recipes, 14.3). For weighted samples it is an approximation, as in
    ROOT: F. James, Statistical methods in experimental physics, 11.4. Binned data, and a network
    that was tuned on one of the samples, make it no longer a probability.

    Examples
    --------
    >>> from skhep_nn.metrics import weighted_ks
    >>> weighted_ks([1, 2, 3, 4], [3, 4, 5, 6]).statistic
    0.5
    >>> weighted_ks([1, 2], [1, 2], [3, 1], [1, 1]).statistic
    0.25
    """
    a, weights_a = _sample(a, weights_a, "a")
    b, weights_b = _sample(b, weights_b, "b")
    points = np.concatenate([a, b])
    points.sort()
    distance = _cumulative(a, weights_a, points) - _cumulative(b, weights_b, points)
    statistic = float(np.abs(distance).max())
    n_a, n_b = _weights.effective_events(weights_a), _weights.effective_events(weights_b)
    return KSResult(statistic, _probability(statistic, n_a * n_b / (n_a + n_b)))


def _sample(values, weights, name):
    values = _floats.real(values, name)
    if values.ndim != 1 or not len(values):
        msg = f"{name} must be a 1-D array with at least one event, got shape {values.shape}"
        raise ValueError(msg)
    if np.isnan(values).any():
        msg = f"{name} contains NaN: {np.isnan(values).sum()} of {len(values)} values"
        raise ValueError(msg)
    weights = _weights.check(1.0 if weights is None else weights, len(values), f"weights_{name}")
    if not weights.sum() > 0:
        msg = f"weights_{name} sums to {weights.sum():.6g}; a distribution needs a positive sum"
        raise WeightError(msg)
    return values, weights


def _cumulative(values, weights, points):
    order = np.argsort(values)
    sums = np.append(0.0, np.cumsum(weights[order]))
    return sums[np.searchsorted(values[order], points, side="right")] / sums[-1]


def _probability(statistic, n):
    scaled = (np.sqrt(n) + 0.12 + 0.11 / np.sqrt(n)) * statistic
    # each of the two series converges within a few terms on its side
    return float(np.clip(_upper(scaled) if scaled > 1 else 1 - _lower(scaled), 0, 1))


def _upper(x):
    k = np.arange(1, 11)
    return 2 * np.sum((-1.0) ** (k - 1) * np.exp(-2 * (k * x) ** 2))


def _lower(x):
    if x < 0.05:
        return 0.0
    k = np.arange(1, 21, 2)
    return np.sqrt(2 * np.pi) / x * np.sum(np.exp(-((k * np.pi / x) ** 2) / 8))
