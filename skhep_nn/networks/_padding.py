"""Layers that know the padding of a sequence: it counts nowhere, however much of it there is."""

from __future__ import annotations

import keras
from keras import layers, ops

# Numbers that a register of the processor holds at most (AVX-512, float32).
REGISTER = 16


class OfEntries(layers.Layer):
    """Base of layers that take the mask as an argument, and pass on none behind Keras' back."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True

    def compute_mask(self, *args, **kwargs):
        """None: masks are passed openly."""


register = keras.saving.register_keras_serializable(package="skhep_nn")


@register
class PaddingMask(OfEntries):
    """True where an entry of a sequence is real, False where all its numbers are `value`.

    Parameters
    ----------
    value : float, default=0.
    """

    def __init__(self, value=0.0, **kwargs):
        super().__init__(**kwargs)
        self.value = value

    def call(self, x):
        """Mask of shape (n_events, length) of `x`, a sequence or tokens."""
        # as a float: TensorFlow takes no whole number beyond 2**63
        real = ops.not_equal(x, ops.cast(float(self.value), x.dtype))
        return ops.any(real, axis=-1) if len(x.shape) == 3 else real

    def compute_output_spec(self, x):
        """Shape and type of what `call` returns."""
        return keras.KerasTensor(x.shape[:2], dtype="bool")

    def get_config(self):
        """What the layer is made from."""
        return {**super().get_config(), "value": self.value}


@register
class Masked(OfEntries):
    """A sequence whose padding is 0, whatever was there."""

    def call(self, x, entries):
        """`x` where `entries`, a mask, is True; 0 elsewhere."""
        return x * _as_factor(entries, x)


@register
class Columns(OfEntries):
    """Some of the numbers of each entry.

    Parameters
    ----------
    places : sequence of int
    """

    def __init__(self, places, **kwargs):
        # momenta in any unit are not to become float16 before they are compared
        super().__init__(**{"autocast": False, **kwargs})
        self.places = [int(place) for place in places]

    def call(self, x):
        """`x` with the numbers at the places only."""
        return ops.take(x, self.places, axis=-1)

    def compute_output_spec(self, x):
        """Shape and type of what `call` returns."""
        return keras.KerasTensor((*x.shape[:-1], len(self.places)), dtype=x.dtype)

    def get_config(self):
        """What the layer is made from."""
        return {**super().get_config(), "places": self.places}


@register
class Reversed(OfEntries):
    """A sequence, or its mask, from the last entry to the first."""

    def call(self, x):
        """`x` in reverse order."""
        return ops.flip(x, axis=1)


@register
class MaskedBatchNormalization(layers.BatchNormalization):
    """Batch normalisation whose means and variances are those of the real entries."""

    def call(self, x, entries, training=None):
        """`x` normalised; `entries` is its mask."""
        return super().call(x, training=training, mask=entries)

    def compute_mask(self, *args, **kwargs):
        """None: masks are passed openly."""


@register
class GlobalPooling(OfEntries):
    """One vector per event, from the real entries of its sequence; 0 if there are none.

    Parameters
    ----------
    how : {"average", "max", "sum", "flatten"}
        "flatten" puts all entries side by side, padding as 0.
    """

    def __init__(self, how, **kwargs):
        super().__init__(**kwargs)
        self.how = how

    def call(self, x, entries):
        """`x` of shape (n_events, length, n_features) to (n_events, n_outputs)."""
        return POOLINGS[self.how](x, _as_factor(entries, x))

    def compute_output_spec(self, x, entries):
        """Shape and type of what `call` returns."""
        n_outputs = x.shape[1] * x.shape[2] if self.how == "flatten" else x.shape[2]
        return keras.KerasTensor((x.shape[0], n_outputs), dtype=x.dtype)

    def get_config(self):
        """What the layer is made from."""
        return {**super().get_config(), "how": self.how}


@register
class LocalPooling(OfEntries):
    """The average of each `size` neighbours; padding does not count.

    Parameters
    ----------
    size : int
    """

    def __init__(self, size, **kwargs):
        super().__init__(**kwargs)
        self.size = size

    def call(self, x, entries):
        """Shorter sequence, and its mask: an entry is real if one of its neighbours was."""
        factor = _as_factor(entries, x)
        # padding at the end, never in front: windows must not shift with the length
        rest = [[0, 0], [0, -x.shape[1] % self.size], [0, 0]]
        total, share = (
            ops.average_pool(ops.pad(a, rest), self.size, self.size, padding="valid")
            for a in (x * factor, factor)
        )
        real = ops.squeeze(share, axis=-1) > 0
        return total / ops.maximum(share, 1 / (2 * self.size)), real

    def compute_output_spec(self, x, entries):
        """Shapes and types of what `call` returns."""
        length = -(-x.shape[1] // self.size)
        return (
            keras.KerasTensor((x.shape[0], length, x.shape[2]), dtype=x.dtype),
            keras.KerasTensor((x.shape[0], length), dtype="bool"),
        )

    def get_config(self):
        """What the layer is made from."""
        return {**super().get_config(), "size": self.size}


def sum_of_entries(x):
    """The sum over the entries of a sequence (n_events, length, n_features), event by event.

    TensorFlow adds up as many neighbours at a time as a register holds. Where one holds features
    of two events it adds in another order, and the sum would depend on the place of the event.
    """
    width = x.shape[2]
    rest = -width % REGISTER
    if not rest:
        return ops.sum(x, axis=1)
    return ops.sum(ops.pad(x, [[0, 0], [0, 0], [0, rest]]), axis=1)[:, :width]


def _average(x, real):
    return sum_of_entries(x * real) / ops.maximum(ops.sum(real, axis=1), 1)


def _max(x, real):
    # the lowest number, not minus infinity: an event without entries must have a gradient
    lowest = ops.max(ops.where(real > 0, x, ops.cast(-1e30, x.dtype)), axis=1)
    return ops.where(ops.max(real, axis=1) > 0, lowest, ops.zeros_like(lowest))


def _sum(x, real):
    return sum_of_entries(x * real)


def _flatten(x, real):
    return ops.reshape(x * real, (-1, x.shape[1] * x.shape[2]))


POOLINGS = {"average": _average, "max": _max, "sum": _sum, "flatten": _flatten}


def _as_factor(entries, x):
    return ops.cast(ops.expand_dims(entries, axis=-1), x.dtype)
