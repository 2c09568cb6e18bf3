"""Opening a cache: sizes are checked always, digests if asked."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from skhep_nn import _choices
from skhep_nn._paths import user_path
from skhep_nn._storage import open_regular
from skhep_nn.cache import _layout, _manifest, _verify
from skhep_nn.cache._npy import array_bytes
from skhep_nn.events import EventBlocks
from skhep_nn.exceptions import CacheError, FileFormatError, MissingFileError

# Openings that meet a cache being replaced, after which somebody else's loop is at fault.
ATTEMPTS = 100


def open_cache(directory, *, verify=False):
    """Map a cache from disk; nothing is read.

    Parameters
    ----------
    directory : path
        A cache, i.e. a folder with a ``cache.json``, or a folder with one cache in it, as
        `MemmapCache` makes.
    verify : bool, default=False
        Read all files and compare every byte of them with the digests in ``cache.json``.

    Returns
    -------
    EventBlocks or numpy.memmap
        An array if an array was cached, else blocks, read-only.

    Raises
    ------
    MissingFileError
        If there is no cache.
    FileFormatError
        If a file of it is missing, of another size or, with `verify`, of other content.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> from skhep_nn.cache import MemmapCache, open_cache
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = MemmapCache(folder).fit_transform(np.eye(3))
    ...     open_cache(folder, verify=True).tolist()
    [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    """
    return opened(find(directory), verify=_choices.switch(verify, "verify"))[1]


def opened(folder, *, verify=False):
    """The manifest of the cache in `folder` and what it maps, which belong together.

    Another process may put a new cache in the place between two files; ``cache.json`` is looked
    at again when all are mapped, and they are mapped anew if it is another by then.

    Raises
    ------
    MissingFileError, FileFormatError
        As `open_cache`.
    """
    for _ in range(ATTEMPTS):
        state = _state(folder)
        manifest = _manifest.read(folder)
        if manifest is None:
            raise MissingFileError(_no_cache(folder))
        try:
            out = mapped(folder, manifest)
            if verify:
                _verify.check(folder, manifest)
        except FileFormatError:
            if _state(folder) == state:
                raise
            continue
        if _state(folder) == state:
            return manifest, out
    msg = f"the cache {folder} was replaced {ATTEMPTS} times while it was opened; open it later"
    raise CacheError(msg)


def find(directory):
    """The folder of the cache at `directory` or of the only one in it."""
    directory = user_path(directory, "directory")
    if _manifest.read(directory) is not None:
        return directory
    inside = sorted(path.parent for path in directory.glob(f"[!.]*/{_manifest.NAME}"))
    if len(inside) == 1:
        return inside[0]
    if not inside:
        raise MissingFileError(_no_cache(directory))
    msg = f"{directory} has {len(inside)} caches; open one: {', '.join(map(str, inside[:10]))}"
    raise FileFormatError(msg)


def mapped(folder, manifest):
    """The arrays that `manifest` tells of."""
    arrays = {name: _map(folder, name, block) for name, block in manifest.blocks.items()}
    if manifest.layout == _layout.ARRAY:
        return arrays[_layout.ONLY]
    try:
        kinds = {n: _manifest.kind_from_json(block["kind"]) for n, block in manifest.blocks.items()}
        return EventBlocks(arrays, kinds)
    except ValueError as error:
        msg = f"{folder / _manifest.NAME}: {error}"
        raise FileFormatError(msg) from error


def path_of(folder, block):
    """The file of a block, which is in the folder of the cache."""
    return Path(folder) / Path(block["file"]).name


def _map(folder, name, block):
    path, shape, dtype = path_of(folder, block), tuple(block["shape"]), np.dtype(block["dtype"])
    n_bytes = array_bytes(dtype, shape)
    try:
        file = open_regular(path)
    except FileNotFoundError:
        msg = f"{path}, block {name!r} of the cache, is missing; remove the folder to build it anew"
        raise FileFormatError(msg) from None
    with file:
        size = os.fstat(file.fileno()).st_size
        if size < block["offset"] + n_bytes:
            msg = (
                f"{path}, block {name!r} of the cache, is cut off: it has {size} bytes of "
                f"{block['offset'] + n_bytes}; remove the folder to build it anew"
            )
            raise FileFormatError(msg)
        # a file of no bytes cannot be mapped
        if not n_bytes:
            return np.empty(shape, dtype)
        out = np.memmap(file, dtype=dtype, mode="r", offset=block["offset"], shape=shape)
        # a map of an open file knows less of its name than one of a path
        out.filename = path.resolve()
        return out


def _state(folder):
    """What tells one ``cache.json`` from another, also one of the same content."""
    try:
        found = (Path(folder) / _manifest.NAME).stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns


def _no_cache(folder):
    return f"there is no cache in {str(folder)!r}: it has no {_manifest.NAME}"
