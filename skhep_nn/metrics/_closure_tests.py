"""Closure test in slices of a second variable: does a prediction hold in every corner."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from skhep_nn import _choices
from skhep_nn.metrics import _closure_test, _inputs, _shapes


def closure_tests(
    y_true,
    probability,
    by,
    within,
    *,
    bins=20,
    within_bins=4,
    sample_weight=None,
    signal=1,
    min_variance=5.0,
):
    """Closure test of a predicted probability in bins of one variable, for slices of another.

    A prediction that closes in momentum, all angles together, may be off in opposite ways at small
    and at large angles.

    Parameters
    ----------
    y_true, probability, by
        As in :func:`closure_test`.
    within : array-like of shape (n_events,)
        The variable of the slices.
    bins : int or array-like of shape (n_bins + 1,), default=20
        Of `by`, the same in every slice; as in :func:`closure_test`.
    within_bins : int or array-like of shape (n_slices + 1,), default=4
        A number of slices of about equal content, or their edges. The last edge is inside; events
        beyond the edges are left out.
    sample_weight, signal, min_variance
        As in :func:`closure_test`.

    Returns
    -------
    ClosureTests

    Raises
    ------
    ValueError, WeightError
        As :func:`closure_test` does; if `within` has NaN, `within_bins` are no bins
        or no event is in one.

    Examples
    --------
    >>> import numpy as np
    >>> from skhep_nn.metrics import closure_tests
    >>> y = np.repeat([1, 0, 1, 0], [30, 70, 50, 50])
    >>> eta = np.repeat([2.5, 4.5], 100)
    >>> p = np.full(200, 0.4)                       # closes on the whole, in no slice
    >>> tests = closure_tests(y, p, np.ones(200), eta, bins=[0, 2], within_bins=[2, 4, 5])
    >>> tests.to_frame()[["low", "high", "counts", "expected", "ratio"]]
       low  high  counts  expected  ratio
    0  2.0   4.0    30.0      40.0   0.75
    1  4.0   5.0    50.0      40.0   1.25
    """
    y = _inputs.labels(y_true)
    p = _inputs.probabilities(probability, len(y))
    by = _closure_test.variable(by, len(y))
    within = _closure_test.variable(within, len(y), "within")
    weights = _inputs.check_weights(sample_weight, len(y))
    _closure_test.check_weights(weights, min_variance)
    slices = _edges(within_bins, within, weights)
    _closure_test.check_reached(within, slices, "within", "within_bins")
    edges = _closure_test.edges_of(by, bins)
    at = np.searchsorted(slices, within, side="right") - 1
    at[within == slices[-1]] = len(slices) - 2
    passed = _closure_test.selected(y, signal)
    tests = [
        _closure_test.in_bins(
            passed[at == k], p[at == k], by[at == k], weights[at == k], edges, min_variance
        )
        for k in range(len(slices) - 1)
    ]
    return ClosureTests(slices, tests)


@dataclass(frozen=True, repr=False)
class ClosureTests:
    """Result of :func:`closure_tests`.

    Attributes
    ----------
    edges : ndarray of shape (n_slices + 1,)
        Of the slices.
    tests : list of ClosureTest
        One per slice.
    chi2 : float
        Sum over all slices.
    n_bins : int
        Number of bins tested in all slices.
    chi2_per_bin, p_value : float
        As of :class:`ClosureTest`, of all slices.
    """

    edges: np.ndarray
    tests: list

    def __repr__(self):
        return (
            f"ClosureTests({len(self.tests)} slices, {self.n_bins} bins tested, "
            f"chi2 / bin = {self.chi2_per_bin:.3g}, p = {self.p_value:.2g})"
        )

    @property
    def chi2(self):
        """Sum over all slices."""
        return float(sum(test.chi2 for test in self.tests))

    @property
    def n_bins(self):
        """Number of tested bins."""
        return sum(test.n_bins for test in self.tests)

    @property
    def chi2_per_bin(self):
        """NaN if no bin is tested."""
        return self.chi2 / self.n_bins if self.n_bins else np.nan

    @property
    def p_value(self):
        """Probability of a larger chi-square by chance, NaN if no bin is tested."""
        return _shapes.chi_square_probability(self.chi2, self.n_bins)

    def to_frame(self, *, bins=False):
        """One row per slice.

        Parameters
        ----------
        bins : bool, default=False
            One row per slice and bin instead, those of :meth:`ClosureTest.to_frame`.

        Returns
        -------
        DataFrame
            With the ends of the slice, the sums of weights (all, selected, expected), the ratio of
            selected and expected with its error, and the test.
        """
        import pandas as pd

        _inputs.check_flag(bins, "bins")
        ends = zip(self.edges[:-1], self.edges[1:], self.tests, strict=True)
        if not bins:
            return pd.DataFrame([_row(*of_slice) for of_slice in ends])
        parts = [test.to_frame().assign(slice_low=low, slice_high=high) for low, high, test in ends]
        frame = pd.concat(parts, ignore_index=True)
        return frame[["slice_low", "slice_high", *parts[0].columns[:-2]]]


def _row(low, high, test):
    expected, variance = test.expected.sum(), test.variance.sum()
    known = expected > 0
    return {
        "low": low,
        "high": high,
        "n_events": int(test.n_events.sum()),
        "total": test.total.sum(),
        "counts": test.counts.sum(),
        "expected": expected,
        "ratio": test.counts.sum() / expected if known else np.nan,
        "error": np.sqrt(variance) / expected if known else np.nan,
        "chi2": test.chi2,
        "n_bins": test.n_bins,
        "p_value": test.p_value,
    }


def _edges(within_bins, within, weights):
    is_number = not _choices.is_several(within_bins)
    if is_number and not np.isfinite(within).all():
        msg = f"within_bins={within_bins!r:.60}; a number of slices needs finite values of within"
        raise ValueError(msg)
    if is_number and not np.any(weights):
        weights = np.ones(len(weights))
    try:
        return _shapes.edges_of(within_bins, (within, weights))
    except ValueError as error:
        raise ValueError(str(error).replace("bins", "within_bins", 1)) from None
