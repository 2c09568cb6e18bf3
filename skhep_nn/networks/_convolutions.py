"""Convolutional networks on sequences: layers one after the other, or kernels side by side."""

from __future__ import annotations

from keras import layers

from skhep_nn import _choices
from skhep_nn.networks._hidden import (
    activation_layer,
    as_layers,
    normalised,
    per_layer,
    rates,
    regularizer,
    where_normalised,
)
from skhep_nn.networks._padding import LocalPooling, Masked
from skhep_nn.networks._pooled import pooled, ways
from skhep_nn.networks._seeds import dropout as dropout_layer
from skhep_nn.networks._seeds import fresh


def convolutional(
    x,
    entries,
    *,
    filters=64,
    kernel_size=1,
    pool="average",
    pool_size=1,
    activation="relu",
    kernel_initializer="glorot_uniform",
    dropout=0.0,
    l2=0.0,
    batch_normalization=False,
):
    """Convolutions along a sequence, then one vector per event.

    Padding is 0 before each convolution and counts in no average, so that more of it changes
    nothing, at any width of kernel (with ``pool="flatten"`` there is one more input per entry).

    Parameters
    ----------
    x : KerasTensor of shape (n_events, length, n_features)
    entries : KerasTensor of bool of shape (n_events, length)
        True for an entry, False for padding.
    filters : int or sequence of int
        Of each layer; an int is one layer.
    kernel_size : int or sequence of int
        Entries that a kernel sees; 1 treats each entry for itself. One for each layer; where
        `filters` is an int, several are layers side by side, each pooled, that are joined.
    pool : str or sequence of str
        Over the entries at the end, "average", "max", "sum" or "flatten"; several are put side by
        side.
    pool_size : int or sequence of int
        Neighbours that are averaged after each layer; 1 for none.
    activation, kernel_initializer, dropout, l2
        As of dense layers.
    batch_normalization : {False, "input", "hidden", "all"}
        Nowhere, on the sequence, before each activation (layers then have no bias), or both.

    Returns
    -------
    KerasTensor of shape (n_events, n_outputs)
    """
    pools = ways(pool)
    options = {
        "activation": activation,
        "kernel_initializer": kernel_initializer,
        "l2": l2,
    }
    on_input, inside = where_normalised(batch_normalization)
    x = normalised(x, entries) if on_input else x
    if not _choices.is_several(filters) and _choices.is_several(kernel_size):
        stacks = [([filters], [size]) for size in as_layers(kernel_size, "kernel_size")]
    else:
        stacks = [(filters, kernel_size)]
    vectors = []
    for widths, sizes in stacks:
        y, real = convolutions(
            x,
            entries,
            widths,
            sizes,
            pool_size=pool_size,
            dropout=dropout,
            normalises=inside,
            **options,
        )
        vectors.append(pooled(y, real, pools))
    return vectors[0] if len(vectors) == 1 else layers.Concatenate()(vectors)


def convolutions(x, entries, filters, kernel_size, *, pool_size=1, dropout=0.0, **options):
    """Convolutions one after the other, with local pooling and dropout behind each.

    Returns
    -------
    tuple of KerasTensor
        The sequence and its mask, shorter by the product of `pool_size`.
    """
    filters = as_layers(filters, "filters")
    n_layers = len(filters)
    settings = zip(
        filters,
        as_layers(per_layer(kernel_size, n_layers, "kernel_size"), "kernel_size"),
        as_layers(per_layer(pool_size, n_layers, "pool_size"), "pool_size"),
        rates(dropout, n_layers),
        strict=True,
    )
    for n_filters, size, n_pooled, rate in settings:
        x = convolution(x, entries, n_filters, size, **options)
        if n_pooled > 1:
            x, entries = LocalPooling(n_pooled)(x, entries)
        x = dropout_layer(x, rate)
    return x, entries


def convolution(
    x,
    entries,
    filters,
    kernel_size,
    *,
    activation="relu",
    kernel_initializer="glorot_uniform",
    l2=0.0,
    normalises=False,
):
    """One convolution: kernel, batch normalisation if wanted, activation."""
    x = plain_convolution(
        x, entries, filters, kernel_size, kernel_initializer, l2, use_bias=not normalises
    )
    x = normalised(x, entries) if normalises else x
    return activation_layer(activation)(x)


def plain_convolution(x, entries, filters, kernel_size, initializer, l2=0.0, *, use_bias=True):
    """The kernel alone; what it sees beyond the entries is 0."""
    options = {
        "use_bias": use_bias,
        "kernel_initializer": fresh(initializer),
        "kernel_regularizer": regularizer(l2),
    }
    if kernel_size == 1:
        # the same as a convolution, in two thirds of the time
        return layers.Dense(filters, **options)(x)
    x = Masked()(x, entries)
    return layers.Conv1D(filters, kernel_size, padding="same", **options)(x)
