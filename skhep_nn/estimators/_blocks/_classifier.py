"""BlockClassifier: a network said in full, a branch for each block of the data."""

from __future__ import annotations

import copy

from skhep_nn.estimators._blocks._base import BLOCKS, BlockNetworkClassifier
from skhep_nn.estimators._parameters import POSITIVE, shares_training_parameters

# Parameters that are dicts, whose keys are parameters too.
NESTED = ("branches", "head")


@shares_training_parameters(further=BLOCKS)
class BlockClassifier(BlockNetworkClassifier):
    """A network with a branch for each block of the data, joined by a dense head.

    Blocks of features, sequences and tokens each go through a branch of their own; the branches
    are put side by side, and dense layers follow. Padding counts nowhere. Two classes have one
    sigmoid output, more a softmax.

    Parameters
    ----------
    branches : dict of str to dict, default=None
        What each block goes through: ``"kind"`` and the arguments of that kind (see Notes). Blocks
        that are not named get the first kind that suits them. Every key is a parameter by its path,
        ``branches__<block>__<key>``, in ``set_params`` and searches.
    head : dict, default=None
        The dense layers behind the branches: ``units``, ``activation``, ``kernel_initializer``,
        ``dropout``, ``l2``, ``batch_normalization``, ``output_initializer``; none by default. Keys
        are parameters as ``head__<key>``.
    embedding_size : int, default=8
        Numbers that a token becomes, where its branch does not say ``"embedding_size"``.
    {training}
    {routed}

    Attributes
    ----------
    {attributes}
    {block_kinds_}

    Raises
    ------
    ValueError
        If a block, kind or key is unknown, naming the nearest; if a value is out of range.

    See Also
    --------
    CNNClassifier, LSTMClassifier, ResNetClassifier : Short forms.
    skhep_nn.preprocessing.BlockTransformer : Makes the blocks of a table.

    Notes
    -----
    Kinds for features: ``"dense"`` (``units=()``, so that features pass as they are) and
    ``"resnet"``. Kinds for sequences and for tokens: ``"cnn"``, ``"lstm"``, ``"resnet"``,
    ``"attention"``, ``"deepsets"``, each followed by dense layers ``dense_units`` with
    ``dense_dropout`` and ``dense_activation``. The arguments of each kind are in docs/networks.md.
    In a plain array or table the block is called ``"features"`` (two dimensions) or
    ``"sequence"`` (three). Tokens whose kind says ``of="particle"``, or that
    ``branches["particle"]["tokens"]`` lists, are embedded and joined to that sequence.

    The presets ``SMARTBKG_RESNET``, ``SMARTBKG_LSTM``, ``PART`` and ``GN2`` are arguments of this
    class.

    Examples
    --------
    >>> import numpy as np
    >>> from skhep_nn import BlockClassifier, EventBlocks
    >>> rng = np.random.default_rng(0)
    >>> X = EventBlocks({"jet": rng.normal(size=(400, 3)), "track": rng.normal(size=(400, 6, 4))})
    >>> y = (X["track"][:, :, 0].max(axis=1) > 1.2).astype(int)
    >>> clf = BlockClassifier(
    ...     branches={"track": {"kind": "cnn", "filters": (16,), "pool": "max"}},
    ...     head={"units": (16,)}, learning_rate=0.02, batch_size=64, epochs=20, random_state=0)
    >>> clf.fit(X, y).score(X, y) > 0.8
    True
    >>> clf.set_params(branches__track__filters=8).branches["track"]["filters"]
    8
    """

    _network_parameters = (
        "branches",
        "shared_embeddings",
        "head",
        "embedding_size",
        "mask_value",
    )
    _parameter_constraints: dict = {  # noqa: RUF012
        "branches": [dict, None],
        "head": [dict, None],
        "embedding_size": [POSITIVE],
    }

    def __init__(
        self,
        branches=None,
        *,
        head=None,
        embedding_size=8,
        **training,
    ):
        super().__init__(**training)
        self.branches = branches
        self.head = head
        self.embedding_size = embedding_size

    def get_params(self, deep=True):
        """Parameters by name, with ``deep`` those inside `branches` and `head` too.

        Parameters
        ----------
        deep : bool, default=True

        Returns
        -------
        dict
        """
        parameters = super().get_params(deep=deep)
        if deep:
            for name in NESTED:
                # a user's subclass need not state it
                parameters.update(_paths(name, parameters.get(name)))
        return parameters

    def set_params(self, **parameters):
        """Set parameters, also inside the dicts, as ``branches__<block>__<key>``.

        Returns
        -------
        self
        """
        plain = {k: v for k, v in parameters.items() if k.partition("__")[0] not in NESTED}
        whole = {k: v for k, v in parameters.items() if k in NESTED}
        super().set_params(**plain, **whole)
        for path, value in parameters.items():
            name, *keys = path.split("__")
            if name in NESTED and keys:
                setattr(self, name, _changed(getattr(self, name), keys, value))
        return self

    def _network(self, settings, inputs):
        del inputs
        return {name: getattr(settings, name) for name in self._network_parameters}


def _paths(path, value):
    """Everything inside a nested dict by its path."""
    if not isinstance(value, dict):
        return {}
    inside = {f"{path}__{key}": part for key, part in value.items()}
    for name, part in list(inside.items()):
        inside.update(_paths(name, part))
    return inside


def _changed(nested, keys, value):
    """A copy of a nested dict with another value at the place `keys`."""
    out = copy.copy(nested) if nested else {}
    key, *inside = keys
    out[key] = _changed(out.get(key), inside, value) if inside else value
    return out
