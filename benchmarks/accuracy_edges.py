"""Edges of bins where the shares of the classes change, found as a decision tree finds its cuts.

What was tried and is no default: with them networks see cuts as well as trees do, and smooth
features a little worse. ``python -m benchmarks accuracy --sides "ours, class_edges=4"`` has one
edge in four there, at most, if so many are significant; Gorishniy et al., arXiv:2203.05556, have
all of them there.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from unittest import mock

import numpy as np
from scipy.special import chdtri

from skhep_nn.estimators._fit import _input_scaling, _pooled_network
from skhep_nn.preprocessing._bin_edges import LEAST_WIDTH, edges_of
from skhep_nn.preprocessing._quantiles import Distinct
from skhep_nn.preprocessing._robust_scale import FEW_VALUES

# Quantiles at which a cut may be; and how much of all weights is left on each side of one.
CANDIDATES, LEAST_SHARE = 128, 0.01
# How likely a cut may be where classes do not change. It is the best of some hundred.
BY_CHANCE = 1e-4


@contextlib.contextmanager
def used(one_in):
    """Networks that are fitted meanwhile have bins with such edges, one in `one_in` at most."""

    def learnt(kind, blocks, events, *arguments):
        def bins(values, weights, n_bins):
            classes = events.codes[_input_scaling.sampled_rows(len(events), values.shape[1])]
            return feature_bins(values, weights, n_bins, classes, n_bins // one_in)

        with mock.patch.object(_input_scaling, "feature_bins", bins):
            return learnt_scales(kind, blocks, events, *arguments)

    learnt_scales = _input_scaling.learnt_scales
    with mock.patch.object(_pooled_network, "learnt_scales", learnt):
        yield


def feature_bins(values, weights, n_bins, classes, n_cuts):
    """Bins as the package has them, but for up to `n_cuts` edges by classes."""
    low, slope = np.zeros((2, values.shape[1], n_bins))
    for column, of_column in enumerate(values.T):
        edges = _edges(of_column, weights, n_bins, classes, n_cuts)
        n = max(0, len(edges) - 1)
        low[column, :n], slope[column, :n] = edges[:n], 1 / np.diff(edges)
    return low, slope


def _edges(column, weights, n_bins, classes, n_cuts):
    distinct = Distinct.of(column, weights)
    if len(distinct) <= FEW_VALUES:
        return edges_of(distinct, n_bins)
    there = ~np.isnan(column)
    weights = None if weights is None else weights[there]
    cuts = class_edges(column[there], classes[there], weights, n_cuts)
    edges = np.union1d(edges_of(distinct, n_bins - len(cuts)), cuts)
    kept = [edges[0]]
    for edge in edges[1:]:
        if edge - kept[-1] >= LEAST_WIDTH:
            kept.append(edge)
    return np.array(kept)


def class_edges(values, classes, weights, n_edges):
    """Values of a column at which a tree with the best cuts first would cut.

    A cut is the better the more the Gini impurity of the classes falls. It is made if so much is
    no chance, by the test of Light and Margolin (J. Am. Stat. Assoc. 66 (1971) 534).

    Parameters
    ----------
    values : ndarray of shape (n_events,)
        Without NaN.
    classes : ndarray of int of shape (n_events,)
    weights : ndarray of shape (n_events,) or None
        None are ones. Negative ones count by their absolute value.
    n_edges : int
        At most.

    Returns
    -------
    ndarray of shape (at most n_edges,)
        In rising order.
    """
    middles = np.quantile(values, np.linspace(0, 1, CANDIDATES + 1)[1:-1])
    candidates = np.unique(middles)
    sums = _sums_below(np.searchsorted(candidates, values), classes, weights, len(candidates) + 1)
    parts, found = [_Part.of(sums, 0, len(candidates) + 1)], []
    while len(found) < n_edges:
        best = max(parts, key=lambda part: part.gain)
        if best.gain <= 0:
            break
        parts.remove(best)
        parts += [_Part.of(sums, best.start, best.cut), _Part.of(sums, best.cut, best.stop)]
        found.append(candidates[best.cut - 1])
    return np.sort(found)


@dataclass(frozen=True)
class _Part:
    """Neighbouring cells between candidates, the best cut through them, and what that gains."""

    start: int
    stop: int
    cut: int = 0
    gain: float = 0.0

    @classmethod
    def of(cls, sums, start, stop):
        """The part from cell `start` to before `stop`; `sums` are those of classes below a cell."""
        cuts = np.arange(start + 1, stop)
        below, above = sums[cuts] - sums[start], sums[stop] - sums[cuts]
        least = LEAST_SHARE * sums[-1].sum()
        possible = (below.sum(axis=1) > least) & (above.sum(axis=1) > least)
        if not possible.any():
            return cls(start, stop)
        cuts, below, above = cuts[possible], below[possible], above[possible]
        whole = sums[[stop]] - sums[start]
        gains = _purity(below) + _purity(above) - _purity(whole)
        best = int(np.argmax(gains))
        significant = gains[best] > _gain_by_chance(whole)
        return cls(start, stop, int(cuts[best]), float(gains[best]) if significant else 0.0)


def _purity(sums):
    """Weights of classes times their shares."""
    return (sums**2).sum(axis=1) / sums.sum(axis=1)


def _gain_by_chance(whole):
    """What a cut gains that is of no meaning, at most.

    With k classes ``(k - 1) * gain / impurity`` then has the distribution of chi-square.
    """
    freedom = max(1, whole.size - 1)
    impurity = 1 - ((whole / whole.sum()) ** 2).sum()
    return float(chdtri(freedom, BY_CHANCE) * impurity / freedom)


def _sums_below(cells, classes, weights, n_cells):
    """Of each class the weights in all cells below each, and in all, as numbers of events."""
    if weights is not None:
        weights = np.abs(weights)
        weights = weights * (weights.sum() / (weights**2).sum())
    numbers, classes = np.unique(classes, return_inverse=True)
    in_cells = np.bincount(cells * len(numbers) + classes, weights, n_cells * len(numbers))
    in_cells = in_cells.reshape(n_cells, len(numbers))
    return np.concatenate([np.zeros((1, len(numbers))), np.cumsum(in_cells, axis=0)])
