"""Values in the type that their column has by its first events: the same numbers, or an error."""

from __future__ import annotations

import numpy as np

from skhep_nn.exceptions import FileFormatError


def as_type(values, dtype, what):
    """Numbers as `dtype`, none of them another number.

    Parameters
    ----------
    values : array
    dtype : dtype
        Of numbers or booleans.
    what : str
        The file, the column and the events, for messages.

    Raises
    ------
    FileFormatError
        If values are missing, no numbers, or others in that type.
    """
    if values.dtype == dtype:
        return values
    if not isinstance(values.dtype, np.dtype) or values.dtype.kind not in "biuf":
        found = "whole numbers, of which some are missing" if values.dtype.kind in "iu" else "text"
        raise FileFormatError(_message(what, found, dtype))
    fault = next((found for found, looks in FAULTS if looks(values, dtype)), None)
    if fault is not None:
        raise FileFormatError(_message(what, fault, dtype))
    return values.astype(dtype)


def _message(what, found, dtype):
    return (
        f"{what} has {found}, and {dtype} where the files begin, which does not hold these; write "
        "the column in one type, or leave it out with columns="
    )


def _is_missing(values, dtype):
    return dtype.kind in "biu" and values.dtype.kind == "f" and not np.isfinite(values).all()


def _is_fraction(values, dtype):
    return dtype.kind in "iu" and values.dtype.kind == "f" and bool((values % 1 != 0).any())


def _is_number(values, dtype):
    return dtype.kind == "b"


def _is_beyond(values, dtype):
    """Whether the largest or the lowest is no number of that type."""
    if not values.size or dtype.kind == "b" or (dtype.kind == values.dtype.kind == "f"):
        return False
    low, high = int(values.min()), int(values.max())
    if dtype.kind == "f":
        most = 2 ** (np.finfo(dtype).nmant + 1)
        return max(-low, high) > most
    limits = np.iinfo(dtype)
    return low < limits.min or high > limits.max


FAULTS = (
    ("missing values", _is_missing),
    ("numbers", _is_number),
    ("fractions", _is_fraction),
    ("whole numbers that are too large", _is_beyond),
)
