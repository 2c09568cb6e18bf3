"""Tables that pandas wrote into HDF5 (formats fixed and table), read without PyTables.

PyTables unpickles the attributes of what it opens, so that a file could run code; here they are
read by `load_plain`.
"""

from __future__ import annotations

import re
from abc import abstractmethod
from collections import Counter
from math import prod
from pathlib import Path

import numpy as np

from skhep_nn.exceptions import FileFormatError
from skhep_nn.io._datasets import check_dataset, rows_of
from skhep_nn.io._source import Source, check_bytes, equal_partitions
from skhep_nn.io._unpickle import PlainArray, load_plain

# what pandas calls the levels of an index that have no names
UNNAMED = re.compile(r"level_\d+")
# of the day 0001-01-01, which Python's ordinals start with, before 1970
DAYS_BEFORE_EPOCH = 719163


def open_table(path, file, key):
    """The table at `key`, of the kind that its attribute says."""
    return KINDS[word(attribute(file[key], "pandas_type"))](path, file, key)


def is_table(node):
    """Whether a node of an HDF5 file is a table of pandas that is read here."""
    return hasattr(node, "keys") and word(attribute(node, "pandas_type")) in KINDS


class PandasSource(Source):
    """A table that ``DataFrame.to_hdf`` or ``HDFStore`` wrote; named index levels are columns.

    Parameters
    ----------
    path : Path
    file : h5py.File
    key : str
    """

    def __init__(self, path, file, key):
        self._file, self._group = file, file[key]
        self._encoding = word(attribute(self._group, "encoding")) or "utf-8"
        self._own_name = key.rpartition("/")[2]
        try:
            n_rows, columns = self._find()
        except (KeyError, IndexError, TypeError, AttributeError) as error:
            msg = f"{path}: key {key!r} is not laid out as pandas does it: {error!r}"
            raise FileFormatError(msg) from error
        count = Counter(name for name, _ in columns)
        twice = {name: "the table has it more than once" for name, n in count.items() if n > 1}
        self._readers = {name: read for name, read in columns if name not in twice}
        # columns that have numbers for names are asked for by these or by their digits
        self._readers_by = {str(name): read for name, read in self._readers.items()}
        about = {"where": f"key {key!r}", "refused": twice, "aliases": list(self._readers_by)}
        super().__init__(path, list(self._readers), n_rows, **about)

    def chunks(self, columns, size, start=0, stop=None):
        stop = self.n_events if stop is None else stop
        for at in range(start, stop, size):
            rows = slice(at, min(at + size, stop))
            yield {name: self._one(name, rows) for name in columns}

    def partitions(self, columns, size):
        del columns
        return equal_partitions(self.n_events, size)

    def close(self):
        self._file.close()

    def _one(self, name, rows):
        values = (self._readers.get(name) or self._readers_by[name])(rows)
        if len(values) != rows.stop - rows.start:
            msg = f"column {name!r} ends after {rows.start + len(values)} of {self.n_events} events"
            raise EOFError(msg)
        return values

    @abstractmethod
    def _find(self):
        """The number of rows, and [(name, function that reads a slice of rows)]."""

    def _text(self, values, nan_rep=None):
        """Text from fixed-length bytes; what was missing is None."""
        text = np.char.decode(np.asarray(values, "S"), self._encoding)
        return np.where(text == nan_rep, None, text.astype(object)) if nan_rep else text


class FixedSource(PandasSource):
    """Blocks of columns of one type, as they were in memory."""

    def _find(self):
        n_blocks, found = int(attribute(self._group, "nblocks")), {}
        for at in range(n_blocks):
            node = self._group[f"block{at}_values"]
            for column, label in enumerate(self._labels(f"block{at}_items")):
                found.setdefault(label, []).append(self._column(node, column))
        order = self._labels("axis0")
        columns = [(label, found[label].pop(0)) for label in order]
        n_rows = self._n_rows([f"block{at}_values" for at in range(n_blocks)])
        return n_rows, [*self._levels("axis1"), *columns]

    def _column(self, node, column):
        if "PSEUDOATOM" in node.attrs:
            return lambda rows: _objects(node, column)[rows]
        check_dataset(Path(self._file.filename), node)
        check_bytes(self._file.filename, node.name, node.dtype.itemsize, node.shape)
        return lambda rows: _typed(node, rows_of(node, rows, column))

    def _n_rows(self, names):
        return max((_length(self._group[name]) for name in names), default=0)

    def _labels(self, key):
        """The labels of an axis in memory, which has no more than some thousand."""
        if _variety(self._group, key) == "multi":
            msg = f"columns of several levels ({key}) are not read; join their names before writing"
            raise FileFormatError(msg)
        labels = self._values(self._group[key])(slice(None))
        return [one.item() if isinstance(one, np.generic) else one for one in labels]

    def _levels(self, key):
        """[(name, reader)] of the levels of the index that have names."""
        group = self._group
        if _variety(group, key) != "multi":
            name = _name_of(group[key])
            return [] if name is None else [(name, self._values(group[key]))]
        found = []
        for at in range(int(attribute(group, f"{key}_nlevels"))):
            level, codes = group[f"{key}_level{at}"], group[f"{key}_label{at}"]
            name = _name_of(level)
            if name is not None:
                found.append((name, _taken(self._values(level), codes)))
        return found

    def _values(self, node):
        kind = word(attribute(node, "kind"))
        if "PSEUDOATOM" in node.attrs:
            return lambda rows: _objects(node, 0)[rows]
        check_dataset(Path(self._file.filename), node)
        if _is_empty(node):
            return lambda _: np.zeros(0, node.dtype)
        if kind == "string":
            return lambda rows: self._text(rows_of(node, rows), word(attribute(node, "nan_rep")))
        return lambda rows: _as(kind, rows_of(node, rows))


class SeriesSource(FixedSource):
    """A Series: one column, which is named as its key where it has no name."""

    def _find(self):
        node = self._group["values"]
        name = unpickled(attribute(self._group, "name"))
        column = (self._own_name if name is None else name, self._column(node, 0))
        return _length(node), [*self._levels("index"), column]


class TableSource(PandasSource):
    """Rows of a compound array, whose fields hold one column or several of one type."""

    def _find(self):
        self._table = self._group["table"]
        check_dataset(Path(self._file.filename), self._table)
        check_bytes(self._file.filename, self._table.name, self._table.dtype.itemsize, (1,))
        found = {}
        for field in unpickled(attribute(self._group, "values_cols")):
            for at, label in enumerate(self._about(field, "kind")):
                found.setdefault(label, []).append(self._column(field, at))
        ((_, order),) = unpickled(attribute(self._group, "non_index_axes"))
        levels = unpickled(attribute(self._group, "levels"))
        unnamed = [one for one in _listed(levels) if UNNAMED.fullmatch(str(one))]
        order = [label for label in order if label not in unnamed]
        columns = [(self._named(label), found[label].pop(0)) for label in order]
        return self._table.shape[0], [*self._index(), *columns]

    def _named(self, label):
        is_series = word(attribute(self._group, "pandas_type")) == "series_table"
        return self._own_name if is_series and label == "values" else label

    def _index(self):
        about = unpickled(attribute(self._group, "info"))
        name = about.get("index", {}).get("index_name") if isinstance(about, dict) else None
        if name is None:
            return []
        kind = word(attribute(self._table, "index_kind"))
        return [(name, lambda rows: self._converted(self._read("index", rows), kind, "index"))]

    def _about(self, field, what):
        return unpickled(attribute(self._table, f"{field}_{what}"))

    def _column(self, field, at):
        kind = self._about(field, "dtype")
        if self._about(field, "meta") == "category":
            return self._category(field, at)

        def read(rows):
            return self._converted(self._read_one(field, at, rows), kind, field)

        return read

    def _read(self, field, rows):
        return rows_of(self._table, rows, field)

    def _read_one(self, field, at, rows):
        values = self._read(field, rows)
        return values[:, at] if values.ndim == 2 else values

    def _converted(self, values, kind, field):
        if values.dtype.kind != "S":
            return _as(kind, values)
        return self._text(values, self._word_for_missing(field))

    def _word_for_missing(self, field):
        """What stands for missing text in a field; None if nothing does."""
        own = self._about(field, "nan_rep")
        if own is not None:
            return own
        # newer versions of pandas tell it for each field in which something is missing
        levels = _listed(unpickled(attribute(self._group, "levels")))
        tells_level = field in levels and attribute(self._group, "mi_level_nan_rep")
        if tells_level or attribute(self._group, "data_col_nan_rep"):
            return None
        return unpickled(attribute(self._group, "nan_rep")) or "nan"

    def _category(self, field, at):
        key = f"{self._group.name}/meta/{field}/meta".lstrip("/")
        source = open_table(self._file.filename, self._file, key)
        (name,) = source.names[-1:]
        (categories,) = (chunk[name] for chunk in source.chunks([name], source.n_events or 1))
        return lambda rows: _chosen(categories, self._read_one(field, at, rows))


KINDS = {
    "frame": FixedSource,
    "series": SeriesSource,
    "frame_table": TableSource,
    "series_table": TableSource,
}


def attribute(node, name):
    """An attribute as PyTables writes it; None if it is not there or of variable length."""
    known = name in node.attrs and node.attrs.get_id(name).dtype.kind != "O"
    return node.attrs[name] if known else None


def word(value):
    """An attribute of text as it is, without the types that HDF5 has for it."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return str(value) if isinstance(value, str) else None


def unpickled(value):
    """An attribute that PyTables may have pickled."""
    if isinstance(value, bytes) and value.endswith(b"."):
        try:
            return load_plain(bytes(value))
        except ValueError:
            return word(value)
    if isinstance(value, np.generic) and not isinstance(value, (bytes, str)):
        return value.item()
    return word(value)


def _listed(value):
    return value if isinstance(value, list) else []


def _variety(group, key):
    return word(attribute(group, f"{key}_variety"))


def _name_of(node):
    name = unpickled(attribute(node, "name"))
    return name if isinstance(name, (str, int, float)) else None


def _is_empty(node):
    # pandas writes an array without values as one of a single value, with its shape beside it
    return "shape" in node.attrs


def _length(node):
    if "PSEUDOATOM" in node.attrs:
        return len(_objects(node, 0))
    if _is_empty(node):
        shape = attribute(node, "shape")
        shape = np.ravel(shape if isinstance(shape, np.ndarray) else unpickled(shape))
        return int(shape[-1])
    return node.shape[0] if prod(node.shape) else 0


def _objects(node, column):
    """One column of a block of text, which is stored as one pickle."""
    check_dataset(Path(node.file.filename), node)
    (content,) = node[:1]
    array = load_plain(np.asarray(content, np.uint8).tobytes())
    known = (str, bool, int, float, type(None))
    if not isinstance(array, PlainArray) or not all(isinstance(v, known) for v in array.values):
        msg = f"{node.file.filename}: {node.name!r} holds Python objects, which are not unpickled"
        raise FileFormatError(msg)
    values = np.empty(len(array.values), dtype=object)
    values[:] = array.values
    if len(array.shape) < 2 or not len(values):
        # a block without events is not turned as others are
        return values
    return values.reshape(array.shape)[:, column]


def _typed(node, values):
    import h5py

    if node.id.get_type().get_class() == h5py.h5t.BITFIELD:
        return values.astype(bool)
    return _as(word(attribute(node, "value_type")), values)


def _as(kind, values):
    """Values of the type that pandas says, which HDF5 has no type for."""
    kind = kind or ""
    if kind == "bool":
        return values.astype(bool)
    if kind == "date":
        return (values - DAYS_BEFORE_EPOCH).astype("M8[D]")
    if kind.startswith(("datetime64", "timedelta64")):
        unit = re.search(r"\[(\w+)", kind)
        code = "M8" if kind.startswith("d") else "m8"
        return values.astype(np.int64).view(f"{code}[{unit[1] if unit else 'ns'}]")
    return values


def _taken(read, codes):
    def read_codes(rows):
        return _chosen(read(slice(None)), rows_of(codes, rows))

    return read_codes


def _chosen(values, codes):
    """The values that codes stand for; -1 is a missing one."""
    values, is_missing = np.asarray(values), codes < 0
    if len(values) <= codes.max(initial=-1):
        msg = f"a code is {codes.max()}, and there are {len(values)} values"
        raise ValueError(msg)
    if not is_missing.any():
        return values[codes]
    kind = (
        "M8[ns]" if values.dtype.kind == "M" else (float if values.dtype.kind in "biuf" else object)
    )
    chosen = np.full(len(codes), None, dtype=kind)
    chosen[~is_missing] = values[codes[~is_missing]]
    return chosen
