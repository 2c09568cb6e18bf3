"""Attention: the entries of a sequence look at each other, then become one vector per event."""

from __future__ import annotations

from keras import layers

from skhep_nn.networks._attention_layers import (
    AttentionPooling,
    HeadsOfAttention,
    WithOneInFront,
    ZeroWithoutEntries,
)
from skhep_nn.networks._hidden import (
    activation_layer,
    as_layers,
    choice,
    count,
    normalised,
    one,
    rates,
    regularizer,
    where_normalised,
)
from skhep_nn.networks._padding import POOLINGS, GlobalPooling
from skhep_nn.networks._pairs import COORDINATES, PairFeatures
from skhep_nn.networks._seeds import dropout as dropout_layer
from skhep_nn.networks._seeds import fresh

POOLS = (*POOLINGS, "attention", "class")


def attention(
    x,
    entries,
    *,
    units=64,
    n_blocks=2,
    n_heads=4,
    feedforward=2,
    pool="average",
    n_class_blocks=1,
    pairwise=None,
    pairwise_units=16,
    coordinates="cartesian",
    activation="gelu",
    kernel_initializer="glorot_uniform",
    dropout=0.0,
    l2=0.0,
    batch_normalization=False,
    momenta=None,
):
    """Blocks of self-attention between the entries, then one vector per event.

    A block normalises what comes in, lets each entry take from the others what matches it, adds
    that to what came in, and does the same with two dense layers on each entry (pre-norm). The
    order of the entries makes no difference, and padding is never looked at.

    Parameters
    ----------
    x, entries : KerasTensor
        The sequence and its mask.
    units : int
        Width of each entry; a multiple of `n_heads`.
    n_blocks : int
    n_heads : int
        Matches between two entries in each block.
    feedforward : int
        Width of the dense layers of a block, in multiples of `units`.
    pool : {"average", "max", "sum", "flatten", "attention", "class"}
        "attention": an average with weights of the network's choice (GN2); "class": a vector that
        starts as the average and looks at the entries in `n_class_blocks` further blocks (class
        attention, as in ParT, where the vector starts from a learnt one).
    n_class_blocks : int
    pairwise : str, sequence of int or None
        Four-momenta, whose ln Delta, ln kT, ln z and ln m^2 of each two entries act on the matches
        (ParT): the block that holds them, or their places in the features of this sequence.
    pairwise_units : int or sequence of int
        Dense layers on the features of a pair.
    coordinates : {"cartesian", "cylindrical"}
        Of the four-momenta: (px, py, pz, E), or (pT, eta, phi) and perhaps the mass; phi in rad.
    activation, kernel_initializer, l2
        Of the dense layers.
    dropout : float
        Behind attention and behind the dense layers of each block.
    batch_normalization : {False, "input"}
        On the sequence that comes in; inside, layers are normalised event by event.
    momenta : KerasTensor or None
        What `pairwise` names.

    Returns
    -------
    KerasTensor of shape (n_events, units)
    """
    units, n_heads = one(units, "units"), one(n_heads, "n_heads")
    _check(units, n_heads, pool, batch_normalization)
    block = _Block(
        units, n_heads, one(feedforward, "feedforward"), *rates(dropout, 1),
        {"activation": activation, "initializer": kernel_initializer, "l2": l2},
    )  # fmt: skip
    x = normalised(x, entries) if where_normalised(batch_normalization)[0] else x
    x = block.dense(units)(x)
    bias = None
    if momenta is not None:
        bias = _bias(momenta, entries, coordinates, pairwise_units, n_heads, block)
    for _ in range(count(n_blocks, "n_blocks")):
        x = block(x, entries, bias)
    if pool == "class":
        return _class_attention(x, entries, count(n_class_blocks, "n_class_blocks"), block)
    x = layers.LayerNormalization()(x)
    if pool == "attention":
        return AttentionPooling()(x, block.dense(1)(x), entries)
    return GlobalPooling(pool)(x, entries)


class _Block:
    """What all blocks of a branch are built from.

    Parameters
    ----------
    units, n_heads, feedforward : int
    dropout : float
    options : dict
        ``"activation"``, ``"initializer"`` and ``"l2"`` of dense layers.
    """

    def __init__(self, units, n_heads, feedforward, dropout, options):
        self.units, self.n_heads, self.feedforward = units, n_heads, feedforward
        self.dropout, self.options = dropout, options

    def __call__(self, x, entries, bias=None):
        """`x` after attention between its entries and dense layers on each."""
        y = layers.LayerNormalization()(x)
        x = layers.Add()([x, self.taken(y, y, entries, bias)])
        return self.fed_forward(x)

    def taken(self, queries, x, entries, bias=None):
        """What the `queries` take from the entries of `x`."""
        q, k, v = (self.dense(self.units)(part) for part in (queries, x, x))
        heads = HeadsOfAttention(self.n_heads)
        taken = heads(q, k, v, entries) if bias is None else heads(q, k, v, entries, bias)
        return self._dropped(self.dense(self.units)(taken))

    def fed_forward(self, x):
        """`x` and what two dense layers make of each of its entries."""
        y = self.dense(self.units * self.feedforward)(layers.LayerNormalization()(x))
        y = self._dropped(activation_layer(self.options["activation"])(y))
        return layers.Add()([x, self._dropped(self.dense(self.units)(y))])

    def dense(self, width):
        """A dense layer without activation."""
        return layers.Dense(
            width,
            kernel_initializer=fresh(self.options["initializer"]),
            kernel_regularizer=regularizer(self.options["l2"]),
        )

    def _dropped(self, x):
        return dropout_layer(x, self.dropout)


def _bias(momenta, entries, coordinates, pairwise_units, n_heads, block):
    """What the relation of two entries adds to their match, in each head."""
    choice(coordinates, COORDINATES, "coordinates")
    _, sizes = COORDINATES[coordinates]
    if momenta.shape[-1] not in sizes:
        numbers = " or ".join(map(str, sizes))
        msg = f"pairwise names {momenta.shape[-1]} numbers; {coordinates} momenta have {numbers}"
        raise ValueError(msg)
    pairs = PairFeatures(coordinates)(momenta, entries)
    for width in as_layers(pairwise_units, "pairwise_units"):
        pairs = activation_layer(block.options["activation"])(block.dense(width)(pairs))
    return block.dense(n_heads)(pairs)


def _class_attention(x, entries, n_class_blocks, block):
    """A vector per event that looks at the entries, and at itself."""
    first = GlobalPooling("average")(x, entries)
    first = layers.Reshape((1, block.units))(first)
    for _ in range(n_class_blocks):
        both, real = WithOneInFront()(first, x, entries)
        both = layers.LayerNormalization()(both)
        query = layers.LayerNormalization()(first)
        first = layers.Add()([first, block.taken(query, both, real)])
        first = block.fed_forward(first)
    first = layers.Reshape((block.units,))(layers.LayerNormalization()(first))
    return ZeroWithoutEntries()(first, entries)


def _check(units, n_heads, pool, batch_normalization):
    choice(pool, POOLS, "pool")
    choice(batch_normalization, (False, "input"), "batch_normalization")
    if units % n_heads:
        msg = f"units={units} must be a multiple of n_heads={n_heads}, which share them"
        raise ValueError(msg)
