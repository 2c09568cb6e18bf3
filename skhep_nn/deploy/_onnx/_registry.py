"""Tables of what can go into a graph, by class; what is in no table is an error."""

from __future__ import annotations

from contextlib import contextmanager
from inspect import getattr_static

from skhep_nn.exceptions import ExportError


class Table:
    """Functions by the class that they speak for.

    A class is known by its package and name. An object of a subclass counts as one of the class,
    unless it overrides what is computed.

    Parameters
    ----------
    what : str
        What the entries are, for the error message.
    method : str
        The method that must not be overridden.
    """

    def __init__(self, what, method):
        self.what, self.method = what, method
        self._functions = {}

    def add(self, *names):
        """Decorator: the function speaks for the classes `names`, as ``"keras.Dense"``."""

        def register(function):
            for name in names:
                self._functions[name] = function
            return function

        return register

    def names(self):
        """Names of the classes."""
        return sorted(self._functions)

    def __contains__(self, thing):
        return self._find(thing) is not None

    def __getitem__(self, thing):
        """The function for an object.

        Raises
        ------
        ExportError
            If there is none.
        """
        found = self._find(thing)
        if found is None:
            msg = f"{type(thing).__name__} is no {self.what} that can be written as ONNX"
            raise ExportError(msg)
        return found

    def _find(self, thing):
        for cls in type(thing).__mro__:
            function = self._functions.get(_key(cls))
            if function is not None:
                own, known = (getattr_static(c, self.method, None) for c in (type(thing), cls))
                return function if own is known else None
        return None


def _key(cls):
    """Package and name; operations of Keras share their names with layers."""
    package = cls.__module__.partition(".")[0]
    return f"{package}{'.ops' if '.ops.' in cls.__module__ else ''}.{cls.__name__}"


TRANSFORMERS = Table("transformer", "transform")
CLASSIFIERS = Table("classifier", "predict_proba")
LAYERS = Table("layer", "call")


class NeededColumnError(Exception):
    """A column that data may lack is needed after all; `source` is its position."""

    def __init__(self, source):
        super().__init__(source)
        self.source = source


@contextmanager
def named(what):
    """Errors inside say where they are."""
    try:
        yield
    except ExportError as error:
        raise ExportError(f"{what}: {error}" if what else str(error)) from error
