"""Edges of bins of features, each with about as many events as any other."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri

from skhep_nn.preprocessing._quantiles import Distinct
from skhep_nn.preprocessing._robust_scale import FEW_VALUES, ROUNDING_OF_SUMS

# In the units of scaled features: rounding is not to be seen within a bin.
LEAST_WIDTH = 1e-3
# Between the quartiles of a normal distribution, in standard deviations; and what its bins leave
# out on each side.
QUARTILES, TAIL = 1.349, 0.01


def feature_bins(values, weights, n_bins):
    """Lower edges of bins of all columns, and one over their widths.

    Parameters
    ----------
    values : ndarray of shape (n_events, n_columns)
        Scaled features. NaN are left out.
    weights : ndarray of shape (n_events,) or None
        Negative ones count by their absolute value.
    n_bins : int

    Returns
    -------
    low, slope : ndarray of shape (n_columns, n_bins)
        A column with few values has fewer bins; `slope` of the others is 0.
    """
    low, slope = np.zeros((2, values.shape[1], n_bins))
    for column, of_column in enumerate(values.T):
        edges = edges_of(Distinct.of(of_column, weights), n_bins)
        n = max(0, len(edges) - 1)
        low[column, :n], slope[column, :n] = edges[:n], 1 / np.diff(edges)
    return low, slope


def edges_of(distinct, n_bins):
    """Values between which there are about as many events everywhere, the outermost included.

    Columns with few values have the bins of a normal distribution: bins of their own would make
    each rare value, such as the fifth kaon in an event, as loud as the feature itself.

    Parameters
    ----------
    distinct : Distinct
    n_bins : int

    Returns
    -------
    ndarray of shape (at most n_bins + 1,)
        In rising order, `LEAST_WIDTH` apart.
    """
    if len(distinct) < 2:
        return distinct.values
    if len(distinct) <= FEW_VALUES:
        return ndtri(np.linspace(TAIL, 1 - TAIL, n_bins + 1)) / QUARTILES
    below = np.cumsum(distinct.weights)
    # an edge upon an event is there in any unit of the weights
    wanted = np.linspace(0, 1, n_bins + 1) * below[-1] * (1 - ROUNDING_OF_SUMS)
    at = np.minimum(np.searchsorted(below, wanted), len(distinct) - 1)
    edges = distinct.values[np.unique(at)]
    kept = [edges[0]]
    for edge in edges[1:]:
        if edge - kept[-1] >= LEAST_WIDTH:
            kept.append(edge)
    return np.array(kept)
