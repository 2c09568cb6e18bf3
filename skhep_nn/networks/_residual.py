"""Residual networks: dense blocks on features, convolutional blocks on sequences.

A block adds what it computes to what came in (He et al., arXiv:1512.03385); with
``preactivation`` normalisation and activation come before the kernels (arXiv:1603.05027).
"""

from __future__ import annotations

import keras
from keras import layers

from skhep_nn.networks._convolutions import convolution, plain_convolution
from skhep_nn.networks._hidden import (
    activation_layer,
    activation_of,
    as_layers,
    count,
    normalised,
    one,
    per_layer,
    rates,
    regularizer,
    switch,
    where_normalised,
)
from skhep_nn.networks._padding import LocalPooling
from skhep_nn.networks._pooled import pooled, ways
from skhep_nn.networks._seeds import dropout as dropout_layer
from skhep_nn.networks._seeds import fresh

# Their slope at 0 is 0: kernels of zeros before them would never move.
FLAT_AT_ZERO = ("relu", "relu6", "relu_squared", "soft_shrink", "hard_shrink", "threshold")


def residual_dense(
    x,
    *,
    n_blocks=5,
    units=128,
    layers_per_block=1,
    activation="relu",
    kernel_initializer="glorot_uniform",
    block_initializer=None,
    dropout=0.0,
    l2=0.0,
    block_l2=None,
    batch_normalization=False,
    preactivation=False,
    before=None,
):
    """A dense layer and residual blocks of dense layers, all of one width.

    Parameters
    ----------
    x : KerasTensor of shape (n_events, n_features)
    n_blocks : int
    units : int
        Width.
    layers_per_block : int
    activation, kernel_initializer, l2
        Of all layers.
    block_l2 : float or None
        L2 penalty inside the blocks; None is `l2`.
    block_initializer : str, Keras initializer or None
        Of the kernel of the last layer of each block; "zeros" makes each block the identity at
        the start (with an activation that is not flat at 0). None is `kernel_initializer`.
    dropout : float
        At the end of each block, before what came in is added.
    batch_normalization : {False, "input", "hidden", "all"}
    preactivation : bool
        Normalisation and activation before the kernels rather than behind them.
    before : callable or None
        Called with what enters the layers of each block; returns what they get. What is added at
        the end of the block stays as it was.

    Returns
    -------
    KerasTensor of shape (n_events, units)
    """
    units, layers_per_block = one(units, "units"), one(layers_per_block, "layers_per_block")
    (dropout,), preactivation = rates(dropout, 1), switch(preactivation, "preactivation")
    check_identity(block_initializer, activation, preactivation=preactivation)
    on_input, inside = where_normalised(batch_normalization)
    x = normalised(x) if on_input else x
    inner_l2 = l2 if block_l2 is None else block_l2
    step = _dense_step(units, activation, inner_l2, inside, preactivation)
    x = _dense(x, units, kernel_initializer, l2)
    x = x if preactivation else _active(x, activation, normalises=inside)
    for _ in range(count(n_blocks, "n_blocks")):
        y = x if before is None else before(x)
        for number in range(layers_per_block):
            last = number == layers_per_block - 1
            y = step(y, (last and block_initializer) or kernel_initializer)
        y = dropout_layer(y, dropout)
        x = layers.Add()([x, y])
    return _active(x, activation, normalises=False) if preactivation else x


def residual_convolutional(
    x,
    entries,
    *,
    n_blocks=4,
    filters=64,
    kernel_size=3,
    layers_per_block=2,
    stem=None,
    pool="average",
    pool_size=1,
    activation="relu",
    kernel_initializer="glorot_uniform",
    block_initializer=None,
    dropout=0.0,
    l2=0.0,
    block_l2=None,
    batch_normalization="hidden",
    preactivation=False,
):
    """Residual blocks of convolutions along a sequence, then one vector per event.

    A block has `layers_per_block` convolutions, the last of them with as many filters as the
    sequence has features, and one more such convolution without activation, whose outcome is
    added to what came in.

    Parameters
    ----------
    x, entries : KerasTensor
        The sequence and its mask.
    n_blocks : int
    filters, kernel_size : int or sequence of int
        Of the convolutions of each block.
    layers_per_block : int
    stem : int or None
        Filters of a 1x1 convolution before the blocks, which work at that width; None for none.
    pool : str or sequence of str
        Over the entries at the end.
    pool_size : int or sequence of int
        Neighbours that are averaged after each block.
    activation, kernel_initializer, l2
        Of all convolutions.
    block_l2 : float or None
        L2 penalty inside the blocks; None is `l2`.
    block_initializer : str, Keras initializer or None
        Of the last kernel of each block; "zeros" makes each block the identity at the start.
    dropout : float
        At the end of each block, before what came in is added.
    batch_normalization : {False, "input", "hidden", "all"}
    preactivation : bool
        Normalisation and activation before each kernel rather than behind it.

    Returns
    -------
    KerasTensor of shape (n_events, n_outputs)
    """
    pools = ways(pool)
    layers_per_block = one(layers_per_block, "layers_per_block")
    (dropout,), preactivation = rates(dropout, 1), switch(preactivation, "preactivation")
    on_input, inside = where_normalised(batch_normalization)
    x = normalised(x, entries) if on_input else x
    options = {
        "activation": activation,
        "kernel_initializer": kernel_initializer,
        "l2": l2 if block_l2 is None else block_l2,
        "normalises": inside,
    }
    if stem is not None:
        x = plain_convolution(x, entries, one(stem, "stem"), 1, kernel_initializer, l2)
    step = _preactivated if preactivation else convolution
    n_blocks = count(n_blocks, "n_blocks")
    settings = zip(
        as_layers(per_layer(filters, n_blocks, "filters"), "filters"),
        as_layers(per_layer(kernel_size, n_blocks, "kernel_size"), "kernel_size"),
        as_layers(per_layer(pool_size, n_blocks, "pool_size"), "pool_size"),
        strict=True,
    )
    for n_filters, size, n_pooled in settings:
        y, width = x, x.shape[-1]
        for n_outputs in [n_filters] * (layers_per_block - 1) + [width]:
            y = step(y, entries, n_outputs, size, **options)
        last = block_initializer or kernel_initializer
        if preactivation:
            y = _active(y, activation, entries, normalises=inside)
        y = plain_convolution(y, entries, width, size, last, options["l2"])
        y = dropout_layer(y, dropout)
        x = layers.Add()([x, y])
        if n_pooled > 1:
            x, entries = LocalPooling(n_pooled)(x, entries)
    return pooled(x, entries, pools)


def check_identity(block_initializer, activation, *, preactivation):
    """Raise if blocks that start as zero would stay zero.

    Raises
    ------
    ValueError
    """
    name = getattr(activation_of(activation), "__name__", "")
    if preactivation or block_initializer is None or name not in FLAT_AT_ZERO:
        return
    if isinstance(fresh(block_initializer), keras.initializers.Zeros):
        msg = (
            f"block_initializer='zeros' with activation={name!r}, whose slope at 0 is 0: the "
            "blocks would never learn; use 'tanh' or 'leaky_relu', or preactivation=True"
        )
        raise ValueError(msg)


def _dense_step(units, activation, l2, normalises, preactivation):
    """One layer of a dense block, as a function of its input and initializer."""

    def before(x, initializer):
        return _dense(_active(x, activation, normalises=normalises), units, initializer, l2)

    def behind(x, initializer):
        return _active(_dense(x, units, initializer, l2), activation, normalises=normalises)

    return before if preactivation else behind


def _preactivated(
    x, entries, filters, kernel_size, *, activation, kernel_initializer, l2, normalises
):
    x = _active(x, activation, entries, normalises=normalises)
    return plain_convolution(x, entries, filters, kernel_size, kernel_initializer, l2)


def _active(x, activation, entries=None, *, normalises):
    x = normalised(x, entries) if normalises else x
    return activation_layer(activation)(x)


def _dense(x, units, initializer, l2):
    return layers.Dense(
        units, kernel_initializer=fresh(initializer), kernel_regularizer=regularizer(l2)
    )(x)
