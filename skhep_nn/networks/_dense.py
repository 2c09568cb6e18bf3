"""Dense networks, and the output layer that all networks share."""

from __future__ import annotations

import keras
from keras import layers

from skhep_nn.networks import _checks
from skhep_nn.networks._feature_inputs import Inputs
from skhep_nn.networks._hidden import (
    activation_layer,
    as_layers,
    normalised,
    rates,
    regularizer,
    where_normalised,
    with_momentum,
)
from skhep_nn.networks._seeds import dropout as dropout_layer
from skhep_nn.networks._seeds import fresh

# Behind the first hidden layer, of dropout that falls with the layers. What the first layers have
# learnt by heart is dropped, and the last ones may add up what they get.
FIRST_RATE = 0.5


def dense(
    shape,
    n_outputs,
    *,
    units=(50, 50),
    activation="relu",
    kernel_initializer="glorot_uniform",
    dropout=0.0,
    l2=0.0,
    batch_normalization=False,
    input_scaling=False,
    feature_scale=False,
    feature_bins=0,
    bn_momentum=0.9,
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
    dropout : float, sequence of float or "auto"
        Fraction dropped after each hidden layer; ``"auto"`` is :func:`falling_rates`.
    l2 : float
        L2 penalty on the kernels of the hidden layers.
    batch_normalization : {False, "input", "hidden", "all"}
        Nowhere, on the features, before the activation of each hidden layer, or both.
    input_scaling : bool
        Scale the features by constants, which are to be assigned; see
        :class:`skhep_nn.networks._input_scaling.InputScaling`.
    feature_scale : bool
        Multiply each feature by a trained factor.
    feature_bins : int
        Bins in which features are read besides, if they are scaled; see
        :class:`skhep_nn.networks._feature_bins.FeatureBins`.
    bn_momentum : float
        Of the moving averages in batch normalisation.

    Returns
    -------
    keras.Model
        Not compiled.
    """
    _checks.check_common(n_outputs, input_scaling, feature_scale, feature_bins, bn_momentum)
    inputs = layers.Input(_checks.shape_of(shape), name="features")
    read = Inputs(
        inputs,
        "features",
        input_scaling=input_scaling,
        feature_scale=feature_scale,
        feature_bins=feature_bins,
    )
    on_input, _ = where_normalised(batch_normalization)
    before_dense = as_layers(units, "units") and not on_input
    x, first = read.for_dense() if before_dense else (read.with_bins(), layers.Dense)
    x = hidden(
        x,
        units,
        activation=activation,
        kernel_initializer=kernel_initializer,
        dropout=dropout,
        l2=l2,
        batch_normalization=batch_normalization,
        first=first,
    )
    return with_momentum(keras.Model(inputs, output(x, n_outputs), name="dense"), bn_momentum)


def hidden(
    x,
    units=(),
    *,
    activation="relu",
    kernel_initializer="glorot_uniform",
    dropout=0.0,
    l2=0.0,
    batch_normalization=False,
    after=None,
    first=layers.Dense,
):
    """Hidden dense layers on `x`; the parameters are those of :func:`dense`.

    `after`, if given, is called with the activated features of each layer and returns what the
    next one gets. `first` is the class of the first layer, or what makes one.
    """
    units, activation = as_layers(units, "units"), _checks.activation(activation)
    kernel_initializer = _checks.initializer(kernel_initializer)
    on_input, inside = where_normalised(batch_normalization)
    x = normalised(x) if on_input else x
    kinds = [first, *[layers.Dense] * len(units)]
    if isinstance(dropout, str) and dropout == "auto":
        dropout = falling_rates(len(units))
    for width, rate, kind in zip(units, rates(dropout, len(units)), kinds, strict=False):
        x = kind(
            width,
            kernel_initializer=fresh(kernel_initializer),
            kernel_regularizer=regularizer(l2),
        )(x)
        x = normalised(x) if inside else x
        x = activation_layer(activation)(x)
        x = x if after is None else after(x)
        x = dropout_layer(x, rate)
    return x


def falling_rates(n_layers):
    """Fractions to drop that fall evenly from `FIRST_RATE` to none behind the last hidden layer.

    Examples
    --------
    >>> falling_rates(3), falling_rates(2), falling_rates(1)
    ([0.5, 0.25, 0.0], [0.5, 0.0], [0.25])
    """
    if n_layers == 1:
        return [FIRST_RATE / 2]
    return [FIRST_RATE * (1 - layer / (n_layers - 1)) for layer in range(n_layers)]


def output(x, n_outputs, initializer="glorot_uniform", name="output"):
    """The output layer: a sigmoid for one output, a softmax for more."""
    activation = "sigmoid" if n_outputs == 1 else "softmax"
    layer = layers.Dense(
        # Keras refuses some of NumPy's integers
        int(n_outputs),
        kernel_initializer=fresh(initializer),
        name=name,
        activation=activation,
        dtype=_whole(keras.config.dtype_policy()),
    )
    return layer(x)


def _whole(policy):
    """The policy of outputs: probabilities of 16 bits would be rounded by parts in a thousand."""
    return "float32" if policy.compute_dtype in ("bfloat16", "float16") else policy
