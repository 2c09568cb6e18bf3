"""Shapes of weighted histograms: fractions per bin, their covariances, and whether two agree."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from skhep_nn import _choices, _floats, _weights
from skhep_nn._shown import shown

# effective events of each sample that a bin has at least, where a number of bins is asked for
_LEAST_EVENTS = 10.0
_MOST_BINS = 10_000


def centers(edges):
    """Middle of each bin, of any numbers: the sum of two edges may overflow."""
    return edges[:-1] / 2 + edges[1:] / 2


@dataclass(frozen=True)
class Counts:
    """Sums of weights, and of squared weights, per bin.

    Parameters
    ----------
    sums, squares : ndarray of shape (n_bins,)
    """

    sums: np.ndarray
    squares: np.ndarray

    @classmethod
    def of(cls, values, weights, edges):
        """Those of events; what is beyond the edges is in the first and the last bin."""
        n_bins = len(edges) - 1
        at = bins_of(values, edges)
        sums = np.bincount(at, weights=weights, minlength=n_bins)
        return cls(sums, np.bincount(at, weights=weights**2, minlength=n_bins))

    @property
    def fractions(self):
        """The shape: sums that add up to one."""
        return self.sums / self.sums.sum()

    @property
    def covariance(self):
        """Of the fractions; a bin that fluctuates up takes from all others."""
        slopes = (np.eye(len(self.sums)) - self.fractions[:, None]) / self.sums.sum()
        return (slopes * self.squares) @ slopes.T


def bins_of(values, edges):
    """Number of the bin of each event, the first and the last for those beyond."""
    return np.searchsorted(edges[1:-1], values, side="right")


def chi_square(a, b):
    """(chi-square, degrees of freedom) of the difference of two independent shapes.

    Parameters
    ----------
    a, b : Counts
        With positive sums.
    """
    filled = a.squares + b.squares > 0
    difference = (a.fractions - b.fractions)[filled]
    covariance = (a.covariance + b.covariance)[np.ix_(filled, filled)]
    if len(difference) < 2:
        return 0.0, 0
    # the last bin is what the others leave
    inverse = np.linalg.pinv(covariance[:-1, :-1], hermitian=True)
    return float(difference[:-1] @ inverse @ difference[:-1]), len(difference) - 1


def chi_square_probability(chi2, n_free):
    """Probability of a larger chi-square by chance, NaN without degrees of freedom.

    Parameters
    ----------
    chi2 : float or ndarray
    n_free : int
    """
    from scipy.special import gammaincc

    values = np.asarray(chi2)
    found = gammaincc(n_free / 2, values / 2) if n_free else np.full(values.shape, np.nan)
    return found if values.ndim else float(found)


def edges_of(bins, *samples):
    """Edges as given, or those of a number of bins of about equal content.

    Parameters
    ----------
    bins : int or array-like of shape (n_bins + 1,)
        A number is the largest: there is a bin for each value where these are few, and bins are
        fewer where a sample has less than ten effective events for each.
    *samples : tuple of (values, weights)
        Their absolute weights count, each sample the same.

    Raises
    ------
    ValueError
        If `bins` is neither a number >= 1 nor increasing finite edges.
    """
    if not _choices.is_whole(bins):
        return _given(bins)
    if not 1 <= bins <= _MOST_BINS:
        msg = f"bins={shown(bins)}; a number of bins must be from 1 to {_MOST_BINS}"
        raise ValueError(msg)
    effective = min(_weights.effective_events(weights) for _, weights in samples)
    n_bins = int(np.clip(effective / _LEAST_EVENTS, 1, bins))
    values = np.concatenate([values for values, _ in samples])
    share = np.concatenate([np.abs(w) / np.abs(w).sum() for _, w in samples])
    return _of_equal_content(values, share, n_bins)


def _of_equal_content(values, share, n_bins):
    order = np.argsort(values, kind="stable")
    ordered, below = values[order], np.cumsum(share[order])
    inner = np.searchsorted(below, below[-1] * np.arange(1, n_bins) / n_bins)
    low, high = ordered[[0, -1]]
    # between two values: whole numbers stay apart
    distinct = np.unique(values)
    if 1 < len(distinct) <= n_bins:
        return np.concatenate([[low], distinct[:-1] / 2 + distinct[1:] / 2, [high]])
    at = np.searchsorted(distinct, np.unique(ordered[inner]))
    at = at[at > 0]
    inner = distinct[at - 1] / 2 + distinct[at] / 2
    inner = inner[(inner > low) & (inner < high)]
    if not high > low:
        # beside a number from 2**53 on, a half is nothing
        half = max(0.5, np.spacing(abs(low)))
        low, high = low - half, high + half
    return np.concatenate([[low], inner, [high]])


def _given(bins):
    edges = _floats.real(bins, "bins")
    if edges.ndim != 1 or len(edges) < 2 or not np.isfinite(edges).all():
        good = False
    else:
        good = bool((np.diff(edges) > 0).all())
    if not good:
        msg = f"bins={shown(bins)}; it must be a number of bins or increasing finite edges"
        raise ValueError(msg)
    return edges
