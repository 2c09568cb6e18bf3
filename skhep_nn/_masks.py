"""Masked arrays: without a masked value they are arrays like others, with one they are refused.

NumPy drops a mask in every conversion, and what stands under it counts. So everything that reads
an array of the user asks here first. The exceptions are sequences: there the mask says where the
padding is, and `SequencePadder`, `EventBlocks` and the encoders of PDG codes honour it.
"""

from __future__ import annotations

import numpy as np


def is_masked(values):
    """Whether `values` is an array, or a list of arrays, with a masked value."""
    if isinstance(values, np.ma.MaskedArray):
        return bool(np.ma.is_masked(values))
    if isinstance(values, np.ndarray) and values.dtype == object:
        return any(value is np.ma.masked for value in values.reshape(-1))
    if isinstance(values, (list, tuple)):
        return any(isinstance(part, np.ma.MaskedArray) and is_masked(part) for part in values)
    return False


def unmasked(values, name, error=ValueError):
    """`values` as they are, a masked array without a masked value as a plain one.

    Parameters
    ----------
    values : anything that NumPy makes an array of
    name : str
        What they are, for the error message.
    error : type of exception, default=ValueError

    Raises
    ------
    ValueError
        Or `error`, if values are masked: how many, and what to do.
    """
    if is_masked(values):
        raise error(message(values, name))
    return np.ma.getdata(values) if isinstance(values, np.ma.MaskedArray) else values


def _count(row):
    if isinstance(row, np.ndarray) and row.dtype == object:
        return sum(value is np.ma.masked for value in row.reshape(-1))
    return int(np.ma.getmaskarray(row).sum())


def message(values, name):
    """What the error says of masked `values`."""
    rows = [values] if getattr(values, "ndim", 1) == 0 else values
    counts = [_count(row) for row in rows]
    first = next(at for at, count in enumerate(counts) if count)
    return (
        f"{name} is a masked array, {sum(counts)} of its {sum(map(np.size, rows))} values are "
        f"masked, the first in event {first}; a mask is not applied to events here: drop these "
        "events (.compressed() of a 1-D array), or say what stands for a missing value "
        "(.filled(numpy.nan))"
    )
