"""The file of a checkpoint: arrays and a state, with a digest of all; nothing in it is code."""

from __future__ import annotations

import hashlib
import json
import os
import zipfile

import numpy as np

from skhep_nn import _choices
from skhep_nn._storage import open_regular

FORMAT = 4
KINDS = ("network", "optimizer", "best")


def write(file, state, arrays):
    """Write a state and lists of arrays to an open file.

    Parameters
    ----------
    file : binary file
    state : dict
        What JSON can hold.
    arrays : dict of str to list of ndarray
        One list for each of `KINDS`.
    """
    named = {f"{kind}_{n}": array for kind in KINDS for n, array in enumerate(arrays[kind])}
    counts = {kind: len(arrays[kind]) for kind in KINDS}
    text = json.dumps({"format": FORMAT, "counts": counts, **state})
    checksum = np.array(_digest(text, named))
    np.savez(file, state=np.array(text), checksum=checksum, **named)


def read(path, key):
    """State and arrays of the file at `path`, all of which is read and checked.

    Parameters
    ----------
    path : Path
    key : str
        Of the fit whose state it must be.

    Raises
    ------
    FileNotFoundError
        If there is no file.
    ValueError
        If it is of another format or fit, or damaged; reading may raise other errors too.
    """
    with open_regular(path) as opened, np.load(opened, allow_pickle=False) as file:
        _check_size(file.zip, os.fstat(opened.fileno()).st_size)
        text = str(file["state"])
        state = json.loads(text)
        _check_state(state, key)
        names = [f"{kind}_{n}" for kind in KINDS for n in range(state["counts"][kind])]
        named = {name: file[name] for name in names}
        if str(file["checksum"]) != _digest(text, named):
            _fail("it is not as it was written")
    values = iter(named.values())
    return state, {kind: [next(values) for _ in range(state["counts"][kind])] for kind in KINDS}


def _digest(text, named):
    state = hashlib.blake2b(text.encode(), digest_size=16)
    for name, array in named.items():
        state.update(repr((name, array.dtype.str, array.shape)).encode())
        state.update(np.ascontiguousarray(array).reshape(-1).view(np.uint8))
    return state.hexdigest()


def _check_size(archive, size):
    """What is not compressed unpacks to no more than the file has."""
    for member in archive.infolist():
        if member.compress_type != zipfile.ZIP_STORED or member.file_size > size:
            _fail(f"{member.filename!r:.80} in it is compressed")


def _is_number(value):
    return _choices.is_real(value)


def _is_whole(value):
    return type(value) is int and value >= 0


def _is_history(value):
    if type(value) is not dict or not all(type(numbers) is list for numbers in value.values()):
        return False
    return all(all(map(_is_number, numbers)) for numbers in value.values())


def _has(**rules):
    def holds(value):
        if type(value) is not dict or set(value) != set(rules):
            return False
        return all(rule(value[name]) for name, rule in rules.items())

    return holds


def _or_none(rule):
    return lambda value: value is None or rule(value)


STATE = {
    "counts": _has(**dict.fromkeys(KINDS, _is_whole)),
    "key": lambda value: type(value) is str,
    "seed": lambda value: value is None or type(value) is int,
    "phase": lambda value: _is_whole(value) and value > 0,
    "earlier": _is_history,
    "history": _is_history,
    "ended": lambda value: type(value) is bool,
    "best": _has(epoch=_or_none(_is_whole), loss=_is_number, waited=_is_whole),
    "plateau": _or_none(
        _has(factor=_is_number, patience=_is_number, best=_is_number, waited=_is_whole)
    ),
}


def _check_state(state, key):
    if type(state) is not dict or state.get("format") != FORMAT:
        found = state.get("format") if type(state) is dict else state
        _fail(f"it has format {found!r:.80}, not {FORMAT}")
    for name, rule in STATE.items():
        if name not in state or not rule(state[name]):
            _fail(f"its {name} cannot be {state.get(name)!r:.80}")
    if state["key"] != key:
        _fail("it is of another fit: its parameters or events are not these")


def _fail(msg):
    raise ValueError(msg)
