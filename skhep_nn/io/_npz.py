"""Archives of NumPy arrays, read row by row without unpacking them whole."""

from __future__ import annotations

import zipfile
from math import prod

import numpy as np

from skhep_nn.exceptions import FileFormatError
from skhep_nn.io._source import BYTES_OF_ARRAY, BYTES_OF_CHUNK, Source, check_bytes, check_lengths
from skhep_nn.io._values import refusal

FORMAT = "an npz file"
TAKES = ()

HEADERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}

SINGLE = "it is a single number"


def open_file(path):
    """Open an archive that ``numpy.savez`` or ``savez_compressed`` wrote."""
    return NpzSource(path)


class NpzSource(Source):
    """Arrays that share their first axis; numbers without axes are left out."""

    def __init__(self, path):
        self._archive = zipfile.ZipFile(path)
        try:
            self._headers = {name: self._header(name) for name in self._array_names()}
        except BaseException:
            self._archive.close()
            raise
        reasons = {name: _why_not(*header) for name, header in self._headers.items()}
        others = [one for one in self._archive.namelist() if not one.endswith(".npy")]
        refused = {
            **{name: reason for name, reason in reasons.items() if reason},
            **dict.fromkeys(others, "it is no array: its name does not end in .npy"),
        }
        names = [name for name in self._headers if name not in refused]
        aside = [name for name, reason in refused.items() if reason == SINGLE]
        super().__init__(path, names, None, kind="array", refused=refused, aside=aside)

    def chunks(self, columns, size, start=0, stop=None):
        self.n_events = check_lengths(self, {name: self._headers[name][0][0] for name in columns})
        step = min(size, max(1, BYTES_OF_CHUNK // max(1, sum(map(self._row_bytes, columns)))))
        readers = {name: self._rows(name) for name in columns}
        for at in range(0, self.n_events, step):
            n_rows = min(step, self.n_events - at)
            yield {name: read(n_rows) for name, read in readers.items()}

    def close(self):
        self._archive.close()

    def _array_names(self):
        members = self._archive.namelist()
        twice = sorted({one for one in members if members.count(one) > 1})
        if twice:
            msg = f"the archive has more than one {twice[0]!r}"
            raise FileFormatError(msg)
        return [one.removesuffix(".npy") for one in members if one.endswith(".npy")]

    def _header(self, name):
        member = f"{name}.npy"
        with self._archive.open(member) as file:
            shape, columns_first, dtype = _read_header(file)
            n_there = self._archive.getinfo(member).file_size - file.tell()
        n_stated = prod(shape) * dtype.itemsize
        if min(shape, default=0) < 0 or (n_stated != n_there and not dtype.hasobject):
            msg = f"array {name!r} of shape {shape} and type {dtype} has {n_there} bytes"
            raise ValueError(msg)
        return shape, columns_first, dtype

    def _row_bytes(self, name):
        shape, _, dtype = self._headers[name]
        return check_bytes(self, name, dtype.itemsize, shape)

    def _rows(self, name):
        """A function that gives the next rows of an array."""
        shape, columns_first, dtype = self._headers[name]
        file = self._archive.open(f"{name}.npy")
        _read_header(file)
        if columns_first and len(shape) > 1:
            return _rows_of(self._whole(file, name))
        return lambda n_rows: _next_rows(file, n_rows, shape[1:], dtype)

    def _whole(self, file, name):
        """An array that was written column by column, so that its first rows are all over it."""
        shape, _, dtype = self._headers[name]
        n_bytes = prod(shape) * dtype.itemsize
        if n_bytes > BYTES_OF_ARRAY:
            msg = (
                f"{self}: array {name!r} was written column by column (order='F') and has "
                f"{n_bytes / 2**30:.0f} GB, which would be read at once; write it with "
                "numpy.ascontiguousarray"
            )
            raise FileFormatError(msg)
        return _next_rows(file, 1, shape[::-1], dtype)[0].T


def _read_header(file):
    version = np.lib.format.read_magic(file)
    if version not in HEADERS:
        msg = f"version {version} of NumPy's format is not known"
        raise FileFormatError(msg)
    return HEADERS[version](file)


def _next_rows(file, n_rows, shape, dtype):
    n_bytes = n_rows * prod(shape) * dtype.itemsize
    content = file.read(n_bytes)
    if len(content) < n_bytes:
        msg = f"an array ends after {len(content)} of {n_bytes} bytes"
        raise EOFError(msg)
    return np.frombuffer(content, dtype).reshape(n_rows, *shape).copy()


def _rows_of(array):
    at = 0

    def read(n_rows):
        nonlocal at
        at += n_rows
        return array[at - n_rows : at]

    return read


def _why_not(shape, _, dtype):
    if dtype.hasobject:
        return "it holds pickled Python objects, which could run code when they are read"
    return refusal(dtype) or (None if shape else SINGLE)
