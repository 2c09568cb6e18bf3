"""A Parquet data set: a folder of parts in order, which appears when it is whole."""

from __future__ import annotations

from contextlib import contextmanager

import pyarrow.parquet as pq

from skhep_nn import _storage
from skhep_nn._paths import user_path
from skhep_nn.deploy._writer import (
    ParquetWriter,
    check_parent,
    open_writer,
    row_groups,
    writer_for,
)
from skhep_nn.exceptions import FileFormatError

PARQUET, CSV = ".parquet", ".csv"


def is_dataset(output):
    """Whether `output` is the name of a folder: one without an ending."""
    return not user_path(output, "output").suffix


def part_suffix(output):
    """The ending of the parts of `output`."""
    return CSV if output.suffix.lower() == CSV else PARQUET


def check_output(output, inputs):
    """Raise an error if `output`, a file or a data set, cannot be written.

    Raises
    ------
    FileFormatError, StorageError
    """
    if not is_dataset(output):
        writer_for(output, inputs)
        return
    output = user_path(output, "output")
    with _storage.explained(output, "the scores", "nothing is written"):
        _check_place(output)


@contextmanager
def output_of_parts(output, folder, inputs):
    """What takes the parts of `output` in order, by ``append(path)``.

    Parameters
    ----------
    output : Path
    folder : Path
        Where the parts are.
    inputs : list of Path
    """
    if not is_dataset(output):
        with open_writer(output, inputs=inputs) as writer:
            yield writer
        return
    check_output(output, inputs)
    dataset = _Dataset(output, folder)
    yield dataset
    with _storage.explained(output, "the scores", f"what is scored stays in {folder.name}"):
        dataset.finish()


class _Dataset:
    """The parts of a folder, which takes the name `output` in the end."""

    def __init__(self, output, folder):
        self._output, self._folder, self._parts = output, folder, []

    def append(self, part):
        """The next part, which lies in the folder already."""
        self._parts.append(part)

    def finish(self):
        """Give the parts one schema, and the folder its name."""
        self._settle()
        names = {part.name for part in self._parts}
        for other in self._folder.iterdir():
            if other.name not in names:
                # a task that was given up may still give it another name
                other.unlink(missing_ok=True)
        _storage.sync_folder(self._folder)
        _check_place(self._output)
        _storage.publish(self._folder, self._output)

    def _settle(self):
        """A column may be whole numbers in one part and fractions in another."""
        if len({pq.read_schema(part) for part in self._parts}) < 2:
            return
        common = ParquetWriter.common_schema(
            table for part in self._parts for table in row_groups(part)
        )
        for part in self._parts:
            if pq.read_schema(part) != common:
                with open_writer(part) as writer:
                    writer.start(common)
                    writer.append(part)


def _check_place(output):
    check_parent(output)
    if output.is_symlink() or (output.exists() and not output.is_dir()):
        msg = f"{output} is there and no folder; a data set is a folder, a file has an ending"
        raise FileFormatError(msg)
    if output.exists() and any(output.iterdir()):
        msg = f"{output} is a folder that holds files; remove it, or name another"
        raise FileFormatError(msg)
