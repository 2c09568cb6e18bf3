"""Dense networks, and the output layer that all networks share."""

from __future__ import annotations

import keras
import numpy as np
from keras import layers

BATCH_NORMALIZATION = (False, "input", "all")


def dense(
    shape,
    n_outputs,
    *,
    units=(50, 50),
    activation="relu",
    kernel_initializer="he_normal",
    dropout=0.0,
    l2=0.0,
    batch_normalization=False,
):
    """A dense network from features to class probabilities.

    Parameters
    ----------
    shape : tuple of int
        (n_features,).
    n_outputs : int
        1 for a sigmoid (two classes), else one softmax node per class.
    units : sequence of int
        Width of each hidden layer.
    activation, kernel_initializer : str or Keras object
        Of the hidden layers.
    dropout : float or sequence of float
        Fraction dropped after each hidden layer.
    l2 : float
        L2 penalty on the kernels of the hidden layers.
    batch_normalization : {False, "input", "all"}
        Nowhere, on the features, or there and before the activation of each hidden layer.

    Returns
    -------
    keras.Model
        Not compiled.
    """
    inputs = layers.Input(shape, name="features")
    x = layers.BatchNormalization()(inputs) if batch_normalization else inputs
    x = hidden(
        x,
        units,
        activation=activation,
        kernel_initializer=kernel_initializer,
        dropout=dropout,
        l2=l2,
        batch_normalization=batch_normalization == "all",
    )
    return keras.Model(inputs, output(x, n_outputs), name="dense")


def hidden(x, units, *, activation, kernel_initializer, dropout, l2, batch_normalization):
    """Hidden dense layers on `x`; the parameters are those of :func:`dense`."""
    for width, rate in zip(units, per_layer(dropout, len(units), "dropout"), strict=True):
        x = layers.Dense(
            int(width),
            kernel_initializer=fresh(kernel_initializer),
            kernel_regularizer=keras.regularizers.L2(l2) if l2 else None,
        )(x)
        if batch_normalization:
            x = layers.BatchNormalization()(x)
        x = layers.Activation(activation)(x)
        x = layers.Dropout(rate)(x) if rate else x
    return x


def output(x, n_outputs):
    """The output layer: a sigmoid for one output, a softmax for more."""
    activation = "sigmoid" if n_outputs == 1 else "softmax"
    return layers.Dense(n_outputs, activation=activation, name="output")(x)


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
