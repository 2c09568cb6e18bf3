"""The partitions of the files of a cache: fitted and written by themselves, and put together."""

from __future__ import annotations

import contextlib
import secrets
import shutil
from collections import Counter
from functools import cached_property

from skhep_nn import _storage
from skhep_nn._bar import make_bar
from skhep_nn._composition import is_fitted
from skhep_nn._dask._tasks import in_order, results
from skhep_nn.cache import _partition_tasks as tasks
from skhep_nn.cache._open import opened
from skhep_nn.cache._stream_fit import next_that_learns
from skhep_nn.io._files import open_source
from skhep_nn.io._stream import check_any, check_not_empty

LOST = "; what was written is removed"


class Partitions:
    """What `build_cache` does by partitions of its files, here or by the workers of a client.

    Parameters
    ----------
    client : distributed.Client or None
    files : list of Path
    selection : Selection
    chunk_size : int
    progress : bool
    """

    def __init__(self, client, files, selection, chunk_size, progress):
        self._client, self._files = client, [path.absolute() for path in files]
        self._selection, self._chunk_size, self._progress = selection, chunk_size, progress

    def digests(self):
        """Name, size and digest of each file."""
        jobs = [tasks.OfFile(path, None, self._chunk_size) for path in self._files]
        return list(in_order(results(self._client, tasks.digested, jobs)))

    def fit(self, steps, folder):
        """Fit the next of `steps` that learns on each partition, and merge; False without events.

        Parameters
        ----------
        steps : list of transformers
            Those before it that learn nothing are fitted, too.
        folder : Path
            Of the cache; what workers read lies beside it.
        """
        at = next_that_learns(steps, [is_fitted(step) for step in steps])
        merged = None
        with _beside(folder) as here:
            for part in self._done(tasks.fitted, self._jobs(steps, here)):
                if merged is None:
                    merged = part
                elif part is not None:
                    merged[at].merge(part[at])
        for step, its in zip(steps, merged or (), strict=False):
            vars(step).update(vars(its))
        return merged is not None

    def write(self, steps, folder, writer):
        """Have workers write the events behind `steps` in parts, and `writer` join these in order.

        Parameters
        ----------
        steps : list of fitted transformers
        folder : Path
            Of `writer`; the parts lie beside it.
        writer : CacheWriter
        """
        with _beside(folder) as parts:
            jobs = self._jobs(steps, parts, dtype=writer.dtype)
            self._join(jobs, self._done(tasks.written, jobs), writer)

    def _join(self, jobs, parts, writer):
        in_file = Counter()
        for job, done in zip(jobs, parts, strict=True):
            self._selection.merge_kinds(job.partition.path, done.kinds)
            in_file[job.partition.source] += done.n_read
            if done.part is not None:
                writer.write(opened(done.part)[1], self._chunk_size)
                shutil.rmtree(done.part, ignore_errors=True)
        for source, n_read in in_file.items():
            check_not_empty(source, n_read, self._selection)
        check_any(self._files, in_file.total())

    def _jobs(self, steps, folder, dtype=None):
        file = tasks.StepsFile.of(steps, folder)
        about = (self._selection, self._chunk_size, file, folder, dtype)
        return [tasks.OfPartition(number, one, *about) for number, one in enumerate(self._all)]

    def _done(self, function, jobs):
        """What `function` gives for each of `jobs`, in order, with a bar."""
        total = sum(job.partition.n_bytes for job in jobs)
        options = {"total": total, "unit": "B", "unit_scale": True, "desc": "reading"}
        bar = make_bar(self._progress, notebook=True, **options)
        try:
            pairs = results(self._client, function, jobs, kept=LOST)
            yield from in_order(_counted(pairs, jobs, bar))
        finally:
            bar.close()

    @cached_property
    def _all(self):
        """The partitions of all files, whose columns are those of the first."""
        with open_source(self._files[0], **self._selection.options()) as source:
            self._selection.of(source)
        jobs = [tasks.OfFile(path, self._selection, self._chunk_size) for path in self._files]
        found = in_order(results(self._client, tasks.divided, jobs))
        return [partition for of_file in found for partition in of_file]


@contextlib.contextmanager
def _beside(folder):
    # by how its name begins it is removed with what else a killed process leaves of this cache;
    # one of before, in which a task still writes, may be there yet
    parts = folder.with_name(f"{folder.name}-parts-{secrets.token_hex(4)}")
    parts.mkdir()
    try:
        yield parts
    finally:
        _storage.remove_folder(parts)


def _counted(pairs, jobs, bar):
    for number, result in pairs:
        bar.update(jobs[number].partition.n_bytes)
        yield number, result
