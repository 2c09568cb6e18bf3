"""Devices: memory of GPUs that grows with need, and training on several at a time.

Several devices train one network where a fit runs in the scope of a strategy of TensorFlow's, e.g.
``tf.distribute.MirroredStrategy``: each has a copy of the network and a part of each batch.
"""

from __future__ import annotations

import contextlib

import tensorflow as tf


def grow_memory():
    """Have TensorFlow take memory of GPUs as it needs it, not all of it at once.

    Other processes on the same GPU, e.g. of a search, would find none.
    """
    # once TensorFlow has started this is fixed
    with contextlib.suppress(RuntimeError, ValueError):
        for device in tf.config.list_physical_devices("GPU"):
            tf.config.experimental.set_memory_growth(device, True)


def scope():
    """What tells the scope of a strategy from others; 0 outside of any.

    A network that was made in one scope is of no use in another.
    """
    return id(tf.distribute.get_strategy()) if tf.distribute.has_strategy() else 0


class Replicas:
    """Copies of a network on several devices, each of which does a part of each step.

    Keras divides losses by the number of copies and sums the gradients over them.

    Parameters
    ----------
    strategy : tf.distribute.Strategy
    """

    def __init__(self, strategy):
        self.strategy = strategy
        self.number = strategy.num_replicas_in_sync

    @classmethod
    def now(cls):
        """Those of the strategy in whose scope this is called; None outside of any."""
        return cls(tf.distribute.get_strategy()) if scope() else None

    def step(self, function, block, begin, size):
        """The loss of a batch of `block`, an equal part of which is done by each copy."""
        if size % self.number:
            return self.whole_step(function, slices(block, begin, size))
        share = size // self.number

        def part():
            number = tf.distribute.get_replica_context().replica_id_in_sync_group
            return function(*slices(block, begin + number * share, share))

        return self._sum(self.strategy.run(part))

    def whole_step(self, function, batch):
        """The loss of a batch that has no equal parts: each copy does the same."""
        return self._sum(self.strategy.run(function, args=batch))

    def _sum(self, losses):
        return self.strategy.reduce(tf.distribute.ReduceOp.SUM, losses, axis=None)


def slices(data, begin, size):
    """`size` events of tensors from number `begin` on."""

    def part(tensor):
        tail = tensor.shape[1:]
        return tf.slice(tensor, [begin] + [0] * len(tail), [size, *tail])

    return tf.nest.map_structure(part, data)
