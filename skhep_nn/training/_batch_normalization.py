"""Means and variances of batch normalisation, as they are for the network that is kept.

While a network trains, they are moving averages over networks that are no more. After training one
pass over training events gives those of the last one ("precise BN", arXiv:2105.07576).
"""

from __future__ import annotations

import contextlib
import itertools
import warnings

import numpy as np
from keras import layers

from skhep_nn.exceptions import BatchNormalizationWarning
from skhep_nn.training._best import assign, values_of
from skhep_nn.training._source import batches

# Batches are enough for means and variances to some per cent of a standard deviation.
MOST_BATCHES = 200
# How many times larger than in training mode the loss of the same events may be.
TOLERATED = 2.0
# A loss without consequences: it is that of events given 99 % of their class.
NEGLIGIBLE = 0.01


def normalisations(model):
    """The layers of batch normalisation of `model`."""
    found = model._flatten_layers(include_self=False)
    return [layer for layer in found if isinstance(layer, layers.BatchNormalization)]


def settle(engine, source, plan):
    """Re-estimate means and variances if `plan` says so, and warn if they describe no batch.

    Parameters
    ----------
    engine : Engine
        After training, with the network that is kept.
    source : ArraySource or StreamSource
    plan : Plan

    Warns
    -----
    BatchNormalizationWarning
        If the loss of training events with these means and variances is more than twice as large
        as with those of their own batches, and above 0.01.
    """
    found = normalisations(engine.model)
    if not found or plan.statistics is None:
        return
    before = values_of(engine.model.variables)
    losses, means, variances = _of_batches(engine, source, plan)
    # dropout has drawn, too
    assign(engine.model.variables, before)
    if plan.statistics == "precise":
        _assign(found, means, variances)
    _check(engine, source, plan, np.mean(losses))


def _of_batches(engine, source, plan):
    """Losses in training mode, and for each layer its means and variances, batch by batch."""
    losses, means, variances = [], [], []
    for batch in _batches(source, plan):
        loss, mean, variance = engine.batch_statistics(batch)
        losses.append(float(loss))
        means.append([m.numpy() for m in mean])
        variances.append([v.numpy() for v in variance])
    return losses, means, variances


def _assign(found, means, variances):
    """The mean of all batches, and their variance about it."""
    for number, layer in enumerate(found):
        of_batches = np.array([mean[number] for mean in means], np.float64)
        inside = np.mean([variance[number] for variance in variances], axis=0)
        layer.moving_mean.assign(of_batches.mean(axis=0))
        layer.moving_variance.assign(inside + of_batches.var(axis=0))


def _check(engine, source, plan, in_training):
    losses = [engine.evaluate(*batch)["loss"] for batch in _batches(source, plan)]
    if not np.mean(losses) <= max(TOLERATED * in_training, NEGLIGIBLE):
        warnings.warn(
            f"the loss of training events is {np.mean(losses):.4g} with the means and variances "
            f"that batch normalisation keeps and {in_training:.4g} with those of their batches: "
            "the network predicts otherwise than it was trained. Larger batches, more events, a "
            "lower bn_momentum or batch_normalization=False help",
            BatchNormalizationWarning,
            stacklevel=2,
        )


def _batches(source, plan):
    """The first batches of an epoch; the last, partial one only if there is no other."""
    return itertools.islice(_whole_batches(source, plan), MOST_BATCHES)


def _whole_batches(source, plan):
    size, seen = plan.batch_size, False
    with contextlib.closing(source.blocks(plan.order(plan.done), size)) as blocks:
        for block, n_steps in blocks:
            if n_steps or not seen:
                yield from batches(block, n_steps, size)
            seen = True
