"""Test of reweighted events against a target: shapes before and after, and their chi-squares."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from skhep_nn import _floats, _weights
from skhep_nn.exceptions import WeightError
from skhep_nn.metrics import _shapes


def reweighting_test(
    source, target, weights_after, *, weights_before=None, weights_target=None, bins=20
):
    r"""Compare the shape of events with that of a target, before and after they are reweighted.

    Parameters
    ----------
    source : array-like of shape (n_source,)
        A variable of the events that are reweighted. They took no part in the training.
    target : array-like of shape (n_target,)
        The variable of the events that they are to look like.
    weights_after : array-like of shape (n_source,) or number
        Their weights, reweighted; of either sign.
    weights_before : array-like of shape (n_source,) or number, default=None
        Their weights before. None counts each event once.
    weights_target : array-like of shape (n_target,) or number, default=None
    bins : int or array-like of shape (n_bins + 1,), default=20
        At most so many bins of about equal content, each with ten effective events of each sample;
        or edges. Events beyond are in the first and the last.

    Returns
    -------
    ReweightingTest

    Raises
    ------
    ValueError
        If values are not finite numbers, one per event, or `bins` are no bins.
    WeightError
        If the weights of a sample sum to nothing or less.

    Notes
    -----
    The samples are independent, so the covariance of two shapes (fractions per bin) is the sum of
    both; a weight is taken as it is, without an error of its own. Shapes add up to one, so
    chi-square has one degree of freedom less than bins.

    Examples
    --------
    >>> from skhep_nn.metrics import reweighting_test
    >>> source, target = [0.5] * 50 + [1.5] * 50, [0.5] * 20 + [1.5] * 60
    >>> after = [0.5] * 50 + [1.5] * 50
    >>> test = reweighting_test(source, target, after, bins=[0, 1, 2])
    >>> test.after.tolist(), test.target.tolist(), round(test.chi2_before, 2), test.chi2_after
    ([0.25, 0.75], [0.25, 0.75], 12.9, 0.0)
    """
    source, target = finite(source, "source"), finite(target, "target")
    before = _weights_of(weights_before, source, "weights_before")
    after = _weights_of(weights_after, source, "weights_after")
    of_target = _weights_of(weights_target, target, "weights_target")
    edges = _shapes.edges_of(bins, (source, before), (source, after), (target, of_target))
    events = {"target": (target, of_target), "before": (source, before), "after": (source, after)}
    counts = {name: _shapes.Counts.of(*sample, edges) for name, sample in events.items()}
    errors = {f"{n}_error": np.sqrt(np.diag(c.covariance)) for n, c in counts.items()}
    chi2_before, _ = _shapes.chi_square(counts["before"], counts["target"])
    chi2_after, n_bins = _shapes.chi_square(counts["after"], counts["target"])
    return ReweightingTest(
        edges,
        **{name: of.fractions for name, of in counts.items()},
        **errors,
        chi2_before=chi2_before,
        chi2_after=chi2_after,
        n_bins=n_bins,
    )


@dataclass(frozen=True, repr=False)
class ReweightingTest:
    """Result of :func:`reweighting_test`; the arrays have one entry per bin.

    Attributes
    ----------
    edges : ndarray of shape (n_bins + 1,)
    target, before, after : ndarray
        Fractions of the events: of the target, and of the source with its weights before and
        after.
    target_error, before_error, after_error : ndarray
        Their standard errors.
    chi2_before, chi2_after : float
        Between each and the target.
    n_bins : int
        Degrees of freedom, one less than bins.
    chi2_per_bin_before, chi2_per_bin_after : float
        Chi-squares over degrees of freedom; 1 for events that follow the target.
    p_value_before, p_value_after : float
        Probability of a larger chi-square by chance.
    """

    edges: np.ndarray
    target: np.ndarray
    before: np.ndarray
    after: np.ndarray
    target_error: np.ndarray
    before_error: np.ndarray
    after_error: np.ndarray
    chi2_before: float
    chi2_after: float
    n_bins: int

    def __repr__(self):
        return (
            f"ReweightingTest({self.n_bins} degrees of freedom, chi2 / bin = "
            f"{self.chi2_per_bin_before:.3g} before, {self.chi2_per_bin_after:.3g} after)"
        )

    @property
    def chi2_per_bin_before(self):
        """Chi-square before over degrees of freedom, NaN if there are none."""
        return self.chi2_before / self.n_bins if self.n_bins else np.nan

    @property
    def chi2_per_bin_after(self):
        """Chi-square after over degrees of freedom, NaN if there are none."""
        return self.chi2_after / self.n_bins if self.n_bins else np.nan

    @property
    def p_value_before(self):
        """Probability of a larger chi-square before by chance."""
        return _shapes.chi_square_probability(self.chi2_before, self.n_bins)

    @property
    def p_value_after(self):
        """Probability of a larger chi-square after by chance."""
        return _shapes.chi_square_probability(self.chi2_after, self.n_bins)


def finite(values, name):
    """Values of a variable, one per event."""
    values = _floats.real(values, name)
    if values.ndim != 1 or not len(values) or not np.isfinite(values).all():
        msg = (
            f"{name} must be finite numbers, one per event, got shape {values.shape} with "
            f"{np.size(values) - np.isfinite(values).sum()} that are not finite"
        )
        raise ValueError(msg)
    return values


def _weights_of(weights, values, name):
    weights = _weights.check(1.0 if weights is None else weights, len(values), name)
    _weights.check_squares(weights, name)
    if not weights.sum() > 0:
        msg = f"{name} sums to {weights.sum():.6g}; a shape needs a positive sum"
        raise WeightError(msg)
    return weights
