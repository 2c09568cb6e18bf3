"""Memory maps as smartBKG writes them: raw values, with pickled shape and type beside them."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from skhep_nn import _choices
from skhep_nn._paths import user_path
from skhep_nn._shown import shown
from skhep_nn._storage import open_regular
from skhep_nn.cache._npy import array_bytes
from skhep_nn.cache._plain_pickle import plain_pickle
from skhep_nn.exceptions import FileFormatError, MissingFileError

# Pickles of a short tuple or string; anything longer is something else.
MAX_BYTES = 4096


# "w+" would empty the file
MODES = ("r", "r+", "c")


def open_smartbkg_memmap(path, *, mode="r"):
    """Map an array that smartBKG's ``create_joint_memmaps.py`` wrote.

    Beside ``X.memmap`` lie ``X.memmap.shape`` and ``X.memmap.dtype``, which are pickles. A pickle
    can run any code, or take any memory; these are taken apart instruction by instruction, and only
    those that make a tuple of whole numbers or a string are followed.

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
    path = user_path(path, "path")
    mode = _choices.one_of(mode, MODES, "mode")
    shape = _read(path, ".shape", _is_shape, "a tuple of whole numbers")
    dtype = _dtype(path, _read(path, ".dtype", lambda value: type(value) is str, "a string"))
    needed = array_bytes(dtype, shape)
    try:
        # a pipe must not be waited for
        with open_regular(path) as file:
            size = os.fstat(file.fileno()).st_size
    except (FileNotFoundError, NotADirectoryError):
        msg = f"there is no file {str(path)!r}"
        raise MissingFileError(msg) from None
    if size < needed or not needed:
        msg = (
            f"{path} has {size} bytes, but shape {shape} of {dtype} takes {needed}; it is cut off "
            "or the side files are of another array"
        )
        raise FileFormatError(msg)
    return np.memmap(path, dtype=dtype, mode=mode, shape=shape)


def _read(path, ending, fits, rule):
    side = Path(f"{path}{ending}")
    try:
        with open_regular(side) as file:
            content = file.read(MAX_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError):
        msg = f"there is no file {str(side)!r}, which smartBKG writes beside {path.name}"
        raise MissingFileError(msg) from None
    if len(content) > MAX_BYTES:
        msg = f"{side} holds more than {MAX_BYTES} bytes and must hold {rule}"
        raise FileFormatError(msg)
    try:
        value = plain_pickle(content)
    except ValueError as error:
        msg = f"{side} must hold {rule} and is refused: {error}"
        raise FileFormatError(msg) from error
    if not fits(value):
        msg = f"{side} must hold {rule}, got {shown(value)}"
        raise FileFormatError(msg)
    return value


def _is_shape(value):
    # as many axes, and numbers as large, as numpy has
    fits = type(value) is tuple and 0 < len(value) <= 32
    return fits and all(type(n) is int and 0 <= n < 2**63 for n in value)


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
