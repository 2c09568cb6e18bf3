"""Every byte of every file of a cache against what ``cache.json`` tells of it."""

from __future__ import annotations

from pathlib import Path

from skhep_nn._storage import open_regular
from skhep_nn.cache._npy import array_bytes, digest_of, digest_of_open, header
from skhep_nn.exceptions import FileFormatError


def check(folder, manifest):
    """Read all files of a cache.

    Raises
    ------
    FileFormatError
        If one is not as it was written.
    """
    for name, block in manifest.blocks.items():
        _check_block(Path(folder) / block["file"], name, block, manifest.headers)
    for name in manifest.files:
        content_of(folder, manifest, name)


def content_of(folder, manifest, name):
    """The content of a file beside the blocks, which is as it was written.

    Raises
    ------
    FileFormatError
        If ``cache.json`` does not know it, it is missing, or of other content.
    """
    path, known = Path(folder) / name, manifest.files.get(name)
    if known is None:
        msg = f"{path} is no file of the cache: its cache.json does not know it, so it is not read"
        raise FileFormatError(msg)
    try:
        with open_regular(path) as file:
            content = file.read(known["size"] + 1)
    except FileNotFoundError:
        msg = f"{path} of the cache is missing; remove the folder to build it anew"
        raise FileFormatError(msg) from None
    if len(content) != known["size"] or digest_of(content) != known["blake2b"]:
        msg = f"{path} of the cache is not as it was written; remove the folder to build it anew"
        raise FileFormatError(msg)
    return content


def _check_block(path, name, block, n_in_header):
    with open_regular(path) as file:
        found = file.read(block["offset"])
        headers = [header(block["dtype"], [n, *block["shape"][1:]]) for n in n_in_header]
        if found not in headers:
            raise FileFormatError(_differs(path, name, "its header"))
        for segment in block["segments"]:
            size = array_bytes(block["dtype"], [segment["n_events"], *block["shape"][1:]])
            if digest_of_open(file, size) != segment["blake2b"]:
                what = f"the digest of {segment['n_events']} events"
                raise FileFormatError(_differs(path, name, what))


def _differs(path, name, what):
    return (
        f"{path}, block {name!r} of the cache, is not as it was written: {what} differs; remove "
        "the folder to build it anew"
    )
