"""A memory map as workers of Dask have it: what is read of it is not held against them."""

from __future__ import annotations

import numpy as np

from skhep_nn import _lazy_rows, _resident


class ReadMap(np.memmap):
    """A map of which events are chosen in pieces, whose pages are let go of (`_resident`).

    So a fold of a search, which is a copy, takes its own size in a worker and not that of the map.
    All else is NumPy's.
    """

    def __getitem__(self, key):
        rows = _chosen(key)
        if rows is not None and self.ndim and self.mode == "r":
            return _copy(self.view(np.memmap), _lazy_rows.resolve(rows, len(self)))
        found = super().__getitem__(key)
        return found if getattr(found, "_mmap", found) is not None else found.view(np.ndarray)

    def __array_wrap__(self, array, context=None, return_scalar=False):
        plain = np.asarray(array)
        return plain if plain.ndim else plain[()]


def _chosen(key):
    """The array of numbers or booleans, one for each event, that `key` is; else None."""
    if isinstance(key, tuple):
        key = key[0] if len(key) == 2 and key[1] is Ellipsis else None
    is_array = isinstance(key, np.ndarray) and key.ndim == 1 and key.dtype.kind in "biu"
    return key if is_array else None


def _copy(mapped, rows):
    """The events, read in the order of the file, so that no page is read twice."""
    out = np.empty((len(rows), *mapped.shape[1:]), mapped.dtype)
    order = np.argsort(rows, kind="stable")
    event_bytes = max(1, mapped.itemsize * int(np.prod(mapped.shape[1:])))
    together = max(1, _resident.BYTES // event_bytes)
    borders = np.arange(0, len(mapped) + together, together)
    ends = np.searchsorted(rows[order], borders)
    for border, start, stop in zip(borders[:-1], ends[:-1], ends[1:], strict=True):
        some = order[start:stop]
        out[some] = mapped[rows[some]]
        if mapped.flags.c_contiguous and len(some):
            _let_go(mapped, border * event_bytes, together * event_bytes)
    return out


def _let_go(mapped, start, n_bytes):
    whole = _lazy_rows.memory_map(mapped)
    start += _lazy_rows.address(mapped) - _lazy_rows.address(whole)
    _resident.after_reading_all_of(whole, start, min(n_bytes, whole.nbytes - start))
