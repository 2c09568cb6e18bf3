"""`EventBlocks`: named arrays that share the event axis."""

from __future__ import annotations

import difflib
from collections.abc import Hashable, Mapping
from dataclasses import replace
from html import escape

import numpy as np

from skhep_nn import _block_kinds, _lazy_rows, _masks
from skhep_nn._block_kinds import BlockKind
from skhep_nn.exceptions import ColumnError

__all__ = ["BlockKind", "EventBlocks"]


class EventBlocks:
    """Named arrays that share the event axis; everything that splits X in scikit-learn splits it.

    It is not a Mapping (scikit-learn and Keras treat these in their own way): its length is the
    number of events, and indexing by a slice, integers or booleans selects events. Blocks that
    are memory maps stay on disk until values are asked for, through any number of splits.

    Parameters
    ----------
    blocks : dict of str to array
        Arrays of shape (n_events, ...), in memory or `numpy.memmap`. A `numpy.ma.MaskedArray` of
        shape (n_events, length, n_features) or (n_events, length), as `SequencePadder` gives it,
        becomes two blocks, ``name`` and ``name_mask``. Masked values elsewhere, one per event or
        in a block that `kinds` calls no sequence, are an error.
    kinds : dict of str to BlockKind or str, default=None
        Kinds that cannot be guessed. Guessed are: "weight" for a block of that name, "sequence"
        for 3-D arrays, "mask" for booleans named ``<sequence>_mask`` and "lengths" for integers
        named ``<sequence>_lengths``; all others are "features". Tokens are never guessed.

    Attributes
    ----------
    kinds : dict of str to BlockKind
    shape : tuple of int
        ``(n_events,)``.

    Raises
    ------
    ValueError
        If the lengths of blocks differ, or a kind does not fit its block.

    Notes
    -----
    **Masks.** The mask of a sequence is a block of its own, so that it is sliced, stored and
    pickled as any other: `kinds[name].mask` names it, and ``select`` brings it along.
    ``mask(name)`` gives booleans of shape (n_events, length), **True for an entry, False for
    padding** (the convention of Keras, the opposite of `numpy.ma`). A block of lengths stands for
    the same: ``mask`` and ``rows`` turn it into booleans.

    Pickles hold a memory map's file name, not its content (maps opened copy-on-write excepted).

    Examples
    --------
    >>> import numpy as np
    >>> blocks = EventBlocks({"jet": np.zeros((4, 2)), "weight": np.ones(4)})
    >>> blocks[1:3]
    EventBlocks of 2 events: jet (2,) features, weight () weight
    >>> blocks["jet"].shape, len(blocks), blocks.kinds["weight"].name
    ((4, 2), 4, 'weight')
    """

    # without this Python would iterate by blocks[0], blocks[1], ...
    __iter__ = None

    def __init__(self, blocks, kinds=None):
        given = dict(_given_kinds(kinds, blocks))
        parts = _split_masked(blocks, given)
        self._entries = {name: _as_entry(name, block) for name, block in parts.items()}
        self._n_events = _common_length(self._entries)
        for name in given:
            self._entry(name)
        columns = {name: getattr(block, "columns", None) for name, block in parts.items()}
        self.kinds = _block_kinds.complete(self._specs(), given, columns)
        _block_kinds.check(self._specs(), self.kinds)

    def _with(self, entries, kinds=None, n_events=None):
        out = object.__new__(type(self))
        out._entries, out.kinds = entries, dict(self.kinds if kinds is None else kinds)
        out._n_events = self._n_events if n_events is None else n_events
        _block_kinds.check(out._specs(), out.kinds)
        return out

    def _specs(self):
        """Shape and type of each block as it is stored."""
        return {
            name: ((self._n_events, *base.shape[1:]), base.dtype)
            for name, (base, _) in self._entries.items()
        }

    def keys(self):
        """Names of the blocks, in order."""
        return list(self._entries)

    def items(self):
        """Pairs of name and array."""
        return [(name, self[name]) for name in self._entries]

    @property
    def shape(self):
        """``(n_events,)``."""
        return (self._n_events,)

    def __len__(self):
        return self._n_events

    def __contains__(self, name):
        return name in self._entries

    def __getitem__(self, key):
        if isinstance(key, str):
            return self._array(key)
        rows, done = _lazy_rows.short(_lazy_rows.resolve(key, self._n_events)), {}
        entries = {name: _subset_once(entry, rows, done) for name, entry in self._entries.items()}
        n_events = len(range(self._n_events)[rows]) if isinstance(rows, slice) else len(rows)
        return self._with(entries, n_events=n_events)

    def _entry(self, name):
        if not isinstance(name, Hashable) or name not in self._entries:
            raise ColumnError(_no_block(name, self.keys()))
        return self._entries[name]

    def _array(self, name):
        base, rows = self._entry(name)
        if rows is None and isinstance(base, np.ndarray):
            return base
        if _lazy_rows.is_lazy(base):
            return _lazy_rows.LazyRows((base, rows))
        # the second time needs no copy
        self._entries[name] = (base[rows], None)
        return self._entries[name][0]

    def event_shape(self, name):
        """Shape of one event of a block, as ``rows`` gives it; nothing is read."""
        length = self._length_of_sequence(name)
        return tuple(self._entry(name)[0].shape[1:]) if length is None else (length,)

    def dtype(self, name):
        """Type of a block's values, as ``rows`` gives them; nothing is read."""
        length = self._length_of_sequence(name)
        return self._entry(name)[0].dtype if length is None else np.dtype(bool)

    def _length_of_sequence(self, name):
        """Padded length of the sequence whose lengths are in block `name`, else None."""
        self._entry(name)
        if self.kinds[name].name != "lengths":
            return None
        described = (other for other, kind in self.kinds.items() if kind.mask == name)
        return next((self._entry(other)[0].shape[1] for other in described), None)

    def rows(self, indices=slice(None)):
        """Events as a dict of arrays in memory: a batch for the training loop.

        Parameters
        ----------
        indices : slice, array of integers or booleans, default=all

        Returns
        -------
        dict of str to ndarray
            Copies where a block is a memory map, maybe views where it is in memory. Lengths of
            sequences come as the mask that they stand for.
        """
        rows = _lazy_rows.resolve(indices, self._n_events)
        return {name: self._read(name, rows) for name in self._entries}

    def take(self, name, indices=slice(None)):
        """Values of one block for some events, in memory; see `rows`."""
        self._entry(name)
        return self._read(name, _lazy_rows.resolve(indices, self._n_events))

    def _read(self, name, rows):
        values = _lazy_rows.read(self._entries[name], rows)
        size = self._length_of_sequence(name)
        return values if size is None else np.arange(size) < values[:, None]

    def mask(self, name):
        """Mask of a sequence: True for an entry, False for padding; None if it has none.

        Returns
        -------
        ndarray of bool of shape (n_events, length), or None
        """
        self._entry(name)
        by = self.kinds[name].mask
        if by is None:
            return None
        return self.take(by) if self.kinds[by].name == "lengths" else self[by]

    def select(self, names):
        """The blocks called `names`, in that order, each followed by its mask."""
        names = list(names) if np.iterable(names) and not isinstance(names, str) else [names]
        wanted = {}
        for name in names:
            wanted[name] = self._entry(name)
            by = self.kinds[name].mask
            if by is not None and by not in names:
                wanted[by] = self._entry(by)
        return self._with(wanted, {name: self.kinds[name] for name in wanted})

    def assign(self, **blocks):
        """A copy with blocks added or replaced; a replaced block keeps its kind."""
        new = EventBlocks(blocks)
        if len(new) != self._n_events:
            msg = f"{_lengths(new._entries)}; the other blocks have {self._n_events} events"
            raise ValueError(msg)
        kinds = dict(self.kinds)
        for name, kind in new.kinds.items():
            kept = kinds.get(name, kind)
            kinds[name] = kept if kind.mask is None else replace(kept, mask=kind.mask)
        return self._with({**self._entries, **new._entries}, kinds)

    def with_kinds(self, **kinds):
        """A copy in which blocks have other kinds, each a `BlockKind` or its name."""
        for name in kinds:
            self._entry(name)
        new = {name: _block_kinds.as_kind(kind, name) for name, kind in kinds.items()}
        return self._with(dict(self._entries), {**self.kinds, **new})

    @classmethod
    def concatenate(cls, parts):
        """Events of `parts` one behind the other; memory maps are joined without reading them.

        Parameters
        ----------
        parts : list of EventBlocks
            With the same blocks, kinds and shapes per event.
        """
        parts = list(parts) if np.iterable(parts) else [parts]
        if not parts or not all(isinstance(part, EventBlocks) for part in parts):
            msg = f"parts must be a list of EventBlocks, at least one, got {parts!r:.100}"
            raise TypeError(msg)
        first, *others = parts
        for number, other in enumerate(others, start=1):
            _check_alike(first, other, number)
        entries = {
            name: _joined_entries([part._entry(name) for part in parts]) for name in first._entries
        }
        return first._with(entries, n_events=sum(len(part) for part in parts))

    def __array__(self, dtype=None, copy=None):
        msg = (
            f"EventBlocks {self.keys()} are several arrays, not one; take one (blocks[name]) or "
            "use an estimator that accepts blocks"
        )
        raise TypeError(msg)

    def __sizeof__(self):
        """Bytes in memory, by which Dask decides to send the events once and not with each task."""
        lasting = [_lazy_rows.in_memory(entry) for entry in self._entries.values()]
        return object.__sizeof__(self) + sum(lasting)

    def __getstate__(self):
        entries = {name: _lazy_rows.portable(entry) for name, entry in self._entries.items()}
        return {"entries": entries, "kinds": self.kinds, "n_events": self._n_events}

    def __setstate__(self, state):
        self._entries = {
            name: _lazy_rows.restored(entry) for name, entry in state["entries"].items()
        }
        self.kinds, self._n_events = state["kinds"], state["n_events"]

    def _table(self):
        return [
            (name, shape, dtype, _size(shape, dtype), self.kinds[name])
            for name, (shape, dtype) in self._specs().items()
        ]

    def __repr__(self):
        blocks = [f"{n} {shape[1:]} {kind.name}" for n, shape, _, _, kind in self._table()]
        shown = blocks if len(blocks) <= 8 else [*blocks[:7], f"... {len(blocks) - 7} more"]
        return f"EventBlocks of {self._n_events:,} events: {', '.join(shown)}"

    def _repr_html_(self):
        head = "".join(f"<th>{title}</th>" for title in ("block", "shape", "dtype", "size", "kind"))
        lines = [
            "".join(
                f"<td>{escape(str(cell))}</td>" for cell in (*cells, _block_kinds.describe(kind))
            )
            for *cells, kind in self._table()
        ]
        body = "".join(f"<tr>{line}</tr>" for line in lines)
        caption = f"<caption>EventBlocks of {self._n_events:,} events</caption>"
        return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _given_kinds(kinds, blocks):
    """Kinds by name of block, as given or as `blocks` have them."""
    kinds = getattr(blocks, "kinds", {}) if kinds is None else kinds
    if not isinstance(kinds, Mapping):
        msg = f"kinds must be a dict of name and kind of a block, got {kinds!r:.60}"
        raise TypeError(msg)
    return {name: _block_kinds.as_kind(kind, name) for name, kind in kinds.items()}


def _split_masked(blocks, kinds):
    """`blocks` with masked arrays as values and a mask of their own."""
    if not hasattr(blocks, "items"):
        msg = f"EventBlocks are made of a dict of name and array, got {type(blocks).__name__}"
        raise TypeError(msg)
    out = {}
    for name, block in blocks.items():
        out[name] = block
        if not _is_sequence(block, kinds.get(name)):
            out[name] = _masks.unmasked(block, f"block {name!r}")
        elif isinstance(block, np.ma.MaskedArray):
            if f"{name}_mask" in blocks:
                msg = f"block {name!r} has a mask of its own, and there is a block '{name}_mask'"
                raise ValueError(msg)
            out[name], out[f"{name}_mask"] = block.data, _entries_of(name, block)
    if not out:
        msg = "EventBlocks need at least one block"
        raise ValueError(msg)
    return out


def _is_sequence(block, kind):
    """Whether a mask of `block` says where its padding is."""
    if kind is not None and kind.name not in ("sequence", "tokens"):
        return False
    return isinstance(block, np.ma.MaskedArray) and block.ndim > 1


def _entries_of(name, block):
    """Where a masked array has entries: (n_events, length) booleans."""
    masked = np.ma.getmaskarray(block).reshape(*block.shape[:2], -1)
    if (masked.any(axis=2) != masked.all(axis=2)).any():
        msg = f"block {name!r}: some features of a particle are masked and others are not"
        raise ValueError(msg)
    return ~masked.all(axis=2)


def _as_entry(name, block):
    if not isinstance(name, str):
        msg = f"names of blocks are strings, got {name!r}"
        raise TypeError(msg)
    if isinstance(block, _lazy_rows.LazyRows):
        return block.entry
    array = block if isinstance(block, np.memmap) else _values(name, block)
    if array.ndim == 0:
        msg = f"block {name!r} is a single value; its first axis must be the events"
        raise ValueError(msg)
    return array, None


def _values(name, block):
    if type(block).__module__.partition(".")[0] == "awkward":
        msg = f"block {name!r} is an awkward array; make it rectangular first, with SequencePadder"
        raise TypeError(msg)
    try:
        return np.asarray(block)
    except ValueError as error:
        msg = f"block {name!r} is ragged; make it rectangular first, with SequencePadder"
        raise ValueError(msg) from error


def _lengths(entries):
    return ", ".join(f"{name!r} has {_lazy_rows.length(entry)}" for name, entry in entries.items())


def _common_length(entries):
    if len({_lazy_rows.length(entry) for entry in entries.values()}) > 1:
        msg = f"blocks must have one length, the number of events: {_lengths(entries)}"
        raise ValueError(msg)
    return _lazy_rows.length(next(iter(entries.values())))


def _subset_once(entry, key, done):
    """Subset of an entry; blocks that share an index array share the new one too."""
    base, rows = entry
    if rows is None:
        return _lazy_rows.subset(entry, key)
    if id(rows) not in done:
        done[id(rows)] = rows[key]
    return base, done[id(rows)]


def _no_block(name, names):
    near = difflib.get_close_matches(name, names, n=1) if isinstance(name, str) else []
    hint = f"did you mean {near[0]!r}?" if near else f"there are {names}"
    return f"no block {name!r}; {hint}"


def _check_alike(first, other, number):
    if set(first.keys()) != set(other.keys()):
        msg = f"part {number} has blocks {other.keys()}, part 0 has {first.keys()}"
        raise ValueError(msg)
    for name in first._entries:
        if first.event_shape(name) != other.event_shape(name):
            msg = (
                f"block {name!r}: part {number} has shape {other.event_shape(name)} per event, "
                f"part 0 has {first.event_shape(name)}"
            )
            raise ValueError(msg)
        if first.kinds[name] != other.kinds[name]:
            msg = (
                f"block {name!r}: part {number} is of another kind than part 0, "
                f"{other.kinds[name]!r:.200} against {first.kinds[name]!r:.200}"
            )
            raise ValueError(msg)


def _joined_entries(entries):
    if any(_lazy_rows.is_lazy(base) for base, _ in entries):
        return _lazy_rows.ChainedRows(entries), None
    return np.concatenate([_lazy_rows.read(entry) for entry in entries]), None


def _size(shape, dtype):
    size = float(np.prod(shape, dtype=float) * dtype.itemsize)
    for unit in ("B", "kB", "MB"):
        if size < 1000:
            return f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:,.3g} GB"
