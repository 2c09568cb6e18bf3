"""Parts of files that are read by themselves: by workers, or in turn, with the same chunks."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from skhep_nn.io import _stream
from skhep_nn.io._files import open_source


@dataclass(frozen=True)
class Partition:
    """Consecutive events of one file, a whole number of chunks.

    Parameters
    ----------
    path : Path
    source : str
        The file with its tree, key or group, for messages.
    start : int
        The first event.
    stop : int or None
        The event behind the last; None where the format does not tell it before it is read.
    n_bytes : int
        Its share of the file.
    """

    path: Path
    source: str
    start: int
    stop: int | None
    n_bytes: int

    def __str__(self):
        if self.stop is None:
            return self.source
        return f"events {self.start} to {self.stop} of {self.source}"

    def pieces(self, selection, chunk_size):
        """Iterate over the `Piece`s of it."""
        with open_source(self.path, **selection.options()) as source:
            yield from _stream.pieces(source, selection, chunk_size, self.start, self.stop)


def partitions_of(path, selection, chunk_size):
    """The `Partition`s of a file, whose columns are checked.

    Raises
    ------
    FileFormatError, ColumnError
        If the file cannot be read, or lacks a column.
    """
    size = path.stat().st_size
    with open_source(path, **selection.options()) as source:
        rows = _stream.partitions(source, selection, chunk_size)
        return [
            Partition(path, str(source), start, stop, _share(size, start, stop, source.n_events))
            for start, stop in rows
        ]


def _share(n_bytes, start, stop, n_events):
    return n_bytes * (stop - start) // n_events if stop is not None and n_events else n_bytes
