"""A network of blocks: a branch for each, joined, and a dense head."""

from __future__ import annotations

import math

import keras
from keras import layers

from skhep_nn import _choices
from skhep_nn.networks import _branches, _checks
from skhep_nn.networks._dense import hidden, output
from skhep_nn.networks._embeddings import Embeddings
from skhep_nn.networks._feature_inputs import Inputs
from skhep_nn.networks._hidden import safe, with_momentum
from skhep_nn.networks._padding import Columns, PaddingMask


def blocks(
    inputs,
    n_outputs,
    *,
    branches=None,
    shared_embeddings=(),
    head=None,
    embedding_size=8,
    mask_value=0.0,
    named=True,
    input_scaling=False,
    feature_scale=False,
    feature_bins=0,
    bn_momentum=0.9,
):
    """A network from blocks of features, sequences and tokens to class probabilities.

    Parameters
    ----------
    inputs : dict of str to dict
        Blocks: ``"kind"`` ("features", "sequence", "tokens", "mask"), ``"shape"`` of an event,
        and where it applies ``"vocabulary_size"``, ``"mask"`` (name of the block with the mask of a
        sequence) and ``"of"`` (name of the sequence that tokens describe).
    n_outputs : int
        1 for a sigmoid (two classes), else one softmax node per class.
    branches : dict of str to dict
        What each block goes through.
    shared_embeddings : sequence of sequences of str
        Blocks of tokens that share one embedding.
    head : dict
        Arguments of the dense layers where the branches are joined.
    embedding_size : int
        Of blocks of tokens that do not say their own.
    mask_value : float or None
        Entries of a sequence without mask, all of whose numbers are this, are padding.
    named : bool
        False: the network takes the array of the only block, not a dict.
    input_scaling, feature_scale : bool
        Of blocks of features and sequences, as :func:`skhep_nn.networks.dense` has them.
    feature_bins : int
        Of blocks of features that have a branch of their own, likewise.
    bn_momentum : float
        As :func:`skhep_nn.networks.dense` has it.

    Returns
    -------
    keras.Model
        Not compiled.
    """
    _checks.check_blocks(inputs)
    _checks.check_named(named, inputs)
    _checks.check_common(n_outputs, input_scaling, feature_scale, feature_bins, bn_momentum)
    tensors = {name: _input(name, block) for name, block in inputs.items()}
    x = join(
        tensors,
        inputs,
        branches=branches,
        shared_embeddings=shared_embeddings,
        embedding_size=embedding_size,
        mask_value=mask_value,
        input_scaling=input_scaling,
        feature_scale=feature_scale,
        feature_bins=feature_bins,
    )
    head = dict(_choices.names(head, "head"))
    allowed = _branches.parameters_of(hidden) | {"units", "output_initializer"}
    _branches.check_keys(head, allowed, "head")
    initializer = head.pop("output_initializer", "glorot_uniform")
    with _branches.named("head"):
        x = hidden(x, **head)
    called = "output" if "output" not in inputs else "output_layer"
    outputs = output(x, n_outputs, initializer, called)
    read = tensors if named else next(iter(tensors.values()))
    return with_momentum(keras.Model(read, outputs, name="blocks"), bn_momentum)


def join(
    tensors,
    inputs,
    *,
    branches=None,
    shared_embeddings=(),
    embedding_size=8,
    mask_value=0.0,
    **scaling,
):
    """The outcome of all branches side by side; the parameters are those of :func:`blocks`.

    `scaling` is `input_scaling`, `feature_scale` and `feature_bins`.

    Parameters
    ----------
    tensors : dict of str to KerasTensor

    Returns
    -------
    KerasTensor of shape (n_events, n_outputs)
    """
    done, joined = _branches.complete(branches, inputs)
    tensors = {name: _shaped(tensor, inputs[name]) for name, tensor in tensors.items()}
    tokens = {
        n: block["vocabulary_size"] for n, block in inputs.items() if "tokens" in block.values()
    }
    sizes = {n: (branches or {}).get(n, {}).get("embedding_size", embedding_size) for n in tokens}
    embeddings = Embeddings(tokens, sizes, shared_embeddings)
    read = {}

    def value(name):
        # by several branches, perhaps, behind one layer
        if name not in read:
            read[name] = Inputs(tensors[name], name, **scaling)
        return read[name]

    parts = []
    for name, branch in done.items():
        with _branches.named(f"branches[{name!r}]"):
            if inputs[name]["kind"] == "features":
                parts.append(_features(value(name).with_bins(), inputs[name], branch))
                continue
            entries = _entries(name, tensors, inputs, mask_value)
            x = [embeddings(name, tensors[name]) if name in tokens else value(name).alone]
            x += [embeddings(token, tensors[token]) for token in joined.get(name, ())]
            beside = [value(block).alone for block in _branches.features_beside(branch)]
            x += [layers.RepeatVector(entries.shape[1])(block) for block in beside]
            x = layers.Concatenate()(x) if len(x) > 1 else x[0]
            parts.append(
                _sequence(x, entries, inputs[name], branch, _momenta(name, branch, tensors))
            )
    return layers.Concatenate()(parts) if len(parts) > 1 else parts[0]


def _input(name, block):
    if "/" in name:
        msg = f"block {name!r} cannot be an input of a network: Keras allows no '/' in a name"
        raise ValueError(msg)
    dtypes = {"tokens": "int32", "mask": "bool"}
    return layers.Input(block["shape"], name=name, dtype=dtypes.get(block["kind"]))


def _shaped(x, block):
    """Features as one vector, a sequence as one vector per entry, whatever their shape."""
    if block["kind"] == "features" and len(block["shape"]) != 1:
        return layers.Reshape((math.prod(block["shape"]),))(x)
    if block["kind"] == "sequence" and len(block["shape"]) != 2:
        length, *rest = block["shape"]
        return layers.Reshape((length, math.prod(rest)))(x)
    return x


def _features(x, block, branch):
    return _branches.function_of(branch, block)(x, **_arguments(branch))


def _sequence(x, entries, block, branch, momenta):
    options = {} if momenta is None else {"momenta": momenta}
    x = _branches.function_of(branch, block)(x, entries, **_arguments(branch), **options)
    return hidden(
        x,
        branch.get("dense_units", ()),
        dropout=branch.get("dense_dropout", 0.0),
        activation=branch.get("dense_activation", branch.get("activation", "relu")),
    )


def _momenta(name, branch, tensors):
    """The four-momenta that a branch of attention compares, or None."""
    pairwise = branch.get("pairwise")
    if pairwise is None or isinstance(pairwise, str):
        return tensors.get(pairwise)
    n_features = tensors[name].shape[-1]
    for place in pairwise:
        if not _choices.is_whole(place) or not 0 <= place < n_features:
            msg = f"pairwise={pairwise!r} must be a block, or places from 0 to {n_features - 1}"
            raise ValueError(msg)
    return Columns(pairwise)(tensors[name])


def _entries(name, tensors, inputs, mask_value):
    """Mask of a sequence: its own block, or where the numbers are not those of padding."""
    mask = inputs[name].get("mask")
    if mask is not None:
        return tensors[mask]
    value = 0 if inputs[name]["kind"] == "tokens" else mask_value
    # no number equals NaN, so that no entry is padding
    value = float("nan") if value is None else value
    return PaddingMask(value, name=safe(f"{name}_entries"))(tensors[name])


def _arguments(branch):
    not_the_body = ("kind", "embedding_size", *_branches.OF_SEQUENCES)
    return {key: value for key, value in branch.items() if key not in not_the_body}
