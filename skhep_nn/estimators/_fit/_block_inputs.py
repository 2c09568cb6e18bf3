"""Blocks and memory maps as the arrays that a network reads; what is on disk stays there."""

from __future__ import annotations

import numpy as np

from skhep_nn import _lazy_rows
from skhep_nn._pieces import pieces
from skhep_nn.estimators._fit._targets import float_type
from skhep_nn.training._mapped import MappedRows


def is_mapped_table(X, *, allow_nd):
    """Whether `X` is an array on disk that needs no conversion as a whole."""
    if _lazy_rows.memory_map(X) is None or X.dtype.kind not in "biuf" or 0 in X.shape:
        return False
    return X.ndim == 2 or (allow_nd and X.ndim > 2)


def of_array(X, columns):
    """The `columns` (positions) of an array on disk, as floats."""
    every = list(columns) == list(range(X.shape[-1]))
    return MappedRows([(X, None)], float_type(), None if every else list(columns))


def of_blocks(blocks, owner, *, only_table):
    """The blocks as a table, if that is what they are, or by name.

    Blocks with one number per event are the columns of a table.

    Parameters
    ----------
    blocks : EventBlocks
    owner : str
    only_table : bool
        A network that takes nothing else: one block of several features per event is a table too.

    Returns
    -------
    ndarray, MappedRows, or dict of str to these

    Raises
    ------
    TypeError
        If a table is needed and the blocks are none.
    ValueError
        If a block does not hold numbers.
    """
    names = blocks.keys()
    for name in names:
        _check_numeric(name, blocks.dtype(name))
    if all(_is_column(blocks, name) for name in names):
        return _table([blocks[name] for name in names])
    if not only_table:
        return {name: _input(blocks, name) for name in names}
    if len(names) == 1 and len(blocks.event_shape(names[0])) == 1:
        block = _block(blocks[names[0]], float_type())
        return block if isinstance(block, MappedRows) else block.astype(float_type(), copy=False)
    msg = (
        f"{owner} takes a table of features, not {type(blocks).__name__} "
        f"{ {name: blocks.event_shape(name) for name in names} }; name the block of shape (n,) "
        "with weights in weight_column, and others that are no features in exclude"
    )
    raise TypeError(msg)


def check_as_in_fit(learnt, blocks, owner):
    """Raise if a block is not what it was in fit: its shape, kind or vocabulary.

    Raises
    ------
    ValueError
    """
    for name, kind in blocks.kinds.items():
        fitted, shape = learnt.block_shapes_[name], blocks.event_shape(name)
        if shape != fitted:
            msg = (
                f"block {name!r} has shape {shape} per event, in the fit of {owner} it had "
                f"{fitted}; blocks come from the transformer that was fitted in training"
            )
            raise ValueError(msg)
        before, now = learnt.block_kinds_[name], kind
        for field in ("name", "vocabulary_size", "vocabulary"):
            if getattr(before, field) != getattr(now, field):
                msg = (
                    f"block {name!r} has another {'kind' if field == 'name' else field} than in "
                    f"the fit of {owner}: {getattr(now, field)!r:.80} instead of "
                    f"{getattr(before, field)!r:.80}"
                )
                raise ValueError(msg)


def check_tokens(kinds, x):
    """Raise if a token is outside of its vocabulary, where an embedding has no row for it.

    Parameters
    ----------
    kinds : dict of str to BlockKind
    x : ndarray, MappedRows, or dict of str to these

    Raises
    ------
    ValueError
    """
    for name, array in x.items() if isinstance(x, dict) else ():
        if kinds[name].name != "tokens":
            continue
        for first, part in array.chunks() if isinstance(array, MappedRows) else [(0, array)]:
            _check_tokens(name, part, first, kinds[name].vocabulary_size)


def check_lengths(blocks):
    """Raise if a sequence is said to be longer than it is, or of negative length.

    Raises
    ------
    ValueError
    """
    for name, kind in blocks.kinds.items():
        if kind.name != "lengths":
            continue
        longest = blocks.event_shape(name)
        for part in pieces(len(blocks)) if longest else ():
            _check_lengths(name, np.asarray(blocks[name][part]), part.start, longest[0])


def _check_lengths(name, lengths, first, longest):
    outside = (lengths < 0) | (lengths > longest)
    if outside.any():
        event = int(np.argmax(outside))
        msg = (
            f"block {name!r} says that event {first + event} has {int(lengths[event])} entries; "
            f"its sequence has 0 to {longest}"
        )
        raise ValueError(msg)


def _check_tokens(name, tokens, first, size):
    outside = (tokens < 0) | (tokens >= size)
    if outside.any():
        event = int(np.argwhere(outside)[0][0])
        msg = (
            f"block {name!r} has the token {int(tokens[outside][0])} in event {first + event} "
            f"({int(outside.sum())} in all); its vocabulary has the tokens 0 to {size - 1}"
        )
        raise ValueError(msg)


def labels(x, names):
    """What an error calls each number of `x`, by block and feature."""
    if isinstance(x, dict):
        return {
            name: [f"block {name!r}, feature {n}" for n in range(array.shape[-1])]
            if array.ndim > 1
            else [f"block {name!r}"]
            for name, array in x.items()
        }
    if len(names) == x.shape[-1]:
        return [f"column {name!r}" for name in names]
    return [f"block {names[0]!r}, feature {n}" for n in range(x.shape[-1])]


def _is_column(blocks, name):
    return blocks.kinds[name].name == "features" and not blocks.event_shape(name)


def _table(columns):
    if all(_entry(column) is not None for column in columns):
        return MappedRows([_entry(column) for column in columns], float_type(), table=True)
    with np.errstate(over="ignore"):
        return np.stack([np.asarray(c).astype(float_type()) for c in columns], axis=1)


def _input(blocks, name):
    """A block as a network takes it: lengths of sequences are masks."""
    if blocks.kinds[name].name != "lengths":
        return _block(blocks[name])
    entry, shape = _entry(blocks[name]), blocks.event_shape(name)
    if entry is None or not shape:
        return blocks.take(name)
    return MappedRows([entry], bool, length=shape[0])


def _block(block, dtype=None):
    entry = _entry(block)
    if entry is None:
        block = np.asarray(block)
        with np.errstate(over="ignore"):
            # beyond float32 is infinity, which the check of finite numbers names
            return block if block.dtype.kind != "f" else block.astype(float_type(), copy=False)
    base = entry[0]
    return MappedRows([entry], dtype or (float_type() if base.dtype.kind == "f" else base.dtype))


def _entry(block):
    """(array, rows) of a block on disk, else None."""
    if isinstance(block, _lazy_rows.LazyRows):
        return block.entry
    return None if _lazy_rows.memory_map(block) is None else (block, None)


def _check_numeric(name, dtype):
    if dtype.kind not in "biuf":
        msg = f"block {name!r} is not numeric (dtype {dtype}); encode it, or name it in exclude"
        raise ValueError(msg)
