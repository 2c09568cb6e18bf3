"""A value as an error message shows it: short, whatever it is."""

from __future__ import annotations

from decimal import Decimal

import numpy as np

# int64 and uint64 are written out
DIGITS = 20
PLAIN = (np.number, np.bool_, np.str_)
NOT_PLAIN = (np.timedelta64, np.longdouble, np.clongdouble)


def shown(value, longest=60):
    """`value` in few characters; a whole number of more than 20 digits as a power of ten.

    Parameters
    ----------
    value : object
    longest : int, default=60

    Returns
    -------
    str

    Examples
    --------
    >>> print(shown("signal"), shown(1e300), shown(-(10**300)))
    'signal' 1e+300 -1.00e+300
    """
    if isinstance(value, PLAIN) and not isinstance(value, NOT_PLAIN):
        value = value.item()
    if type(value) is int and abs(value) >= 10**DIGITS:
        return f"{Decimal(value):.2e}"
    try:
        return repr(value)[:longest]
    except Exception as error:
        return f"a {type(value).__name__} that cannot be shown ({error})"[:longest]
