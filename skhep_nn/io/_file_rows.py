"""Files as one table whose rows are read when they are asked for, partition by partition."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from skhep_nn._lazy_rows import StoredRows
from skhep_nn.exceptions import FileFormatError
from skhep_nn.io._as_type import as_type
from skhep_nn.io._files import reading
from skhep_nn.io._open_sources import OpenSources
from skhep_nn.io._stream import Selection, _more, _passing, _settled

# Rows in which columns are put side by side, so that a tile stays in the processor's cache.
TILE_ROWS = 4096


@dataclass(frozen=True)
class Part:
    """Events of a file that can be read by themselves.

    Parameters
    ----------
    path : Path
    stamp : tuple of int
        Size and time of the file.
    start, stop : int
        In the file; `stop` may be None.
    n_events : int
        Those that pass the cut.
    """

    path: Path
    stamp: tuple
    start: int
    stop: int | None
    n_events: int


class FileTable:
    """The columns of several files.

    Parameters
    ----------
    reading : dict
        As :class:`Selection` takes it; `columns` are named.
    parts : list of Part
    types : dict of str to (dtype, shape of an event)
    size : int
        Events that a reader makes at a time.
    """

    def __init__(self, reading, parts, types, size):
        self.reading, self.parts, self.types, self.size = reading, parts, types, size
        self._prepare()

    def _prepare(self):
        counts = [part.n_events for part in self.parts]
        self.ends = np.cumsum(counts)
        self.starts = self.ends - counts
        # the partition that was read last, which often goes on in the next buffer, and open files
        self._last = threading.local()

    def __len__(self):
        return int(self.ends[-1])

    @contextmanager
    def held_open(self):
        """Files that this thread reads meanwhile stay open, so that each is opened once."""
        if getattr(self._last, "opened", None) is not None:
            yield
            return
        self._last.opened = OpenSources(Selection(**self.reading).options())
        try:
            yield
        finally:
            opened, self._last.opened = self._last.opened, None
            opened.close()

    def __getstate__(self):
        names = ("reading", "parts", "types", "size")
        return {name: getattr(self, name) for name in names}

    def __setstate__(self, state):
        vars(self).update(state)
        self._prepare()

    def read_into(self, names, rows, out):
        """Write columns side by side to `out`, of shape (n_rows, n_columns).

        Parameters
        ----------
        names : list of str
        rows : slice or ndarray of int
        out : ndarray
        """
        for places, values in self._pieces(names, rows):
            for start in range(0, len(places), TILE_ROWS):
                tile = places[start : start + TILE_ROWS]
                for column, name in enumerate(names):
                    out[tile, column] = values[name][start : start + TILE_ROWS]

    def read(self, name, rows):
        """Values of one column."""
        dtype, shape = self.types[name]
        out = None
        for places, values in self._pieces([name], rows):
            if out is None:
                n_rows = len(range(*rows.indices(len(self)))) if isinstance(rows, slice) else None
                out = np.empty((len(rows) if n_rows is None else n_rows, *shape), dtype)
            out[places] = values[name]
        return np.empty((0, *shape), dtype) if out is None else out

    def _pieces(self, names, rows):
        """For each partition that has some of the `rows`: their places among these, and values."""
        if isinstance(rows, slice):
            start, stop, step = rows.indices(len(self))
            if step != 1:
                rows = np.arange(start, stop, step)
        if isinstance(rows, slice):
            for number in self._within(start, stop):
                first, last = max(start, self.starts[number]), min(stop, self.ends[number])
                here = slice(first - self.starts[number], last - self.starts[number])
                yield np.arange(first - start, last - start), self._values(names, number, here)
            return
        order = _sorting(rows)
        in_order = rows if order is None else rows[order]
        borders = np.searchsorted(in_order, [*self.starts, len(self)])
        for number in np.flatnonzero(np.diff(borders)):
            places = np.arange(borders[number], borders[number + 1])
            here = _contiguous(in_order[places] - self.starts[number])
            yield places if order is None else order[places], self._values(names, number, here)

    def _within(self, start, stop):
        first = np.searchsorted(self.ends, start, side="right")
        return range(first, np.searchsorted(self.starts, stop, side="left"))

    def _values(self, names, number, rows):
        values = self._partition(names, number)
        return {name: values[name][rows] for name in names}

    def _partition(self, names, number):
        held = getattr(self._last, "of", (None, {}))
        if held[0] != number:
            held = number, {}
        missing = [name for name in names if name not in held[1]]
        if missing:
            held[1].update(self._read(self.parts[number], missing))
        self._last.of = held
        return held[1]

    def _read(self, part, names):
        if stamp_of(part.path) != part.stamp:
            msg = f"{part.path} changed since it was opened; open the events again"
            raise FileFormatError(msg)
        selection = Selection(**self.reading | {"columns": names})
        with self.held_open():
            source = self._last.opened.of(part.path, part.stamp)
            chunks = list(passing(source, selection, self.size, part.start, part.stop))
        found = {name: [chunk[name] for chunk in chunks] for name in names}
        out = {name: self._as_told(part, name, values) for name, values in found.items()}
        if any(len(values) != part.n_events for values in out.values()):
            msg = f"{part.path} has other events than when it was opened"
            raise FileFormatError(msg)
        return out

    def _as_told(self, part, name, values):
        """A column of a partition in its type for all files."""
        dtype, shape = self.types[name]
        what = f"{part.path}: column {name!r}, in events from {part.start} on,"
        told = [as_type(chunk, dtype, what) for chunk in values]
        if len(told) == 1:
            return told[0]
        return np.concatenate([np.empty((0, *shape), dtype), *told])


class FileColumn(StoredRows):
    """One column of a `FileTable`.

    Parameters
    ----------
    table : FileTable
    name : str
    """

    def __init__(self, table, name):
        self.table, self.name = table, name
        self.dtype, shape = table.types[name]
        self.shape = (len(table), *shape)

    def __getitem__(self, key):
        return self.table.read(self.name, key)

    @property
    def stamps(self):
        """What tells these files from others of the same names."""
        stamps = {part.path: part.stamp for part in self.table.parts}
        return [(str(path), *stamp) for path, stamp in stamps.items()]

    @property
    def n_bytes(self):
        """Its share of what is pickled of the table: partitions, of some 100 bytes, and paths."""
        paths = {part.path for part in self.table.parts}
        n_bytes = 100 * len(self.table.parts) + sum(len(str(path)) for path in paths)
        return n_bytes // len(self.table.types)

    @property
    def borders(self):
        """Numbers of the first event of each partition."""
        return self.table.starts


def passing(source, selection, size, start, stop):
    """Chunks of the columns of `selection`, of the events that pass its cut."""
    chosen, cut = selection.columns, selection.cut
    needed = chosen if cut is None else [*chosen, *_more(cut, source, chosen)]
    with reading(source.path):
        for chunk in source.chunks(needed, size, start, stop):
            yield _passing(_settled(chunk, source), chosen, cut, source)


def stamp_of(path):
    """Size and time of a file."""
    facts = path.stat()
    return facts.st_size, facts.st_mtime_ns


def _contiguous(rows):
    """Sorted integers as a slice, of which no copy is made, if none is missing in between."""
    is_range = len(rows) == rows[-1] - rows[0] + 1 and bool((rows[1:] > rows[:-1]).all())
    return slice(rows[0], rows[-1] + 1) if is_range else rows


def _sorting(rows):
    """What sorts `rows`, or None if they are."""
    is_sorted = len(rows) < 2 or bool((rows[1:] >= rows[:-1]).all())
    return None if is_sorted else np.argsort(rows, kind="stable")
