"""Expected calibration error of weighted events, with its error and what chance alone makes."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from skhep_nn import _weights
from skhep_nn.metrics import _inputs
from skhep_nn.metrics._calibration_curve import bin_numbers, check_total, edges_of


class CalibrationError(NamedTuple):
    """Result of :func:`expected_calibration_error`.

    Attributes
    ----------
    value : float
        The expected calibration error.
    error : float
        Its standard error.
    by_chance : float
        The value that perfect predictions would have on such events, on average.
    """

    value: float
    error: float
    by_chance: float


def expected_calibration_error(
    y_true, probability, sample_weight=None, *, bins=10, min_effective_events=10.0, signal=1
):
    r"""Mean distance of predicted probability and fraction of signal, over bins of the prediction.

    Parameters
    ----------
    y_true : array-like of shape (n_events,)
        Class labels of any type; every class other than `signal` is background.
    probability : array-like of shape (n_events,)
        Predicted probability of `signal`.
    sample_weight : array-like of shape (n_events,) or number, default=None
        Event weights of either sign, with a positive sum; their scale does not matter.
    bins, min_effective_events
        As in :func:`calibration_curve`: bins that adapt, or edges.
    signal : label or list of labels, default=1

    Returns
    -------
    CalibrationError
        ``value``, ``error`` and ``by_chance``. The value is never negative, so it is above zero
        by chance alone: compare it with ``by_chance``.

    Raises
    ------
    ValueError, WeightError
        As :func:`calibration_curve` does.

    Notes
    -----
    With :math:`D_b = \sum_{i \in b} w_i (y_i - p_i)` of a bin,

    .. math:: \mathrm{ECE} = \frac{\sum_b |D_b|}{\sum_i w_i}

    (M. P. Naeini et al., AAAI 2015; the bins there are even). :math:`D_b` has the variance
    :math:`\sigma_b^2 = \sum w_i^2 (y_i - p_i)^2`, so perfect predictions give
    :math:`\sqrt{2 / \pi} \sum_b \sigma_b / \sum_i w_i`. The error takes :math:`D_b` for
    normal variables around :math:`\sqrt\lambda D_b`, with James and Stein's
    :math:`\lambda = \max(0, 1 - n_b / \sum_b D_b^2 / \sigma_b^2)` for :math:`n_b` bins, and covers
    how far the value scatters around its mean over samples. Of a calibration error well above
    ``by_chance`` that mean is the true one.

    Examples
    --------
    >>> import numpy as np
    >>> from skhep_nn.metrics import expected_calibration_error
    >>> y = np.repeat([1, 0, 1, 0], [100, 400, 300, 200])
    >>> found = expected_calibration_error(y, np.repeat([0.25, 0.5], 500), bins=[0, 0.4, 1])
    >>> [round(number, 4) for number in found]
    [0.075, 0.0141, 0.0161]
    """
    mask = _inputs.signal_mask(y_true, signal)
    p = _inputs.probabilities(probability, len(mask))
    weights = _inputs.check_weights(sample_weight, len(mask))
    check_total(weights)
    weights = _weights.of_moderate_scale(weights)
    at, n_bins, inside = _binned(p, edges_of(p, weights, bins, min_effective_events))
    return _of_differences(at, n_bins, weights[inside], (mask - p)[inside])


def _binned(p, edges):
    """Bins of the events that are in one, their number, and which events these are."""
    at, n_bins = bin_numbers(p, edges), len(edges) - 1
    inside = (at >= 0) & (at < n_bins)
    return at[inside], n_bins, inside


def _of_differences(at, n_bins, weights, differences):
    def sums(values):
        return np.bincount(at, weights=values, minlength=n_bins)

    check_total(weights)
    total = weights.sum()
    off, squares = sums(weights * differences), sums(np.square(weights * differences))
    value = np.abs(off).sum() / total
    # the total, by which is divided, fluctuates together with the differences
    together = np.dot(np.sign(off), sums(weights**2 * differences))
    variance = _folded_variance(off, squares).sum() - 2 * value * together
    variance += value**2 * np.sum(weights**2)
    by_chance = np.sqrt(2 / np.pi) * np.sqrt(squares).sum() / total
    error = np.sqrt(max(variance, 0.0)) / total
    return CalibrationError(float(value), float(error), float(by_chance))


def _folded_variance(off, squares):
    """Variance of absolute values of what has the variances `squares` and was found at `off`."""
    from scipy.special import erf

    sigma = np.sqrt(squares)
    ratio = np.divide(np.abs(off), sigma, out=np.zeros_like(sigma), where=sigma > 0)
    chi2 = np.sum(ratio**2)
    ratio *= np.sqrt(max(0.0, 1 - np.count_nonzero(sigma) / chi2)) if chi2 > 0 else 0.0
    mean = ratio * sigma
    folded = np.sqrt(2 / np.pi) * sigma * np.exp(-(ratio**2) / 2) + mean * erf(ratio / np.sqrt(2))
    return mean**2 + squares - folded**2
