"""``.npy`` files written piece by piece, with a digest of what was written."""

from __future__ import annotations

import contextlib
import hashlib
import os

import numpy as np

MAGIC = b"\x93NUMPY\x01\x00"
READ_BYTES = 16 * 2**20


def header(dtype, shape):
    """The header of a ``.npy`` file (format 1.0), as long for any number of events."""
    longest = _header_text(dtype, (10**18, *shape[1:]))
    size = -(-(len(MAGIC) + 2 + len(longest) + 1) // 64) * 64
    text = _header_text(dtype, shape)
    text = text.ljust(size - len(MAGIC) - 2 - 1) + "\n"
    return MAGIC + len(text).to_bytes(2, "little") + text.encode("latin1")


class NpyWriter:
    """One array, written event by event along its first axis.

    Parameters
    ----------
    path : Path
    dtype : dtype
    event_shape : tuple of int
    n_events : int, default=0
        Events that are in the file already; a new file is made if there are none.
    """

    def __init__(self, path, dtype, event_shape, n_events=0):
        self.path, self.dtype, self.event_shape = path, np.dtype(dtype), tuple(event_shape)
        self.n_events = self.n_before = n_events
        self._hash = hashlib.blake2b(digest_size=16)
        self.offset = len(header(self.dtype, self.shape))
        self._file = path.open("r+b" if n_events else "wb")
        if n_events:
            self._file.truncate(self.n_bytes)
            self._file.seek(self.n_bytes)
        else:
            self._file.write(header(self.dtype, self.shape))

    @property
    def shape(self):
        """Shape of the array so far."""
        return (self.n_events, *self.event_shape)

    @property
    def n_bytes(self):
        """Size that the file has for so many events."""
        return self.offset + array_bytes(self.dtype, self.shape)

    def write(self, values):
        """Append events of the file's type."""
        data = np.ascontiguousarray(values, dtype=self.dtype)
        if data.size:
            raw = data.reshape(-1).view(np.uint8)
            self._file.write(raw)
            self._hash.update(raw)
        self.n_events += len(data)

    def sync(self):
        """Have all events on disk; the header still tells of those before."""
        self._file.flush()
        os.fsync(self._file.fileno())

    def finish(self):
        """Write the header for all events, and close."""
        self._file.seek(0)
        self._file.write(header(self.dtype, self.shape))
        self.sync()
        self._file.close()

    def abandon(self):
        """Close, with the events of before alone."""
        # what is in the buffer may not fit on the disk either
        with contextlib.suppress(OSError):
            self._file.close()
        if self.n_before:
            before = self.offset + array_bytes(self.dtype, (self.n_before, *self.event_shape))
            os.truncate(self.path, before)

    def segment(self):
        """What `cache.json` says of the events that this writer wrote."""
        return {"n_events": self.n_events - self.n_before, "blake2b": self._hash.hexdigest()}


def array_bytes(dtype, shape):
    """Size of an array."""
    return np.dtype(dtype).itemsize * int(np.prod(shape, dtype=object))


def digest_of(path, offset, n_bytes):
    """Digest of a part of a file, as `NpyWriter.segment` has it."""
    state = hashlib.blake2b(digest_size=16)
    with path.open("rb") as file:
        file.seek(offset)
        while n_bytes:
            piece = file.read(min(READ_BYTES, n_bytes))
            if not piece:
                break
            state.update(piece)
            n_bytes -= len(piece)
    return state.hexdigest()


def _header_text(dtype, shape):
    shape = tuple(int(n) for n in shape)
    return str({"descr": np.dtype(dtype).str, "fortran_order": False, "shape": shape})
