"""Folders that appear when they are whole: writing, replacing and cleaning up caches."""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import re
import shutil

from skhep_nn import _storage
from skhep_nn._paths import user_path
from skhep_nn._storage import escape, explained, publish, sync_folder
from skhep_nn.cache import _layout, _manifest
from skhep_nn.cache._lock import LOCK, locked
from skhep_nn.cache._npy import NpyWriter, digest_of
from skhep_nn.cache._open import opened
from skhep_nn.exceptions import CacheError, ColumnError, MissingFileError

logger = logging.getLogger("skhep_nn")

UNFINISHED = ".unfinished-"
KEY = re.compile("[0-9a-f]{32}")


def ensure(path, keys, write, *, verify=False):
    """The cache of these keys at `path`; `write` makes it unless it is there.

    Parameters
    ----------
    path : Path
    keys : list of str
        Any of them means the cache that is wanted.
    write : callable
        Given a new folder, writes the cache there.
    verify : bool, default=False
        Compare a cache that is there with its digests.

    Returns
    -------
    tuple of (Manifest, EventBlocks or numpy.memmap)
        Of the cache of these keys and no other, whatever other processes do at `path`.

    Raises
    ------
    CacheError
        If the disk is full, something else is at `path`, or it is not yours to write.
    """
    with contextlib.suppress(_OthersError):
        found = _opened(path, keys, verify)
        sweep(path.parent, [path.name])
        return found
    with explained(path, "the cache", "what there was of it is removed", CacheError):
        path.parent.mkdir(parents=True, exist_ok=True)
        with locked(path):
            clean_up(path)
            # another process may have built it meanwhile
            with contextlib.suppress(_OthersError):
                return _opened(path, keys, verify)
            _check_place(path)
            with _unfinished(path) as folder:
                write(folder)
                _publish(folder, path)
            return _own(path, keys)


def resolved(directory):
    """The absolute path of a folder, behind all links, so that what lies beside it is there too.

    Raises
    ------
    CacheError
        If the links lead in a circle.
    """
    path = user_path(directory, "directory")
    try:
        return path.resolve()
    except (RuntimeError, OSError) as error:
        msg = f"{directory} is a link that leads nowhere: {error}"
        raise CacheError(errno.ELOOP, msg) from error


def _own(path, keys):
    """What was just built, under the lock."""
    try:
        return _opened(path, keys, verify=False)
    except _OthersError:
        msg = f"another process put a cache of other data at {path}; name another directory"
        raise CacheError(errno.EBUSY, msg) from None


class _OthersError(Exception):
    """There is no cache, or one of other keys."""


def _opened(path, keys, verify):
    manifest = _manifest.read(path)
    if manifest is None or not set(keys) & set(manifest.keys):
        raise _OthersError
    try:
        found = opened(path, verify=verify)
    except MissingFileError as error:
        raise _OthersError from error
    # it may have been replaced since
    if not set(keys) & set(found[0].keys):
        raise _OthersError
    return found


def clean_up(path):
    """Remove what killed processes left of the cache `path`, whose lock is held."""
    for left in path.parent.glob(f".{escape(path.name)}{UNFINISHED}*"):
        logger.info("removing what an unfinished run left: %s", left)
        shutil.rmtree(left, ignore_errors=True)


def sweep(directory, names=None):
    """Remove what killed processes left of caches in `directory`; `names` limits it to some."""
    found = [left.name[1:].partition(UNFINISHED)[0] for left in directory.glob(f".*{UNFINISHED}*")]
    locks = [left.name[1:].rpartition(LOCK)[0] for left in directory.glob(f".*{LOCK}*")]
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
        self.files = {}

    def write(self, X, chunk_size):
        """Append the events of `X`."""
        layout, blocks = _layout.as_blocks(X, self.dtype, self.exclude)
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
            layout=self.layout,
            n_events=n_events,
            blocks=described,
            headers=[n_events],
            files=self.files,
            **manifest,
        ).write(self.folder)

    def add_file(self, name, content):
        """Write a file beside the blocks, whose digest is in `cache.json` too."""
        with _storage.whole_file(self.folder / name) as file:
            file.write(content)
        self.files[name] = {"size": len(content), "blake2b": digest_of(content)}

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
    sync_folder(folder)
    old = path.with_name(f".{path.name}{UNFINISHED}old-{os.getpid()}")
    if path.exists():
        path.replace(old)
    publish(folder, path)
    shutil.rmtree(old, ignore_errors=True)
