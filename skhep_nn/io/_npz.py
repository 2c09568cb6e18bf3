"""Archives of NumPy arrays, read row by row without unpacking them whole."""

from __future__ import annotations

import zipfile

import numpy as np

from skhep_nn.exceptions import FileFormatError
from skhep_nn.io._source import Source, check_lengths

FORMAT = "an npz file"
TAKES = ()

HEADERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}


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
        refused = {
            name: why for name, header in self._headers.items() if (why := _why_not(*header))
        }
        names = [name for name in self._headers if name not in refused]
        super().__init__(path, names, None, kind="array", refused=refused)

    def chunks(self, columns, size):
        self.n_events = check_lengths(self, {name: self._headers[name][0][0] for name in columns})
        readers = {name: self._rows(name) for name in columns}
        for start in range(0, self.n_events, size):
            n_rows = min(size, self.n_events - start)
            yield {name: read(n_rows) for name, read in readers.items()}

    def close(self):
        self._archive.close()

    def _array_names(self):
        members = self._archive.namelist()
        return [one.removesuffix(".npy") for one in members if one.endswith(".npy")]

    def _header(self, name):
        with self._archive.open(f"{name}.npy") as file:
            return _read_header(file)

    def _rows(self, name):
        """A function that gives the next rows of an array."""
        shape, columns_first, dtype = self._headers[name]
        file = self._archive.open(f"{name}.npy")
        _read_header(file)
        if columns_first and len(shape) > 1:
            return _rows_of(_whole(file, shape, dtype))
        return lambda n_rows: _next_rows(file, n_rows, shape[1:], dtype)


def _read_header(file):
    version = np.lib.format.read_magic(file)
    if version not in HEADERS:
        msg = f"version {version} of NumPy's format is not known"
        raise FileFormatError(msg)
    return HEADERS[version](file)


def _next_rows(file, n_rows, shape, dtype):
    n_bytes = n_rows * int(np.prod(shape, dtype=np.int64)) * dtype.itemsize
    content = file.read(n_bytes)
    if len(content) < n_bytes:
        msg = f"an array ends after {len(content)} of {n_bytes} bytes"
        raise EOFError(msg)
    return np.frombuffer(content, dtype).reshape(n_rows, *shape).copy()


def _whole(file, shape, dtype):
    # written column by column, so its first rows are spread over all of it
    return _next_rows(file, 1, shape[::-1], dtype)[0].T


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
    if dtype.names:
        return f"it is a record array with fields {list(dtype.names)}"
    return None if shape else "it is a single number"
