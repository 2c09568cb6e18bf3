"""Events of memory maps as an array that is sliced and never copied whole."""

from __future__ import annotations

import contextlib
from pathlib import Path

import numpy as np

from skhep_nn import _lazy_rows

# Rows in which columns are put side by side, so that a tile stays in the processor's cache.
TILE_ROWS = 4096
CHUNK_BYTES = 16 * 2**20


class MappedRows:
    """Events of memory maps, read in pieces.

    Parameters
    ----------
    entries : list of (array, rows)
        One entry as :mod:`skhep_nn._lazy_rows` has them, or one for each column of a table.
    dtype : dtype, optional
        Type of the values that are read; that of the map by default.
    columns : list of int, optional
        Positions along the last axis that are wanted; all by default.
    table : bool, default=False
        Whether each entry is a column.
    length : int, optional
        The map holds lengths of sequences, which are read as masks of this length.

    Attributes
    ----------
    shape : tuple of int
    dtype : dtype
    """

    def __init__(self, entries, dtype=None, columns=None, *, table=False, length=None):
        self.entries, self.columns, self.table, self.length = entries, columns, table, length
        base = entries[0][0]
        self.dtype = np.dtype(dtype or base.dtype)
        last = len(entries) if table else len(columns or ())
        tail = (last,) if table else base.shape[1:]
        tail = (*tail[:-1], last) if columns is not None else tail
        tail = tail if length is None else (length,)
        self.shape = (_lazy_rows.length(entries[0]), *tail)
        self.ndim = len(self.shape)

    def __len__(self):
        return self.shape[0]

    def __getitem__(self, key):
        rows = np.arange(len(self))[key] if not isinstance(key, slice) else key
        n_events = len(range(len(self))[rows]) if isinstance(rows, slice) else len(rows)
        out = np.empty((n_events, *self.shape[1:]), self.dtype)
        self.read_into(rows, out)
        return out

    def __array__(self, dtype=None, copy=None):
        msg = f"{self!r} stays on disk; slice it"
        raise TypeError(msg)

    def __repr__(self):
        return f"<{self.shape} {self.dtype} of memory maps>"

    def __reduce__(self):
        # what a digest sees: where the values are, and when they were last written
        state = [_lazy_rows.portable(entry) for entry in self.entries]
        stamps = sorted({stamp for base, _ in self.entries for stamp in _stamps(base)})
        return _restored, (state, stamps, self._parameters)

    def at(self, rows, shared=None):
        """The events `rows`, a slice or integers, as `MappedRows`; nothing is read.

        `shared` keeps selections of selections, for other blocks of the same events.
        """
        rows = rows if isinstance(rows, slice) else _small(rows)
        shared, entries = {} if shared is None else shared, []
        for entry in self.entries:
            base, before = entry
            if before is None:
                entries.append(_lazy_rows.subset(entry, rows))
                continue
            if id(before) not in shared:
                shared[id(before)] = before[rows]
            entries.append((base, shared[id(before)]))
        return MappedRows(entries, **self._parameters)

    def read_into(self, rows, out):
        """Write the values of the events `rows`, a slice or integers, to `out`."""
        if not self.table:
            base, at = _lazy_rows.subset(self.entries[0], rows)
            if self.length is None:
                _read(base, at, out, self.columns)
            else:
                lengths = base[:] if at is None else base[at]
                np.less(np.arange(self.length), lengths[:, None], out=out)
            _lazy_rows.note_reading(base, len(out), scattered=at is not None)
            return
        if self._file_table is not None:
            names = [base.name for base, _ in self.entries]
            _, at = _lazy_rows.subset(self.entries[0], rows)
            self._file_table.read_into(names, at, out)
            return
        subsets = [_lazy_rows.subset(entry, rows) for entry in self.entries]
        for start in range(0, len(out), TILE_ROWS):
            tile = slice(start, start + TILE_ROWS)
            for column, (base, at) in enumerate(subsets):
                out[tile, column] = base[tile] if at is None else base[at[tile]]
        for base, at in subsets:
            _lazy_rows.note_reading(base, len(out), scattered=at is not None)

    def chunks(self):
        """The events in their order, in arrays of some megabytes: (number of the first, array)."""
        size = max(1, int(CHUNK_BYTES // max(1, self.row_bytes)))
        with self.held_open():
            for start in range(0, len(self), size):
                yield start, self[start : start + size]

    @contextlib.contextmanager
    def held_open(self):
        """Files that this thread reads events of stay open meanwhile."""
        tables = {id(table): table for base, _ in self.entries for table in _tables(base)}
        with contextlib.ExitStack() as stack:
            for table in tables.values():
                stack.enter_context(table.held_open())
            yield

    def order_on_disk(self):
        """Event numbers in the order in which they lie on disk; None if that is their own."""
        rows = self.entries[0][1]
        if rows is None or len(rows) < 2 or bool((rows[1:] >= rows[:-1]).all()):
            return None
        return _small(np.argsort(rows, kind="stable"))

    def borders(self):
        """Places, in the order on disk, at which what is read as a whole begins; None without."""
        base, rows = self.entries[0]
        if getattr(base, "borders", None) is None or rows is None:
            return getattr(base, "borders", None)
        return np.unique(np.searchsorted(np.sort(rows), base.borders))

    @property
    def _file_table(self):
        """The files that all columns are of, if so: they are read together."""
        tables = {id(getattr(base, "table", None)) for base, _ in self.entries}
        return getattr(self.entries[0][0], "table", None) if len(tables) == 1 else None

    @property
    def _parameters(self):
        named = ("dtype", "columns", "table", "length")
        return {name: getattr(self, name) for name in named}

    @property
    def row_bytes(self):
        """Bytes of an event."""
        return self.dtype.itemsize * int(np.prod(self.shape[1:]))


def is_mapped(x):
    """Whether `x`, an array or a dict of arrays, has a part that is read from disk."""
    parts = x.values() if isinstance(x, dict) else [x]
    return any(isinstance(part, MappedRows) for part in parts)


def rows_of(x, rows, shared=None):
    """The events `rows` of an array or of `MappedRows`; see there for `shared`."""
    return x.at(rows, shared) if isinstance(x, MappedRows) else x[rows]


def bytes_of(x):
    """Bytes of an event of an array or a dict of arrays."""
    parts = x.values() if isinstance(x, dict) else [x]
    return sum(part.dtype.itemsize * int(np.prod(part.shape[1:])) for part in parts)


def _read(base, at, out, columns):
    if at is None:
        values = base[:]
        out[...] = values if columns is None else values[..., columns]
    elif columns is None and _in_one_piece(base, out):
        # with "clip" there is no buffer in between; the rows are in range
        np.take(base, at, axis=0, out=out, mode="clip")
    else:
        out[...] = base[at] if columns is None else base[at][..., columns]


def _in_one_piece(base, out):
    if not isinstance(base, np.ndarray) or base.dtype != out.dtype:
        return False
    # numpy.take would first copy the whole of anything else
    return base.flags.c_contiguous and base.flags.aligned


def _small(rows):
    rows = np.asarray(rows)
    return _lazy_rows.short(np.flatnonzero(rows) if rows.dtype == bool else rows)


def _tables(base):
    """Files that are opened to be read, of which `base` has rows."""
    if isinstance(base, _lazy_rows.ChainedRows):
        return [table for part, _ in base.parts for table in _tables(part)]
    return [base.table] if hasattr(base, "table") else []


def _stamps(base):
    if isinstance(base, _lazy_rows.ChainedRows):
        return [stamp for part, _ in base.parts for stamp in _stamps(part)]
    if isinstance(base, _lazy_rows.StoredRows):
        return base.stamps
    mapped = _lazy_rows.memory_map(base)
    if mapped is None:
        return []
    facts = Path(mapped.filename).stat()
    return [(str(mapped.filename), facts.st_size, facts.st_mtime_ns)]


def _restored(state, stamps, parameters):
    del stamps
    return MappedRows([_lazy_rows.restored(one) for one in state], **parameters)
