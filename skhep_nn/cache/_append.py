"""Appending events to a cache that is there."""

from __future__ import annotations

import logging
from dataclasses import replace

from skhep_nn._storage import explained
from skhep_nn.cache import _layout, _manifest
from skhep_nn.cache._lock import locked
from skhep_nn.cache._npy import NpyWriter
from skhep_nn.cache._open import find, opened, path_of
from skhep_nn.exceptions import CacheError, ColumnError
from skhep_nn.io._read import check_size

logger = logging.getLogger("skhep_nn")

CHUNK_SIZE = 100_000


def append_to_cache(directory, X, *, chunk_size=CHUNK_SIZE):
    """Append events to a cache.

    A process that is killed leaves the cache as it was. Maps that are open stay as they are.

    Parameters
    ----------
    directory : path
        As for `open_cache`.
    X : EventBlocks, DataFrame or array
        With the blocks (columns, features) of the cache, as the transformer that made the cache
        gives them.
    chunk_size : int, default=100_000
        Events that are converted at a time.

    Returns
    -------
    EventBlocks or numpy.memmap
        All events, mapped from disk.

    Raises
    ------
    ColumnError
        If blocks, shapes, kinds or types differ.
    CacheError
        If the disk is full, or a file of the cache is a link, whose target would change; the cache
        is as it was.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> from skhep_nn.cache import MemmapCache, append_to_cache
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = MemmapCache(folder).fit_transform(np.zeros((3, 2)))
    ...     append_to_cache(folder, np.ones((1, 2))).shape
    (4, 2)
    """
    check_size(chunk_size, "chunk_size")
    folder = find(directory).resolve()
    with explained(folder, "the cache", "it is as it was", CacheError), locked(folder):
        manifest, _ = opened(folder)
        layout, blocks = _layout.as_blocks(X)
        _check_alike(manifest, layout, blocks)
        writers = {}
        try:
            for name, block in manifest.blocks.items():
                writers[name] = _writer(folder, block)
            for piece in _layout.pieces(blocks, chunk_size):
                for name, writer in writers.items():
                    writer.write(_layout.converted(name, piece[name], writer.dtype))
            # readers go by this file: it tells of the new events once they are on disk
            extended = _extended(manifest, writers)
            extended.write(folder)
        except BaseException:
            if _manifest.read(folder) == manifest:
                for writer in writers.values():
                    writer.abandon()
            raise
        _finish(folder, writers, extended)
        return opened(folder)[1]


def _finish(folder, writers, manifest):
    """Headers for those who read the files without the package; the events are there already."""
    try:
        for writer in writers.values():
            writer.finish()
        replace(manifest, headers=[manifest.n_events]).write(folder)
    except OSError as error:
        # an error would have the events appended a second time
        logger.warning("the headers of the files in %s tell of fewer events: %s", folder, error)


def _writer(folder, block):
    n_events, *event_shape = block["shape"]
    return NpyWriter(path_of(folder, block), block["dtype"], event_shape, n_events)


def _check_alike(manifest, layout, blocks):
    kinds = {n: _manifest.kind_from_json(block["kind"]) for n, block in manifest.blocks.items()}
    known = {name: tuple(block["shape"][1:]) for name, block in manifest.blocks.items()}
    given = {name: array.shape[1:] for name, array in blocks.items()}
    if layout != manifest.layout or known != given or kinds != dict(blocks.kinds):
        msg = (
            f"the cache has the blocks {known}, the events to append have {given}; they must be of "
            "the same shapes and kinds"
        )
        raise ColumnError(msg)


def _extended(manifest, writers):
    blocks = {}
    for name, block in manifest.blocks.items():
        writers[name].sync()
        blocks[name] = {
            **block,
            "shape": [int(n) for n in writers[name].shape],
            "segments": [*block["segments"], writers[name].segment()],
        }
    segments = {name: block["segments"] for name, block in blocks.items()}
    n_events = next(iter(writers.values())).n_events
    return replace(
        manifest,
        blocks=blocks,
        n_events=n_events,
        headers=[*{manifest.n_events, n_events}],
        keys=[_manifest.digest([manifest.keys, segments])],
        n_appended=manifest.n_appended + 1,
    )
