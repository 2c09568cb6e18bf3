"""What a section may consist of: text, numbers, tables and figures; and what is missing."""

from __future__ import annotations

from dataclasses import dataclass, field
from numbers import Integral, Real

import numpy as np

# inches from which on a figure is not set beside another
_LARGE = 8.0


class Missing(Exception):  # noqa: N818 - nothing went wrong
    """Raised by a section that cannot be computed from what is given.

    Parameters
    ----------
    what : str
        What it needs.
    how : str
        How to give it.
    """

    def __init__(self, what, how=""):
        super().__init__(f"{what} {how}".strip())
        self.what = what
        self.how = how


@dataclass(frozen=True)
class Measured:
    """A number with its error, in a table or among numbers.

    Parameters
    ----------
    value : float
    error : float, default=NaN
        NaN for a number without one.
    """

    value: float
    error: float = np.nan

    def to_json(self):
        """As a dict of ``value`` and ``error``; what is not finite is None."""
        return {"value": as_json(self.value), "error": as_json(self.error)}


@dataclass(frozen=True)
class Text:
    """A paragraph.

    Parameters
    ----------
    text : str
    """

    text: str

    def to_json(self):
        """As a dict."""
        return {"text": self.text}


@dataclass(frozen=True)
class Numbers:
    """Named results.

    Parameters
    ----------
    numbers : dict of str to object
        Numbers, :class:`Measured` or text.
    """

    numbers: dict

    def to_json(self):
        """As a dict."""
        return {"numbers": as_json(self.numbers)}


@dataclass(frozen=True)
class Table:
    """A table.

    Parameters
    ----------
    frame : DataFrame
        Cells are numbers, :class:`Measured` or text; the index is the head of each row.
    caption : str
    """

    frame: object
    caption: str

    def to_json(self):
        """As a dict: a row by its name, each a dict of columns."""
        rows = [
            {"row": as_json(name), **as_json({str(c): row[c] for c in self.frame.columns})}
            for name, row in self.frame.iterrows()
        ]
        return {"table": self.caption, "rows": rows}


@dataclass(frozen=True)
class Picture:
    """A picture of matplotlib.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        It is closed once it is written.
    caption : str
        Below the picture.
    alt : str
        What is in the picture, for those who do not see it.
    svg : bytes
        Of the figure; written when it is made.
    is_large : bool
        Whether it takes the width of the page.
    """

    figure: object = field(repr=False, compare=False)
    caption: str
    alt: str
    svg: bytes = field(default=b"", repr=False)
    is_large: bool = False

    def __post_init__(self):
        if self.figure is not None:
            from skhep_nn.report._pictures import svg_of

            object.__setattr__(self, "is_large", self.figure.get_figwidth() > _LARGE)
            object.__setattr__(self, "svg", svg_of(self.figure))
            object.__setattr__(self, "figure", None)

    def to_json(self):
        """As a dict, without the picture."""
        return {"figure": self.caption, "alt": self.alt}


def as_json(value):
    """`value` as JSON holds it: no NumPy types, None for what is not finite."""
    if isinstance(value, Measured):
        return value.to_json()
    if isinstance(value, dict):
        return {str(key): as_json(part) for key, part in value.items()}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [as_json(part) for part in value]
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, Real):
        return float(value) if np.isfinite(value) else None
    return value if value is None else str(value)
