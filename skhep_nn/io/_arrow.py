"""Parquet and Feather; and the way from Arrow columns to those of a DataFrame."""

from __future__ import annotations

import json

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from skhep_nn.io._source import Source, plain

FORMAT = "an Arrow file (Parquet, Feather)"
TAKES = ()


def open_file(path):
    """Open a Parquet or Feather (Arrow IPC) file."""
    parquet = path.suffix.lower() in (".parquet", ".pq")
    return ParquetSource(path) if parquet else FeatherSource(path)


class ParquetSource(Source):
    """Row groups are decoded in pieces, of the columns asked for only."""

    def __init__(self, path):
        self._file = pq.ParquetFile(path)
        names, refused = readable(self._file.schema_arrow)
        super().__init__(path, names, self._file.metadata.num_rows, refused=refused)

    def chunks(self, columns, size):
        for table in rebatch(self._batches(columns, size), size):
            yield to_columns(table.select(columns))

    def _batches(self, columns, size):
        # given all row groups at once, Arrow keeps each in memory until the last is read
        for group in range(self._file.num_row_groups):
            yield from self._file.iter_batches(batch_size=size, row_groups=[group], columns=columns)

    def close(self):
        self._file.close()


class FeatherSource(Source):
    """Record batches of an Arrow IPC file, of the columns asked for only."""

    def __init__(self, path):
        self._map = pa.memory_map(str(path))
        self._reader = pa.ipc.open_file(self._map)
        names, refused = readable(self._reader.schema)
        super().__init__(path, names, self._count(), refused=refused)

    def chunks(self, columns, size):
        fields = sorted(self._reader.schema.get_field_index(name) for name in columns)
        reader = pa.ipc.open_file(self._map, options=pa.ipc.IpcReadOptions(included_fields=fields))
        batches = (reader.get_batch(at) for at in range(reader.num_record_batches))
        for table in rebatch(batches, size):
            yield to_columns(table.select(columns))

    def _count(self):
        # no columns are read here, so this costs one look at the head of each batch
        none = pa.ipc.IpcReadOptions(included_fields=[0])
        reader = pa.ipc.open_file(self._map, options=none)
        return sum(reader.get_batch(at).num_rows for at in range(reader.num_record_batches))

    def close(self):
        self._map.close()


def readable(schema):
    """Names of the columns that a table can hold, and why the others cannot.

    The index that pandas writes without a name is no column of events.
    """
    hidden = _unnamed_index(schema)
    refused = {
        field.name: f"its type is {field.type}"
        for field in schema
        if _is_nested(_innermost(field.type))
    }
    return [name for name in schema.names if name not in refused and name not in hidden], refused


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


def to_columns(table):
    """Columns of a table as arrays: NumPy for numbers, pandas' Arrow arrays for lists."""
    return {name: to_column(table.column(name)) for name in table.column_names}


def to_column(column):
    """One Arrow column as a NumPy array, text array, or pandas Arrow array of lists."""
    kind = column.type
    if is_list_type(kind):
        listed = column.cast(_large(kind))
        return pd.arrays.ArrowExtensionArray(_chunked(listed))
    if pa.types.is_dictionary(kind):
        column = column.cast(kind.value_type)
    if pa.types.is_boolean(kind) and column.null_count:
        column = column.cast(pa.uint8()).cast(pa.float64())
    return plain(column.to_pandas())


def is_list_type(kind):
    """Whether an Arrow type is one of lists."""
    tests = (pa.types.is_list, pa.types.is_large_list, pa.types.is_fixed_size_list)
    return any(test(kind) for test in tests)


def _large(kind):
    # one type for all files and formats, or pandas would not concatenate them; 64-bit offsets,
    # because a sample has more than 2**31 particles
    return pa.large_list(_large(kind.value_type)) if is_list_type(kind) else kind


def _chunked(column):
    return column if isinstance(column, pa.ChunkedArray) else pa.chunked_array([column])


def _innermost(kind):
    return _innermost(kind.value_type) if is_list_type(kind) else kind


def _is_nested(kind):
    return pa.types.is_struct(kind) or pa.types.is_map(kind) or pa.types.is_union(kind)


def _unnamed_index(schema):
    about = (schema.metadata or {}).get(b"pandas")
    columns = json.loads(about)["index_columns"] if about else []
    return {name for name in columns if isinstance(name, str) and name.startswith("__index_level_")}
