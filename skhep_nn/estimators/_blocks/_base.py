"""The base of the classifiers whose networks are built from blocks: features, sequences, tokens."""

from __future__ import annotations

from skhep_nn.estimators._built import BuiltClassifier
from skhep_nn.estimators._parameters import POSITIVE, SINGLE, Shared
from skhep_nn.networks._embeddings import groups_of

# What a network reads of blocks of each kind; lengths arrive as the mask that they stand for.
AS_INPUT = {
    "features": "features",
    "sequence": "sequence",
    "tokens": "tokens",
    "mask": "mask",
    "lengths": "mask",
}
# What a plain array is, by its number of dimensions.
OF_ARRAY = {2: "features", 3: "sequence"}


# Parameters of the classifiers that read blocks.
BLOCKS = {
    "embedding_size": Shared(8, [POSITIVE], "int\n        Numbers that a token becomes."),
    "shared_embeddings": Shared(
        (),
        ["array-like"],
        """sequence of sequences of str
        Blocks of tokens with one vocabulary that share one embedding.""",
    ),
    "mask_value": Shared(
        0.0,
        [SINGLE, None],
        """float or None
        Where a sequence has no block with its mask, an entry whose numbers are all this is padding;
        None: there is no padding. Padding of tokens is 0.""",
    ),
}


class BlockNetworkClassifier(BuiltClassifier):
    """Base of the classifiers whose networks are built from blocks.

    A subclass says in ``_network(settings, inputs)`` what :func:`skhep_nn.networks.blocks` is given
    for blocks like `inputs`.
    """

    _builder = "blocks"
    _allow_nd = True

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        return tags

    def _describe_network(self, settings, learnt, x):
        inputs = inputs_of(settings, learnt, x)
        network = self._network(settings, inputs)
        check_shared(network["shared_embeddings"], learnt)
        return {"inputs": inputs, "named": isinstance(x, dict), **network}


def inputs_of(settings, learnt, x):
    """The blocks of `x` in plain words, by name.

    Parameters
    ----------
    settings : Settings
    learnt : Learnt
    x : ndarray, MappedRows, or dict of str to these
    """
    if isinstance(x, dict):
        kinds = learnt.block_kinds_
        return {name: _input(name, array, kinds[name]) for name, array in x.items()}
    kind = OF_ARRAY.get(x.ndim)
    if kind is None:
        msg = (
            f"{settings.owner} takes arrays of shape (events, features) or (events, entries, "
            f"features), or EventBlocks; X has shape {x.shape}"
        )
        raise ValueError(msg)
    return {kind: {"kind": kind, "shape": x.shape[1:]}}


def _input(name, array, kind):
    if kind.name not in AS_INPUT:
        msg = (
            f"block {name!r} holds event weights, which are no input of a network; name it in "
            f"weight_column={name!r}, or in exclude"
        )
        raise ValueError(msg)
    described = {"kind": AS_INPUT[kind.name], "shape": array.shape[1:]}
    named = {"mask": kind.mask, "of": kind.of, "vocabulary_size": kind.vocabulary_size}
    return described | {key: value for key, value in named.items() if value is not None}


def check_shared(groups, learnt):
    """Raise if blocks that are to share an embedding have tokens of other meanings.

    Raises
    ------
    ValueError
    """
    kinds = getattr(learnt, "block_kinds_", {})
    for group in groups_of(groups):
        words = {n: kinds[n].vocabulary for n in group if n in kinds and kinds[n].vocabulary}
        if len(set(words.values())) > 1:
            msg = (
                f"shared_embeddings: the blocks {list(words)} have different vocabularies, so that "
                "a token of one means another thing in the other"
            )
            raise ValueError(msg)


def sequences_of(inputs):
    """Names of the sequences, and of the tokens that describe no other sequence."""
    return [
        name
        for name, block in inputs.items()
        if block["kind"] == "sequence"
        or (block["kind"] == "tokens" and block.get("of") not in inputs)
    ]


def features_of(inputs):
    """Names of the blocks of features."""
    return [name for name, block in inputs.items() if block["kind"] == "features"]
