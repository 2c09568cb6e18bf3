"""Pickles of numbers, text and tuples of these, read without unpickling.

An unpickler runs what a pickle imports, and a few bytes can ask it for gigabytes (an index into its
memo) or for objects that take for ever to print (a tuple of twice the same, many times over). Here
nothing is made but what is written out.
"""

from __future__ import annotations

import pickletools

# Instructions that change nothing here: nothing is fetched from the memo.
IGNORED = ("PROTO", "FRAME", "MEMOIZE", "PUT", "BINPUT", "LONG_BINPUT")
VALUES = ("INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "BINFLOAT", "FLOAT")
TEXTS = ("UNICODE", "SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8")
CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
TUPLES = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}
IMPORTS = ("GLOBAL", "STACK_GLOBAL", "INST")
_MARK = object()


def plain_pickle(content):
    """The number, text, or tuple of these that a pickle holds.

    Parameters
    ----------
    content : bytes

    Raises
    ------
    ValueError
        If it is damaged, or holds anything else.

    Examples
    --------
    >>> import pickle
    >>> plain_pickle(pickle.dumps((2, 3)))
    (2, 3)
    """
    stack = []
    try:
        for operation, argument, _ in pickletools.genops(content):
            if operation.name == "STOP":
                break
            _follow(operation.name, argument, stack)
    # damaged pickles raise anything from ValueError to UnicodeDecodeError
    except Exception as error:
        raise ValueError(str(error)) from error
    if len(stack) != 1 or stack[0] is _MARK:
        msg = "it is no pickle of one value"
        raise ValueError(msg)
    return stack[0]


def _follow(name, argument, stack):
    if name in IGNORED:
        return
    if name in VALUES or name in TEXTS:
        stack.append(argument)
    elif name in CONSTANTS:
        stack.append(CONSTANTS[name])
    elif name == "MARK":
        stack.append(_MARK)
    elif name in TUPLES:
        _make_tuple(stack, len(stack) - TUPLES[name])
    elif name == "EMPTY_TUPLE":
        stack.append(())
    elif name == "TUPLE":
        first = len(stack) - stack[::-1].index(_MARK)
        _make_tuple(stack, first)
        # the mark before it
        del stack[-2]
    else:
        _refuse(name, argument, stack)


def _make_tuple(stack, first):
    values = tuple(stack[first:])
    if first < 0 or any(value is _MARK or isinstance(value, tuple) for value in values):
        msg = "it holds a tuple of something else than numbers and text"
        raise ValueError(msg)
    stack[first:] = [values]


def _refuse(name, argument, stack):
    wanted = argument if isinstance(argument, str) else " ".join(map(str, stack[-2:]))
    what = f"it wants to import {wanted.replace(' ', '.')}" if name in IMPORTS else f"it has {name}"
    msg = f"{what:.200}"
    raise ValueError(msg)
