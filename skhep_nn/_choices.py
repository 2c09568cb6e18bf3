"""Parameters that are one of a few values, a switch, a text: that, or an error which names them."""

from __future__ import annotations

from numbers import Integral, Real

import numpy as np

from skhep_nn._shown import shown


def is_whole(value):
    """Whether `value` is a whole number: neither True nor a time difference, which count as one."""
    return isinstance(value, Integral) and not isinstance(value, (bool, np.timedelta64))


def is_real(value):
    """Whether `value` is a single real number: neither True nor a time difference."""
    return isinstance(value, Real) and not isinstance(value, (bool, np.timedelta64))


def is_several(value):
    """Whether `value` is a list or array of any kind, ragged ones too, and not a single value."""
    return isinstance(value, (list, tuple, range)) or getattr(value, "ndim", 0) > 0


def has_key(known, value):
    """Whether `value` is a key of `known`; arrays and lists are the key of nothing."""
    if getattr(value, "ndim", 0):
        return False
    try:
        return value in known
    except (TypeError, ValueError):
        return False


def one_of(value, choices, name):
    """`value`, which is one of `choices`.

    Raises
    ------
    ValueError
        If it is none.
    """
    # an array is equal to nothing, and no key of a dict
    if isinstance(value, (str, type(None))) and value in list(choices):
        return value
    msg = f"{name}={shown(value)}; it must be one of {list(choices)}"
    raise ValueError(msg)


def switch(value, name):
    """`value`, which is true or false, as a bool.

    Raises
    ------
    ValueError
        If it is neither.
    """
    if isinstance(value, (bool, np.bool_)) or (is_whole(value) and value in (0, 1)):
        return bool(value)
    msg = f"{name}={shown(value)}; it must be True or False"
    raise ValueError(msg)


def count(value, name, most=1_000_000):
    """`value`, a whole number from 1 to `most`.

    Raises
    ------
    ValueError
        If it is none.
    """
    if is_whole(value) and 1 <= value <= most:
        return int(value)
    msg = f"{name}={shown(value)}; it must be a whole number from 1 to {most}"
    raise ValueError(msg)


def text(value, name):
    """`value`, a text or number, as a text; an empty one for None.

    Raises
    ------
    TypeError
        If it is neither.
    """
    if value is None:
        return ""
    if isinstance(value, (str, Real)):
        return str(value)
    msg = f"{name}={shown(value)}; it must be a text"
    raise TypeError(msg)


def names(value, name):
    """`value`, what things are called, as a dict; an empty one for None.

    Raises
    ------
    TypeError
        If it is no dict.
    """
    if value is None:
        return {}
    if isinstance(value, dict):
        return value
    msg = f"{name}={shown(value)}; it must be a dict of names"
    raise TypeError(msg)


def made_by(value, cls, name, how):
    """`value`, which is an object of `cls`; `how` says where such come from.

    Raises
    ------
    TypeError
        If it is of another class.
    """
    if isinstance(value, cls):
        return value
    msg = f"{name} must be what {how} gives, a {cls.__name__}, got {shown(value)}"
    raise TypeError(msg)
