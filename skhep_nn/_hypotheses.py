"""Hypotheses: a value of each parameter, such as a mass, or the masses of a stop and a neutralino.

What a list of them may look like, how they are told apart, and what a message calls them; for
classifiers, metrics and splits alike.
"""

from __future__ import annotations

import numpy as np

# a table written in single precision names the same mass
SAME = 1e-6
# With more values the parameter is a continuous one, and not a list of hypotheses.
MOST_LISTED = 1_000


def hypotheses_of(given, names):
    """Hypotheses as an array.

    Parameters
    ----------
    given : sequence of numbers, of rows or of dicts, or an array
        One number (or row, or dict by name) per hypothesis.
    names : list
        Of the parameters.

    Returns
    -------
    ndarray of shape (n_hypotheses, n_parameters)

    Raises
    ------
    ValueError
        If they do not fit the parameters.
    """
    rows = [given] if isinstance(given, str) or not np.iterable(given) else list(given)
    one_by_one = np.iterable(given) and not isinstance(given, (str, dict))
    values = [hypothesis_of((), row, names) if isinstance(row, dict) else row for row in rows]
    values = None if np.ma.is_masked(given) else finite_numbers(values)
    if values is not None and values.ndim == 1 and len(names) == 1:
        values = values[:, None]
    fits = values is not None and values.ndim == 2 and values.shape[1] == len(names)
    if not (one_by_one and fits and len(values)):
        msg = (
            f"hypotheses={given!r:.200} must be a sequence of finite numbers, one for each of "
            f"{names}"
        )
        raise ValueError(msg)
    return values


def different(given, names):
    """Hypotheses as :func:`hypotheses_of` gives them, none of them twice.

    Raises
    ------
    ValueError
    """
    points = hypotheses_of(given, names)
    if len(np.unique(points, axis=0)) < len(points):
        msg = f"hypotheses={given!r:.200} must be different from each other"
        raise ValueError(msg)
    return points


def hypothesis_of(positional, named, names):
    """One hypothesis as a list, from numbers in the order of `names` or by name.

    Raises
    ------
    TypeError
        If a parameter is missing, unknown or given twice.
    ValueError
        If a value is no finite number.
    """
    if len(positional) == 1:
        row = finite_numbers(positional[0])
        positional = row.tolist() if row is not None and row.ndim == 1 else positional
    wanted = ", ".join(f"{name}=..." for name in names)
    known = dict(zip(map(str, names), range(len(names)), strict=True))
    unknown = [name for name in named if name not in known]
    if unknown or len(positional) + len(named) != len(names) or (positional and named):
        msg = f"a hypothesis has the parameters {wanted}; got {(*positional, named or '')!r:.200}"
        raise TypeError(msg)
    given = list(positional) or [named[name] for name in known]
    values = finite_numbers(given)
    if values is None or values.ndim != 1:
        msg = f"a hypothesis needs finite numbers for {wanted}; got {given!r:.200}"
        raise ValueError(msg)
    return values.tolist()


def finite_numbers(given):
    """`given` as an array of floats, or None if something in it is no finite number."""
    try:
        values = np.asarray(given)
    # blocks of events are no array
    except (ValueError, TypeError):
        return None
    if values.dtype.kind not in "iuf" or not np.isfinite(values).all():
        return None
    return values.astype(float)


def distinct(values):
    """Distinct rows of `values`, sorted, and for each event the number of its row.

    Parameters
    ----------
    values : ndarray of shape (n_events, n_parameters)

    Returns
    -------
    points : ndarray of shape (n_hypotheses, n_parameters)
    code : ndarray of shape (n_events,)
    """
    if values.shape[1] == 1:
        points, code = np.unique(values[:, 0], return_inverse=True)
        return points[:, None], code
    points, code = np.unique(values, axis=0, return_inverse=True)
    return points, code.reshape(-1)


def numbers_of(points, wanted, names):
    """Number of each of the hypotheses `wanted` among `points`.

    Raises
    ------
    ValueError
        If the signal has no such point.
    """
    equal = np.isclose(wanted[:, None], points[None], rtol=SAME, atol=0).all(axis=2)
    for at in np.flatnonzero(~equal.any(axis=1)):
        msg = f"there is no signal of {label_of(wanted[at], names)}; it has {shown(points, names)}"
        raise ValueError(msg)
    return equal.argmax(axis=1)


def check_listed(points, names, cure):
    """Raise if the hypotheses of the signal are so many that they are a continuum.

    Parameters
    ----------
    points : ndarray of shape (n_hypotheses, n_parameters)
        Distinct.
    names : list
    cure : str
        What to do about it.

    Raises
    ------
    ValueError
    """
    if len(points) > MOST_LISTED:
        msg = (
            f"the signal has {len(points)} different values of {names}, more than {MOST_LISTED}: a "
            f"continuous parameter rather than a list of hypotheses; {cure}"
        )
        raise ValueError(msg)


def label_of(point, names):
    """A hypothesis as text: ``mass=500``."""
    return ", ".join(f"{name}={value:g}" for name, value in zip(names, point, strict=True))


def shown(points, names):
    """The first of many hypotheses, for a message."""
    some = "; ".join(label_of(point, names) for point in points[:10])
    return some if len(points) <= 10 else f"{some}; and {len(points) - 10} more"
