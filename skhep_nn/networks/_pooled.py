"""One vector per event of the entries of a sequence, in one way or in several."""

from __future__ import annotations

from keras import layers

from skhep_nn import _choices
from skhep_nn.networks._hidden import choice
from skhep_nn.networks._padding import POOLINGS, GlobalPooling


def ways(pool):
    """The ways to make one vector of all entries as a list; `pool` is one of them, or several.

    Raises
    ------
    ValueError
        If there is none, or one that is not known.
    """
    names = list(pool) if _choices.is_several(pool) else [pool]
    for how in names:
        choice(how, POOLINGS, "pool")
    if not names:
        msg = f"pool={pool!r}; name at least one way to make one vector of all entries"
        raise ValueError(msg)
    return names


def pooled(x, entries, names):
    """A vector per event made in each of the ways `names`, side by side."""
    vectors = [GlobalPooling(how)(x, entries) for how in names]
    return vectors[0] if len(vectors) == 1 else layers.Concatenate()(vectors)
