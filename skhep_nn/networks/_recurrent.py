"""Recurrent networks on sequences: LSTM and GRU."""

from __future__ import annotations

import keras
from keras import layers

from skhep_nn.networks._convolutions import convolutions
from skhep_nn.networks._hidden import (
    as_layers,
    choice,
    normalised,
    rates,
    regularizer,
    switch,
    where_normalised,
)
from skhep_nn.networks._padding import Reversed
from skhep_nn.networks._seeds import dropout as dropout_layer
from skhep_nn.networks._seeds import fresh, layer_seed

CELLS = {"lstm": layers.LSTM, "gru": layers.GRU}


def recurrent(
    x,
    entries,
    *,
    units=64,
    cell="lstm",
    bidirectional=False,
    go_backwards=False,
    convolutions_first=(),
    kernel_size=1,
    pool_size=1,
    activation="relu",
    kernel_initializer="glorot_uniform",
    dropout=0.0,
    l2=0.0,
    batch_normalization=False,
):
    """A recurrent network along a sequence; its state after the last entry is the outcome.

    Padding is passed over: the state stays as it is.

    Parameters
    ----------
    x, entries : KerasTensor
        The sequence and its mask.
    units : int or sequence of int
        Size of the state of each recurrent layer.
    cell : {"lstm", "gru"}
    bidirectional : bool
        Read in both directions and join the states.
    go_backwards : bool
        Read from the last entry to the first: what comes first, e.g. the track with the largest
        impact parameter, is then fresh in the state. Not together with `bidirectional`.
    convolutions_first : int or sequence of int
        Filters of convolutions before; `kernel_size`, `pool_size`, `activation`,
        `kernel_initializer` and `batch_normalization` ("hidden") are theirs.
    dropout : float or sequence of float
        Behind each layer, convolutions first.
    l2 : float
        On kernels, not on recurrent kernels.
    batch_normalization : {False, "input", "hidden", "all"}

    Returns
    -------
    KerasTensor of shape (n_events, n_outputs)
    """
    units, filters = as_layers(units, "units"), as_layers(convolutions_first, "convolutions_first")
    if not units:
        msg = f"units={units!r}; a recurrent network has at least one recurrent layer"
        raise ValueError(msg)
    choice(cell, CELLS, "cell")
    _check_policy()
    _check_directions(bidirectional=bidirectional, go_backwards=go_backwards)
    fractions = rates(dropout, len(filters) + len(units))
    on_input, inside = where_normalised(batch_normalization)
    x = normalised(x, entries) if on_input else x
    x, entries = convolutions(
        x,
        entries,
        filters,
        kernel_size,
        pool_size=pool_size,
        dropout=fractions[: len(filters)],
        activation=activation,
        kernel_initializer=kernel_initializer,
        l2=l2,
        normalises=inside,
    )
    for number, (size, rate) in enumerate(zip(units, fractions[len(filters) :], strict=True)):
        backwards, is_last = go_backwards and not number, number == len(units) - 1
        options = {"return_sequences": not is_last, "kernel_regularizer": regularizer(l2)}
        layer = _layer(cell, size, go_backwards=backwards, **options)
        if bidirectional:
            # one of its own: a copy would start with the same values
            other = _layer(cell, size, go_backwards=True, **options)
            layer = layers.Bidirectional(layer, backward_layer=other)
        x = layer(x, mask=entries)
        if backwards and not is_last:
            # the outcome comes in the order in which it was read
            entries = Reversed()(entries)
        x = dropout_layer(x, rate)
    return x


def _check_policy():
    """Recurrent kernels start orthogonal, and TensorFlow makes no such matrix of bfloat16."""
    if keras.config.dtype_policy().variable_dtype == "bfloat16":
        msg = (
            'the dtype policy "bfloat16" has no orthogonal matrices, which recurrent layers start '
            'from; set the policy "mixed_bfloat16", whose weights are float32'
        )
        raise ValueError(msg)


def _layer(cell, size, **options):
    return CELLS[cell](
        size,
        kernel_initializer=fresh("glorot_uniform"),
        recurrent_initializer=fresh("orthogonal"),
        seed=layer_seed(),
        **options,
    )


def _check_directions(*, bidirectional, go_backwards):
    both = switch(bidirectional, "bidirectional"), switch(go_backwards, "go_backwards")
    if all(both):
        msg = "bidirectional=True reads in both directions; go_backwards=True has no meaning then"
        raise ValueError(msg)
