"""Layers of attention between the entries of a sequence; padding is never looked at."""

from __future__ import annotations

import math

import keras
from keras import ops

from skhep_nn.networks._padding import OfEntries, register, sum_of_entries

# A logit whose exponential is 0 in every type that Keras computes in, and which none of them lacks.
NEVER = -3e4


@register
class HeadsOfAttention(OfEntries):
    """What each query takes of the values, by how well its keys match, in several heads.

    ``softmax(q k^T / sqrt(size of a head) + bias) v`` in each head, side by side (Vaswani et al.,
    arXiv:1706.03762). It has no weights: queries, keys and values come from dense layers.

    Parameters
    ----------
    n_heads : int
        Parts that queries, keys and values are cut into.
    """

    def __init__(self, n_heads, **kwargs):
        super().__init__(**kwargs)
        self.n_heads = n_heads

    def call(self, queries, keys, values, entries, bias=None):
        """What is taken, of the shape of `queries`.

        Parameters
        ----------
        queries : tensor of shape (n_events, n_queries, width)
        keys, values : tensor of shape (n_events, length, width)
        entries : tensor of bool of shape (n_events, length)
            Which keys are real.
        bias : tensor of shape (n_events, n_queries, length, n_heads), optional
            Added to the match.
        """
        match = ops.matmul(self._heads(queries), self._heads(keys, for_products=True))
        match = match / math.sqrt(queries.shape[-1] // self.n_heads)
        if bias is not None:
            match = match + ops.transpose(bias, (0, 3, 1, 2))
        real = ops.expand_dims(ops.expand_dims(entries, axis=1), axis=1)
        match = ops.where(real, match, ops.cast(NEVER, match.dtype))
        taken = ops.matmul(ops.softmax(match, axis=-1), self._heads(values))
        taken = ops.transpose(taken, (0, 2, 1, 3))
        return ops.reshape(taken, (-1, queries.shape[1], values.shape[-1]))

    def compute_output_spec(self, queries, keys, values, entries, bias=None):
        """Shape and type of what `call` returns."""
        return keras.KerasTensor((*queries.shape[:2], values.shape[-1]), dtype=queries.dtype)

    def get_config(self):
        """What the layer is made from."""
        return {**super().get_config(), "n_heads": self.n_heads}

    def _heads(self, x, *, for_products=False):
        """(n_events, n_heads, length, size), or with the last two exchanged."""
        x = ops.reshape(x, (-1, x.shape[1], self.n_heads, x.shape[2] // self.n_heads))
        return ops.transpose(x, (0, 2, 3, 1) if for_products else (0, 2, 1, 3))


@register
class AttentionPooling(OfEntries):
    """The average of the real entries with weights ``softmax(score)``; 0 if there are none."""

    def call(self, x, scores, entries):
        """`x` of shape (n_events, length, width), `scores` (n_events, length, 1) to a vector each.

        Parameters
        ----------
        x, scores : tensor
        entries : tensor of bool of shape (n_events, length)
        """
        real = ops.expand_dims(entries, axis=-1)
        scores = ops.where(real, scores, ops.cast(NEVER, scores.dtype))
        shares = ops.softmax(scores, axis=1) * ops.cast(real, x.dtype)
        return sum_of_entries(x * shares)

    def compute_output_spec(self, x, scores, entries):
        """Shape and type of what `call` returns."""
        return keras.KerasTensor((x.shape[0], x.shape[2]), dtype=x.dtype)


@register
class WithOneInFront(OfEntries):
    """A sequence and its mask with one more, always real, entry in front."""

    def call(self, first, x, entries):
        """`first` of shape (n_events, 1, width) before `x`, and the longer mask."""
        there = ops.ones_like(entries[:, :1])
        return ops.concatenate([first, x], axis=1), ops.concatenate([there, entries], axis=1)

    def compute_output_spec(self, first, x, entries):
        """Shapes and types of what `call` returns."""
        length = x.shape[1] + 1
        return (
            keras.KerasTensor((x.shape[0], length, x.shape[2]), dtype=x.dtype),
            keras.KerasTensor((x.shape[0], length), dtype="bool"),
        )


@register
class ZeroWithoutEntries(OfEntries):
    """A vector per event, 0 where the event has no entries."""

    def call(self, x, entries):
        """`x` of shape (n_events, width) where `entries` has a real one."""
        return x * ops.cast(ops.any(entries, axis=1, keepdims=True), x.dtype)
