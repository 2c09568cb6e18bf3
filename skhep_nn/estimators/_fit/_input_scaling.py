"""The constants by which a network scales its inputs, learnt from training events."""

from __future__ import annotations

import numpy as np

from skhep_nn.estimators._fit._targets import float_type
from skhep_nn.networks._feature_bins import bins_name, bins_of
from skhep_nn.networks._input_scaling import scaling_name
from skhep_nn.preprocessing._bin_edges import feature_bins
from skhep_nn.preprocessing._robust_scale import SCALES
from skhep_nn.training._mapped import rows_of

# Of more events a sample is enough: 50,000 know the quartiles to 0.2 % of the events.
SAMPLE_EVENTS = 50_000
# So many numbers are in memory at once.
SAMPLE_NUMBERS = 4_000_000
# Neighbours that are read from a file in one piece.
NEIGHBOURS = 50


def learnt_scales(kind, blocks, events, mask_value, n_bins=0):
    """Center, slope and bend of each block of features and sequences, and bins of features.

    Parameters
    ----------
    kind : {"robust", "standard"}
    blocks : dict of str to dict
        Blocks in plain words, as :func:`skhep_nn.networks.blocks` takes them.
    events : Events
        With the weights that the loss sees. Negative ones count by their absolute value.
    mask_value : float or None
        Of padding, where a sequence has no mask.
    n_bins : int
        Bins that are wanted of each feature.

    Returns
    -------
    dict of str to tuple of ndarray
        By the name of the layer.
    """
    found = {}
    for name, block in blocks.items():
        if block["kind"] not in ("features", "sequence"):
            continue
        rows = sampled_rows(len(events), int(np.prod(block["shape"], dtype=int)))
        x = read(events.x, name, rows)
        values = x.reshape(-1, _width(block))
        weights = np.repeat(events.weights[rows], len(values) // len(x))
        if block["kind"] == "sequence":
            real = real_entries(events.x, block, values, rows, mask_value)
            values, weights = values[real], weights[real]
        weights = weights if weights.any() else None
        scale = SCALES[kind](values, weights)
        found[scaling_name(name)] = scale.center, scale.slope, scale.bend
        n_of_block = bins_of(values.shape[1], n_bins)
        if block["kind"] == "features" and n_of_block:
            found[bins_name(name)] = feature_bins(scale(values), weights, n_of_block)
    return found


def sampled_rows(n_events, n_numbers=1):
    """Numbers of the events that are looked at, in pieces of neighbours from everywhere.

    They depend on the number of events alone: in memory and on disk they are the same.
    """
    wanted = min(SAMPLE_EVENTS, max(NEIGHBOURS, SAMPLE_NUMBERS // max(1, n_numbers)))
    if n_events <= wanted:
        return np.arange(n_events)
    starts = np.arange(0, n_events, NEIGHBOURS)
    chosen = np.random.default_rng(0).choice(len(starts), wanted // NEIGHBOURS, replace=False)
    rows = (np.sort(starts[chosen])[:, None] + np.arange(NEIGHBOURS)).ravel()
    return rows[rows < n_events]


def read(x, name, rows):
    """The events `rows` of an array, or of that called `name`, in memory."""
    array = x[name] if isinstance(x, dict) else x
    array = rows_of(array, rows)
    return _normal(np.asarray(array if isinstance(array, np.ndarray) else array[:]))


def _normal(values):
    """`values` with 0 for numbers below the smallest normal one, as processors take them."""
    if values.dtype.kind != "f":
        return values
    below = (np.abs(values) < np.finfo(float_type()).tiny) & (values != 0)
    return np.where(below, 0, values) if below.any() else values


def real_entries(x, block, values, rows, mask_value):
    """Which entries of the sequences of all events are no padding."""
    if "mask" in block:
        return read(x, block["mask"], rows).astype(bool).ravel()
    if mask_value is None:
        return np.ones(len(values), bool)
    return (values != mask_value).any(axis=1)


def _width(block):
    shape = block["shape"] if block["kind"] == "features" else block["shape"][1:]
    return int(np.prod(shape, dtype=int))
