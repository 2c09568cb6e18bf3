"""Blocks of a `BlockTransformer` put side by side, e.g. charges behind the momenta of particles."""

from __future__ import annotations

import numpy as np

from skhep_nn.events import BlockKind
from skhep_nn.preprocessing._block_columns import joined_blocks
from skhep_nn.preprocessing._part import Part

_RULE = "join must be a dict of the name of a new block and a list of two or more blocks"


def targets(join):
    """Name of the joined block that each block becomes a part of."""
    return {name: target for target, names in (join or {}).items() for name in names}


def check(join, blocks):
    """Raise unless `join` puts some of `blocks` together, each once.

    Raises
    ------
    ValueError
        If it is no dict of lists, a name is no block or comes twice, or a new name is taken.
    """
    if join is None:
        return
    if not isinstance(join, dict) or not all(map(_is_list, join.values())):
        msg = f"{_RULE}, got {join!r:.100}"
        raise ValueError(msg)
    names = [name for group in join.values() for name in group]
    for name in names:
        if name not in blocks or names.count(name) > 1:
            why = "comes twice" if name in blocks else f"is none of the blocks {blocks}"
            msg = f"join: {name!r:.60} {why}"
            raise ValueError(msg)
    for target in join:
        if not isinstance(target, str) or "__" in target or target in {*blocks} - {*names}:
            msg = f"join: {target!r:.60} cannot name a block: it is taken, or has '__' in it"
            raise ValueError(msg)


def join_blocks(join, blocks, kinds):
    """(blocks, kinds) in which those of each group are one, where its first was.

    Parameters
    ----------
    join : dict of str to list of str, or None
    blocks : dict of str to array
        Masked where they are padded.
    kinds : dict of str to BlockKind

    Raises
    ------
    ValueError
        If blocks of a group differ in shape or in padding, or one holds tokens.
    """
    to, out, out_kinds = targets(join), {}, {}
    for name, block in blocks.items():
        target = to.get(name)
        if target is None:
            out[name], out_kinds[name] = block, kinds[name]
        elif target not in out:
            out[target], out_kinds[target] = _side_by_side(target, join[target], blocks, kinds)
    return out, out_kinds


def _side_by_side(target, names, blocks, kinds):
    tokens = [name for name in names if kinds[name].name == "tokens"]
    if tokens:
        msg = f"join: block {tokens[0]!r} of {target!r} holds tokens, which are no features"
        raise ValueError(msg)
    _check_padding(target, names, blocks)
    part = joined_blocks([Part(blocks[name], kinds[name].features) for name in names], names)
    sequence = any(kinds[name].name == "sequence" for name in names)
    return part.value, BlockKind("sequence" if sequence else "features", features=part.names)


def _check_padding(target, names, blocks):
    first, *others = names
    mask = _padding(blocks[first])
    for name in others:
        other = _padding(blocks[name])
        if mask.shape == other.shape and not np.array_equal(mask, other):
            at = int(np.argwhere(mask != other)[0][0])
            msg = (
                f"join: blocks {first!r} and {name!r} of {target!r} have not the same entries; the "
                f"first event in which they differ is event {at}"
            )
            raise ValueError(msg)


def _padding(block):
    mask = np.ma.getmaskarray(block)
    return mask.reshape(*mask.shape[:2], -1).all(axis=2)


def _is_list(names):
    is_list = isinstance(names, (list, tuple)) and len(names) > 1
    return is_list and all(isinstance(name, str) for name in names)
