"""Files that appear only when they are whole."""

from __future__ import annotations

import csv
import os
import shutil
from contextlib import contextmanager, suppress

import pyarrow as pa
import pyarrow.parquet as pq

from skhep_nn import _owner, _storage
from skhep_nn._paths import user_path
from skhep_nn.exceptions import ColumnError, FileFormatError
from skhep_nn.io._files import ending
from skhep_nn.io._values import is_list


@contextmanager
def open_writer(output, inputs=()):
    """A writer for `output`, by its ending; the file takes its name when all is written.

    Until then it is hidden, under a name that nobody can guess; what killed processes of this host
    left in the folder is removed.

    Parameters
    ----------
    output : path
    inputs : list of Path
        Files being read, which must not be overwritten.

    Raises
    ------
    FileFormatError
        If the ending is unknown, the folder is not there, or `output` is an input, a link, or no
        file.
    StorageError
        If the disk is full, or the folder is not yours to write in.
    """
    output = user_path(output, "output")
    kind = writer_for(output, inputs)
    _owner.sweep(output.parent)
    writer = kind(output)
    try:
        yield writer
        writer.finish()
    finally:
        writer.abandon()


def writer_for(output, inputs=()):
    """The class that writes `output`, by its ending; see `open_writer` for the errors."""
    output = user_path(output, "output")
    kind = WRITERS[ending(output, WRITERS)]
    with _storage.explained(output, "the scores", "nothing is written"):
        check_place(output, inputs)
    return kind


class Writer:
    """A table on its way to `output`; subclasses know the format."""

    def __init__(self, output):
        self._output = output
        with self._explained():
            self._part, self._file = self._new_part()

    def write(self, frame):
        """Append the rows of `frame`."""
        with self._explained():
            self._write(frame)

    def append(self, part):
        """Append the rows of the file `part`, which a writer of this package wrote."""
        with self._explained():
            self._append(part)

    def finish(self):
        """Have the whole file on disk, and give it its name."""
        with self._explained():
            self._end()
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            # a link may have been planted since
            check_place(self._output)
            _storage.publish(self._part, self._output)

    def abandon(self):
        """Remove what there is of a file that did not get its name."""
        # what is in a buffer may not fit on the disk either
        with suppress(OSError, ValueError):
            self._file.close()
        with suppress(OSError):
            self._part.unlink(missing_ok=True)

    def _new_part(self):
        part = _storage.temporary_name(self._output)
        return part, part.open("xb")

    def _explained(self):
        return _storage.explained(self._output, "the scores", "what there was of it is removed")

    def _end(self):
        """Write what belongs behind the rows."""


class CsvWriter(Writer):
    """Comma-separated values, numbers with as many digits as they need."""

    _started = False

    def _write(self, frame):
        lists = [name for name in frame.columns if is_list(frame[name].array)]
        if lists:
            msg = f"CSV cannot hold lists, which {lists} are; write a .parquet or .feather file"
            raise ColumnError(msg)
        text = frame.to_csv(index=False, header=not self._started)
        self._file.write(text.encode())
        self._started = True

    def _append(self, part):
        with part.open("rb") as file:
            # a name of a column may have a line feed in it
            next(csv.reader(iter(lambda: file.readline().decode(), "")))
            file.seek(0 if not self._started else file.tell())
            shutil.copyfileobj(file, self._file)
        self._started = True


class ArrowWriter(Writer):
    """Parquet or Feather; a column may become wider on the way (whole numbers to fractions)."""

    _schema = _known = _sink = None

    def _write(self, frame):
        table = pa.Table.from_pandas(frame, preserve_index=False)
        self._write_table(table.replace_schema_metadata(None))

    def _append(self, part):
        for table in row_groups(part):
            self._write_table(table)

    def _write_table(self, table):
        known = _known_schema(table)
        if self._schema is None:
            self._start(table.schema)
            self._known = known
        elif table.schema != self._schema:
            # a column of nothing but missing values has a type that says nothing
            self._known = _common(self._known, known)
            schema = _filled(self._known, self._schema)
            if schema != self._schema:
                self._widen(schema)
        self._sink.write_table(_cast(table, self._schema))

    def _end(self):
        if self._sink is not None:
            sink, self._sink = self._sink, None
            sink.close()

    def abandon(self):
        """Remove what there is of a file that did not get its name."""
        with suppress(OSError, ValueError):
            self._end()
        super().abandon()

    def start(self, schema):
        """Have the columns of `schema`, or wider ones."""
        self._start(schema)
        self._known = schema

    def _start(self, schema):
        self._schema = schema
        self._sink = self._open(schema)

    def _widen(self, schema):
        """Write again what is there, with the wider columns."""
        self._end()
        self._file.close()
        old = self._part
        try:
            self._part, self._file = self._new_part()
            self._start(schema)
            for table in self._tables(old):
                self._sink.write_table(_cast(table, schema))
        finally:
            old.unlink(missing_ok=True)


class ParquetWriter(ArrowWriter):
    """Parquet, one row group or more for each chunk."""

    def _open(self, schema):
        return pq.ParquetWriter(self._file, schema, use_dictionary=_with_dictionary(schema))

    @staticmethod
    def common_schema(tables):
        """The schema in which all `tables` fit."""
        known = schema = None
        for table in tables:
            schema = table.schema if schema is None else schema
            now = _known_schema(table)
            known = now if known is None else _common(known, now)
        return _filled(known, schema)

    @staticmethod
    def _tables(path):
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches():
                yield pa.Table.from_batches([batch])


class FeatherWriter(ArrowWriter):
    """Feather (version 2, the Arrow IPC file), compressed as pandas does."""

    def _open(self, schema):
        options = pa.ipc.IpcWriteOptions(compression="lz4")
        return pa.ipc.new_file(self._file, schema, options=options)

    @staticmethod
    def _tables(path):
        with pa.OSFile(str(path), "rb") as file:
            reader = pa.ipc.open_file(file)
            for at in range(reader.num_record_batches):
                yield pa.Table.from_batches([reader.get_batch(at)])


WRITERS = {".parquet": ParquetWriter, ".feather": FeatherWriter, ".csv": CsvWriter}


def row_groups(path):
    """The tables that were written to a Parquet file, one for each; at least one."""
    with pq.ParquetFile(path) as file:
        for group in range(file.num_row_groups):
            yield file.read_row_group(group)
        if not file.num_row_groups:
            yield file.schema_arrow.empty_table()


def _with_dictionary(schema):
    """The columns whose distinct values Parquet stores once: hardly a score comes twice."""
    if any(pa.types.is_nested(field.type) for field in schema):
        return True
    return [field.name for field in schema if not pa.types.is_floating(field.type)]


def _known_schema(table):
    return _without(table.schema, [n for n in table.column_names if _is_missing(table[n])])


def _is_missing(column):
    return column.null_count == len(column)


def _without(schema, names):
    """A schema in which the columns `names` are of the type of nothing."""
    fields = [field.with_type(pa.null()) if field.name in names else field for field in schema]
    return pa.schema(fields)


def _filled(known, schema):
    """What is known of types, and those of `schema` where nothing is."""
    types = [schema.field(field.name).type for field in known]
    pairs = zip(known, types, strict=True)
    return pa.schema(
        [field.with_type(t) if field.type == pa.null() else field for field, t in pairs]
    )


def _cast(table, schema):
    arrays = [_cast_column(table[field.name], field) for field in schema]
    return pa.table(arrays, schema=schema)


def _cast_column(column, field):
    if _is_missing(column):
        return pa.nulls(len(column), field.type)
    try:
        return column.cast(field.type)
    except pa.ArrowInvalid as error:
        msg = (
            f"column {field.name!r} of the files does not fit together: as {field.type} it would "
            f"not be exact: {error}; apply the model to the files one by one"
        )
        raise ColumnError(msg) from error


def _common(before, now):
    try:
        return pa.unify_schemas([before, now], promote_options="permissive")
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        msg = f"the columns of the files do not fit together: {error}"
        raise ColumnError(msg) from error


def check_place(output, inputs=()):
    """Raise an error if a file cannot take the name `output`, or something would be lost by it.

    Raises
    ------
    FileFormatError
    """
    check_parent(output)
    for holds, what in TAKEN:
        if holds(output):
            msg = f"{output} {what}"
            raise FileFormatError(msg)
    if output.resolve() in {path.resolve() for path in inputs}:
        msg = f"{output} is one of the files to read; write to another"
        raise FileFormatError(msg)


def check_parent(output):
    """Raise an error if there is no folder for `output` to be in.

    Raises
    ------
    FileFormatError
    """
    if not output.parent.is_dir():
        msg = f"{output}: there is no folder {str(output.parent)!r}; make it first"
        raise FileFormatError(msg)


# What may be at the output and is not an older file to be replaced.
TAKEN = (
    (
        lambda path: path.is_symlink(),
        "is a link, which a file would replace; name the file it leads to, or remove it",
    ),
    (lambda path: path.is_dir(), "is a folder; name a file"),
    (
        lambda path: path.exists() and not path.is_file(),
        "is a pipe or device; name a file",
    ),
    (
        lambda path: path.exists() and path.stat().st_nlink > 1,
        "has a second name (a hard link), which would keep the older file; remove one of them",
    ),
)
