"""Real numbers of the user: weights, scores, values of a variable. Numbers, or an error.

NumPy makes a float of nearly everything: of a date its nanoseconds, of a complex number its real
part, of the text "1" a one, of a masked value whatever stands under the mask. None of these is
what a weight or a score may be.
"""

from __future__ import annotations

import numpy as np

from skhep_nn import _frames, _masks
from skhep_nn._shown import shown

REFUSED = {
    "M": "dates",
    "m": "time differences",
    "c": "complex numbers",
    "U": "text",
    "S": "text (bytes)",
    "T": "text",
    "V": "records",
}


def real(values, name, error=ValueError):
    """`values` as a float64 array; what is missing (None, pandas' NA) is NaN.

    Parameters
    ----------
    values : array-like of any shape
    name : str
        What they are, for the error message.
    error : type of exception, default=ValueError

    Raises
    ------
    ValueError
        Or `error`, if they are not real numbers, or some are masked.

    Examples
    --------
    >>> real([1, None, 0.5], "y_score").tolist()
    [1.0, nan, 0.5]
    """
    given = as_array(_masks.unmasked(values, name, error), name, error)
    given = _masks.unmasked(given, name, error)
    check_type(given.dtype, name, error)
    try:
        if given.dtype == object:
            return _of_objects(given)
        # a number beyond float64 is infinity, which who asks for finite numbers will say
        with np.errstate(over="ignore"):
            return given.astype(np.float64, copy=False)
    except (TypeError, ValueError, OverflowError) as why:
        msg = f"{name} must be numbers, got {_shown(values)}"
        raise error(msg) from why


def as_array(values, name, error=ValueError):
    """`values`, an array-like or a Series of any library, as an array of their own type.

    Raises
    ------
    ValueError
        Or `error`, if they are ragged.
    """
    values = _frames.as_array(values)
    try:
        # what an awkward array has none of becomes masked, which is counted later
        return values.to_numpy() if is_awkward(values) else np.asarray(values)
    except (TypeError, ValueError, OverflowError) as why:
        msg = f"{name} must be an array of numbers, got {_shown(values)}"
        raise error(msg) from why


def is_awkward(values):
    """Whether `values` is an awkward array; awkward is not imported for that."""
    return type(values).__module__.partition(".")[0] == "awkward" and hasattr(values, "fields")


def check_type(dtype, name, error=ValueError):
    """Raise if `dtype`, NumPy's or pandas', is one that a cast would make nonsense of.

    Raises
    ------
    ValueError
        Or `error`.
    """
    found = REFUSED.get(getattr(dtype, "kind", "O"))
    if found is not None:
        msg = f"{name} must be numbers, got {found} ({dtype})"
        raise error(msg)


def plain_objects(values, name):
    """An array of objects or text as float64; an array of another type as it is.

    As in scikit-learn, text that is a number is one in a table of features.

    Raises
    ------
    TypeError
        If an object is no real number.
    ValueError
        If a text is none.
    """
    if values.dtype.kind in "USV":
        return _of_text(values, name)
    if values.dtype != object:
        return values
    try:
        return real(values, name)
    except ValueError as error:
        if _masks.is_masked(values):
            raise
        # scikit-learn's checks ask for this wording
        msg = f"{name}: argument must be no string and no other object, but a number: {error}"
        raise TypeError(msg) from error


def _of_text(values, name):
    try:
        return values.astype(np.float64)
    except (TypeError, ValueError) as error:
        msg = f"{name} does not hold numbers: {error}"
        raise ValueError(msg) from error


def one(value, name, error=ValueError):
    """A single real number as a float.

    Raises
    ------
    ValueError
        Or `error`.
    """
    found = real(value, name, error)
    if found.ndim:
        msg = f"{name}={shown(value)}; it must be one number"
        raise error(msg)
    return float(found)


def not_negative(value, name, error=ValueError):
    """A single finite number >= 0 as a float.

    Raises
    ------
    ValueError
        Or `error`.
    """
    found = one(value, name, error)
    if not 0 <= found < np.inf:
        msg = f"{name}={shown(value)}; it must be a finite number >= 0"
        raise error(msg)
    return found


def logarithms(probabilities):
    """Logarithms of probabilities; minus infinity for 0, without a warning."""
    with np.errstate(divide="ignore"):
        return np.log(probabilities)


def _of_objects(values):
    import pandas as pd

    flat = values.reshape(-1)
    missing = pd.isna(flat)
    if any(isinstance(value, (str, bytes, np.datetime64, np.timedelta64)) for value in flat):
        msg = "text or dates among the values"
        raise TypeError(msg)
    return np.where(missing, np.nan, flat).astype(np.float64).reshape(values.shape)


def _shown(values):
    kind = "" if isinstance(values, (list, tuple, np.ndarray)) else f"{type(values).__name__} "
    return f"{kind}{shown(values)}"
