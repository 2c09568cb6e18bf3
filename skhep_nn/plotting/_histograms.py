"""Weighted histograms: edges, filling with `hist`, shapes and efficiencies with their errors."""

from __future__ import annotations

from numbers import Integral

import numpy as np

from skhep_nn import _choices, _extras, _floats
from skhep_nn._shown import shown

# share of each class that the axis of a variable with tails leaves out at either end
_TAIL = 0.005
# an axis that is at most so much longer without leaving anything out does not leave anything out
_GENEROUS = 1.3


# of a variable that gets bins of whole numbers
_MOST_WHOLE_NUMBERS = 2**50


def filled(values, weights, edges):
    """Histogram with sums of weights and of squared weights.

    Parameters
    ----------
    values : ndarray of shape (n_events,)
        Those beyond the edges are counted in the first and the last bin; the last edge is inside.
    weights : ndarray of shape (n_events,)
    edges : ndarray of shape (n_bins + 1,)

    Returns
    -------
    hist.Hist
    """
    hist = _extras.require("hist", "plot")
    axis = hist.axis.Variable(edges, underflow=False, overflow=False)
    histogram = hist.Hist(axis, storage=hist.storage.Weight())
    inside = np.clip(values, edges[0], np.nextafter(edges[-1], edges[0]))
    return histogram.fill(inside, weight=weights)


def shape(histogram, *, density=False):
    """Contents and errors, sqrt(sum of squared weights), divided by the sum of all contents.

    Parameters
    ----------
    histogram : hist.Hist
    density : bool, default=False
        Also divide by the widths of the bins: unit area instead of unit sum.

    Returns
    -------
    contents, errors : ndarray of shape (n_bins,)
    """
    scale = histogram.values().sum() * (histogram.axes[0].widths if density else 1.0)
    return histogram.values() / scale, np.sqrt(histogram.variances()) / scale


def check_bins(bins):
    """`bins` as a number of bins or an array of edges.

    Raises
    ------
    ValueError
        If it is neither a number >= 1 nor increasing finite edges.
    """
    if _choices.is_whole(bins) and bins >= 1:
        return _choices.count(int(bins), "bins")
    edges = None if isinstance(bins, Integral) else _floats.real(bins, "bins")
    good = edges is not None and edges.ndim == 1 and len(edges) >= 2
    if not (good and np.isfinite(edges).all() and (np.diff(edges) > 0).all()):
        msg = f"bins={shown(bins)}; it must be a number >= 1 or increasing edges"
        raise ValueError(msg)
    return edges


def edges_of(values, weights, bins):
    """Edges for a variable: whole numbers get bins centred on them, tails are left out.

    Parameters
    ----------
    values : ndarray of shape (n_values,)
        Without missing values; infinities count as tails.
    weights : ndarray of shape (n_values,)
    bins : int or array of edges

    Returns
    -------
    ndarray of shape (n_bins + 1,)
    """
    bins = check_bins(bins)
    if not isinstance(bins, int):
        return bins
    finite = np.isfinite(values)
    if not finite.any():
        return np.linspace(0.0, 1.0, bins + 1)
    low, high = robust_range(values[finite], np.abs(weights[finite]))
    if _are_whole_numbers(values[finite]) and high - low < _MOST_WHOLE_NUMBERS:
        return checked(_integer_edges(low, high, bins), bins)
    return even_edges(*_widened(low, high), bins)


def even_edges(low, high, bins):
    """Edges of bins of equal width.

    Raises
    ------
    ValueError
        If there are none in the range of numbers.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        return checked(np.linspace(low, high, bins + 1), bins)


def checked(edges, bins):
    """`edges`, if they are finite and rise.

    Raises
    ------
    ValueError
    """
    if not (np.isfinite(edges).all() and (np.diff(edges) > 0).all()):
        msg = (
            f"bins={bins}: the values from {edges[0]:.6g} to {edges[-1]:.6g} cannot be divided "
            "into so many"
        )
        raise ValueError(msg)
    return edges


def robust_range(values, weights):
    """Range that leaves out 0.5 % of the weights at either end, if that shortens it at all much."""
    ends = float(values.min()), float(values.max())
    if not weights.sum() > 0:
        return ends
    order = np.argsort(values, kind="stable")
    below = np.cumsum(weights[order]) / weights.sum()
    at = np.searchsorted(below, [_TAIL, 1 - _TAIL]).clip(max=len(values) - 1)
    low, high = (float(value) for value in values[order][at])
    return ends if ends[1] - ends[0] <= _GENEROUS * (high - low) else (low, high)


def _are_whole_numbers(values):
    # beyond, a float cannot have a bin of width one around it
    return bool((values == np.rint(values)).all()) and np.abs(values).max() < 1e15


def _integer_edges(low, high, bins):
    width = max(1, int(np.ceil((high - low + 1) / bins)))
    n_bins = int((high - low) // width) + 1
    return low - 0.5 + width * np.arange(n_bins + 1)


def _widened(low, high):
    if high > low:
        return low, high
    half = max(0.5, 0.01 * abs(low))
    return low - half, high + half
