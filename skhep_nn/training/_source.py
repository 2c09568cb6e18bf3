"""Events as the compiled loop reads them: blocks of rows in the order of an epoch."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import tensorflow as tf

from skhep_nn.training._messages import out_of_memory

BLOCK_BYTES = 256 * 2**20
# Events that a compiled epoch gathers at a time: few enough for the processor's cache.
GROUP_ROWS, GROUP_BYTES = 4096, 2**20


class Ordered(NamedTuple):
    """Events, and the order in which a compiled epoch gathers them.

    Parameters
    ----------
    data : tuple of (x, y, weights)
        Tensors.
    order : tensor of int
        Event numbers, padded such that a whole group can be gathered from any batch on.
    """

    data: tuple
    order: object


class ArraySource:
    """Events in memory, put on the device once; an epoch's order is gathered there.

    Parameters
    ----------
    x : ndarray or dict of str to ndarray
    y, weights : ndarray of shape (n_events, ...)

    Raises
    ------
    MemoryError
        If the device has no room for them.
    """

    def __init__(self, x, y, weights):
        self.n_events = len(weights)
        try:
            self.data = tf.nest.map_structure(tf.convert_to_tensor, (x, y, weights))
        except tf.errors.ResourceExhaustedError as error:
            n_bytes = sum(array.nbytes for array in tf.nest.flatten((x, y, weights)))
            raise MemoryError(out_of_memory(error, n_bytes)) from error

    def blocks(self, order, batch_size):
        """The events of `order` as tensors, in blocks of whole batches.

        Yields
        ------
        tuple of (block, n_steps)
            `block` is (x, y, weights). Blocks are padded to a common length, so that what was
            compiled for one serves all. The last block has 0 steps and holds the partial batch.
        """
        n_steps = len(order) // batch_size
        most = BLOCK_BYTES // max(1, self._row_bytes * batch_size)
        steps = max(1, min(_bucket(n_steps), most))
        for start in range(0, n_steps, steps):
            count = min(steps, n_steps - start)
            rows = order[start * batch_size : (start + count) * batch_size]
            yield self._take(_pad(rows, steps * batch_size)), count
        rest = order[n_steps * batch_size :]
        if len(rest):
            yield self._take(rest), 0

    def ordered(self, order, batch_size):
        """The events as `blocks` gives them, the whole batches as one block that is not gathered.

        Yields
        ------
        tuple of (block, n_steps)
            An `Ordered` with all whole batches, then the partial batch, gathered, with 0 steps.
        """
        n_steps = len(order) // batch_size
        rows, rest = np.split(order, [n_steps * batch_size])
        if n_steps:
            self._pad_events()
            steps = _bucket(n_steps) + group_steps(self.data, batch_size)
            padded = tf.convert_to_tensor(_pad(rows, steps * batch_size))
            yield Ordered(self.data, padded), n_steps
        if len(rest):
            yield self._take(rest), 0

    def _pad_events(self):
        # XLA compiles for a number of events: nearly equal ones share a program, if memory allows
        n_events = _bucket(self.n_events) if self.n_bytes <= BLOCK_BYTES else self.n_events

        def pad(a):
            missing = n_events - len(a)
            return (
                a if missing <= 0 else tf.concat([a, tf.zeros((missing, *a.shape[1:]), a.dtype)], 0)
            )

        self.data = tf.nest.map_structure(pad, self.data)

    def _take(self, rows):
        rows = tf.convert_to_tensor(rows)
        return tf.nest.map_structure(lambda a: tf.gather(a, rows), self.data)

    @property
    def n_bytes(self):
        """Size of the events."""
        return self._row_bytes * self.n_events

    @property
    def _row_bytes(self):
        return _bytes_of_event(self.data)


def batches(block, n_steps, batch_size):
    """The batches of what a source yields, one by one; the partial batch as it is."""
    if not n_steps:
        yield block
    for number in range(n_steps):
        rows = slice(number * batch_size, (number + 1) * batch_size)
        yield tf.nest.map_structure(lambda a, rows=rows: a[rows], block)


def group_steps(data, batch_size):
    """Batches of `data` that a compiled epoch gathers at a time."""
    most = min(GROUP_ROWS, GROUP_BYTES // max(1, _bytes_of_event(data)))
    return max(1, most // batch_size)


def _bytes_of_event(data):
    return sum(a.dtype.size * int(np.prod(a.shape[1:])) for a in tf.nest.flatten(data))


def _bucket(n):
    """`n` rounded up to three significant bits: folds of nearly equal size share a program."""
    unit = 1 << max(0, int(n).bit_length() - 3)
    return -(-n // unit) * unit


def _pad(rows, length):
    return np.concatenate([rows, np.zeros(length - len(rows), rows.dtype)])
