"""Parquet and Feather; and the way from Arrow columns to those of a DataFrame."""

from __future__ import annotations

import json
from collections import Counter
from functools import cached_property
from itertools import accumulate, pairwise

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from skhep_nn._cores import cores
from skhep_nn._extras import require
from skhep_nn.exceptions import FileFormatError
from skhep_nn.io._ipc import batches_of
from skhep_nn.io._lists import is_list_type, simple, why_not
from skhep_nn.io._parquet_footer import groups_of
from skhep_nn.io._source import (
    BYTES_OF_ARRAY,
    CHUNKS_OF_PARTITION,
    MOST_EVENTS,
    Source,
    check_bytes,
    equal_partitions,
    values_of,
)
from skhep_nn.io._values import with_missing

FORMAT = "an Arrow file (Parquet, Feather)"
TAKES = ()


def open_file(path):
    """Open a Parquet or Feather (Arrow IPC) file."""
    parquet = path.suffix.lower() in (".parquet", ".pq")
    return ParquetSource(path) if parquet else FeatherSource(path)


class ParquetSource(Source):
    """Row groups are decoded in pieces, of the columns asked for only."""

    def __init__(self, path):
        self._file = pq.ParquetFile(path, page_checksum_verification=True)
        names, about = readable(self._file.schema_arrow)
        super().__init__(path, names, self._file.metadata.num_rows, **about)

    def chunks(self, columns, size, start=0, stop=None):
        groups = [at for at, first in enumerate(self._starts()) if _within(first, start, stop)]
        for table in rebatch(self._batches(groups, columns, size), size):
            yield to_columns(table.select(columns), self)

    def partitions(self, columns, size):
        """Whole row groups, since the events before those in one would have to be decoded."""
        del columns
        starts = [0]
        for first in self._starts():
            if first - starts[-1] >= CHUNKS_OF_PARTITION * size:
                starts.append(first)
        return list(zip(starts, [*starts[1:], self.n_events], strict=True))

    def _starts(self):
        """Number of the first event of each row group."""
        about = self._file.metadata
        n_events = [about.row_group(group).num_rows for group in range(about.num_row_groups)]
        return [0, *accumulate(n_events)][: len(n_events)]

    def _batches(self, groups, columns, size):
        # given all row groups at once, Arrow keeps each in memory until the last is read
        for group in groups:
            self._check_size(group, columns)
            read = {"row_groups": [group], "columns": columns, "use_threads": cores() > 1}
            yield from self._file.iter_batches(batch_size=size, **read)

    def _check_size(self, group, columns):
        """Lists of zeros shrink to nothing; how many values there are is stated."""
        about = self._groups[group]
        for name, n_values in about.n_values:
            if any(name == one or name.startswith(f"{one}.") for one in columns):
                check_bytes(self, name, 8, (about.n_events, n_values // max(about.n_events, 1)))

    @cached_property
    def _groups(self):
        return groups_of(self.path)

    def close(self):
        self._file.close()


class FeatherSource(Source):
    """Record batches of an Arrow IPC file, of the columns asked for only."""

    def __init__(self, path):
        self._map = pa.memory_map(str(path))
        self._reader = pa.ipc.open_file(self._map)
        names, about = readable(self._reader.schema)
        self._ends = self._count()
        super().__init__(path, names, self._ends[-1], **about)

    def chunks(self, columns, size, start=0, stop=None):
        fields = sorted(self._reader.schema.get_field_index(name) for name in columns)
        reader = pa.ipc.open_file(self._map, options=pa.ipc.IpcReadOptions(included_fields=fields))
        stop = self.n_events if stop is None else stop
        batches = (
            _whole(reader.get_batch(at)).slice(max(0, start - first), stop - max(start, first))
            for at, (first, last) in enumerate(pairwise(self._ends))
            if first < stop and last > start
        )
        for table in rebatch(batches, size):
            yield to_columns(table.select(columns), self)

    def partitions(self, columns, size):
        del columns
        return equal_partitions(self.n_events, size)

    def _count(self):
        batches, dictionaries = batches_of(self._map)
        largest = max((batch.n_bytes for batch in [*batches, *dictionaries]), default=0)
        if largest > BYTES_OF_ARRAY:
            msg = (
                f"a record batch has {largest / 2**30:.0f} GB, which would be read at once; write "
                "the file with more of them, e.g. feather.write_feather(..., chunksize=100_000)"
            )
            raise FileFormatError(msg)
        for batch in batches:
            _check_events(batch)
        return [0, *accumulate(batch.n_events for batch in batches)]

    def close(self):
        self._map.close()


def _check_events(batch):
    """An event has at least a bit, but in a batch of columns that hold nothing at all."""
    if not 0 <= batch.n_events <= (8 * batch.n_bytes or MOST_EVENTS):
        msg = f"a record batch says that it has {batch.n_events} events in {batch.n_bytes} bytes"
        raise FileFormatError(msg)


def _within(first, start, stop):
    return first >= start and (stop is None or first < stop)


def readable(schema):
    """Names of the columns that a table can hold, and what `Source` is told of the others.

    The index that pandas writes without a name is no column of events.
    """
    hidden = _unnamed_index(schema)
    count = Counter(schema.names)
    reasons = {
        field.name: f"the file has {count[field.name]} of that name"
        if count[field.name] > 1
        else why_not(field.type)
        for field in schema
    }
    refused = {name: reason for name, reason in reasons.items() if reason}
    ranges = _ranges(schema)
    refused |= dict.fromkeys(ranges, "a range of pandas' index, no column: reset_index()")
    names = [name for name in reasons if name not in refused and name not in hidden]
    # nothing is lost of one that counts the events
    aside = [name for name, steps in ranges.items() if steps == (0, 1)]
    return names, {"refused": refused, "aside": aside}


def rebatch(batches, size):
    """Tables of exactly `size` rows (the last may be shorter) from record batches of any length."""
    held, n_held = [], 0
    for batch in batches:
        held.append(batch)
        n_held += batch.num_rows
        if n_held < size:
            continue
        table = pa.Table.from_batches(held)
        whole = n_held - n_held % size
        for start in range(0, whole, size):
            yield table.slice(start, size)
        rest = table.slice(whole)
        held, n_held = rest.to_batches(), rest.num_rows
    if n_held:
        yield pa.Table.from_batches(held)


def to_columns(table, where):
    """Columns of a table as arrays: NumPy for numbers, pandas' Arrow arrays for lists."""
    return {name: _named(table.column(name), name, where) for name in table.column_names}


def to_column(column):
    """One Arrow column as a NumPy array, text array, or pandas Arrow array of lists."""
    column = simple(column)
    kind = column.type
    if is_list_type(kind):
        return pd.arrays.ArrowExtensionArray(column)
    if pa.types.is_null(kind):
        return np.full(len(column), np.nan)
    if pa.types.is_boolean(kind) and column.null_count:
        column = column.cast(pa.uint8()).cast(pa.float64())
    if pa.types.is_integer(kind) and column.null_count:
        is_missing = column.is_null().to_numpy()
        return with_missing(column.fill_null(0).to_numpy(), is_missing)
    return values_of(column.to_pandas())


def of_awkward(array):
    """An awkward array, of numbers or lists, as a column."""
    arrow = require("awkward", "io").to_arrow(array, extensionarray=False)
    return to_column(pa.chunked_array([arrow]))


def _named(column, name, where):
    try:
        # Parquet does not look whether text is text, and whoever used it later would be told
        column.validate(full=True)
        return to_column(column)
    except (pa.ArrowException, UnicodeDecodeError) as error:
        what = str(error).partition("\n")[0]
        msg = f"{where}: column {name!r} of type {column.type} cannot be read: {what}"
        raise FileFormatError(msg) from error


def _whole(batch):
    # offsets of lists and texts that point out of the batch would crash the process
    batch.validate(full=True)
    return batch


def _unnamed_index(schema):
    columns = _index_columns(schema)
    return {name for name in columns if isinstance(name, str) and name.startswith("__index_level_")}


def _ranges(schema):
    """(start, step) of the indices, by name, of which pandas writes these and no values."""
    found = {}
    for one in _index_columns(schema):
        name = one.get("name") if isinstance(one, dict) else None
        if isinstance(name, str) and name not in schema.names:
            found[name] = one.get("start"), one.get("step")
    return found


def _index_columns(schema):
    about = (schema.metadata or {}).get(b"pandas")
    about = json.loads(about) if about else {}
    # other programs write of it what they need
    return about.get("index_columns") or []
