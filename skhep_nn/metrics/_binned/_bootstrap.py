"""How much a result depends on which events were simulated: bootstrap of the event weights.

Every event is taken k times, with k of a Poisson distribution of mean one. Each event is put into
one of many blocks by chance, and the blocks' sums of weights, once made, give any number of
replicas of all templates at once: with independent multipliers of mean zero and variance one for
the deviations of the blocks from their mean, the sum of a bin has the variance sum w^2, for weights
of either sign, and templates that share events fluctuate together.
"""

from __future__ import annotations

import numpy as np

from skhep_nn.metrics._binned import _filling
from skhep_nn.metrics._binned._filling import Cells

_BLOCKS = 256
# of its nominal background, below which no replica takes a bin
_LEAST = 0.02


def replicas(events, n_bootstrap, rng):
    """Signal and background of the nominal templates and variations, replicated.

    Parameters
    ----------
    events : BinnedEvents
    n_bootstrap : int
    rng : numpy.random.Generator

    Yields
    ------
    (nominal, pairs)
        As :func:`skhep_nn.metrics._binned._model.likelihood_of` takes them.
    """
    blocks = rng.integers(0, _BLOCKS, len(events.nominal.cells))
    is_signal = events.is_signal
    nominal = _block_sums(events.nominal, blocks, is_signal)
    pairs = []
    for sides in events.variations.values():
        sums = [_sums(side, blocks, is_signal, rng) for side in sides.values()]
        pairs.append(_filling.completed(nominal, *sums))
    stacked = np.array([nominal, *(one for pair in pairs for one in pair)])
    total = stacked.sum(axis=1)
    deviations = stacked - total[:, None] / _BLOCKS
    for _ in range(n_bootstrap):
        multipliers = rng.poisson(1.0, _BLOCKS) - 1.0
        replica = total + np.tensordot(multipliers, deviations, axes=(0, 1))
        yield (
            _sane(replica[0], total[0]),
            [(replica[at], replica[at + 1]) for at in range(1, len(replica), 2)],
        )


def _sums(side, blocks, is_signal, rng):
    if not isinstance(side, Cells):
        return side
    own = blocks if side.is_paired else rng.integers(0, _BLOCKS, len(side.cells))
    return _block_sums(side, own, is_signal)


def _block_sums(cells, blocks, is_signal):
    """Sums of weights of shape (n_blocks, 2, n_bins)."""
    n_processes, n_bins = cells.shape
    size = n_processes * n_bins
    sums = np.bincount(cells.cells + size * blocks, cells.weights, size * _BLOCKS)
    sums = sums.reshape(_BLOCKS, n_processes, n_bins)
    return np.stack([sums[:, mask].sum(axis=1) for mask in (is_signal, ~is_signal)], axis=1)


def _sane(replica, nominal):
    """`replica` with a background that is one, in bins of few events."""
    signal, background = replica
    background = np.maximum(background, _LEAST * nominal[1])
    return np.array([np.maximum(signal, -background), background])


def spread(values):
    """Half the width of the central 68 %, which few replicas of an almost empty bin do not move."""
    if len(values) < 2:
        return float("nan")
    low, high = np.quantile(values, [0.158655, 0.841345])
    return float(high - low) / 2
