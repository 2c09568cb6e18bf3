"""Rows of HDF5 datasets that PyTables compressed with Blosc, which h5py has no filter for."""

from __future__ import annotations

from math import prod

import numpy as np

from skhep_nn._extras import require
from skhep_nn.exceptions import FileFormatError

BLOSC = 32001
# of a compressed piece: where its head states how many bytes it unpacks to
STATED = slice(4, 8)


def is_blosc(dataset):
    """Whether Blosc is the only filter of a dataset, which is chunked along its events only."""
    pipeline = dataset.id.get_create_plist()
    filters = [pipeline.get_filter(at)[0] for at in range(pipeline.get_nfilters())]
    return filters == [BLOSC] and dataset.chunks[1:] == dataset.shape[1:]


def read_blosc(dataset, rows):
    """Some rows (a slice) of a dataset, all fields and columns of them."""
    start, stop, _ = rows.indices(len(dataset))
    values = np.zeros((max(stop - start, 0), *dataset.shape[1:]), dataset.dtype)
    step = dataset.chunks[0]
    for first in range(start - start % step, stop, step):
        chunk = _chunk(dataset, first)
        low, high = max(first, start), min(first + step, stop)
        values[low - start : high - start] = chunk[low - first : high - first]
    return values


def _chunk(dataset, first):
    skipped, content = dataset.id.read_direct_chunk((first, *[0] * (dataset.ndim - 1)))
    n_bytes = prod(dataset.chunks) * dataset.dtype.itemsize
    if not skipped:
        content = _unpacked(dataset, content, n_bytes)
    return np.frombuffer(content, dataset.dtype, prod(dataset.chunks)).reshape(dataset.chunks)


def _unpacked(dataset, content, n_bytes):
    if int.from_bytes(content[STATED], "little") != n_bytes:
        msg = f"{dataset.file.filename}: a piece of {dataset.name!r} is damaged"
        raise FileFormatError(msg)
    return require("blosc2", "io").decompress(content)
