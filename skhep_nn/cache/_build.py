"""Files to a cache, for samples that never fit in memory: everything streams."""

from __future__ import annotations

import copy
import functools
import io

import joblib
import numpy as np

from skhep_nn import _bar
from skhep_nn._dask._connection import checked as checked_client
from skhep_nn._version import __version__
from skhep_nn.cache import _digest, _layout, _manifest, _store, _verify
from skhep_nn.cache._partitions import Partitions
from skhep_nn.cache._stream_fit import fit_on_stream, is_ready, steps_of, transformed
from skhep_nn.exceptions import FileFormatError
from skhep_nn.io import iterate_events
from skhep_nn.io._files import expand
from skhep_nn.io._read import checked

CHUNK_SIZE = 100_000
TRANSFORMER = "transformer.joblib"


def build_cache(
    files,
    transformer,
    directory,
    *,
    tree=None,
    columns=None,
    names=None,
    cut=None,
    n_max=None,
    empty="error",
    separator=None,
    comment=None,
    dtype="float32",
    chunk_size=CHUNK_SIZE,
    verify=False,
    client=None,
    progress="auto",
):
    """Make a cache of files: fit a transformer on them, transform them, both chunk by chunk.

    Parameters
    ----------
    files : path, pattern, or list of them
        As for `skhep_nn.io.read_events`.
    transformer : transformer, Pipeline of transformers, or None
        One that is not fitted is fitted, by ``partial_fit``, in one pass over the files (in a
        Pipeline, one pass for each step that learns). One that is fitted is used as it is. None
        caches the columns unchanged. A `MemmapCache` at the end is passed over.
    directory : path
        The folder that becomes the cache. A cache of other files, or made with other parameters,
        is replaced; anything else in its place is an error.
    tree, columns, names, cut, n_max, empty, separator, comment
        As for `skhep_nn.io.read_events`.
    dtype : dtype or None, default="float32"
        As for `MemmapCache`.
    chunk_size : int, default=100_000
        Events in memory at a time.
    verify : bool, default=False
        If the cache is there already, read all of it and compare with its digests.
    client : distributed.Client, default=None
        Has the workers of this Dask client read, fit and transform, by partitions of the files.
        Files and `directory` are on a file system that they share. The cache is the same as that
        of one process.
    progress : {"auto"} or bool, default="auto"
        A bar for each pass: ``"auto"`` for one that lasts more than two seconds, in a terminal or
        notebook; True from the beginning, or in a log file one line at the end; False none.

    Returns
    -------
    EventBlocks or numpy.memmap
        The events, mapped from disk.

    Raises
    ------
    FileFormatError, MissingFileError, ColumnError
        If a file cannot be read, or an event cannot be cached.
    CacheError
        If the disk is full, or the place is taken. What was written is removed.
    ValueError
        If the transformer cannot be fitted on a stream.
    TypeError
        If it cannot be saved, e.g. because it has a lambda.
    PartitionError
        If workers failed three times on a partition of the files, which is named.
    ClusterError, VersionError
        If the scheduler is gone, or a worker has no or another version of the package.

    Notes
    -----
    The cache is recognised by the names, sizes and contents of the files, by what is read of
    them, and by the parameters and fitted attributes of the transformer. The fitted transformer,
    which application needs, is in the cache too, as ``transformer.joblib``; when the cache is
    there already, a transformer that is not fitted gets its state from there.

    With `client` a step that has ``merge`` (those of this package have) is fitted on partitions of
    the files by themselves, ten chunks or whole row groups each, and these are merged in order;
    any other is fitted by the process that calls, in one pass. Minima, maxima, counts and
    vocabularies are exact; the quantiles of `RobustClipScaler` have the precision that it tells.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from skhep_nn.cache import build_cache
    >>> from skhep_nn.preprocessing import MinMaxScaler
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder) / "events.csv"
    ...     _ = path.write_text("pt,is_signal\\n20.0,0\\n60.0,1\\n")
    ...     scaler = MinMaxScaler(exclude="is_signal")
    ...     cache = build_cache(path, scaler, pathlib.Path(folder) / "cache", progress=False)
    ...     cache["pt"].tolist(), cache["is_signal"].tolist()
    ([-1.0, 1.0], [0, 1])
    """
    reading = {"tree": tree, "columns": columns, "names": names, "cut": cut, "n_max": n_max}
    reading = {**reading, "separator": separator, "comment": comment}
    client = None if client is None else checked_client(client)
    job = _Job(files, transformer, reading, dtype, chunk_size, progress, empty, client)
    path = _store.resolved(directory)
    manifest, events = _store.ensure(path, [job.key()], job.write, verify=verify)
    job.hand_over(path, manifest)
    return events


class _Job:
    """The parameters of `build_cache`, checked, and the passes over the files.

    A copy of the transformer is fitted. The caller's gets its state when the cache is whole: one
    that saw a part of the events would be taken for fitted by the next call.
    """

    def __init__(self, files, transformer, reading, dtype, chunk_size, progress, empty, client):
        self.files = expand(files)
        self.client = client
        _layout.type_of(dtype)
        self.dtype, self.chunk_size = dtype, chunk_size
        selection, _, limit = checked(chunk_size, empty=empty, **reading)
        # what was given may be an iterator, or something that JSON cannot hold
        lists = {"columns": selection.columns, "names": selection.names, "n_max": limit}
        self.reading = {"empty": empty, **reading, **lists}
        self.progress = _bar.check(progress)
        about = (selection, chunk_size, self.progress)
        self.partitions = Partitions(client, self.files, *about)
        if client is not None and limit is not None:
            msg = (
                f"n_max={limit} counts events in the order of the files; leave it out with client="
            )
            raise ValueError(msg)
        self.asked = steps_of(transformer)
        _check_can_be_saved(transformer)
        self.transformer = copy.deepcopy(transformer)
        self.steps = steps_of(self.transformer)
        self.source = {
            "files": self._digests(),
            "reading": self.reading,
        }

    def _digests(self):
        return self.partitions.digests()

    def key(self):
        """Digest of the files and of the transformer as it is now."""
        dtype = None if self.dtype is None else np.dtype(self.dtype).str
        steps = [_digest.of_transformer(step) for step in self.steps]
        return _manifest.digest([__version__, self.source, dtype, steps])

    def events(self):
        """The events of the files, in chunks that are not empty."""
        chunks = iterate_events(
            self.files, **self.reading, chunk_size=self.chunk_size, progress=self.progress
        )
        return (chunk for chunk in chunks if len(chunk))

    def write(self, folder):
        """Write the cache to `folder`."""
        before = self.key()
        by_parts = functools.partial(self.partitions.fit, folder=folder)
        fit_on_stream(self.steps, self.events, None if self.client is None else by_parts)
        writer = _store.CacheWriter(folder, self.dtype)
        try:
            if self.client is None:
                for chunk in self.events():
                    writer.write(transformed(self.steps, chunk), self.chunk_size)
            else:
                self.partitions.write(self.steps, folder, writer)
            self._check_any(writer)
            self._check_unchanged()
            writer.add_file(TRANSFORMER, _dumped(self.transformer))
            writer.finish(
                keys=list(dict.fromkeys([before, self.key()])),
                source=self.source,
                parameters={"transformer": repr(self.transformer), "dtype": str(self.dtype)},
            )
        finally:
            writer.close()

    def hand_over(self, path, manifest):
        """Give the transformer that is not fitted the state with which the cache was made."""
        if all(is_ready(step) for step in self.asked):
            return
        if not all(is_ready(step) for step in self.steps):
            self._take_state(path, manifest)
        for asked, step in zip(self.asked, self.steps, strict=True):
            if not is_ready(asked):
                vars(asked).update(vars(step))

    def _take_state(self, path, manifest):
        """Load the transformer of the cache, which is the one that `cache.json` tells of."""
        stored = joblib.load(io.BytesIO(_verify.content_of(path, manifest, TRANSFORMER)))
        self.steps = steps_of(stored)
        if self.key() not in manifest.keys:
            msg = (
                f"{path / TRANSFORMER} is not the transformer that the cache was made with; remove "
                "the folder to build it anew"
            )
            raise FileFormatError(msg)

    def _check_unchanged(self):
        before = self.source["files"]
        changed = [
            old["name"] for old, new in zip(before, self._digests(), strict=True) if old != new
        ]
        if changed:
            msg = (
                f"{', '.join(changed[:5])} changed while the cache was made of it; wait until "
                "nothing writes to it, and build again"
            )
            raise FileFormatError(msg)

    def _check_any(self, writer):
        if writer.kinds is None:
            msg = f"no event of {len(self.files)} files passes cut={self.reading['cut']!r}"
            raise ValueError(msg)


def _check_can_be_saved(transformer):
    """Say before the passes over the files what would be lost behind them."""
    try:
        _dumped(transformer)
    # pickling raises anything from PicklingError to AttributeError
    except Exception as error:
        msg = (
            f"transformer={transformer!r:.100} cannot be saved beside the cache ({error}); put its "
            "functions in a module and import them from there"
        )
        raise TypeError(msg) from error


def _dumped(transformer):
    content = io.BytesIO()
    joblib.dump(transformer, content)
    return content.getvalue()
