"""Calibration curve of weighted events: fraction of signal against predicted probability."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from skhep_nn import _choices, _floats, _weights
from skhep_nn._shown import shown
from skhep_nn.exceptions import WeightError
from skhep_nn.metrics import _effective_bins, _inputs

_MOST_BINS = 10_000


def calibration_curve(
    y_true, probability, sample_weight=None, *, bins=10, min_effective_events=10.0, signal=1
):
    r"""Weighted fraction of signal in bins of the predicted probability, with errors.

    Parameters
    ----------
    y_true : array-like of shape (n_events,)
        Class labels of any type; every class other than `signal` is background.
    probability : array-like of shape (n_events,)
        Predicted probability of `signal`, e.g. ``predict_proba(X)[:, 1]``. Of more than two classes
        each has its curve, that of its own column.
    sample_weight : array-like of shape (n_events,) or number, default=None
        Event weights of either sign, with a positive sum. None counts each event once.
    bins : int or array-like of shape (n_bins + 1,), default=10
        A number of bins that adapt, so that each has the same effective number of events; or
        edges, of which the last is inside. Events beyond the edges are left out.
    min_effective_events : float, default=10.0
        What an adapting bin has at least; of few events there are fewer bins.
    signal : label or list of labels, default=1

    Returns
    -------
    CalibrationCurve

    Raises
    ------
    ValueError
        If there is no signal or no background, lengths differ, a probability is not in [0, 1], or
        `bins` are no bins.
    WeightError
        If weights are not finite numbers, one per event, or sum to nothing or less.

    Notes
    -----
    With :math:`y_i = 1` for signal, the fraction in a bin is
    :math:`f = \sum w_i y_i / \sum w_i`, and its error, that of a weighted mean,

    .. math:: V[f] = \frac{n}{n - 1} \frac{\sum w_i^2 (y_i - f)^2}{(\sum w_i)^2}

    for :math:`n` events, the binomial error for unit weights. It would be zero in a bin without
    signal (or without background). There one event more could have been, so the error is that of
    one event with the root mean square of the weights of the missing class. The effective number
    of events is :math:`(\sum w_i)^2 / \sum w_i^2`.

    Examples
    --------
    >>> import numpy as np
    >>> from skhep_nn.metrics import calibration_curve
    >>> y = np.repeat([1, 0, 1, 0], [10, 40, 30, 20])
    >>> curve = calibration_curve(y, np.repeat([0.25, 0.5], 50), bins=2)
    >>> curve.probability.tolist(), curve.fraction.tolist()
    ([0.25, 0.5], [0.2, 0.6])
    >>> curve.error.round(3).tolist()
    [0.057, 0.07]
    """
    mask = _inputs.signal_mask(y_true, signal)
    p = _inputs.probabilities(probability, len(mask))
    weights = _inputs.check_weights(sample_weight, len(mask))
    _weights.check_squares(weights)
    check_total(weights)
    edges = edges_of(p, weights, bins, min_effective_events)
    return _curve(mask, p, weights, edges)


def check_total(weights):
    """Raise if all weights sum to nothing or less: there is no fraction of such events."""
    if not weights.sum() > 0:
        msg = (
            f"sample_weight sums to {weights.sum():.6g}; a fraction of events needs a positive sum"
        )
        raise WeightError(msg)


def edges_of(p, weights, bins, min_effective_events):
    """Edges of bins that adapt, for a number of them, or `bins` themselves."""
    least = _floats.not_negative(min_effective_events, "min_effective_events")
    if not _choices.is_whole(bins):
        return _inputs.increasing_edges(bins)
    if not 1 <= bins <= _MOST_BINS:
        msg = f"bins={shown(bins)}; a number of bins must be >= 1 and at most {_MOST_BINS}"
        raise ValueError(msg)
    return _effective_bins.equal_effective_edges(p, weights, int(bins), least)


def bin_numbers(p, edges):
    """The bin of each event; -1 or the number of bins beyond the edges."""
    at = np.searchsorted(edges, p, side="right") - 1
    at[p == edges[-1]] = len(edges) - 2
    return at


@dataclass(frozen=True, repr=False)
class CalibrationCurve:
    """Result of :func:`calibration_curve`; the arrays have one entry per bin.

    Attributes
    ----------
    edges : ndarray of shape (n_bins + 1,)
        Of the predicted probability; they serve as ``bins`` of other samples and of
        :func:`closure_test`.
    probability : ndarray
        Weighted mean of the prediction, NaN where the weights have no positive sum.
    fraction : ndarray
        Weighted fraction of signal. With negative weights it may leave [0, 1].
    error : ndarray
        Standard error of `fraction`.
    effective_events : ndarray
        Effective numbers of events.
    total : ndarray
        Sums of weights.
    """

    edges: np.ndarray
    probability: np.ndarray
    fraction: np.ndarray
    error: np.ndarray
    effective_events: np.ndarray
    total: np.ndarray

    def __repr__(self):
        return f"CalibrationCurve({len(self.fraction)} bins)"

    def to_frame(self):
        """All of it as a table.

        Returns
        -------
        DataFrame
            A row per bin, with its ends ``low`` and ``high``.
        """
        import pandas as pd

        names = ("probability", "fraction", "error", "effective_events", "total")
        columns = {"low": self.edges[:-1], "high": self.edges[1:]}
        return pd.DataFrame(columns | {name: getattr(self, name) for name in names})


def _curve(mask, p, weights, edges):
    n_bins, at = len(edges) - 1, bin_numbers(p, edges)
    inside = (at >= 0) & (at < n_bins) & (weights != 0)
    at, mask, p, weights = at[inside], mask[inside], p[inside], weights[inside]

    def sums(values):
        return np.bincount(at, weights=values, minlength=n_bins)

    total, squares = sums(weights), sums(weights**2)
    positive = np.where(total > 0, total, np.nan)
    fraction = sums(weights * mask) / positive
    spread = sums(np.square(weights * (mask - fraction[at])))
    error = np.sqrt(_unbiased(spread, sums(np.ones(len(at))))) / positive
    for side in (mask, ~mask):
        of_one = np.sqrt(np.mean(np.square(weights[side]))) if side.any() else np.nan
        error = np.where(sums(side.astype(float)) == 0, of_one / positive, error)
    effective = np.divide(total**2, squares, out=np.zeros(n_bins), where=squares > 0)
    return CalibrationCurve(edges, sums(weights * p) / positive, fraction, error, effective, total)


def _unbiased(squares, n_events):
    # of one event alone nothing is left, and the error is that of the missing class
    return squares * n_events / np.maximum(n_events - 1, 1)
