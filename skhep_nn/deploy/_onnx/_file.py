"""An ONNX file taken apart without the onnx package: what it says of itself, and its digest.

A file is a protobuf message ``ModelProto``; only its outermost fields are read here.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from os import PathLike

from skhep_nn._paths import user_path
from skhep_nn.exceptions import FileFormatError, MissingFileError

IR_VERSION, PRODUCER, GRAPH, METADATA = 1, 2, 7, 14
VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5


@dataclass(frozen=True)
class Contents:
    """What a file holds.

    Parameters
    ----------
    content : bytes
        All of it.
    metadata : dict of str to str
    digest : str
        SHA-256 of nodes and weights, in hexadecimal.
    """

    content: bytes
    metadata: dict
    digest: str


def read(source):
    """The contents of a file, by its path or as bytes.

    Raises
    ------
    MissingFileError, FileFormatError
        If it is not there, cut off, or no ONNX file.
    """
    called, content = _bytes_of(source)
    try:
        fields = _fields(memoryview(content))
    except (IndexError, ValueError) as error:
        msg = f"{called} is no ONNX file, or cut off: {error}"
        raise FileFormatError(msg) from error
    graphs = [value for number, value in fields if number == GRAPH and not isinstance(value, int)]
    if len(graphs) != 1 or not any(number == IR_VERSION for number, _ in fields):
        msg = f"{called} is no ONNX file: it holds no graph"
        raise FileFormatError(msg)
    try:
        metadata = dict(_entry(value) for number, value in fields if number == METADATA)
    except (IndexError, ValueError, KeyError, TypeError) as error:
        msg = f"{called} is broken: its metadata cannot be read"
        raise FileFormatError(msg) from error
    return Contents(bytes(content), metadata, hashlib.sha256(graphs[0]).hexdigest())


def name_of(source):
    """How a message calls a file that is given by its path or as bytes."""
    return str(source) if isinstance(source, (str, PathLike)) else "the ONNX model"


def _bytes_of(source):
    if isinstance(source, (bytes, bytearray, memoryview)):
        return name_of(source), bytes(source)
    path = user_path(source, "source")
    if not path.is_file():
        msg = f"there is no model file {str(path)!r}"
        raise MissingFileError(msg)
    return str(path), path.read_bytes()


def _fields(data):
    """Pairs of number and value (int, or bytes) of the fields of a message."""
    at, found = 0, []
    while at < len(data):
        key, at = _varint(data, at)
        number, kind = key >> 3, key & 7
        if number == 0:
            msg = f"byte {at} starts no field"
            raise ValueError(msg)
        value, at = _value(data, at, kind)
        found.append((number, value))
    return found


def _value(data, at, kind):
    if kind == VARINT:
        return _varint(data, at)
    if kind in (FIXED64, FIXED32):
        size = 8 if kind == FIXED64 else 4
    elif kind == BYTES:
        size, at = _varint(data, at)
    else:
        msg = f"byte {at} is of no known kind"
        raise ValueError(msg)
    if at + size > len(data):
        msg = f"it ends at byte {len(data)}, {at + size - len(data)} bytes early"
        raise ValueError(msg)
    return data[at : at + size], at + size


def _varint(data, at):
    value, shift = 0, 0
    while True:
        if at >= len(data) or shift > 63:
            msg = f"it ends at byte {len(data)}, inside a number"
            raise ValueError(msg)
        byte = data[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at


def _entry(data):
    fields = dict(_fields(data))
    return bytes(fields[1]).decode(), bytes(fields.get(2, b"")).decode()
