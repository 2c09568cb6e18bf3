"""Files that appear only when they are whole."""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from skhep_nn.exceptions import ColumnError, FileFormatError
from skhep_nn.io._files import ending
from skhep_nn.io._values import is_list


@contextmanager
def open_writer(output, inputs=()):
    """A writer for `output`, by its ending; the file takes its name when all is written.

    Parameters
    ----------
    output : path
    inputs : list of Path
        Files being read, which must not be overwritten.

    Raises
    ------
    FileFormatError
        If the ending is unknown, the folder is not there, or `output` is an input.
    """
    output = Path(output).expanduser()
    kind = WRITERS[ending(output, WRITERS)]
    _check_place(output, inputs)
    part = output.with_name(f".{output.name}.{os.getpid()}.part")
    writer = kind(part)
    try:
        yield writer
        writer.close()
        part.replace(output)
    finally:
        writer.close()
        part.unlink(missing_ok=True)


class CsvWriter:
    """Comma-separated values, numbers with as many digits as they need."""

    def __init__(self, path):
        self._path = path
        self._file = path.open("w", encoding="utf-8", newline="")
        self._started = False

    def write(self, frame):
        """Append the rows of `frame`."""
        lists = [name for name in frame.columns if is_list(frame[name].array)]
        if lists:
            msg = f"CSV cannot hold lists, which {lists} are; write a .parquet or .feather file"
            raise ColumnError(msg)
        frame.to_csv(self._file, index=False, header=not self._started)
        self._started = True

    def close(self):
        """Finish the file."""
        self._file.close()


class ArrowWriter:
    """Parquet or Feather; a column may become wider on the way (whole numbers to fractions)."""

    def __init__(self, path):
        self._path, self._schema, self._sink = path, None, None

    def write(self, frame):
        """Append the rows of `frame`."""
        table = pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None)
        if self._schema is None:
            self._start(table.schema)
        elif table.schema != self._schema:
            schema = _common(self._schema, table.schema)
            if schema != self._schema:
                self._widen(schema)
        self._sink.write_table(table.cast(self._schema))

    def close(self):
        """Finish the file."""
        if self._sink is not None:
            self._sink.close()
            self._sink = None

    def _start(self, schema):
        self._schema = schema
        self._sink = self._open(schema)

    def _widen(self, schema):
        """Write again what is there, with the wider columns."""
        self.close()
        old = self._path.with_name(f"{self._path.name}.old")
        self._path.replace(old)
        try:
            self._start(schema)
            for table in self._tables(old):
                self._sink.write_table(table.cast(schema))
        finally:
            old.unlink(missing_ok=True)


class ParquetWriter(ArrowWriter):
    """Parquet, one row group or more for each chunk."""

    def _open(self, schema):
        return pq.ParquetWriter(self._path, schema)

    @staticmethod
    def _tables(path):
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches():
                yield pa.Table.from_batches([batch])


class FeatherWriter(ArrowWriter):
    """Feather (version 2, the Arrow IPC file), compressed as pandas does."""

    def _open(self, schema):
        options = pa.ipc.IpcWriteOptions(compression="lz4")
        return pa.ipc.new_file(str(self._path), schema, options=options)

    @staticmethod
    def _tables(path):
        with pa.OSFile(str(path), "rb") as file:
            reader = pa.ipc.open_file(file)
            for at in range(reader.num_record_batches):
                yield pa.Table.from_batches([reader.get_batch(at)])


WRITERS = {".parquet": ParquetWriter, ".feather": FeatherWriter, ".csv": CsvWriter}


def _common(before, now):
    try:
        return pa.unify_schemas([before, now], promote_options="permissive")
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        msg = f"the columns of the files do not fit together: {error}"
        raise ColumnError(msg) from error


def _check_place(output, inputs):
    if not output.parent.is_dir():
        msg = f"{output}: there is no folder {str(output.parent)!r}; make it first"
        raise FileFormatError(msg)
    if output.is_dir():
        msg = f"{output} is a folder; name a file"
        raise FileFormatError(msg)
    if output.resolve() in {path.resolve() for path in inputs}:
        msg = f"{output} is one of the files to read; write to another"
        raise FileFormatError(msg)
