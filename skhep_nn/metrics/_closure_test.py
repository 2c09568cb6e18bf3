"""Closure test of a predicted probability that is used as a weight."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from skhep_nn import _choices, _floats, _labels, _weights
from skhep_nn._shown import shown
from skhep_nn._warnings import warn
from skhep_nn.metrics import _inputs, _shapes

# a bin of small variance counts after all if it is off by so many errors of the least variance
_FAR_OFF = 5.0
# a sample that is as unlikely as this was hardly drawn by the probabilities
_CHANCE = 1e-6
_MOST_BINS = 1_000_000


def closure_test(
    y_true, probability, by, *, bins=20, sample_weight=None, signal=1, min_variance=5.0
):
    r"""Compare selected events with all events weighted by their predicted probability, in bins.

    A network that predicts the probability to be selected (an acceptance, an efficiency, the chance
    to pass a skim) replaces the selection by a weight. This is the test of that use, on events that
    neither trained nor stopped the network.

    Parameters
    ----------
    y_true : array-like of shape (n_events,)
        Labels.
    probability : array-like of shape (n_events,)
        Predicted probability of `signal`, e.g. ``predict_proba(X)[:, 1]``.
    by : array-like of shape (n_events,)
        The variable that is histogrammed; the predicted probability itself makes it the test of
        calibration of a reliability diagram.
    bins : int or array-like of shape (n_bins + 1,), default=20
        A number of bins of equal width between the ends of `by`, or edges. The last edge is inside;
        events beyond the edges are left out.
    sample_weight : array-like of shape (n_events,) or number, default=None
        Event weights of either sign.
    signal : label or list of labels, default=1
        The label of selected events.
    min_variance : float, default=5.0
        A bin is tested from this variance on, in squared event weights. With less, the number of
        selected events is too few (or too near to all) to have a Gaussian fluctuation. Such a bin
        is tested nevertheless if it is off by more than five errors of a bin of this variance, so
        that a prediction of 0 or 1 that is wrong does not go unnoticed.

    Returns
    -------
    ClosureTest

    Raises
    ------
    ValueError
        If lengths differ, a probability is not in [0, 1], `by` has NaN, `bins` are no bins
        or no event is in one.
    WeightError
        If weights are not finite numbers, one per event.

    Warns
    -----
    UserWarning
        If all events are selected, or none, which the probabilities make unlikely.

    Notes
    -----
    In a bin with the events :math:`i`, let :math:`y_i` be 1 for selected ones. The bin compares
    :math:`A = \sum w_i y_i` with :math:`P = \sum w_i p_i`. The events are given, and the same in
    both sums; what fluctuates is which of them are selected. If the prediction is right,
    :math:`y_i` are independent with :math:`E[y_i] = p_i` and variance :math:`p_i (1 - p_i)`, so

    .. math:: E[A - P] = 0, \qquad V[A - P] = \sum w_i^2 p_i (1 - p_i).

    :math:`\sum w_i^2 y_i + \sum w_i^2 p_i^2`, the variance of two independent histograms, would be
    too large by :math:`2 \sum w_i^2 p_i^2`, and make a prediction that is off look fine.
    Since no parameter is fitted to these events, the sum of squared pulls has the mean `n_bins`,
    and for the true probability ``chi2_per_bin`` is 1 up to :math:`\sqrt{2 / n}`.

    Examples
    --------
    >>> import numpy as np
    >>> from skhep_nn.metrics import closure_test
    >>> y = np.repeat([1, 0, 1, 0], [30, 70, 50, 50])
    >>> by = np.repeat([1, 2], 100)
    >>> test = closure_test(y, np.repeat([0.2, 0.5], 100), by, bins=[0.5, 1.5, 2.5])
    >>> test.counts.tolist(), np.round(test.pulls, 6).tolist()
    ([30.0, 50.0], [2.5, 0.0])
    >>> test.n_bins, round(test.chi2_per_bin, 6)
    (2, 3.125)
    """
    y = _inputs.labels(y_true)
    p, by = _inputs.probabilities(probability, len(y)), variable(by, len(y))
    weights = _inputs.check_weights(sample_weight, len(y))
    check_weights(weights, min_variance)
    edges, passed = edges_of(by, bins), selected(y, signal)
    _warn_of_one_kind(passed, p)
    return in_bins(passed, p, by, weights, edges, min_variance)


def in_bins(passed, p, by, weights, edges, min_variance):
    """Closure test of events of which those that `passed` were selected; there may be none."""
    at = np.searchsorted(edges, by, side="right") - 1
    at[by == edges[-1]] = len(edges) - 2
    inside = (at >= 0) & (at < len(edges) - 1)

    def sums(values):
        return np.bincount(at[inside], weights=values[inside], minlength=len(edges) - 1)

    squares = weights**2
    return ClosureTest(
        edges,
        total=sums(weights),
        counts=sums(weights * passed),
        expected=sums(weights * p),
        variance=sums(squares * p * (1 - p)),
        squares=sums(squares),
        n_events=sums(np.ones(len(by))),
        min_variance=float(min_variance),
    )


@dataclass(frozen=True, repr=False)
class ClosureTest:
    """Result of :func:`closure_test`; the arrays have one entry per bin.

    Attributes
    ----------
    edges : ndarray of shape (n_bins + 1,)
        Of all bins.
    total : ndarray
        Sums of weights of all events.
    counts : ndarray
        Of the selected ones.
    expected : ndarray
        Sums of weights times predicted probabilities.
    variance : ndarray
        Of `counts` if the prediction is right.
    squares : ndarray
        Sums of squared weights of all events.
    n_events : ndarray
        Numbers of events.
    pulls : ndarray
        ``(counts - expected) / sqrt(variance)``; 0 where nothing is expected, found or can
        fluctuate.
    tested : ndarray of bool
        Bins that count.
    chi2 : float
        Sum of squared pulls over tested bins.
    n_bins : int
        Number of tested bins.
    chi2_per_bin : float
        NaN if none is tested.
    p_value : float
        Probability of a larger chi-square by chance.
    calibration_error : float
        Sum over bins of the absolute difference of `counts` and `expected`, divided by the sum of
        `total`. In bins of the prediction itself it is known as the expected calibration error. It
        does not tell a fluctuation from a bias, `chi2_per_bin` does.
    """

    edges: np.ndarray
    total: np.ndarray
    counts: np.ndarray
    expected: np.ndarray
    variance: np.ndarray
    squares: np.ndarray
    n_events: np.ndarray
    min_variance: float

    def __repr__(self):
        return (
            f"ClosureTest({self.n_bins} of {len(self.counts)} bins tested, "
            f"chi2 / bin = {self.chi2_per_bin:.3g}, p = {self.p_value:.2g})"
        )

    @property
    def pulls(self):
        """Difference in units of its error."""
        off = self._difference
        pulls = np.zeros_like(off)
        with np.errstate(divide="ignore"):
            return np.divide(off, np.sqrt(self.variance), out=pulls, where=off != 0)

    @property
    def tested(self):
        """Bins that count."""
        # more than the largest float is more than any variance
        with np.errstate(over="ignore"):
            least = self.min_variance * self.squares / np.maximum(self.n_events, 1)
        enough = (self.variance > 0) & (self.variance >= least)
        return enough | (np.abs(self._difference) > _FAR_OFF * np.sqrt(least))

    @property
    def _difference(self):
        # sums of the same numbers in another order differ in the last digits
        rounding = 1e-12 * np.sqrt(self.n_events * self.squares)
        difference = self.counts - self.expected
        return np.where(np.abs(difference) > rounding, difference, 0.0)

    @property
    def chi2(self):
        """Sum of squared pulls over tested bins."""
        return float(np.sum(self.pulls[self.tested] ** 2))

    @property
    def n_bins(self):
        """Number of tested bins."""
        return int(self.tested.sum())

    @property
    def chi2_per_bin(self):
        """Chi-square divided by the number of tested bins, NaN if there are none."""
        return self.chi2 / self.n_bins if self.n_bins else np.nan

    @property
    def p_value(self):
        """Probability of a larger chi-square by chance, NaN if no bin is tested."""
        return _shapes.chi_square_probability(self.chi2, self.n_bins)

    @property
    def calibration_error(self):
        """Mean absolute difference, as a fraction of all events."""
        return float(np.abs(self.counts - self.expected).sum() / self.total.sum())

    def to_frame(self):
        """One row per bin, e.g. to save it as CSV."""
        import pandas as pd

        ends = {"low": self.edges[:-1], "high": self.edges[1:]}
        names = ("total", "counts", "expected", "variance", "pulls", "tested")
        return pd.DataFrame(ends | {name: getattr(self, name) for name in names})


def selected(y, signal):
    """Which events are selected; there may be none among numbers."""
    mask = _inputs.equals(y, signal)
    if mask.any():
        return mask
    # a sample of numbers without a selected event is nothing unusual, if it has but one label
    is_other = any(_labels.type_of_one(label) != "numbers" for label in _labels.listed(signal))
    if y.dtype.kind not in "biuf" or is_other or (y != y[0]).any():
        classes = _labels.named(_inputs.classes_of(y))
        msg = f"signal={shown(signal)} is not in y_true; its classes are {classes}"
        raise ValueError(msg)
    return mask


def _warn_of_one_kind(passed, p):
    """Say that all events, or none, are selected, where the predictions do not lead to this."""
    n_passed = np.count_nonzero(passed)
    if 0 < n_passed < len(passed):
        return
    chances = p if n_passed else 1 - p
    with np.errstate(divide="ignore"):
        is_chance = np.log(chances).sum() > np.log(_CHANCE)
    if not is_chance:
        msg = (
            f"{'all' if n_passed else 'none'} of {len(p)} events are selected, where "
            f"{p.sum():.6g} were expected; the test compares selected events with all events, so "
            "pass those that were selected together with those that were not"
        )
        warn(msg)


def variable(by, n_events, name="by"):
    """Values of the variable `name`, one per event, none of them NaN."""
    by = _floats.real(by, name)
    if by.shape != (n_events,):
        msg = f"{name} must have the shape {(n_events,)}, one value per event, got {by.shape}"
        raise ValueError(msg)
    if np.isnan(by).any():
        msg = f"{name} contains NaN: {np.isnan(by).sum()} of {n_events} values"
        raise ValueError(msg)
    return by


def edges_of(by, bins):
    """Edges as given, or of a number of bins of equal width."""
    if _choices.is_whole(bins):
        return _even_edges(by, bins)
    edges = _inputs.increasing_edges(bins)
    check_reached(by, edges)
    return edges


def check_reached(by, edges, name="by", bins="bins"):
    """Raise if no event is within the `edges`: the variable may be another, or in other units."""
    if not ((by >= edges[0]) & (by <= edges[-1])).any():
        msg = (
            f"no event is in {bins}, {edges[0]:.6g} to {edges[-1]:.6g}: "
            f"{name} has values from {by.min():.6g} to {by.max():.6g}"
        )
        raise ValueError(msg)


def _even_edges(by, bins):
    if not (1 <= bins <= _MOST_BINS and np.isfinite(by).all()):
        msg = (
            f"bins={shown(bins)}; a number of bins must be >= 1, at most {_MOST_BINS}, and needs "
            "finite values of by"
        )
        raise ValueError(msg)
    with np.errstate(over="ignore"):
        ends = by.min() - (by.min() == by.max()) / 2, by.max() + (by.min() == by.max()) / 2
        edges = np.linspace(*ends, int(bins) + 1)
    if not (np.diff(edges) > 0).all():
        msg = f"bins={bins}: the range of by, {ends[0]:.6g} to {ends[1]:.6g}, has no such bins"
        raise ValueError(msg)
    return edges


def check_weights(weights, min_variance):
    """Raise if the weights have no squares, or the least variance is no number."""
    _weights.check_squares(weights)
    _floats.not_negative(min_variance, "min_variance")
