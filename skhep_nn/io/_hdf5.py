"""HDF5: tables that pandas wrote, and arrays as h5py (or anything else) writes them."""

from __future__ import annotations

import pandas as pd

from skhep_nn._extras import require
from skhep_nn.io._source import Source, check_lengths, pick_tree, plain

FORMAT = "an HDF5 file"
TAKES = ("tree",)


def open_file(path, tree=None):
    """Open one table or group of arrays, `tree` or the only one."""
    h5py = require("h5py", "io")
    with h5py.File(path, "r") as file:
        tables = _pandas_keys(file)
    if tables:
        return PandasSource(path, pick_tree(path, _bare(tree), tables, "key"))
    return ArraySource(path, h5py.File(path, "r"), tree)


class PandasSource(Source):
    """A table that ``DataFrame.to_hdf`` or ``HDFStore`` wrote; named index levels are columns."""

    def __init__(self, path, key):
        require("tables", "io")
        self._store = pd.HDFStore(path, mode="r")
        self._key = key
        try:
            storer = self._store.get_storer(key)
            head = _flat(self._store.select(key, start=0, stop=1))
        except BaseException:
            self._store.close()
            raise
        self._is_table = storer.is_table
        self._in_table = list(storer.non_index_axes[0][1]) if storer.is_table else []
        super().__init__(path, list(head.columns), _n_rows(storer), where=f"key {key!r}")

    def chunks(self, columns, size):
        wanted = {}
        if self._is_table:
            # an index level is read anyway, and is not a column to pandas
            wanted = {"columns": [name for name in self._in_table if name in columns]}
        for start in range(0, self.n_events, size):
            frame = _flat(self._store.select(self._key, start=start, stop=start + size, **wanted))
            yield {name: plain(frame[name]) for name in columns}

    def close(self):
        self._store.close()


class ArraySource(Source):
    """The arrays of one group, or the fields of one compound array, along their first axis."""

    def __init__(self, path, file, tree):
        self._file = file
        try:
            groups = _groups(file)
            at = pick_tree(path, _bare(tree) or tree, list(groups), "group")
        except BaseException:
            file.close()
            raise
        self._node, lengths = file[at], groups[at]
        self._lengths = lengths
        where = f"group {at!r}" if at != "/" else ""
        super().__init__(path, list(lengths), None, where=where, kind="array")

    def chunks(self, columns, size):
        self.n_events = check_lengths(self, {name: self._lengths[name] for name in columns})
        for start in range(0, self.n_events, size):
            rows = slice(start, min(start + size, self.n_events))
            yield {name: self._read(name, rows) for name in columns}

    def close(self):
        self._file.close()

    def _read(self, name, rows):
        if not hasattr(self._node, "keys"):
            return self._node.fields(name)[rows]
        array = self._node[name]
        return array.asstr()[rows] if array.dtype.kind in "OS" else array[rows]


def _pandas_keys(file):
    keys = []

    def visit(name, node):
        if "pandas_type" in node.attrs and not _inside(name, keys):
            keys.append(name)

    file.visititems(visit)
    return keys


def _inside(name, keys):
    return any(name.startswith(f"{key}/") for key in keys)


def _groups(file):
    """{group or compound array: {name of an array or field: its length}}, the root as "/"."""
    groups = {}

    def visit(name, node):
        if hasattr(node, "keys") or not node.shape:
            return
        if node.dtype.names:
            groups[name] = dict.fromkeys(node.dtype.names, node.shape[0])
        else:
            parent, _, own = name.rpartition("/")
            groups.setdefault(parent or "/", {})[own] = node.shape[0]

    file.visititems(visit)
    return groups


def _bare(tree):
    # pandas and h5py name things with or without the slash in front
    return tree.strip("/") if tree else None


def _flat(frame):
    named = [level for level in frame.index.names if level is not None]
    return frame.reset_index(level=named) if named else frame


def _n_rows(storer):
    return int(storer.nrows) if storer.is_table else int(storer.shape[0])
