"""Deep sets: each entry for itself, then their average, maximum or sum."""

from __future__ import annotations

from keras import layers

from skhep_nn.networks._hidden import (
    activation_layer,
    as_layers,
    normalised,
    rates,
    regularizer,
    switch,
    where_normalised,
)
from skhep_nn.networks._padding import GlobalPooling, Masked
from skhep_nn.networks._pooled import pooled, ways
from skhep_nn.networks._seeds import dropout as dropout_layer
from skhep_nn.networks._seeds import fresh


def deep_sets(
    x,
    entries,
    *,
    units=(64, 64),
    pool=("average", "max"),
    equivariant=False,
    activation="relu",
    kernel_initializer="glorot_uniform",
    dropout=0.0,
    l2=0.0,
    batch_normalization=False,
):
    """Dense layers on each entry, then one vector per event, whatever the order of the entries.

    Zaheer et al., Deep Sets, arXiv:1703.06114; for jets Komiske et al., Energy flow networks,
    arXiv:1810.05165 (their particle flow network is ``pool="sum"``).

    Parameters
    ----------
    x, entries : KerasTensor
        The sequence and its mask.
    units : int or sequence of int
        Width of each layer.
    pool : str or sequence of str
        "average", "max", "sum" or "flatten"; several are put side by side.
    equivariant : bool
        Each layer also sees the average of all entries (Zaheer et al., equation 4), so that an
        entry can be read in the light of the others.
    activation, kernel_initializer, dropout, l2
        As of dense layers.
    batch_normalization : {False, "input", "hidden", "all"}
        Padding counts in no mean and variance.

    Returns
    -------
    KerasTensor of shape (n_events, n_outputs)
    """
    pools = ways(pool)
    on_input, inside = where_normalised(batch_normalization)
    x = normalised(x, entries) if on_input else x
    sees_all = switch(equivariant, "equivariant")
    widths = as_layers(units, "units")
    for width, rate in zip(widths, rates(dropout, len(widths)), strict=True):
        options = {"kernel_initializer": fresh(kernel_initializer)}
        options |= {"kernel_regularizer": regularizer(l2)}
        y = layers.Dense(width, use_bias=not inside, **options)(x)
        if sees_all:
            y = layers.Add()([y, _of_all(x, entries, width, kernel_initializer, l2)])
        y = normalised(y, entries) if inside else y
        x = activation_layer(activation)(y)
        x = dropout_layer(x, rate)
    return pooled(x, entries, pools)


def _of_all(x, entries, width, initializer, l2):
    """What the average of the entries adds to each of them."""
    average = GlobalPooling("average")(x, entries)
    options = {"kernel_initializer": fresh(initializer), "kernel_regularizer": regularizer(l2)}
    added = layers.Dense(width, use_bias=False, **options)(average)
    return Masked()(layers.RepeatVector(x.shape[1])(added), entries)
