"""What an input means, read value by value in plain Python: the judge of what was accepted.

A call that succeeds on an input that has no meaning here took nonsense for numbers.
"""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pyarrow as pa

REAL = (bool, int, float, np.floating, Decimal, Fraction)


class MeaninglessError(Exception):
    """An input that is no list of numbers or labels."""


def numbers(values):
    """A list of floats, of a list of real numbers without a missing one."""
    return [_number(value) for value in _listed(values)]


def numbers_or_missing(values):
    """As :func:`numbers`, NaN for a missing one."""
    found = _listed(values)
    return [math.nan if _is_missing(value) else _number(value) for value in found]


def weights(values, n_events):
    """One weight per event; None is one for each, and a number stands for all."""
    if values is None:
        return [1.0] * n_events
    if np.ndim(values) == 0 and not isinstance(values, (str, bytes, dict, set)):
        return [_number(_item(values))] * n_events
    return numbers(values)


def labels(values):
    """A list of labels, none of them missing."""
    found = _listed(values)
    if not found or any(_is_missing(value) for value in found):
        raise MeaninglessError
    kinds = {_kind(value) for value in found}
    if len(kinds) != 1 or None in kinds:
        raise MeaninglessError
    return found


def is_table(values):
    """Whether `values` is a frame, a 2-D array or a list of lists."""
    if isinstance(values, (pd.DataFrame, np.ndarray)):
        return values.ndim == 2
    rows = values if isinstance(values, (list, tuple)) else []
    return len(rows) > 0 and all(isinstance(row, (list, tuple)) for row in rows)


def matrix(values, of_row=numbers):
    """A list of rows of numbers, each as long as the others."""
    if not is_table(values) or (isinstance(values, np.ma.MaskedArray) and np.ma.is_masked(values)):
        raise MeaninglessError
    if isinstance(values, pd.DataFrame):
        values = values.to_numpy(dtype=object)
    rows = [of_row(row) for row in values]
    if len({len(row) for row in rows}) > 1:
        raise MeaninglessError
    return rows


def _listed(values):
    if isinstance(values, np.ma.MaskedArray) and np.ma.is_masked(values):
        raise MeaninglessError
    if isinstance(values, pd.DataFrame):
        raise MeaninglessError
    if isinstance(values, (pd.Series, pd.Index, pd.api.extensions.ExtensionArray)):
        values = list(values)
    if isinstance(values, (pa.Array, pa.ChunkedArray)):
        values = values.to_pylist()
    if isinstance(values, np.ndarray):
        if values.ndim != 1 or values.dtype.kind in "mMcV":
            raise MeaninglessError
        values = list(values)
    if not isinstance(values, (list, tuple, range)):
        raise MeaninglessError
    return [_item(value) for value in values]


def _item(value):
    if value is np.ma.masked or isinstance(value, (np.datetime64, np.timedelta64)):
        raise MeaninglessError
    return value.item() if isinstance(value, (np.generic, np.ndarray)) else value


def _is_missing(value):
    return (
        value is None
        or value is pd.NA
        or value is pd.NaT
        or (isinstance(value, float) and math.isnan(value))
    )


def _number(value):
    if _is_missing(value) or not isinstance(value, REAL):
        raise MeaninglessError
    try:
        return float(value)
    except OverflowError:
        raise MeaninglessError from None


def _kind(value):
    if isinstance(value, REAL):
        return "number" if isinstance(value, int) or math.isfinite(value) else None
    return {str: "text", bytes: "bytes"}.get(type(value))
