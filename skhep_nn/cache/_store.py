"""Folders that appear when they are whole: writing, replacing and cleaning up caches."""

from __future__ import annotations

import contextlib
import errno
import glob
import logging
import os
import re
import shutil

from skhep_nn.cache import _layout, _manifest
from skhep_nn.cache._lock import LOCK, locked
from skhep_nn.cache._npy import NpyWriter
from skhep_nn.exceptions import CacheError, ColumnError

logger = logging.getLogger("skhep_nn")

UNFINISHED = ".unfinished-"
KEY = re.compile("[0-9a-f]{32}")
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def ensure(path, keys, write):
    """Have the cache of these keys at `path`; `write` makes it unless it is there.

    Parameters
    ----------
    path : Path
    keys : list of str
        Any of them means the cache that is wanted.
    write : callable
        Given a new folder, writes the cache there.

    Raises
    ------
    CacheError
        If the disk is full, or something else is at `path`.
    """
    if _matches(path, keys):
        sweep(path.parent, [path.name])
        return
    with explained(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    with locked(path):
        clean_up(path)
        # another process may have built it meanwhile
        if _matches(path, keys):
            return
        _check_place(path)
        with explained(path), _unfinished(path) as folder:
            write(folder)
            _publish(folder, path)


def clean_up(path):
    """Remove what killed processes left of the cache `path`, whose lock is held."""
    for left in path.parent.glob(f".{glob.escape(path.name)}{UNFINISHED}*"):
        logger.info("removing what an unfinished run left: %s", left)
        shutil.rmtree(left, ignore_errors=True)


def sweep(directory, names=None):
    """Remove what killed processes left of caches in `directory`; `names` limits it to some."""
    found = [left.name[1:].partition(UNFINISHED)[0] for left in directory.glob(f".*{UNFINISHED}*")]
    locks = [left.name[1 : -len(LOCK)] for left in directory.glob(f".*{LOCK}")]
    # a lock of any other name may be somebody else's
    found += [name for name in locks if name in (names or ()) or KEY.fullmatch(name)]
    for name in set(found) & set(found if names is None else names):
        # what cannot be locked is being written, or not ours to remove
        with contextlib.suppress(OSError), locked(directory / name, wait=False) as free:
            if free:
                clean_up(directory / name)


class CacheWriter:
    """Writes blocks of events, chunk by chunk, to a folder that is to become a cache.

    Parameters
    ----------
    folder : Path
    dtype : dtype or None
        Type for features that are no whole numbers; None keeps theirs.
    exclude : sequence of str
        Blocks that keep their type.
    """

    def __init__(self, folder, dtype=None, exclude=()):
        self.folder, self.dtype, self.exclude = folder, dtype, exclude
        self.writers, self.kinds, self.layout = {}, None, None

    def write(self, X, chunk_size):
        """Append the events of `X`."""
        layout, blocks = _layout.as_blocks(X)
        if self.kinds is None:
            self._start(layout, blocks)
        self._check_alike(layout, blocks)
        for piece in _layout.pieces(blocks, chunk_size):
            for name, writer in self.writers.items():
                writer.write(_layout.converted(name, piece[name], writer.dtype))

    def finish(self, **manifest):
        """Close the files and write `cache.json` for them."""
        for writer in self.writers.values():
            writer.finish()
        described = {name: self._described(name) for name in self.writers}
        n_events = next(iter(self.writers.values())).n_events
        _manifest.Manifest(
            layout=self.layout, n_events=n_events, blocks=described, **manifest
        ).write(self.folder)

    def close(self):
        """Close the files of a cache that is given up."""
        for writer in self.writers.values():
            writer.abandon()

    def _start(self, layout, blocks):
        self.layout, self.kinds = layout, dict(blocks.kinds)
        files = _manifest.file_names(blocks.keys())
        for name, array in blocks.items():
            kind = self.kinds[name]
            dtype = _layout.stored_type(name, array.dtype, kind, self.dtype, self.exclude)
            self.writers[name] = NpyWriter(self.folder / files[name], dtype, array.shape[1:])

    def _check_alike(self, layout, blocks):
        given = {name: array.shape[1:] for name, array in blocks.items()}
        known = {name: writer.event_shape for name, writer in self.writers.items()}
        if layout != self.layout or given != known or dict(blocks.kinds) != self.kinds:
            msg = (
                f"these events have the blocks {given}, those before have {known}; they must be of "
                "the same shapes and kinds"
            )
            raise ColumnError(msg)

    def _described(self, name):
        writer = self.writers[name]
        return {
            "file": writer.path.name,
            "dtype": writer.dtype.str,
            "shape": [int(n) for n in writer.shape],
            "offset": writer.offset,
            "kind": _manifest.kind_to_json(name, self.kinds[name]),
            "segments": [writer.segment()],
        }


@contextlib.contextmanager
def explained(path):
    """Say of a disk that is full which cache it was for, and what becomes of it."""
    try:
        yield
    except OSError as error:
        if error.errno not in FULL:
            raise
        msg = (
            f"{os.strerror(error.errno)}: the cache {path} could not be written, and what there "
            f"was of it is removed ({free_space(path)})"
        )
        raise CacheError(error.errno, msg) from error


def free_space(path):
    """How much is free on the disk of `path`, in words."""
    there = next(one for one in (path, *path.parents) if one.exists())
    return f"{shutil.disk_usage(there).free / 1e9:.3g} GB are free"


def _matches(path, keys):
    manifest = _manifest.read(path)
    return manifest is not None and bool(set(keys) & set(manifest.keys))


def _check_place(path):
    manifest = _manifest.read(path)
    if manifest is not None and manifest.n_appended:
        msg = (
            f"the cache {path} has events appended to it, which building it anew would lose; "
            "remove it, or choose another directory"
        )
        raise CacheError(errno.EEXIST, msg)
    if manifest is None and path.exists() and (not path.is_dir() or any(path.iterdir())):
        msg = f"{path} is there and is no cache; choose another directory"
        raise CacheError(errno.EEXIST, msg)


@contextlib.contextmanager
def _unfinished(path):
    folder = path.with_name(f".{path.name}{UNFINISHED}{os.getpid()}")
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _publish(folder, path):
    """Give a whole cache its name; what has the name is of other data and goes."""
    _sync(folder)
    old = path.with_name(f".{path.name}{UNFINISHED}old-{os.getpid()}")
    if path.exists():
        path.replace(old)
    folder.replace(path)
    _sync(path.parent)
    shutil.rmtree(old, ignore_errors=True)


def _sync(folder):
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)
