"""Checks of every value in ``cache.json``, which anybody may have written."""

from __future__ import annotations

import re
from pathlib import PurePath

import numpy as np

from skhep_nn import _block_kinds
from skhep_nn._block_kinds import BlockKind
from skhep_nn.cache._layout import ARRAY, BLOCKS, ONLY
from skhep_nn.cache._npy import array_bytes, header
from skhep_nn.exceptions import FileFormatError

DIGEST = re.compile("[0-9a-f]{32}")
# Plain numbers: nothing that has pointers, fields or axes of its own.
DTYPE = re.compile("[<>|][biufc](1|2|4|8|16|32)")
MAX_AXES = 32
LARGEST = 2**63 - 1


class _WrongError(Exception):
    """A value breaks a rule."""


def _fail(where, rule, value):
    msg = f"{where} must be {rule}, got {value!r:.80}"
    raise _WrongError(msg)


def check(path, content):
    """Raise an error that names the first value that cannot be.

    Parameters
    ----------
    path : Path
        Of ``cache.json``, for the message.
    content : dict
        Without its checksum.

    Raises
    ------
    FileFormatError
    """
    try:
        _check_fields("cache.json", content, TOP)
        _check_together(content)
    except _WrongError as error:
        msg = f"{path}: {error}; remove the folder to build the cache anew"
        raise FileFormatError(msg) from None


def _is_whole(value):
    # True is an int
    return type(value) is int and 0 <= value <= LARGEST


def _is_digest(value):
    return type(value) is str and DIGEST.fullmatch(value) is not None


def _is_file_name(value):
    if type(value) is not str or not value.isprintable() or value.startswith("."):
        return False
    # no separator of any system
    return bool(value) and PurePath(value).name == value and not set(value) & set("/\\:")


def _is_json_value(value):
    return type(value) in (str, int, float, bool, type(None))


def _is_dtype(value):
    if type(value) is not str or DTYPE.fullmatch(value) is None:
        return False
    try:
        return np.dtype(value).str == value
    except TypeError:
        return False


def _list_of(rule, least=0, most=None):
    def holds(value):
        if type(value) is not list or len(value) < least:
            return False
        return (most is None or len(value) <= most) and all(map(rule, value))

    return holds


def _is_dict(value):
    return type(value) is dict


WHOLE = (_is_whole, "a whole number from 0 on")
TEXT = (lambda value: type(value) is str, "text")
PLAIN_LIST = (_list_of(_is_json_value), "a list of numbers and text")
DICT = (_is_dict, "an object")
DIGESTS = (_is_digest, "32 hexadecimal digits")
TOP = {
    "keys": (_list_of(_is_digest, least=1), "a list of digests"),
    "layout": (lambda value: value in (ARRAY, BLOCKS), f"{ARRAY!r} or {BLOCKS!r}"),
    "n_events": WHOLE,
    "blocks": (lambda value: _is_dict(value) and bool(value), "an object with a block at least"),
    "headers": (_list_of(_is_whole, 1, 2), "a list of one or two numbers of events"),
    "files": DICT,
    "source": DICT,
    "parameters": DICT,
    "n_appended": WHOLE,
    "version": TEXT,
    "format": (lambda value: type(value) is int, "a whole number"),
}
BLOCK = {
    "file": (_is_file_name, "the plain name of a file"),
    "dtype": (_is_dtype, "a type of numbers, as '<f4'"),
    "shape": (_list_of(_is_whole, 1, MAX_AXES), f"a list of 1 to {MAX_AXES} whole numbers"),
    "offset": WHOLE,
    "kind": DICT,
    "segments": (_list_of(_is_dict, least=1), "a list of objects"),
}
SEGMENT = {"n_events": WHOLE, "blake2b": DIGESTS}
FILE = {"size": WHOLE, "blake2b": DIGESTS}
KIND = {
    "name": (lambda value: value in _block_kinds.KINDS, f"one of {_block_kinds.KINDS}"),
    "features": PLAIN_LIST,
    "vocabulary": PLAIN_LIST,
    "vocabulary_size": WHOLE,
    "mask": TEXT,
    "of": TEXT,
}


def _check_fields(where, content, rules, optional=()):
    missing = [name for name in rules if name not in content and name not in optional]
    unknown = [name for name in content if name not in rules]
    if missing or unknown:
        _fail(f"the fields of {where}", f"{list(rules)}", list(content))
    for name, value in content.items():
        holds, rule = rules[name]
        # text that cannot be compared with text is not among the values
        if not holds(value):
            _fail(f"{name!r} of {where}", rule, value)


def _check_together(content):
    blocks, n_events = content["blocks"], content["n_events"]
    if content["layout"] == ARRAY and list(blocks) != [ONLY]:
        _fail("'blocks' of an array", f"one called {ONLY!r}", list(blocks))
    if n_events not in content["headers"]:
        _fail("'headers'", f"such that {n_events} is among them", content["headers"])
    for name, block in blocks.items():
        _check_block(f"block {name!r:.80}", block, n_events, content["n_appended"])
    names = [block["file"].lower() for block in blocks.values()] + list(content["files"])
    if len(set(names)) < len(names):
        _fail("the files of blocks", "different ones", names)
    for name, file in content["files"].items():
        if not _is_file_name(name) or not _is_dict(file):
            _fail("'files'", "names of files with an object each", {name: file})
        _check_fields(f"file {name!r:.80}", file, FILE)
    _check_kinds(blocks)


def _check_block(where, block, n_events, n_appended):
    if not _is_dict(block):
        _fail(where, "an object", block)
    _check_fields(where, block, BLOCK)
    shape, dtype = block["shape"], np.dtype(block["dtype"])
    # numpy counts an axis of no entries as one of one
    if array_bytes(dtype, [max(1, n) for n in shape]) > LARGEST:
        _fail(f"'shape' of {where}", f"one of less than {LARGEST} bytes", shape)
    if shape[0] != n_events:
        _fail(f"'shape' of {where}", f"one of {n_events} events", shape)
    if block["offset"] != len(header(dtype, shape)):
        _fail(f"'offset' of {where}", f"{len(header(dtype, shape))}", block["offset"])
    _check_segments(where, block["segments"], n_events, n_appended)
    _check_fields(f"the kind of {where}", block["kind"], KIND, optional=set(KIND) - {"name"})


def _check_segments(where, segments, n_events, n_appended):
    for segment in segments:
        _check_fields(f"a segment of {where}", segment, SEGMENT)
    counts = [segment["n_events"] for segment in segments]
    if sum(counts) != n_events or len(counts) != n_appended + 1:
        rule = f"{n_appended + 1} segments with {n_events} events together"
        _fail(f"'segments' of {where}", rule, counts)


def _check_kinds(blocks):
    specs = {n: (tuple(block["shape"]), np.dtype(block["dtype"])) for n, block in blocks.items()}
    try:
        kinds = {name: BlockKind(**block["kind"]) for name, block in blocks.items()}
        _block_kinds.check(specs, kinds)
    except (ValueError, TypeError) as error:
        _fail("the kinds of blocks", f"right ({error})", list(blocks))
