"""Columns of tables, blocks and awkward arrays, as the parts of a `BlockTransformer` get them."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from skhep_nn import _columns, _floats, _frames
from skhep_nn.events import EventBlocks
from skhep_nn.exceptions import ColumnError
from skhep_nn.preprocessing._part import Part


class Fields:
    """An awkward array of records, with its fields as named columns."""

    kinds: ClassVar[dict] = {}

    def __init__(self, X):
        self.X = X
        self.shape = (len(X),)

    def keys(self):
        return list(self.X.fields)

    def __getitem__(self, name):
        return self.X[name]

    def select(self, names):
        return Fields(self.X[list(names)])

    def part(self, positions):
        names = tuple(self.X.fields[at] for at in positions)
        if all(self.X[name].ndim == 1 for name in names):
            import pandas as pd

            columns = {name: np.asarray(self.X[name]) for name in names}
            return Part(pd.DataFrame(columns), names)
        return Part(self.X[list(names)], names)


def as_input(X, owner):
    if isinstance(X, Fields):
        return X
    if _floats.is_awkward(X):
        return Fields(X)
    if hasattr(X, "tocsr"):
        msg = f"Sparse data was passed, but {owner} needs a dense array, a DataFrame or blocks"
        raise TypeError(msg)
    if isinstance(X, dict):
        return EventBlocks(X)
    X = _columns.table(X)
    if _columns.is_frame(X) or _columns.is_blocks(X):
        return X
    X = X if isinstance(X, np.ndarray) else _floats.as_array(X, f"{owner}: X")
    if X.ndim < 2:
        msg = f"{owner}: Expected 2D array, got {X.ndim}D array. Reshape your data."
        raise ValueError(msg)
    return X


def part_of(X, positions, *, as_blocks=False):
    """The columns of `X` at `positions` as a `Part`.

    Parameters
    ----------
    X : DataFrame, ndarray, EventBlocks or Fields
    positions : list of int
    as_blocks : bool, default=False
        Whether several blocks stay blocks; else they are put side by side.
    """
    if _columns.is_frame(X):
        part = _frames.with_numpy_numbers(X.iloc[:, positions])
        return Part(part, tuple(map(str, part.columns)))
    if isinstance(X, Fields):
        return X.part(positions)
    if not _columns.is_blocks(X):
        return Part(X[..., positions], None)
    names = [_columns.names(X)[at] for at in positions]
    if as_blocks and len(names) > 1:
        return Part(X.select(names), None)
    return joined_blocks([_of_block(X, name) for name in names], names)


def positions_of(X, columns, block):
    """Positions in `X` of what was given as `columns` of a block."""
    columns = columns(X) if callable(columns) else columns
    n_columns = _columns.n_columns(X)
    if isinstance(columns, slice):
        return list(range(n_columns))[columns]
    if (isinstance(columns, np.ndarray) and columns.dtype == bool) or _is_mask(columns):
        if len(columns) != n_columns:
            msg = f"block {block!r}: mask of {len(columns)} columns, X has {n_columns}"
            raise ColumnError(msg)
        return np.flatnonzero(columns).tolist()
    found = [
        _columns.position(X, c, role=f"block {block!r}: column") for c in _columns.as_list(columns)
    ]
    if not found:
        msg = f"block {block!r} has no columns"
        raise ColumnError(msg)
    return found


def _is_mask(columns):
    return isinstance(columns, list) and columns and all(isinstance(c, bool) for c in columns)


def with_masks(X, used):
    """`used` positions and those of the masks of these blocks."""
    kinds, names = getattr(X, "kinds", {}), _columns.names(X)
    masks = [kinds[names[at]].mask for at in used] if kinds else []
    return used | {names.index(mask) for mask in masks if mask is not None}


def _of_block(X, name):
    """A block as a `Part`; a sequence or tokens with a mask as a masked array."""
    kind, value = X.kinds[name], np.asarray(X[name])
    entries = X.mask(name)
    if entries is not None:
        shape = (*value.shape[:2], *[1] * (value.ndim - 2))
        mask = np.broadcast_to(~np.asarray(entries).reshape(shape), value.shape)
        value = np.ma.MaskedArray(value, mask=mask.copy())
    return Part(value, kind.features, kind)


def joined_blocks(parts, names):
    """Blocks side by side along the last axis."""
    if len(parts) == 1:
        return parts[0]
    values = [p.value[:, None] if p.value.ndim == 1 else p.value for p in parts]
    if len({value.shape[:-1] for value in values}) > 1:
        shapes = ", ".join(f"{n!r} {p.value.shape}" for n, p in zip(names, parts, strict=True))
        msg = f"blocks cannot stand side by side, their shapes are {shapes}"
        raise ValueError(msg)
    masked = any(np.ma.isMaskedArray(value) for value in values)
    joined = (np.ma if masked else np).concatenate(values, axis=-1)
    labels = [
        list(p.names or ([n] if v.shape[-1] == 1 else [f"{n}_{k}" for k in range(v.shape[-1])]))
        for p, n, v in zip(parts, names, values, strict=True)
    ]
    return Part(joined, tuple(label for group in labels for label in group))
