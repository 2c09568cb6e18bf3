"""HDF5: tables that pandas wrote, and arrays as h5py (or anything else) writes them.

Nothing in a file is run or followed: neither pickles, nor links, nor arrays in other files.
"""

from __future__ import annotations

import numpy as np

from skhep_nn._extras import require
from skhep_nn.exceptions import FileFormatError
from skhep_nn.io._datasets import check_dataset, is_vlen, lists_of, rows_of, why_not
from skhep_nn.io._pandas_hdf5 import is_table, open_table
from skhep_nn.io._source import (
    BYTES_OF_CHUNK,
    Source,
    check_bytes,
    check_lengths,
    equal_partitions,
    pick_tree,
)
from skhep_nn.io._values import refusal

FORMAT = "an HDF5 file"
TAKES = ("tree",)


def open_file(path, tree=None):
    """Open one table or group of arrays, `tree` or the only one."""
    file = require("h5py", "io").File(path, "r")
    try:
        return _open(path, file, tree)
    except BaseException:
        file.close()
        raise


def _open(path, file, tree):
    tables = _tables(file)
    if tables:
        return open_table(path, file, pick_tree(path, _bare(tree), tables, "key"))
    groups = _groups(file)
    if not groups:
        msg = f"{path} has no array along events, only single numbers and empty groups"
        raise FileFormatError(msg)
    at = pick_tree(path, _bare(tree) or tree, list(groups), "group")
    return ArraySource(path, file, at, groups[at])


class ArraySource(Source):
    """The arrays of one group, or the fields of one compound array, along their first axis."""

    def __init__(self, path, file, at, arrays):
        self._file, self._node = file, file[at]
        self._shapes = {name: shape for name, (shape, _, _) in arrays.items()}
        self._itemsizes = {name: dtype.itemsize for name, (_, dtype, _) in arrays.items()}
        refused = {name: reason for name, (_, _, reason) in arrays.items() if reason}
        names = [name for name in arrays if name not in refused]
        where = f"group {at!r}" if at != "/" else ""
        super().__init__(path, names, None, where=where, kind="array", refused=refused)

    def chunks(self, columns, size, start=0, stop=None):
        step = self._step(columns, size)
        stop = self.n_events if stop is None else stop
        for at in range(start, stop, step):
            rows = slice(at, min(at + step, stop))
            yield {name: self._read(name, rows) for name in columns}

    def partitions(self, columns, size):
        step = self._step(columns, size)
        return equal_partitions(self.n_events, step)

    def close(self):
        self._file.close()

    def _is_compound(self):
        return not hasattr(self._node, "keys")

    def _step(self, columns, size):
        """Events of a chunk, which is of `size` unless events are large."""
        self.n_events = check_lengths(self, {name: self._shapes[name][0] for name in columns})
        n_bytes = sum(map(self._check, columns))
        return min(size, max(1, BYTES_OF_CHUNK // max(1, n_bytes)))

    def _check(self, name):
        check_dataset(self.path, self._node if self._is_compound() else self._node[name])
        return check_bytes(self, name, self._itemsizes[name], self._shapes[name])

    def _read(self, name, rows):
        if self._is_compound():
            return rows_of(self._node, rows, name)
        array = self._node[name]
        return lists_of(array, rows) if is_vlen(array.dtype) else rows_of(array, rows)


def _tables(file):
    keys = []

    def visit(name, node):
        if is_table(node) and not any(name.startswith(f"{key}/") for key in keys):
            keys.append(name)

    file.visititems(visit)
    return keys


def _groups(file):
    """{group or compound array: {array or field: (shape, type, reason)}}, the root as "/"."""
    groups, holders = {}, [file]

    def visit(name, node):
        if hasattr(node, "keys"):
            holders.append(node)
        elif node.shape and node.dtype.names:
            groups[name] = _fields(node)

    file.visititems(visit)
    for holder in holders:
        arrays = _arrays(holder)
        if any(shape for shape, _, _ in arrays.values()):
            groups[holder.name.strip("/") or "/"] = arrays
    return groups


def _arrays(group):
    """{name: (shape, type, reason)}; what has two names has both, and links have no shape."""
    h5py, arrays = require("h5py", "io"), {}
    for name in group:
        if not isinstance(group.get(name, getlink=True), h5py.HardLink):
            arrays[name] = ((), np.dtype("V"), "it is a link, which is not followed")
            continue
        node = group[name]
        if getattr(node, "shape", None) and not node.dtype.names:
            arrays[name] = (node.shape, node.dtype, why_not(node))
    return arrays


def _fields(node):
    if node.ndim != 1:
        msg = f"{node.name!r} is a compound array of {node.ndim} axes; needed is one, of events"
        raise FileFormatError(msg)
    fields = {name: node.dtype.fields[name][0] for name in node.dtype.names}
    return {
        name: ((*node.shape, *dtype.shape), dtype.base, _why_not_field(dtype.base))
        for name, dtype in fields.items()
    }


def _why_not_field(dtype):
    h5py = require("h5py", "io")
    if h5py.check_string_dtype(dtype):
        return None
    return "it holds lists or references" if dtype.kind == "O" else refusal(dtype)


def _bare(tree):
    # pandas and h5py name things with or without the slash in front
    return tree.strip("/") if tree else None
