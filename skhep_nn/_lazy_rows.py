"""Rows of arrays taken late: what `EventBlocks` is made of, in memory or mapped from a file.

An entry is ``(base, rows)``: an array, and the indices of the events taken from it, or None for
all of them. Splitting a sample then costs an index array, not a copy of the data.
"""

from __future__ import annotations

from math import prod
from numbers import Integral
from pathlib import Path

import numpy as np

from skhep_nn import _choices, _masks, _resident
from skhep_nn.exceptions import MissingFileError

# As joblib calls the folders, gone at the end, of the arrays that its processes share.
JOBLIBS_FOLDER = "joblib_memmapping_folder"


def memory_map(array):
    """The `numpy.memmap` that `array` is, or is a view of; None for an array in memory.

    What joblib maps for its processes is an array in memory: it was one where it came from.
    """
    found = None
    while isinstance(array, np.ndarray):
        if isinstance(array, np.memmap) and array.filename is not None:
            found = array
        array = array.base
    return None if found is None or _is_of_joblib(found) else found


def _is_of_joblib(mapped):
    """Whether a map is the copy of an array that joblib shares among its processes."""
    folders = Path(mapped.filename).parent.parts
    return any(folder.startswith(JOBLIBS_FOLDER) for folder in folders)


def is_lazy(base):
    """Whether reading rows of `base` touches a file."""
    return isinstance(base, StoredRows) or memory_map(base) is not None


def resolve(key, n_events):
    """`key` as a slice or an array of non-negative event indices.

    Parameters
    ----------
    key : int, slice, array of integers or booleans, or a tuple of one of these and Ellipsis
    n_events : int

    Raises
    ------
    IndexError
        If a position is out of range, a mask has another length, or there is a second axis.
    TypeError
        If `key` is none of these.
    """
    key = _without_ellipsis(key)
    if isinstance(key, slice):
        return key
    if _choices.is_whole(key):
        key = [key]
    key = _as_key(key)
    if key.size == 0 and key.ndim == 1:
        return np.zeros(0, dtype=np.intp) if key.dtype != bool else _of_mask(key, n_events)
    if key.ndim != 1 or key.dtype.kind not in "biu":
        msg = f"events are selected by a slice, integers or booleans, got {key!r:.60}"
        raise TypeError(msg)
    return _of_mask(key, n_events) if key.dtype == bool else _in_range(key, n_events)


def _as_key(key):
    try:
        return np.asarray(_masks.unmasked(key, "a selection of events"))
    except ValueError as error:
        msg = f"events are selected by a slice, integers or booleans, got {key!r:.60}"
        raise TypeError(msg) from error


def short(rows):
    """`rows` with four bytes for each number, where these hold them; a slice stays as it is."""
    if isinstance(rows, slice) or rows.dtype == np.int32:
        return rows
    return rows.astype(np.int32) if len(rows) == 0 or rows.max() < 2**31 else rows


def subset(entry, key):
    """Entry of the events of `entry` at `key`, a slice or an index array."""
    base, rows = entry
    if rows is not None:
        return base, rows[key]
    if isinstance(key, slice) and isinstance(base, np.ndarray):
        return base[key], None
    return base, np.arange(*key.indices(len(base))) if isinstance(key, slice) else key


def length(entry):
    """Number of events of `entry`."""
    base, rows = entry
    return base.shape[0] if rows is None else len(rows)


def read(entry, key=slice(None)):
    """Values of `entry` at `key` as an array in memory; one copy of these events, no more."""
    base, rows = subset(entry, key)
    values = base[:] if rows is None else base[rows]
    out = np.array(values) if memory_map(values) is not None else np.asarray(values)
    note_reading(base, len(out), scattered=rows is not None)
    return out


def note_reading(base, n_events, *, scattered):
    """Note that so many events of `base`, which may be a map, are in memory now."""
    if isinstance(base, np.ndarray):
        event_bytes = base.itemsize * prod(base.shape[1:])
        _resident.after_reading(memory_map(base), n_events, event_bytes, scattered=scattered)


def in_memory(entry):
    """Bytes of `entry` that travel by value when it is pickled."""
    base, rows = entry
    own = 0 if rows is None else rows.nbytes
    if isinstance(base, ChainedRows):
        return own + sum(map(in_memory, base.parts))
    if isinstance(base, StoredRows):
        return own + base.n_bytes
    mapped = memory_map(base)
    by_path = mapped is not None and _is_lasting(mapped)
    return own if by_path else own + length(entry) * base.itemsize * prod(base.shape[1:])


def portable(entry):
    """`entry` for pickling: mapped arrays by file and place, arrays in memory by value."""
    base, rows = entry
    if isinstance(base, ChainedRows):
        return ChainedRows, [portable(part) for part in base.parts], rows
    if isinstance(base, StoredRows):
        return StoredRows, base, rows
    mapped = memory_map(base)
    if mapped is None or not _is_lasting(mapped):
        return np.ndarray, read(entry), None
    if mapped.mode in ("r+", "w+"):
        mapped.flush()
    offset = mapped.offset + address(base) - address(mapped)
    file = Path(mapped.filename).resolve()
    place = (str(file), mapped.mode.replace("w", "r"), offset)
    # for joblib's hash, which caching pipelines rely on: another content is another time
    stamp = file.stat().st_mtime_ns
    return np.memmap, ((*place, base.dtype, base.shape, base.strides), stamp), rows


def by_path(array):
    """As `portable`, of an array that is on a map whose file will be there, to be read; else None.

    What is written into it elsewhere is no business of the file.
    """
    mapped = memory_map(array)
    if mapped is None or not _is_lasting(mapped):
        return None
    kind, ((file, _, *place), stamp), rows = portable((array, None))
    return kind, ((file, "r", *place), stamp), rows


def _is_lasting(mapped):
    """Whether the file of a map will be there, with the same content, when a pickle is read."""
    # a copy-on-write map may hold changes that its file lacks
    return mapped.mode != "c" and Path(mapped.filename).exists()


def restored(state):
    """The entry that `portable` described."""
    kind, content, rows = state
    if kind is ChainedRows:
        return ChainedRows([restored(part) for part in content]), rows
    return (content if kind in (np.ndarray, StoredRows) else _reopened(*content[0])), rows


class LazyRows(np.lib.mixins.NDArrayOperatorsMixin):
    """Events of a memory map, read when they are needed; acts as an array.

    Parameters
    ----------
    entry : tuple of (array, ndarray of int or None)
    """

    def __init__(self, entry):
        self.entry = entry
        base, _ = entry
        self.dtype = base.dtype
        self.shape = (length(entry), *base.shape[1:])
        self.ndim = len(self.shape)
        self.size = int(np.prod(self.shape))
        self.nbytes = self.size * self.dtype.itemsize

    def __len__(self):
        return self.shape[0]

    def __getitem__(self, key):
        first, *rest = key if isinstance(key, tuple) else (key,)
        if first is Ellipsis or first is None:
            return np.asarray(self)[key]
        if isinstance(first, Integral):
            return read(self.entry, resolve(first, len(self)))[0][tuple(rest)]
        events = read(self.entry, resolve(first, len(self)))
        return events[(slice(None), *rest)] if rest else events

    def __array__(self, dtype=None, copy=None):
        return read(self.entry).astype(dtype or self.dtype, copy=False)

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        inputs = [np.asarray(x) if isinstance(x, LazyRows) else x for x in inputs]
        return getattr(ufunc, method)(*inputs, **kwargs)

    def __getattr__(self, name):
        # array methods such as mean; never the probes of other libraries (hasattr "iloc")
        if name.startswith("__") or name == "entry" or not hasattr(np.ndarray, name):
            msg = f"{type(self).__name__!r} object has no attribute {name!r}"
            raise AttributeError(msg)
        return getattr(np.asarray(self), name)

    def __reduce__(self):
        return _lazy_rows, (portable(self.entry),)

    def __repr__(self):
        return f"<{self.shape} {self.dtype} of a memory map, not read yet>"


class StoredRows:
    """Rows that are no NumPy array and are read when they are asked for, as the base of an entry.

    Has `shape`, `dtype`, and rows by a slice or an array of integers, as an array in memory.
    """

    # Numbers of the first events of the pieces that are read as a whole, if there are such.
    borders = None
    # Bytes of what tells where the rows are.
    n_bytes = 0

    def __len__(self):
        return self.shape[0]


class ChainedRows(StoredRows):
    """Entries one behind the other, as the base of an entry; nothing is read to join them.

    Parameters
    ----------
    parts : list of entries
        With the same shape per event.
    """

    def __init__(self, parts):
        self.parts = parts
        lengths = [length(part) for part in parts]
        self.starts = np.cumsum([0, *lengths[:-1]])
        self.dtype = np.result_type(*[base.dtype for base, _ in parts])
        self.shape = (sum(lengths), *parts[0][0].shape[1:])

    def __getitem__(self, key):
        if isinstance(key, slice):
            key = np.arange(*key.indices(len(self)))
        out = np.empty((len(key), *self.shape[1:]), self.dtype)
        part_of = np.searchsorted(self.starts, key, side="right") - 1
        for number in np.unique(part_of):
            here = part_of == number
            out[here] = read(self.parts[number], key[here] - self.starts[number])
        return out


def _lazy_rows(state):
    return LazyRows(restored(state))


def _without_ellipsis(key):
    if not isinstance(key, tuple):
        return key
    plain = [part for part in key if part is not Ellipsis]
    if len(plain) > 1:
        msg = (
            f"EventBlocks are indexed by events only, got {key!r:.60}; index a block: blocks[name]"
        )
        raise IndexError(msg)
    return plain[0] if plain else slice(None)


def _of_mask(mask, n_events):
    if len(mask) != n_events:
        msg = f"a boolean mask needs one entry per event: got {len(mask)} for {n_events} events"
        raise IndexError(msg)
    return np.flatnonzero(mask)


def _in_range(key, n_events):
    low, high = int(key.min()), int(key.max())
    if low < -n_events or high >= n_events:
        bad = high if high >= n_events else low
        msg = f"event {bad} is out of range for {n_events} events"
        raise IndexError(msg)
    key = key.astype(np.intp, copy=False)
    return np.where(key < 0, key + n_events, key) if low < 0 else key


def address(array):
    """Where in memory an array begins."""
    return array.__array_interface__["data"][0]


def _reopened(filename, mode, offset, dtype, shape, strides):
    if not Path(filename).is_file():
        msg = (
            f"there is no file {filename!r} here; what is on a memory map is sent as the path of "
            "its file, which every process that works on it must see"
        )
        raise MissingFileError(msg)
    contiguous = np.empty(0, dtype).itemsize * np.cumprod([1, *shape[:0:-1]])[::-1]
    if tuple(contiguous[: len(shape)]) == tuple(strides) and all(shape):
        return np.memmap(filename, dtype=dtype, mode=mode, offset=offset, shape=shape)
    whole = np.memmap(filename, dtype=np.uint8, mode=mode)
    return np.ndarray(shape, dtype, buffer=whole, offset=offset, strides=strides)
