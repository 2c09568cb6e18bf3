"""What the short forms for sequences share: their parameters and how these become branches."""

from __future__ import annotations

from skhep_nn._validation import Interval, Options, Real, StrOptions
from skhep_nn.estimators._blocks._base import (
    BLOCKS,
    BlockNetworkClassifier,
    features_of,
    sequences_of,
)
from skhep_nn.estimators._blocks._described import with_described
from skhep_nn.estimators._parameters import PENALTY, POSITIVE, Shared
from skhep_nn.networks._hidden import as_layers, rates

FRACTIONS = [Interval(Real, 0, 1, closed="left"), "array-like"]
SIZES = [POSITIVE, "array-like"]
POOLS = [StrOptions({"average", "max", "sum", "flatten"}), "array-like"]
WHERE = [StrOptions({"input", "hidden", "all"}), Options(bool, {False})]
# Parameters of every short form.
LAYERS = {
    "activation": Shared(
        "relu", [str, callable], "str or callable\n        Of all layers but recurrent ones."
    ),
    "kernel_initializer": Shared(
        "glorot_uniform",
        None,
        """str or keras.initializers.Initializer
        Of all layers but recurrent ones.""",
    ),
    "dropout": Shared(
        0.0,
        FRACTIONS,
        """float or sequence of float
        Fraction dropped after each convolution or recurrent layer.""",
    ),
    "l2": Shared(
        0.0,
        [PENALTY],
        "float\n        L2 penalty on the kernels.",
    ),
    "batch_normalization": Shared(
        False,
        WHERE,
        """{False, "input", "hidden", "all"}
        Nowhere, on what comes in, before the activations inside, or both; padding does not
        count.""",
    ),
    "dense_units": Shared(
        (100, 100),
        SIZES,
        """int or sequence of int
        Width of the dense layers behind, where blocks of features join.""",
    ),
    "dense_dropout": Shared(
        0.0,
        FRACTIONS,
        "float or sequence of float\n        Fraction dropped after each of these.",
    ),
    **BLOCKS,
}


class SequenceClassifier(BlockNetworkClassifier):
    """Base of the short forms: one kind of branch for every sequence, features join behind.

    Tokens with the entries of the only sequence join it (see :mod:`._described`).

    A subclass states `_kind`, and the parameters that are arguments of that kind in `_body`.
    """

    _kind = None
    _body = ()

    def _read(self, settings, X, y, learnt, **how):
        known = hasattr(learnt, "columns_")
        learnt, events = super()._read(settings, X, y, learnt, **how)
        if not known and isinstance(events.x, dict):
            kinds = with_described(learnt.block_kinds_, events.x, settings.mask_value)
            learnt = learnt.also(block_kinds_=kinds)
        return learnt, events

    def _network(self, settings, inputs):
        units = as_layers(settings.dense_units, "dense_units")
        head = {
            "units": units,
            "dropout": rates(settings.dense_dropout, len(units), "dense_dropout"),
            "activation": settings.activation,
            "kernel_initializer": settings.kernel_initializer,
            "l2": settings.l2,
            "batch_normalization": "hidden" if normalises(settings, "hidden") else False,
        }
        shared = arguments_of(settings, ("shared_embeddings", "embedding_size", "mask_value"))
        return {"branches": self._branches(settings, inputs), "head": head, **shared}

    def _branches(self, settings, inputs):
        """The branch of each block."""
        sequences = sequences_of(inputs)
        if not sequences:
            raise ValueError(_needs_a_sequence(settings.owner, inputs))
        body = {"kind": self._kind, **arguments_of(settings, self._body)}
        features = {"batch_normalization": "input"} if normalises(settings, "input") else {}
        return {
            **dict.fromkeys(sequences, body),
            **dict.fromkeys(features_of(inputs), features),
        }


def normalises(settings, where):
    """Whether there is batch normalisation ``"input"`` or ``"hidden"``."""
    return settings.batch_normalization in (where, "all")


def arguments_of(settings, names):
    """Some of the parameters by name."""
    return {name: getattr(settings, name) for name in names}


def _needs_a_sequence(owner, inputs):
    given = {name: tuple(block["shape"]) for name, block in inputs.items()}
    return (
        f"{owner} reads sequences, and X has none: its events have {given}. Pass an array of shape "
        "(events, entries, features), or EventBlocks with a sequence (BlockTransformer makes them "
        "of a table with lists); for a table take DenseClassifier or ResNetClassifier"
    )
