"""Whole numbers that name something: event numbers, run numbers, PDG codes. Exact, or an error.

A floating-point number above the range in which its type has every whole number may stand for
several of them: it was rounded before it came here, and nobody can say from which.
"""

from __future__ import annotations

import numpy as np

from skhep_nn import _choices, _floats, _masks
from skhep_nn._shown import shown

_INT64 = np.iinfo(np.int64)


def exact(values, name, *, of="event", signed=False, rule=": whole numbers are needed"):
    """`values` as an array of integers, each the very number that was meant.

    Parameters
    ----------
    values : array-like of any shape
        Integers of any type, or floating-point numbers that are whole and below the limit of
        their own type: 2**11 for float16, 2**24 for float32, 2**53 for float64.
    name : str
        What they are, e.g. ``"column 'event_number'"``, for the error message.
    of : str, default="event"
        What the first axis counts, for the error message.
    signed : bool, default=False
        Whether they have to fit into int64; otherwise large unsigned ones stay uint64.
    rule : str
        What the error message says behind the name.

    Returns
    -------
    ndarray
        Integers keep their type (in the byte order of the machine), others become int64 or, above
        its range, uint64.

    Raises
    ------
    ValueError
        If a value is masked, missing, infinite, not whole, or beyond the range in which its type
        is exact; the message names the first.
    TypeError
        If they are not numbers.

    Examples
    --------
    >>> import numpy as np
    >>> exact(np.array([211.0, -211.0], "float32"), "column 'pdg'").tolist()
    [211, -211]
    """
    given = _masks.unmasked(_floats.as_array(_masks.unmasked(values, name), name), name)
    where = _Where(name + rule, of)
    if given.dtype.kind in "iu":
        found = given.astype(given.dtype.newbyteorder("="), copy=False)
    elif given.dtype.kind == "f":
        found = _of_floats(given, where)
    elif given.dtype == object:
        found = _of_objects(given, where)
    else:
        raise TypeError(where.text(f"an argument of type {given.dtype}"))
    return _in_int64(found, where) if signed else found


def limit(dtype):
    """The first whole number that `dtype` does not tell from its neighbour: 2**24 for float32."""
    return 2 ** (np.finfo(dtype).nmant + 1)


class _Where:
    """Where a value is, in words."""

    def __init__(self, name, of):
        self.name, self.of = name, of

    def text(self, what):
        return f"{self.name}, got {what}"

    def at(self, values, bad, what):
        """Message on the first of the values that are `bad`."""
        first = tuple(np.argwhere(bad)[0])
        place = f" in {self.of} {first[0]}" if first else ""
        number = int(bad.sum())
        more = f" ({number} such values)" if number > 1 else ""
        return self.text(what(values[first])) + place + more


def _of_floats(values, where):
    dtype = values.dtype
    # float16 does not reach 2**63
    values = values.astype(np.result_type(dtype, np.float64))
    for bad, what in (
        (np.isnan(values), lambda value: "NaN"),
        (np.isinf(values), lambda value: "infinity"),
        (values != np.rint(values), lambda value: shown(float(value))),
        (np.abs(values) >= limit(dtype), lambda value: _rounded(value, dtype)),
        (np.abs(values) >= 2.0**63, lambda value: f"{shown(int(value))}, beyond 64 bits"),
    ):
        if bad.any():
            raise ValueError(where.at(values, bad, what))
    return values.astype(np.int64)


def _rounded(value, dtype):
    power = np.finfo(dtype).nmant + 1
    return (
        f"{shown(int(value))} as {dtype}, which is exact only below 2**{power} and may have been "
        "rounded from another number; read it as an integer type"
    )


def _of_objects(values, where):
    rows = values.reshape(len(values) if values.ndim else 1, -1) if values.size else values
    out = np.empty(values.size, dtype=object)
    out[:] = [_whole(value, at, where) for at, row in enumerate(rows) for value in row]
    low, high = min(out, default=0), max(out, default=0)
    if low < _INT64.min or high > np.iinfo(np.uint64).max or (low < 0 and high > _INT64.max):
        worst = low if low < _INT64.min else high
        raise ValueError(where.text(f"{shown(worst)}, beyond 64 bits"))
    return out.astype(np.uint64 if high > _INT64.max else np.int64).reshape(values.shape)


def _whole(value, at, where):
    # a time difference of NumPy calls itself an integer
    if _choices.is_whole(value):
        return int(value)
    if isinstance(value, (float, np.floating)):
        return int(_of_floats(np.asarray(value), _Where(f"{where.of} {at}: {where.name}", "")))
    if value is None or type(value).__name__ in ("NAType", "NaTType", "MaskedConstant"):
        raise ValueError(where.text(f"a missing value (NaN, None) in {where.of} {at}"))
    # scikit-learn's checks ask for the second half
    what = f"{shown(value)} in {where.of} {at} (argument must be an integer; strings and other"
    raise TypeError(where.text(f"{what} objects are no number)"))


def _in_int64(values, where):
    if values.dtype == np.uint64:
        bad = values > _INT64.max
        if bad.any():
            raise ValueError(where.at(values, bad, lambda value: f"{value}, beyond int64"))
        return values.astype(np.int64)
    return values
