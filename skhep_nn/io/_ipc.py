"""What the record batches of a Feather file say of themselves, read without unpacking them.

Arrow unpacks a whole batch at once, whatever sizes it states. They stand in flatbuffers: tables
whose fields are found by way of a list of offsets. Format: https://arrow.apache.org/docs/format.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

MAGIC = b"ARROW1"
CONTINUES = 0xFFFFFFFF
# places of fields in the tables of Arrow's schema
DICTIONARIES, BATCHES, HEADER, DATA = 2, 3, 2, 1
LENGTH, BUFFERS, COMPRESSION = 0, 2, 3
BLOCK, BUFFER = 24, 16


@dataclass(frozen=True)
class Batch:
    """A record batch before it is unpacked.

    Parameters
    ----------
    n_events : int
    n_bytes : int
        Of all its buffers, unpacked.
    """

    n_events: int
    n_bytes: int


def batches_of(file):
    """The batches of an open file, in order, and those of its dictionaries.

    Raises
    ------
    ValueError, struct.error
        If the file is no Arrow file, or damaged.
    """
    footer = _footer(file)
    return (
        [_batch(file, *block) for block in _blocks(footer, BATCHES)],
        [_batch(file, *block, DATA) for block in _blocks(footer, DICTIONARIES)],
    )


def _footer(file):
    end = file.size()
    tail = file.read_at(10, end - 10)
    (size,) = struct.unpack("<i", tail[:4])
    if tail[4:] != MAGIC or not 0 < size <= end - 10:
        msg = "it does not end as an Arrow file does"
        raise ValueError(msg)
    return _Table.root(file.read_at(size, end - 10 - size))


def _blocks(footer, kind):
    found = footer.vector(kind, BLOCK)
    return [(place, length) for place, length, _ in (struct.unpack("<qi4xq", b) for b in found)]


def _batch(file, place, length, inner=None):
    head = file.read_at(length, place)
    skipped = 8 if struct.unpack_from("<I", head)[0] == CONTINUES else 4
    batch = _Table.root(head[skipped:]).table(HEADER)
    batch = batch if inner is None else batch.table(inner)
    buffers = [struct.unpack("<qq", one) for one in batch.vector(BUFFERS, BUFFER)]
    packed = batch.place(COMPRESSION) is not None
    sizes = [_unpacked(file, place + length + at, n, packed) for at, n in buffers]
    return Batch(batch.number(LENGTH), sum(sizes))


def _unpacked(file, at, n_bytes, packed):
    """Bytes of a buffer; of a packed one they stand before it, -1 for one that is not."""
    if not packed or n_bytes < 8:
        return n_bytes
    (stated,) = struct.unpack("<q", file.read_at(8, at))
    return n_bytes if stated < 0 else stated


class _Table:
    """A table of a flatbuffer."""

    def __init__(self, content, at):
        self._content, self._at = content, at

    @classmethod
    def root(cls, content):
        return cls(content, struct.unpack_from("<I", content)[0])

    def place(self, field):
        """Where a field is, or None if it is not there."""
        offsets = self._at - struct.unpack_from("<i", self._content, self._at)[0]
        (size,) = struct.unpack_from("<H", self._content, offsets)
        at = 4 + 2 * field
        offset = struct.unpack_from("<H", self._content, offsets + at)[0] if at < size else 0
        return self._at + offset if offset else None

    def number(self, field):
        at = self.place(field)
        return 0 if at is None else struct.unpack_from("<q", self._content, at)[0]

    def table(self, field):
        return _Table(self._content, self._pointed(field))

    def vector(self, field, size):
        """The structs of a vector, as bytes."""
        if self.place(field) is None:
            return []
        at = self._pointed(field)
        (n,) = struct.unpack_from("<I", self._content, at)
        content = self._content[at + 4 : at + 4 + n * size]
        if len(content) != n * size:
            msg = "a list in it is cut off"
            raise ValueError(msg)
        return [content[start : start + size] for start in range(0, n * size, size)]

    def _pointed(self, field):
        at = self.place(field)
        if at is None:
            msg = "a part of it is not there"
            raise ValueError(msg)
        return at + struct.unpack_from("<I", self._content, at)[0]
