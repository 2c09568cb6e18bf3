"""Scored events of every template, from what the user gives to cells of process and bin."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from skhep_nn import _weights
from skhep_nn.metrics import _inputs
from skhep_nn.metrics._binned import _bins, _filling, _samples
from skhep_nn.metrics._binned._samples import Sample

CLASSES = ("signal", "background")


@dataclass(frozen=True)
class BinnedEvents:
    """Cells of the nominal events and of every variation.

    Parameters
    ----------
    edges : ndarray of shape (n_bins + 1,)
    processes : tuple of str
    is_signal : ndarray of bool of shape (n_processes,)
    nominal : Cells
    variations : dict of str to dict of "up" and "down" to Cells, number or None
    """

    edges: np.ndarray
    processes: tuple
    is_signal: np.ndarray
    nominal: _filling.Cells
    variations: dict


def binned_events(
    y_true, y_score, sample_weight, *, bins, variations, processes, signal, yields, luminosity
):
    """Events in cells, everything that is given checked.

    Raises
    ------
    ValueError, WeightError
    """
    scores = _inputs.check_scores(y_score)
    y = _inputs.labels(y_true)
    _inputs.check_lengths(y, scores)
    mask = _inputs.signal_mask(y, signal)
    weights = _inputs.check_weights(sample_weight, len(scores))
    factors = _inputs.yield_factors(y, weights, yields, luminosity)
    weights = _inputs.scaled_by(y, weights, factors)
    _inputs.check_yields(mask, weights)
    _weights.check_squares(weights)
    names, codes, is_signal = _processes(mask, processes)
    nominal = Sample(codes, scores, weights)
    varied = _samples.varied(
        nominal,
        variations,
        lambda labels: _codes_of(labels, signal, processes),
        lambda w, labels: _inputs.scaled_by(y if labels is None else labels, w, factors),
    )
    edges = _bins.edges_of(bins, scores)
    cells = _filling.cells_of(nominal, edges, len(names))
    sides = {
        name: {
            side: _filling.cells_of(one, edges, len(names), (nominal, cells))
            for side, one in pair.items()
        }
        for name, pair in varied.items()
    }
    return BinnedEvents(edges, names, is_signal, cells, sides)


def _codes_of(labels, signal, processes):
    if processes is not None:
        msg = "events of their own have no processes; give their scores for the nominal events"
        raise ValueError(msg)
    return np.where(_inputs.equals(_inputs.labels(labels), signal), 0, 1)


def _processes(mask, processes):
    """(names, code of each event, which are signal); without processes they are the classes."""
    if processes is None:
        return CLASSES, np.where(mask, 0, 1), np.array([True, False])
    given = _inputs.labels(processes, "processes")
    if len(given) != len(mask):
        msg = f"processes has {len(given)} events, but y_true has {len(mask)}"
        raise ValueError(msg)
    found, codes = np.unique(given.astype(str), return_inverse=True)
    n_signal = np.bincount(codes, mask, len(found))
    mixed = np.flatnonzero((n_signal > 0) & (n_signal < np.bincount(codes)))
    if len(mixed):
        name = str(found[mixed[0]])
        msg = f"process {name!r} has events of signal and of background; name them apart"
        raise ValueError(msg)
    return tuple(found.tolist()), codes, n_signal > 0
