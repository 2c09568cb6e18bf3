"""Words that several docstrings share: written once, shown in each.

A docstring has ``{name}`` on a line of its own where the words of that name are to stand.
"""

from __future__ import annotations

import re
from textwrap import indent

_PLACE = re.compile(r"^( *)\{(\w+)\}$", re.MULTILINE)


def filled(doc, words):
    """`doc` with shared words in their places.

    Parameters
    ----------
    doc : str or None
        None, as Python has it under ``-OO``, stays None.
    words : dict of str to str
        By name; what begins with another name is left as it is.

    Returns
    -------
    str or None
    """

    def at(place):
        margin, name = place.groups()
        return indent(words[name], margin) if name in words else place[0]

    return doc and _PLACE.sub(at, doc)


def shares(words):
    """Class decorator: `words` in the docstrings of a class and of what it defines.

    Parameters
    ----------
    words : dict of str to str
    """

    def decorate(cls):
        cls.__doc__ = filled(cls.__doc__, words)
        for member in vars(cls).values():
            function = getattr(member, "__func__", member)
            if callable(function):
                function.__doc__ = filled(function.__doc__, words)
        return cls

    return decorate
