"""Opening a cache: sizes are checked always, digests if asked."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from skhep_nn.cache import _layout, _manifest
from skhep_nn.cache._npy import array_bytes, digest_of
from skhep_nn.events import EventBlocks
from skhep_nn.exceptions import FileFormatError, MissingFileError


def open_cache(directory, *, verify=False):
    """Map a cache from disk; nothing is read.

    Parameters
    ----------
    directory : path
        A cache, i.e. a folder with a ``cache.json``, or a folder with one cache in it, as
        `MemmapCache` makes.
    verify : bool, default=False
        Read all data and compare them with the digests in ``cache.json``.

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
    folder = find(directory)
    manifest = _manifest.read(folder)
    for name, block in manifest.blocks.items():
        _check_size(folder, name, block)
        if verify:
            _check_content(folder, name, block)
    return mapped(folder, manifest)


def find(directory):
    """The folder of the cache at `directory` or of the only one in it."""
    directory = Path(directory).expanduser()
    if _manifest.read(directory) is not None:
        return directory
    inside = sorted(path.parent for path in directory.glob(f"[!.]*/{_manifest.NAME}"))
    if len(inside) == 1:
        return inside[0]
    if not inside:
        msg = f"there is no cache in {str(directory)!r}: it has no {_manifest.NAME}"
        raise MissingFileError(msg)
    msg = f"{directory} has {len(inside)} caches; open one: {', '.join(map(str, inside[:10]))}"
    raise FileFormatError(msg)


def mapped(folder, manifest):
    """The arrays that `manifest` tells of."""
    arrays = {name: _map(folder, block) for name, block in manifest.blocks.items()}
    if manifest.layout == _layout.ARRAY:
        return arrays[_layout.ONLY]
    kinds = {n: _manifest.kind_from_json(block["kind"]) for n, block in manifest.blocks.items()}
    return EventBlocks(arrays, kinds)


def _map(folder, block):
    shape, dtype = tuple(block["shape"]), np.dtype(block["dtype"])
    # a file of no bytes cannot be mapped
    if not array_bytes(dtype, shape):
        return np.empty(shape, dtype)
    path = path_of(folder, block)
    return np.memmap(path, dtype=dtype, mode="r", offset=block["offset"], shape=shape)


def path_of(folder, block):
    """The file of a block, which is in the folder of the cache."""
    return Path(folder) / Path(block["file"]).name


def _check_size(folder, name, block):
    path = path_of(folder, block)
    if not path.exists():
        msg = f"{path}, block {name!r} of the cache, is missing; remove the folder to build it anew"
        raise FileFormatError(msg)
    needed = block["offset"] + array_bytes(block["dtype"], block["shape"])
    if path.stat().st_size < needed:
        msg = (
            f"{path}, block {name!r} of the cache, is cut off: it has {path.stat().st_size} bytes "
            f"of {needed}; remove the folder to build it anew"
        )
        raise FileFormatError(msg)


def _check_content(folder, name, block):
    path, at = path_of(folder, block), block["offset"]
    for segment in block["segments"]:
        size = array_bytes(block["dtype"], [segment["n_events"], *block["shape"][1:]])
        if digest_of(path, at, size) != segment["blake2b"]:
            msg = (
                f"{path}, block {name!r} of the cache, is not as it was written: the digest of "
                f"{segment['n_events']} events differs; remove the folder to build it anew"
            )
            raise FileFormatError(msg)
        at += size
