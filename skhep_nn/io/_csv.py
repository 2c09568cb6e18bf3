"""CSV, plain or gzipped, with or without a header line."""

from __future__ import annotations

import csv
import gzip

import pandas as pd
import pyarrow as pa
import pyarrow.csv
from pyarrow import compute

from skhep_nn.exceptions import FileFormatError
from skhep_nn.io._arrow import rebatch, to_column
from skhep_nn.io._source import Source

FORMAT = "a CSV file"
TAKES = ("names",)

# what pandas' writers and common tools write for a missing number
MISSING = ["", "NA", "N/A", "NaN", "nan", "NULL", "null", "None", "<NA>", "#N/A", "-nan", "-NaN"]


def open_file(path, names=None):
    """Open a CSV file; `names` are its columns if it has no header line."""
    return CsvSource(path, names)


class CsvSource(Source):
    """Fields are read as text and turned into numbers chunk by chunk, to the last bit.

    Types cannot be guessed from the first lines: a column of whole numbers may turn to fractions
    in the millionth event.
    """

    def __init__(self, path, names):
        first = _first_line(path)
        self._skip = int(names is None)
        columns = _check_header(path, first) if names is None else _check_names(path, names, first)
        super().__init__(path, columns, None)
        self._raw = pa.OSFile(str(path), "rb")

    def chunks(self, columns, size):
        reader = pa.csv.open_csv(
            self._stream(),
            read_options=pa.csv.ReadOptions(column_names=self.names, skip_rows=self._skip),
            convert_options=pa.csv.ConvertOptions(
                include_columns=columns,
                column_types=dict.fromkeys(columns, pa.string()),
                null_values=MISSING,
                strings_can_be_null=True,
            ),
        )
        for table in rebatch(reader, size):
            yield {name: to_column(typed(table.column(name))) for name in columns}

    def fraction(self, n_read):
        return self._raw.tell() / self._raw.size()

    def close(self):
        self._raw.close()

    def _stream(self):
        if self.path.name.lower().endswith(".gz"):
            return pa.CompressedInputStream(self._raw, "gzip")
        return self._raw


def typed(column):
    """A text column as whole numbers, else numbers, else truth values, else as it is."""
    trimmed = compute.utf8_trim_whitespace(column)
    for kind in (pa.int64(), pa.uint64(), pa.float64(), pa.bool_()):
        try:
            return trimmed.cast(kind)
        except pa.ArrowInvalid:
            continue
    return column


def _first_line(path):
    opener = gzip.open if path.name.lower().endswith(".gz") else open
    with opener(path, "rt", encoding="utf-8-sig", newline="") as file:
        fields = next((row for row in csv.reader(file) if row), None)
    if fields is None:
        msg = f"{path} is empty: not even a header line"
        raise FileFormatError(msg)
    return [field.strip() or f"Unnamed: {at}" for at, field in enumerate(fields)]


def _check_header(path, fields):
    if all(_is_number(field) for field in fields):
        msg = f"{path} has no header line; its first line is {fields[:5]}; give names="
        raise FileFormatError(msg)
    return _check_unique(path, fields)


def _check_names(path, names, first):
    names = [names] if isinstance(names, str) else list(names)
    if len(names) != len(first):
        msg = f"{path} has {len(first)} columns, but names has {len(names)}: {names}"
        raise FileFormatError(msg)
    return _check_unique(path, names)


def _check_unique(path, names):
    twice = pd.Index(names)[pd.Index(names).duplicated()].unique().tolist()
    if twice:
        msg = f"{path} has more than one column named {twice}"
        raise FileFormatError(msg)
    return names


def _is_number(field):
    try:
        float(field)
    except ValueError:
        return False
    return True
