"""Outputs of a network: the same bits in any order of the events, and for any number of them.

A library of matrix products may split a long sum of products in a way that depends on the number of
rows. Networks with such sums are therefore given their events in blocks of few sizes.
"""

from __future__ import annotations

import math

import numpy as np
import tensorflow as tf

# Rows of a prediction are padded to a multiple of this: the matrix products then split a chunk in
# the same way wherever a row stands, so that predictions do not depend on order or chunking.
ROW_MULTIPLE = 64
# TensorFlow may split longer sums of products in a way that depends on the number of events.
LONGEST_SUM = 64
# Events of a block of networks with longer sums, if that gives the bits of blocks of ROW_MULTIPLE:
# half as dear, as the activations of so many stay in the processor's cache.
BLOCK_ROWS = 1024


class Prediction:
    """Predicts with the network of an engine.

    Parameters
    ----------
    forward : callable
        Events to outputs, not in training.
    model : keras.Model
    """

    def __init__(self, forward, model):
        self._forward, self._model = forward, model
        # unknown until there are as many events
        self._large_blocks = None

    def trace(self, signature):
        """The compiled function of events like `signature`, to be given to `chunk`."""
        if longest_sum(self._model) <= LONGEST_SUM:
            return tf.function(lambda x: _only(self._forward(x)), input_signature=[signature])
        size = tf.TensorSpec([], tf.int32)
        return tf.function(self._in_blocks, input_signature=[signature, size])

    def chunk(self, run, x):
        """Outputs of events that are run together."""
        rows = n_rows_of(x)
        padded = padded_to(x, max(1, -(-rows // ROW_MULTIPLE)) * ROW_MULTIPLE)
        if longest_sum(self._model) <= LONGEST_SUM:
            return run(padded).numpy()[:rows]
        large = self._n_in_large_blocks(run, x)
        sizes = {BLOCK_ROWS: slice(0, large), ROW_MULTIPLE: slice(large, n_rows_of(padded))}
        return np.concatenate(
            [
                run(rows_of(padded, part), tf.constant(size)).numpy()
                for size, part in sizes.items()
                if part.start < part.stop
            ]
        )[:rows]

    def _n_in_large_blocks(self, run, x):
        whole = n_rows_of(x) // BLOCK_ROWS * BLOCK_ROWS
        if whole and self._large_blocks is None:
            self._large_blocks = _block_size_does_not_matter(run, rows_of(x, slice(0, BLOCK_ROWS)))
        return whole if self._large_blocks else 0

    def _in_blocks(self, x, size):
        first, *_ = tf.nest.flatten(x)
        spec = _only(self._model.compute_output_spec(x))
        n_blocks = tf.shape(first)[0] // size
        out = tf.TensorArray(spec.dtype, n_blocks, element_shape=[None, *spec.shape[1:]])

        def block(number, out):
            part = tf.nest.map_structure(
                lambda a: tf.slice(
                    a,
                    [number * size, *[0] * (len(a.shape) - 1)],
                    [size, *a.shape[1:]],
                ),
                x,
            )
            return number + 1, out.write(number, _only(self._forward(part)))

        _, out = tf.while_loop(lambda number, _: number < n_blocks, block, (0, out))
        return out.concat()


def _block_size_does_not_matter(run, x):
    """Whether the events `x`, and random numbers in their place, show no difference of any bit.

    None if these events cannot tell: their outputs are all the same.
    """
    rng = np.random.default_rng(0)
    varied = False
    for tried in (x, tf.nest.map_structure(lambda a: _random_like(a, rng), x)):
        once, again = (run(tried, tf.constant(size)).numpy() for size in (BLOCK_ROWS, ROW_MULTIPLE))
        if once.tobytes() != again.tobytes():
            return False
        varied |= bool((once != once[:1]).any())
    return True if varied else None


def _random_like(a, rng):
    a = np.asarray(a)
    return rng.normal(size=a.shape).astype(a.dtype) if np.issubdtype(a.dtype, np.floating) else a


def longest_sum(model):
    """Terms of the longest sum of products in the network, by its kernels."""
    kernels = (weight.shape for weight in model.weights if len(weight.shape) > 1)
    return max((math.prod(shape[:-1]) for shape in kernels), default=0)


def n_rows_of(x):
    """Number of events of an array or a dict of arrays."""
    return len(tf.nest.flatten(x)[0])


def rows_of(x, index):
    """Some events of an array or a dict of arrays."""
    return tf.nest.map_structure(lambda a: a[index], x)


def padded_to(x, rows):
    """The events of `x` and zeros behind them, `rows` in all."""

    def pad(a):
        out = np.zeros((rows, *a.shape[1:]), a.dtype)
        out[: len(a)] = a
        return out

    return x if n_rows_of(x) == rows else tf.nest.map_structure(pad, x)


def _only(outputs):
    """The one output of a network, which may come in a list or dict."""
    (output,) = tf.nest.flatten(outputs)
    return output
