"""Pickled text and lists in HDF5 files, read without running anything."""

from __future__ import annotations

import io
import pickle
from math import prod


def load_plain(content):
    """What a pickle holds of lists, dicts, tuples, text and numbers.

    Names of classes and functions, which a pickle may ask to be called, are replaced by objects
    that do nothing; an array of NumPy's becomes a `PlainArray`.

    Raises
    ------
    ValueError
        If the content is no pickle.

    Examples
    --------
    >>> import pickle
    >>> load_plain(pickle.dumps([("pt", None), {"n": 3}]))
    [('pt', None), {'n': 3}]
    >>> load_plain(pickle.dumps(print))
    <an object of builtins.print>
    """
    try:
        return _Unpickler(io.BytesIO(content)).load()
    except Exception as error:
        msg = f"its pickle cannot be read: {error}"
        raise ValueError(msg) from error


class PlainArray:
    """The values of a pickled array of Python objects, in a flat list, row by row."""

    __slots__ = ("shape", "values")

    def __init__(self, *_):
        self.shape, self.values = (0,), []

    def __setstate__(self, state):
        _, shape, _, _, values = state
        if not isinstance(values, list) or len(shape) > 2 or prod(shape) != len(values):
            msg = f"an array of shape {shape!r:.50} is not one of text"
            raise ValueError(msg)
        self.shape, self.values = tuple(shape), values


class Unknown:
    """What stands for a class or function that a pickle names, and for what it would make."""

    __slots__ = ("_name",)

    def __init__(self, name):
        self._name = name

    def __repr__(self):
        return f"<an object of {self._name}>"

    def __call__(self, *_, **__):
        return Unknown(self._name)

    def __setstate__(self, state):
        pass

    def __setitem__(self, key, value):
        pass

    def append(self, value):
        """Nothing."""

    def extend(self, values):
        """Nothing."""

    def add(self, value):
        """Nothing."""


# the C one makes room for as many objects as a pickle of five bytes asks for
class _Unpickler(pickle._Unpickler):
    def find_class(self, module, name):
        is_array = module.endswith(".multiarray") and name == "_reconstruct"
        return _new_array() if is_array else Unknown(f"{module}.{name}")

    def persistent_load(self, pid):
        return Unknown("persistent")

    def get_extension(self, code):
        self.append(Unknown(f"extension {code}"))


def _new_array():
    # not the class itself, whose attributes a pickle could set
    class Maker(Unknown):
        __slots__ = ()

        def __call__(self, *_, **__):
            return PlainArray()

    return Maker("numpy.ndarray")
