"""Dropout whose rate changes within a fit, as the learning rate does.

What was tried and is no default: ``python -m benchmarks accuracy --sides "ours,
dropout_path='flat, cosine'"``. RealMLP (Holzmueller et al., arXiv:2407.04491) has it flat for half
of the steps and then falling to 0 as half a cosine; early and late dropout are those of Liu et al.,
arXiv:2303.01500.
"""

from __future__ import annotations

import contextlib
from unittest import mock

import numpy as np
import tensorflow as tf

from skhep_nn.estimators._fit import _pooled_network
from skhep_nn.networks import _dropout
from skhep_nn.training import _engine
from skhep_nn.training._pool import EnginePool
from skhep_nn.training._schedule import Cosine

# Steps in a path, and how many bits of a random number one of single precision holds.
PLACES, BITS = 512, 24


def cosine(done):
    """Half a cosine from 1 down to 0."""
    return (1 + np.cos(np.pi * done)) / 2


# By what the rate is multiplied when that part of the steps is done.
PATHS = {
    "cosine": cosine,
    "flat, cosine": lambda done: cosine(np.maximum(0.0, 2 * done - 1)),
    "rising": lambda done: 1 - cosine(done),
    "early": lambda done: np.where(done < 0.8, 1.0, 0.0),
    "late": lambda done: np.where(done < 0.2, 0.0, 1.0),
}
# Networks that were traced with a path are none for other fits. All paths share what was traced.
POOL = EnginePool()
PATH = tf.Variable(np.ones(PLACES, np.float32), trainable=False)
STEPS = tf.Variable(1.0, trainable=False)


@contextlib.contextmanager
def followed(path):
    """Networks that are fitted meanwhile, with a cosine of the learning rate, drop by that path.

    Parameters
    ----------
    path : str
        Of :data:`PATHS`.
    """
    PATH.assign(PATHS[path](np.arange(PLACES) / PLACES))
    planned = Cosine.factors

    def noted(self, epoch, n_steps):
        STEPS.assign(float(self.epochs * n_steps))
        return planned(self, epoch, n_steps)

    with (
        mock.patch.object(_pooled_network, "POOL", POOL),
        mock.patch.object(_engine, "programs_of", return_value=None),
        mock.patch.object(_dropout.Dropout, "call", call),
        mock.patch.object(Cosine, "factors", noted),
    ):
        yield


def call(layer, inputs, training=False):
    """What a layer of dropout does; it counts how often it was called."""
    if not training or not layer.rate:
        return inputs
    state = layer.seed_generator.next()
    rate = layer.rate * factor(state[1])
    drawn = _dropout.random_bits(tf.shape(inputs), state)
    drawn = tf.bitwise.right_shift(drawn, tf.constant(32 - BITS, tf.uint32))
    kept = tf.cast(drawn, tf.float32) / 2**BITS >= rate
    return tf.where(kept, inputs / (1.0 - rate), tf.zeros((), inputs.dtype))


def factor(step):
    """By what the rate is multiplied in a step, from 0."""
    done = tf.cast(step, tf.float32) / STEPS
    return tf.gather(PATH, tf.minimum(tf.cast(done * PLACES, tf.int32), PLACES - 1))
