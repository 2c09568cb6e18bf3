"""What the layers of all networks share: widths, values per layer, activations, initializers."""

from __future__ import annotations

from numbers import Integral

import keras
import numpy as np
from keras import layers

from skhep_nn.networks._masks import MaskedBatchNormalization

# Where batch normalisation may be: on what comes in, before the activations inside.
BATCH_NORMALIZATION = {
    False: (False, False),
    "input": (True, False),
    "hidden": (False, True),
    "all": (True, True),
}


def as_layers(value, name):
    """A list of positive integers, one per layer, from one or several.

    Raises
    ------
    ValueError
        Naming the parameter and the value.
    """
    sizes = [value] if np.ndim(value) == 0 else list(value)
    for size in sizes:
        if not isinstance(size, Integral) or isinstance(size, bool) or size < 1:
            msg = f"{name} must be a positive integer, or one per layer; got {value!r}"
            raise ValueError(msg)
    return [int(size) for size in sizes]


def per_layer(value, n_layers, name):
    """One value per layer, from one for all or a sequence of the right length."""
    if np.ndim(value) == 0:
        return [value] * n_layers
    if len(value) != n_layers:
        msg = f"{name} has {len(value)} values for {n_layers} layers; give one per layer, or one"
        raise ValueError(msg)
    return list(value)


def fresh(initializer):
    """An initializer of its own for each layer, where an object was given for all."""
    if isinstance(initializer, keras.initializers.Initializer):
        return type(initializer).from_config(initializer.get_config())
    return initializer


def regularizer(l2):
    """The L2 penalty, or None for 0."""
    return keras.regularizers.L2(l2) if l2 else None


def choice(value, known, name):
    """`value`, if it is one of the `known`.

    Raises
    ------
    ValueError
    """
    if value not in tuple(known):
        msg = f"{name}={value!r}; it must be one of {list(known)}"
        raise ValueError(msg)
    return value


def where_normalised(batch_normalization):
    """Whether what comes in, and whether the layers inside, are normalised.

    Returns
    -------
    tuple of bool
    """
    return BATCH_NORMALIZATION[
        choice(batch_normalization, BATCH_NORMALIZATION, "batch_normalization")
    ]


def normalised(x, entries=None):
    """`x` after batch normalisation; padding counts in no mean and variance."""
    if entries is None:
        return layers.BatchNormalization()(x)
    return MaskedBatchNormalization()(x, entries)
