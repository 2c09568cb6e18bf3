"""What is public, and which of it a call reaches."""

from __future__ import annotations

import functools
import inspect
import sys
import warnings
from contextlib import contextmanager
from importlib import import_module

import pytest

import skhep_nn

PACKAGES = (
    "cache",
    "datasets",
    "deploy",
    "estimators",
    "events",
    "io",
    "metrics",
    "model_selection",
    "networks",
    "plotting",
    "preprocessing",
    "report",
    "robustness",
    "training",
)


def public():
    """{name: (class or None, code)} of public functions, and of methods of public classes."""
    found = {}
    for package in PACKAGES:
        module = import_module(f"skhep_nn.{package}")
        for name in module.__all__:
            found |= _of(f"{package}.{name}", getattr(module, name))
    return found


def reached(calls):
    """The (class or None, code) pairs that `calls` run with their valid arguments."""
    codes = {code for _, code in public().values()}
    found = set()

    def look(frame, event, argument):
        if event == "call" and frame.f_code in codes:
            found.add((_owner(frame), frame.f_code))

    with warnings.catch_warnings(), _without_training():
        warnings.simplefilter("ignore")
        for call in calls:
            sys.setprofile(look)
            try:
                call.function(**call.valid)
            finally:
                sys.setprofile(None)
    return found


@contextmanager
def _without_training():
    """Nobody looks on inside of training, where nothing is public: that costs minutes."""
    from skhep_nn.estimators._fit import _training

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_training, "run", _unseen(_training.run))
        yield


def _unseen(function):
    @functools.wraps(function)
    def call(*args, **options):
        looks = sys.getprofile()
        sys.setprofile(None)
        try:
            return function(*args, **options)
        finally:
            sys.setprofile(looks)

    return call


def names_reached(calls):
    """Names of what :func:`public` has that `calls` run."""
    found = reached(calls)
    return {name for name, where in public().items() if where in found}


def _of(name, thing):
    if inspect.isclass(thing):
        return {f"{name}.{method}": (thing, code) for method, code in _methods(thing)}
    code = _code(thing)
    return {} if code is None else {name: (None, code)}


def _methods(cls):
    for name in dir(cls):
        code = None if name.startswith("_") else _code(inspect.getattr_static(cls, name))
        if code is not None:
            yield name, code


def _code(thing):
    """The code of a function of the package, whatever wraps it."""
    thing = getattr(thing, "__func__", thing)
    if not callable(thing) or isinstance(thing, property):
        return None
    function = inspect.unwrap(getattr(thing, "fn", thing))
    is_ours = getattr(function, "__module__", "").startswith(skhep_nn.__name__)
    return function.__code__ if is_ours and inspect.isfunction(function) else None


def _owner(frame):
    first = frame.f_code.co_varnames[:1]
    owner = frame.f_locals.get(first[0]) if first and first[0] in ("self", "cls") else None
    return owner if isinstance(owner, type) or owner is None else type(owner)
