"""Routed parameters: ``optimizer__clipnorm=1.`` is the argument ``clipnorm`` of the optimizer.

The rules are those that scikeras' users know. What is given may be a class, which is made with its
arguments, or a list or dict of such: ``callbacks__0__patience`` is for the first of a list,
``callbacks__stop__patience`` for that name of a dict, ``callbacks__patience`` for all of them.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence


def routed_to(destination, parameters, *, strict=False):
    """Arguments that `parameters` have for `destination`, by their names without its prefix.

    Parameters
    ----------
    destination : str
    parameters : Mapping of str to object
    strict : bool, default=False
        Leave out those that go further, as ``optimizer__inner__name``.

    Returns
    -------
    dict
    """
    prefix = f"{destination}__"
    found = {n.removeprefix(prefix): v for n, v in parameters.items() if n.startswith(prefix)}
    return {n: v for n, v in found.items() if not (strict and "__" in n)}


def made(items, arguments, shared=()):
    """`items` with each class in it made with its arguments.

    Parameters
    ----------
    items : object
        A class, or a list, tuple or dict of such; anything else is as it should be already.
    arguments : dict
        As :func:`routed_to` gives them. Numbers are places: ``{"0": 0.5}`` is the first argument.
    shared : dict, optional
        Arguments for every one of several items.

    Raises
    ------
    TypeError
        If something that is no class is given arguments.
    """
    given = {**dict(shared), **{n: v for n, v in arguments.items() if "__" not in n}}
    if inspect.isclass(items):
        return _called(items, given, arguments)
    if isinstance(items, (list, tuple, dict)):
        numbered = items.items() if isinstance(items, dict) else enumerate(items)
        own = {n: v for n, v in arguments.items() if "__" not in n}
        parts = {key: made(i, routed_to(str(key), arguments), own) for key, i in numbered}
        return parts if isinstance(items, dict) else type(items)(parts.values())
    if given:
        msg = (
            f"{str(items)!r} (of type {type(items).__name__}) does not accept parameters because "
            f"it's not a class; it was given {given}"
        )
        raise TypeError(msg)
    return items


def by_name(items, get):
    """`items` with what `get` makes of each name in it."""
    if isinstance(items, str):
        return get(items)
    if isinstance(items, Mapping):
        return {key: by_name(item, get) for key, item in items.items()}
    if isinstance(items, Sequence):
        return type(items)([by_name(item, get) for item in items])
    return items


def _called(cls, given, arguments):
    """An object of `cls`; classes among what it is given are made, too."""
    values = {name: made(value, routed_to(name, arguments)) for name, value in given.items()}
    places = sorted((int(name), value) for name, value in values.items() if name[0].isdigit())
    named = {name: value for name, value in values.items() if not name[0].isdigit()}
    return cls(*(value for _, value in places), **named)
