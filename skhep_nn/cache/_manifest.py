"""``cache.json``: what a cache holds, and digests of everything in it."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from skhep_nn import _storage
from skhep_nn._version import __version__
from skhep_nn.cache import _manifest_check
from skhep_nn.events import BlockKind
from skhep_nn.exceptions import FileFormatError

NAME = "cache.json"
FORMAT = 2
# With vocabularies and a hundred thousand source files it has some 10 MB.
MAX_BYTES = 256 * 2**20


@dataclass
class Manifest:
    """The content of ``cache.json``.

    Parameters
    ----------
    keys : list of str
        Digests of data and parameters, any of which means this cache.
    layout : {"array", "blocks"}
        Whether the cache is one array or blocks by name.
    n_events : int
    blocks : dict of str to dict
        For each block its file, dtype, shape, offset, kind, and the digests of its segments.
    headers : list of int
        Numbers of events that the headers of the files may tell of: `n_events`, and while events
        are being appended the number before too.
    files : dict of str to dict
        Size and digest of each other file of the cache.
    source, parameters : dict
        What was cached, and how; to be read by people.
    n_appended : int
        How often events were appended.
    """

    keys: list
    layout: str
    n_events: int
    blocks: dict
    headers: list
    files: dict = field(default_factory=dict)
    source: dict = field(default_factory=dict)
    parameters: dict = field(default_factory=dict)
    n_appended: int = 0
    version: str = __version__
    format: int = FORMAT

    def write(self, folder):
        """Write the file, whole or not at all."""
        content = asdict(self)
        content["checksum"] = digest(content)
        with _storage.whole_file(folder / NAME) as file:
            file.write(json.dumps(content, indent=1, default=_plain_value).encode())


def read(folder):
    """The manifest of the cache in `folder`, or None if there is none.

    Raises
    ------
    FileFormatError
        If it is damaged, of a later format, or has a value that cannot be.
    """
    path = Path(folder) / NAME
    try:
        content = _loaded(path)
        checksum = content.pop("checksum")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (ValueError, KeyError, AttributeError, TypeError, RecursionError) as error:
        raise _damaged(path) from error
    if content.get("format") != FORMAT:
        msg = (
            f"{path} is of format {content.get('format')!r:.80}, this version of skhep_nn reads "
            f"{FORMAT}; remove the folder to build the cache anew"
        )
        raise FileFormatError(msg)
    if checksum != digest(content):
        raise _damaged(path)
    _manifest_check.check(path, content)
    return Manifest(**content)


def digest(content):
    """Digest of what JSON can hold."""
    text = json.dumps(content, sort_keys=True, default=_plain_value)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def _plain_value(value):
    """A number of NumPy's as one that JSON knows."""
    return value.item()


def kind_to_json(name, kind):
    """A `BlockKind` as JSON can hold it."""
    content = {key: value for key, value in asdict(kind).items() if value is not None}
    for key in ("features", "vocabulary"):
        if key in content:
            content[key] = [_vocabulary_entry(name, one) for one in content[key]]
    if content.get("vocabulary_size") == len(content.get("vocabulary", ())):
        del content["vocabulary_size"]
    return content


def kind_from_json(content):
    """The `BlockKind` that `kind_to_json` described."""
    return BlockKind(**content)


def file_names(names):
    """A plain file name for each block, different even where case does not count."""
    out = {}
    for name in names:
        stem = re.sub(r"[^A-Za-z0-9_.+-]", "_", name).lstrip(".")[:80] or "block"
        taken = {one.lower() for one in out.values()}
        number, file = 1, f"{stem}.npy"
        while file.lower() in taken:
            number += 1
            file = f"{stem}_{number}.npy"
        out[name] = file
    return out


def _loaded(path):
    with _storage.open_regular(path) as file:
        text = file.read(MAX_BYTES + 1)
    if len(text) > MAX_BYTES:
        raise _damaged(path)
    return json.loads(text)


def _vocabulary_entry(name, value):
    value = value.item() if isinstance(value, np.generic) else value
    if isinstance(value, (str, int, float, type(None))):
        return value
    msg = f"block {name!r}: {value!r} in its vocabulary is neither a number nor text"
    raise TypeError(msg)


def _damaged(path):
    msg = f"{path} is damaged; remove the folder to build the cache anew"
    return FileFormatError(msg)
