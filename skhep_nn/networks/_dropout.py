"""Dropout whose masks cost little: random numbers that XLA makes while it multiplies.

Keras' dropout draws by Philox, whose products of 64 bits no processor makes several of at a time:
of a step of the default network compiled by XLA it was a third.
"""

from __future__ import annotations

import tensorflow as tf
from keras import layers

from skhep_nn.networks._input_scaling import register

# Of the finalizer of MurmurHash3 (A. Appleby), and 2**32 over the golden ratio.
FIRST, SECOND, GOLDEN = 0x85EBCA6B, 0xC2B2AE35, 0x9E3779B9


@register
class Dropout(layers.Dropout):
    """Keras' dropout; each number is dropped or not by a hash of its place, the seed and the call.

    The same events in the same order with the same seed have the same masks, compiled or not.
    """

    def call(self, inputs, training=False):
        """The numbers, a part of them 0 and the others larger, so that the mean stays."""
        if not training or not self.rate:
            return inputs
        drawn = random_bits(tf.shape(inputs), self.seed_generator.next(), _device())
        kept = drawn >= tf.constant(int(self.rate * 2**32), tf.uint32)
        return tf.where(kept, inputs * (1.0 / (1.0 - self.rate)), tf.zeros((), inputs.dtype))


def _device():
    """Which of the devices that train together this is: each has masks of its own."""
    context = tf.distribute.get_replica_context()
    return 0 if context is None else context.replica_id_in_sync_group


def random_bits(shape, state, device=0):
    """32 random bits at each place of an array.

    Parameters
    ----------
    shape : Tensor of int32
    state : Tensor of shape (2,)
        A seed, and how often was drawn.
    device : int or Tensor

    Returns
    -------
    Tensor of uint32
    """
    seed, call = tf.unstack(tf.cast(state, tf.uint32))
    device = tf.cast(device, tf.uint32) * _constant(SECOND)
    start = _hashed(_hashed(seed + _constant(GOLDEN)) + call + device)
    # two numbers of each call: one would make calls whose numbers are those of others, shifted
    inside = _hashed(start + _constant(GOLDEN))
    places = tf.cast(tf.range(tf.reduce_prod(shape)), tf.uint32)
    return tf.reshape(_hashed(places * _constant(GOLDEN) + start, inside), shape)


def _hashed(bits, inside=None):
    bits = _folded(bits, 16) * _constant(FIRST)
    bits = bits if inside is None else bits + inside
    return _folded(_folded(bits, 13) * _constant(SECOND), 16)


def _folded(bits, shift):
    return tf.bitwise.bitwise_xor(bits, tf.bitwise.right_shift(bits, _constant(shift)))


def _constant(value):
    return tf.constant(value, tf.uint32)
