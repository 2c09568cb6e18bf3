"""What the layers of all networks share: widths, values per layer, activations, initializers."""

from __future__ import annotations

import re
from collections.abc import Mapping

import keras
import numpy as np
from keras import layers

from skhep_nn import _choices, _floats
from skhep_nn.networks._mish import mish
from skhep_nn.networks._padding import MaskedBatchNormalization

# Where batch normalisation may be: on what comes in, before the activations inside.
BATCH_NORMALIZATION = {
    False: (False, False),
    "input": (True, False),
    "hidden": (False, True),
    "all": (True, True),
}


def activation_of(value):
    """The function or layer that Keras knows by `value`; older versions do not read descriptions.

    Raises
    ------
    ValueError, TypeError
        Keras'.
    """
    described = isinstance(value, Mapping)
    found = keras.saving.deserialize_keras_object(value) if described else value
    return keras.activations.get(found)


def activation_layer(value):
    """A layer that applies the activation `value`; Keras' mish is :func:`mish`."""
    found = activation_of(value)
    return layers.Activation(mish if found is keras.activations.mish else found)


def as_layers(value, name):
    """A list of positive integers, one per layer, from one or several.

    Raises
    ------
    ValueError
        Naming the parameter and the value.
    """
    sizes = list(value) if _choices.is_several(value) else [value]
    for size in sizes:
        if not _choices.is_whole(size) or size < 1:
            msg = f"{name} must be a positive integer, or one per layer; got {value!r}"
            raise ValueError(msg)
    return [int(size) for size in sizes]


def one(value, name):
    """A positive integer.

    Raises
    ------
    ValueError
    """
    sizes = as_layers(value, name)
    if len(sizes) != 1:
        msg = f"{name} must be one positive integer; got {value!r}"
        raise ValueError(msg)
    return sizes[0]


def count(value, name):
    """A number of things, 0 included.

    Raises
    ------
    ValueError
    """
    if not _choices.is_whole(value) or value < 0:
        msg = f"{name} must be an integer, 0 or more; got {value!r}"
        raise ValueError(msg)
    return int(value)


def rates(value, n_layers, name="dropout"):
    """A fraction to drop per layer, from one for all or a sequence.

    Raises
    ------
    ValueError
    """
    fractions = per_layer(value, n_layers, name)
    for fraction in fractions:
        if not _choices.is_real(fraction) or not 0 <= fraction < 1:
            msg = f"{name} must be a fraction from 0 to below 1, or one per layer; got {value!r}"
            raise ValueError(msg)
    return fractions


def switch(value, name):
    """True or False.

    Raises
    ------
    ValueError
    """
    if not isinstance(value, (bool, np.bool_)):
        msg = f"{name} must be True or False; got {value!r}"
        raise ValueError(msg)
    return bool(value)


def safe(name):
    """`name` as a layer may be called."""
    return re.sub(r"[^A-Za-z0-9_.]", "_", name)


def per_layer(value, n_layers, name):
    """One value per layer, from one for all or a sequence of the right length."""
    if not _choices.is_several(value):
        return [value] * n_layers
    if len(value) != n_layers:
        msg = f"{name} has {len(value)} values for {n_layers} layers; give one per layer, or one"
        raise ValueError(msg)
    return list(value)


def regularizer(l2):
    """The L2 penalty, or None for 0.

    Raises
    ------
    ValueError
        If it is no finite number >= 0.
    """
    l2 = _floats.not_negative(l2, "l2")
    return keras.regularizers.L2(l2) if l2 else None


def choice(value, known, name):
    """`value`, if it is one of the `known`.

    Raises
    ------
    ValueError
    """
    if not _choices.has_key(tuple(known), value):
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


def with_momentum(model, bn_momentum):
    """`model`, whose batch normalisations average with that momentum."""
    for layer in model.layers:
        if isinstance(layer, layers.BatchNormalization):
            layer.momentum = bn_momentum
    return model
