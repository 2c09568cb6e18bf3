"""Datasets of HDF5 files: what may be read of them, and how."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pyarrow as pa

from skhep_nn._extras import require
from skhep_nn.exceptions import FileFormatError
from skhep_nn.io._blosc import is_blosc, read_blosc
from skhep_nn.io._heaps import check_heaps, check_lengths
from skhep_nn.io._source import BYTES_OF_CHUNK
from skhep_nn.io._values import refusal

# filters that PyTables knows and HDF5 itself does not
FILTERS = {
    305: "lzo",
    307: "bzip2",
    32001: "blosc",
    32004: "lz4",
    32008: "bitshuffle",
    32015: "zstd",
    32026: "blosc2",
}


def why_not(dataset):
    """Why an HDF5 dataset can be no column; None if it can."""
    h5py = require("h5py", "io")
    if dataset.is_virtual or dataset.external:
        return "its values are in another file"
    if h5py.check_string_dtype(dataset.dtype):
        return None
    if is_vlen(dataset.dtype):
        inner = h5py.check_vlen_dtype(dataset.dtype)
        return refusal(inner) if inner.kind in "biuf" and dataset.ndim == 1 else "its lists are odd"
    if dataset.dtype.kind == "O":
        return "it holds references"
    return refusal(dataset.dtype)


def is_vlen(dtype):
    """Whether each value of a dataset is an array of its own length."""
    h5py = require("h5py", "io")
    # h5py calls text of any length so, too
    return h5py.check_string_dtype(dtype) is None and h5py.check_vlen_dtype(dtype) is not None


def check_dataset(path, dataset):
    """Raise an error if reading `dataset` would need another file, a filter, or gigabytes.

    Raises
    ------
    FileFormatError
    """
    h5py = require("h5py", "io")
    if dataset.is_virtual or dataset.external:
        msg = f"{path}: the values of {dataset.name!r} are in another file, which is not followed"
        raise FileFormatError(msg)
    if dataset.dtype.hasobject and dataset.file.id.get_create_plist().get_sizes() == (8, 8):
        check_heaps(path)
        check_lengths(path, dataset)
    pipeline = dataset.id.get_create_plist()
    for at in range(pipeline.get_nfilters()):
        code = pipeline.get_filter(at)[0]
        if not h5py.h5z.filter_avail(code) and not is_blosc(dataset):
            _use_plugins(path, dataset, code)
    n_bytes = np.prod(dataset.chunks or (1,), dtype=np.float64) * dataset.dtype.itemsize
    if n_bytes > BYTES_OF_CHUNK:
        msg = f"{path}: the chunks of {dataset.name!r} have {n_bytes / 2**30:.0f} GB each"
        raise FileFormatError(msg)


def rows_of(dataset, rows, part=None):
    """Some rows of a dataset; `part` is one of its fields, or one of its columns, if it has any."""
    is_field = isinstance(part, str)
    if is_blosc(dataset):
        values = read_blosc(dataset, rows)
    elif is_field:
        return dataset.fields(part)[rows]
    else:
        return dataset[rows] if part is None or dataset.ndim == 1 else dataset[rows, part]
    if is_field:
        return values[part]
    return values if part is None or dataset.ndim == 1 else values[:, part]


def lists_of(dataset, rows):
    """Arrow lists from some rows of a dataset of arrays of variable length."""
    of_file = require("h5py", "io").check_vlen_dtype(dataset.dtype)
    native = of_file.newbyteorder("=")
    values = dataset[rows]
    lengths = [len(one) for one in values]
    offsets = pa.array(np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)]))
    inner = np.concatenate(values) if len(values) else np.zeros(0, native)
    if not of_file.isnative and not _are_lists_converted():
        inner = inner.view(of_file)
    inner = inner.astype(native)
    lists = pa.LargeListArray.from_arrays(offsets, pa.array(inner))
    return pd.arrays.ArrowExtensionArray(pa.chunked_array([lists]))


@cache
def _are_lists_converted():
    """Whether this h5py has other byte orders right in lists; 3.14 only calls them native."""
    h5py = require("h5py", "io")
    other = np.dtype(np.int16).newbyteorder("S")
    with h5py.File("lists", "w", driver="core", backing_store=False) as file:
        lists = file.create_dataset("a", (1,), dtype=h5py.vlen_dtype(other))
        lists[0] = np.array([1], other)
        return int(lists[0][0]) == 1


def _use_plugins(path, dataset, code):
    try:
        __import__("hdf5plugin")
    except ImportError:
        name = FILTERS.get(code, f"filter {code}")
        msg = (
            f"{path}: {dataset.name!r} is compressed with {name}, which h5py does not have; "
            "pip install hdf5plugin, or write it with complib='zlib'"
        )
        raise FileFormatError(msg) from None
