"""Data of one block of a `BlockTransformer`."""

from __future__ import annotations

from dataclasses import dataclass

from skhep_nn.events import BlockKind


@dataclass(frozen=True)
class Part:
    """Data of one block on their way through the steps.

    Parameters
    ----------
    value : DataFrame, ndarray, MaskedArray, EventBlocks or awkward array
    names : tuple of str or None
        Names along the last axis.
    kind : BlockKind, default=None
        What the block was, for one that passes through.
    """

    value: object
    names: tuple | None
    kind: BlockKind | None = None
