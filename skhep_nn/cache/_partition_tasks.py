"""What is done with one partition of the files of a cache, by a worker or here."""

from __future__ import annotations

import copy
import os
import pickle
import secrets
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from skhep_nn import _storage
from skhep_nn.cache import _file_digest, _manifest, _store
from skhep_nn.cache._stream_fit import fit_next, is_ready, transformed
from skhep_nn.io._partitions import Partition, partitions_of
from skhep_nn.io._read import to_table
from skhep_nn.io._stream import Selection

STEPS = "steps.pickle"


@dataclass(frozen=True)
class OfFile:
    """One file, and what is read of it."""

    path: Path
    selection: Selection | None
    chunk_size: int

    def __str__(self):
        return str(self.path)


@dataclass(frozen=True)
class StepsFile:
    """The steps of a transformer as tasks have them: by their file, as some take megabytes.

    Parameters
    ----------
    path : Path
        On a file system that the workers share.
    """

    path: Path

    @classmethod
    def of(cls, steps, folder):
        """Write `steps`, as they are now, to a folder."""
        # what a script defines travels with its code
        import cloudpickle

        with _storage.whole_file(folder / STEPS) as file:
            file.write(cloudpickle.dumps(steps))
        return cls(folder / STEPS)

    def load(self):
        """The steps, which are of nobody else."""
        with _storage.open_regular(self.path) as file:
            return pickle.loads(file.read())


@dataclass(frozen=True)
class OfPartition:
    """One partition, the steps of the transformer, and where its events go."""

    number: int
    partition: Partition
    selection: Selection
    chunk_size: int
    steps: StepsFile
    folder: Path
    dtype: object = None

    def __str__(self):
        return f"partition {self.number + 1} ({self.partition})"

    def events(self):
        """The events that pass, in chunks that are not empty."""
        return (to_table(piece.columns, 0) for piece in self.pieces() if piece.n_events)

    def pieces(self):
        """What is read."""
        return self.partition.pieces(self.selection, self.chunk_size)


@dataclass
class Written:
    """What became of a partition: its part, a cache of its own, and what was read for it."""

    part: Path | None = None
    n_read: int = 0
    kinds: dict = field(default_factory=dict)


def digested(job):
    """Name, size and digest of a file."""
    return _file_digest.of_file(job.path)


def divided(job):
    """The partitions of a file."""
    return partitions_of(job.path, job.selection, job.chunk_size)


def fitted(job):
    """The steps, with the next one that learns fitted on this partition; None without events."""
    steps = job.steps.load()
    ready = [is_ready(step) for step in steps]
    n_events = sum([fit_next(steps, ready, chunk) for chunk in job.events()])
    return steps if n_events else None


def written(job):
    """Write the events of a partition behind the steps as a cache of its own; a `Written`."""
    selection, done, steps = copy.deepcopy(job.selection), Written(), job.steps.load()
    folder = job.folder / f"part-{job.number}-{os.getpid()}-{secrets.token_hex(4)}"
    folder.mkdir()
    writer = _store.CacheWriter(folder, job.dtype)
    try:
        for piece in job.partition.pieces(selection, job.chunk_size):
            done.n_read += piece.n_read
            if piece.n_events:
                writer.write(transformed(steps, to_table(piece.columns, 0)), job.chunk_size)
        done.kinds = selection.kinds()
        if writer.kinds is None:
            shutil.rmtree(folder)
            return done
        writer.finish(keys=[_manifest.digest([str(job)])])
    finally:
        writer.close()
    done.part = folder
    return done
