"""Memory maps as smartBKG writes them: raw values, with pickled shape and type beside them."""

from __future__ import annotations

import io
import pickle
from pathlib import Path

import numpy as np

from skhep_nn.cache._npy import array_bytes
from skhep_nn.exceptions import FileFormatError, MissingFileError

# Pickles of a short tuple or string; anything longer is something else.
MAX_BYTES = 4096


def open_smartbkg_memmap(path, *, mode="r"):
    """Map an array that smartBKG's ``create_joint_memmaps.py`` wrote.

    Beside ``X.memmap`` lie ``X.memmap.shape`` and ``X.memmap.dtype``, which are pickles. A pickle
    can run any code; these are read by an unpickler that knows no names at all, so that nothing
    but a tuple of whole numbers and a string comes out.

    Parameters
    ----------
    path : path
        The file with the values.
    mode : {"r", "r+", "c"}, default="r"
        As for `numpy.memmap`.

    Returns
    -------
    numpy.memmap

    Raises
    ------
    MissingFileError
        If one of the three files is not there.
    FileFormatError
        If a side file holds anything else, or the values are fewer than they should be.

    Examples
    --------
    >>> import pathlib, pickle, tempfile
    >>> import numpy as np
    >>> from skhep_nn.cache import open_smartbkg_memmap
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder) / "X.memmap"
    ...     np.arange(6, dtype="float32").tofile(path)
    ...     _ = path.with_name("X.memmap.shape").write_bytes(pickle.dumps((2, 3)))
    ...     _ = path.with_name("X.memmap.dtype").write_bytes(pickle.dumps("float32"))
    ...     open_smartbkg_memmap(path).tolist()
    [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]
    """
    path = Path(path).expanduser()
    shape = _read(path, ".shape", _is_shape, "a tuple of whole numbers")
    dtype = _dtype(path, _read(path, ".dtype", lambda value: type(value) is str, "a string"))
    if not path.exists():
        msg = f"there is no file {str(path)!r}"
        raise MissingFileError(msg)
    needed = array_bytes(dtype, shape)
    if path.stat().st_size < needed or not needed:
        msg = (
            f"{path} has {path.stat().st_size} bytes, but shape {shape} of {dtype} takes {needed}; "
            "it is cut off or the side files are of another array"
        )
        raise FileFormatError(msg)
    return np.memmap(path, dtype=dtype, mode=mode, shape=shape)


class PlainUnpickler(pickle.Unpickler):
    """An unpickler that makes numbers, strings and containers of them, and calls nothing."""

    def find_class(self, module, name):
        """Refuse whatever a pickle wants to import."""
        msg = f"it wants to import {module}.{name}"
        raise pickle.UnpicklingError(msg)


def _read(path, ending, fits, rule):
    side = path.with_name(path.name + ending)
    if not side.exists():
        msg = f"there is no file {str(side)!r}, which smartBKG writes beside {path.name}"
        raise MissingFileError(msg)
    if side.stat().st_size > MAX_BYTES:
        msg = f"{side} holds {side.stat().st_size} bytes and must hold {rule}"
        raise FileFormatError(msg)
    try:
        value = PlainUnpickler(io.BytesIO(side.read_bytes())).load()
    # a damaged pickle raises anything from EOFError to AttributeError
    except Exception as error:
        msg = f"{side} must hold {rule} and is refused: {error}"
        raise FileFormatError(msg) from error
    if not fits(value):
        msg = f"{side} must hold {rule}, got {value!r:.60}"
        raise FileFormatError(msg)
    return value


def _is_shape(value):
    return type(value) is tuple and all(type(n) is int and n >= 0 for n in value) and bool(value)


def _dtype(path, name):
    try:
        dtype = np.dtype(name)
    except (TypeError, ValueError) as error:
        msg = f"{path}.dtype names {name!r:.60}, which is no type of numbers"
        raise FileFormatError(msg) from error
    if dtype.kind not in "biuf" or dtype.subdtype is not None:
        msg = f"{path}.dtype names {name!r:.60}, which is no type of numbers"
        raise FileFormatError(msg)
    return dtype
