"""Pages of memory maps that were read: let go where somebody counts them as memory.

The system takes them back whenever it wants; but Dask ends a worker whose pages, these among them,
are more than its limit.
"""

from __future__ import annotations

import mmap
import threading

from skhep_nn._dask import _worker

# between two times that pages of a map are let go
BYTES = 64 * 2**20
_read = threading.local()


def after_reading(mapped, n_events, event_bytes, *, scattered):
    """Note that events of a map were read; in a worker of Dask let go of its pages now and then.

    Parameters
    ----------
    mapped : numpy.memmap or None
    n_events, event_bytes : int
    scattered : bool
        Whether each may have been on a page of its own.
    """
    # what is not only read may have changes that the file lacks
    if mapped is None or mapped.mode != "r" or not hasattr(mmap, "MADV_DONTNEED"):
        return
    counts = vars(_read).setdefault("n_bytes", {})
    touched = n_events * (max(event_bytes, mmap.PAGESIZE) if scattered else event_bytes)
    counts[mapped.filename] = counts.get(mapped.filename, 0) + touched
    if counts[mapped.filename] >= BYTES:
        del counts[mapped.filename]
        if _worker.n_threads() is not None:
            _let_go(mapped)


def after_reading_all_of(mapped, start, n_bytes):
    """In a worker of Dask let go of a part of a map, which was read.

    Parameters
    ----------
    mapped : numpy.memmap
        A whole one, no view.
    start, n_bytes : int
        In bytes from where it begins.
    """
    if _worker.n_threads() is None or not hasattr(mmap, "MADV_DONTNEED"):
        return
    # a map begins with a page
    start += mapped.offset % mmap.ALLOCATIONGRANULARITY
    whole = start - start % mmap.PAGESIZE
    _let_go(mapped, whole, start + n_bytes - whole)


def _let_go(mapped, *part):
    if isinstance(mapped.base, mmap.mmap):
        mapped.base.madvise(mmap.MADV_DONTNEED, *part)
