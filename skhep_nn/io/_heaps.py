"""The places of HDF5 files where values of variable length are, checked before HDF5 reads them.

HDF5 goes from object to object of such a place by the sizes that it finds there; on a damaged or
hostile one it never comes to an end.
"""

from __future__ import annotations

import mmap
import struct
from functools import lru_cache

import numpy as np

from skhep_nn.exceptions import FileFormatError

# signature, version and reserved bytes of a global heap collection; then its size
HEAD = b"GCOL\x01\x00\x00\x00"
OBJECT = struct.Struct("<HHIQ")
# what stands in an array for a value of variable length
REFERENCE = np.dtype([("n_values", "<u4"), ("address", "<u8"), ("index", "<u4")])


def check_heaps(path):
    """Raise an error if HDF5 would lose its way among values of variable length.

    Raises
    ------
    FileFormatError
    """
    state = path.stat()
    at = _damaged(path, state.st_mtime_ns, state.st_size)
    if at is not None:
        msg = (
            f"{path} cannot be read; it is damaged where its values of variable length (text, "
            f"lists) are, at byte {at}"
        )
        raise FileFormatError(msg)


def check_lengths(path, dataset):
    """Raise an error if a value of variable length says that it is longer than the file.

    HDF5 makes room for it before it looks. Only arrays that are stored in one piece are checked.

    Raises
    ------
    FileFormatError
    """
    offset, n_bytes = dataset.id.get_offset(), path.stat().st_size
    if offset is None or dataset.dtype.kind != "O":
        return
    stated = np.fromfile(path, REFERENCE, dataset.size, offset=offset)["n_values"]
    if stated.max(initial=0) > n_bytes:
        msg = (
            f"{path} cannot be read; it is damaged: a value of {dataset.name!r} has "
            f"{stated.max()} entries, more than the file has bytes"
        )
        raise FileFormatError(msg)


@lru_cache(maxsize=64)
def _damaged(path, _, n_bytes):
    """The first byte of a damaged collection, or None; `path` as it was at a time."""
    with (
        path.open("rb") as file,
        mmap.mmap(file.fileno(), n_bytes, access=mmap.ACCESS_READ) as all_,
    ):
        at = all_.find(HEAD)
        while at >= 0:
            if not _is_sound(all_, at):
                return at
            at = all_.find(HEAD, at + len(HEAD))
    return None


def _is_sound(content, start):
    if start + OBJECT.size > len(content):
        return False
    end = start + int.from_bytes(content[start + 8 : start + 16], "little")
    if end > len(content):
        return False
    at = start + OBJECT.size
    while at + OBJECT.size <= end:
        index, _, _, size = OBJECT.unpack_from(content, at)
        # what is free counts its own head; the others are filled up to multiples of 8
        step = OBJECT.size + (size + 7) // 8 * 8 if index else size
        if step < OBJECT.size or at + step > end:
            return False
        at += step
    return True
