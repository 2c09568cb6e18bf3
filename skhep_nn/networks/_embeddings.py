"""Embeddings of tokens, shared between blocks or not."""

from __future__ import annotations

import numpy as np
from keras import layers

from skhep_nn.networks._hidden import as_layers, safe
from skhep_nn.networks._seeds import fresh

# As wide as scaled features: with Keras' uniform 0.05 the codes are not seen beside these until
# many steps have made them larger.
INITIAL = {"class_name": "RandomNormal", "config": {"stddev": 1.0}}


class Embeddings:
    """The embedding layers of a network, one for each block of tokens or group of such.

    Parameters
    ----------
    vocabulary_sizes : dict of str to int
        Of each block of tokens.
    sizes : dict of str to int
        Length of the vector that a token becomes, for each block.
    shared : sequence of sequences of str
        Blocks of one vocabulary that share one embedding.

    Raises
    ------
    ValueError
        If blocks that share differ in vocabulary or size, or a name is no block of tokens.
    """

    def __init__(self, vocabulary_sizes, sizes, shared=()):
        self.vocabulary_sizes, self.sizes = vocabulary_sizes, sizes
        self.groups = {name: (name,) for name in vocabulary_sizes}
        for group in groups_of(shared):
            self._check(group)
            self.groups.update(dict.fromkeys(group, group))
        self._layers = {}

    def __call__(self, name, tokens):
        """The vectors of `tokens`, of shape (n_events, length, size)."""
        group = self.groups[name]
        if group not in self._layers:
            (size,) = as_layers(self.sizes[name], "embedding_size")
            self._layers[group] = layers.Embedding(
                self.vocabulary_sizes[name],
                size,
                embeddings_initializer=fresh(INITIAL),
                name=safe("embedding_" + "_".join(group)),
            )
        return self._layers[group](tokens)

    def _check(self, group):
        twice = [name for name in group if len(self.groups.get(name, ())) > 1]
        if twice:
            msg = f"shared_embeddings has {twice[0]!r} in two groups; name each block once"
            raise ValueError(msg)
        unknown = [name for name in group if name not in self.vocabulary_sizes]
        if unknown:
            msg = (
                f"shared_embeddings names {unknown[0]!r}, which is no block of tokens; these are "
                f"{sorted(self.vocabulary_sizes)}"
            )
            raise ValueError(msg)
        for what, values in (("vocabulary", self.vocabulary_sizes), ("size", self.sizes)):
            found = {name: values[name] for name in group}
            if len(set(found.values())) > 1:
                msg = f"blocks that share an embedding need the same {what}; they have {found}"
                raise ValueError(msg)


def groups_of(shared):
    """`shared` as a list of tuples of names.

    Raises
    ------
    ValueError
        If it is anything else than groups of names.
    """
    if not np.iterable(shared) or isinstance(shared, (str, bytes)):
        msg = f"shared_embeddings={shared!r:.60}; it must be a list of groups of blocks"
        raise ValueError(msg)
    groups = [group.tolist() if hasattr(group, "tolist") else group for group in shared]
    for group in groups:
        names = group if isinstance(group, (list, tuple)) else [None]
        if not all(isinstance(name, str) for name in names):
            msg = (
                f"shared_embeddings={list(shared)!r} must be groups of blocks that share one "
                f"embedding, as [{list(shared)!r}]"
            )
            raise ValueError(msg)
    return [tuple(group) for group in groups]
