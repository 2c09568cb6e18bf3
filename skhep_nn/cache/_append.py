"""Appending events to a cache that is there."""

from __future__ import annotations

from dataclasses import replace

from skhep_nn.cache import _layout, _manifest
from skhep_nn.cache._lock import locked
from skhep_nn.cache._npy import NpyWriter
from skhep_nn.cache._open import find, mapped, open_cache, path_of
from skhep_nn.cache._store import explained
from skhep_nn.exceptions import ColumnError

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
        If the disk is full; the cache is as it was.

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
    folder = find(directory)
    with locked(folder), explained(folder):
        open_cache(folder)
        manifest = _manifest.read(folder)
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
            _extended(manifest, writers).write(folder)
        except BaseException:
            if _manifest.read(folder) == manifest:
                for writer in writers.values():
                    writer.abandon()
            raise
        for writer in writers.values():
            writer.finish()
    return mapped(folder, _manifest.read(folder))


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
    return replace(
        manifest,
        blocks=blocks,
        n_events=next(iter(writers.values())).n_events,
        keys=[_manifest.digest([manifest.keys, segments])],
        n_appended=manifest.n_appended + 1,
    )
