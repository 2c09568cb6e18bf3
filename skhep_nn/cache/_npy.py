"""``.npy`` files written piece by piece, with a digest of what was written."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os

import numpy as np

from skhep_nn.exceptions import CacheError

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
    n_events : int, default=None
        Events that are in the file already; None makes a new file.

    Raises
    ------
    CacheError
        If events are to be appended to a file that is a link, or has another name elsewhere.
    """

    def __init__(self, path, dtype, event_shape, n_events=None):
        self.path, self.dtype, self.event_shape = path, np.dtype(dtype), tuple(event_shape)
        self._appends = n_events is not None
        self.n_events = self.n_before = n_events or 0
        self._hash = hashlib.blake2b(digest_size=16)
        self.offset = len(header(self.dtype, self.shape))
        self._file = _open_own(path) if self._appends else path.open("xb")
        if self._appends:
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
        if self._appends:
            before = self.offset + array_bytes(self.dtype, (self.n_before, *self.event_shape))
            os.truncate(self.path, before)

    def segment(self):
        """What `cache.json` says of the events that this writer wrote."""
        return {"n_events": self.n_events - self.n_before, "blake2b": self._hash.hexdigest()}


def _open_own(path):
    """The file to append to: what a link leads to is somebody else's."""
    file = open(path, "r+b", opener=_not_through_a_link)  # noqa: SIM115
    if os.fstat(file.fileno()).st_nlink > 1:
        file.close()
        msg = f"{path} has a second name (a hard link), whose file would change; copy the cache"
        raise CacheError(errno.EMLINK, msg)
    return file


def _not_through_a_link(path, flags):
    try:
        return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0))
    except OSError as error:
        if error.errno != errno.ELOOP:
            raise
        msg = f"{path} is a link, and what it leads to would change; copy the cache"
        raise CacheError(errno.ELOOP, msg) from None


def array_bytes(dtype, shape):
    """Size of an array."""
    return np.dtype(dtype).itemsize * int(np.prod(shape, dtype=object))


def digest_of(content):
    """Digest of bytes, as `NpyWriter.segment` has it."""
    return hashlib.blake2b(content, digest_size=16).hexdigest()


def digest_of_open(file, n_bytes):
    """Digest of the next `n_bytes` of an open file."""
    state = hashlib.blake2b(digest_size=16)
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
