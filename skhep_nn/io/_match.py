"""Which events are in a list of selected ones, matched by the columns that number them."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from numbers import Real

import numpy as np
import pandas as pd

from skhep_nn import _floats
from skhep_nn._columns import as_list, names
from skhep_nn._frames import as_pandas
from skhep_nn._shown import shown
from skhep_nn.exceptions import ColumnError, DroppedEventsWarning


def label_selected(events, selected, on=("file", "event_number"), *, missing="error"):
    """Which of `events` are in `selected`, e.g. which generated events passed a skim.

    Parameters
    ----------
    events : DataFrame, EventBlocks, dict of arrays, or structured array
        The events to label, one per row; only the columns `on` are looked at.
    selected : DataFrame, EventBlocks, dict of arrays, or structured array
        Those that were selected, with the same columns, in any order.
    on : str or list of str, default=("file", "event_number")
        Columns that together number an event: whole numbers of any type or text.
    missing : {"error", "warn", "ignore"}, default="error"
        What to do if a selected event is not among `events`: ``"warn"`` counts them in a
        `DroppedEventsWarning`; ``"ignore"`` is for labelling a part of the events, chunk by chunk.

    Returns
    -------
    ndarray of bool of shape (n_events,)
        True for the selected ones, in the order of `events`.

    Raises
    ------
    ValueError
        If an event occurs twice in either, has no number (NaN, None), or is selected and missing;
        if a column holds text in one of them and numbers in the other, or floating-point numbers
        beyond what their type holds exactly (2**11 for float16, 2**24 for float32, 2**53).
    ColumnError
        If a column is not there.

    Examples
    --------
    >>> import pandas as pd
    >>> from skhep_nn.io import label_selected
    >>> events = pd.DataFrame({"file": ["a", "a", "b"], "event_number": [0, 1, 0]})
    >>> skim = pd.DataFrame({"file": ["b", "a"], "event_number": [0, 1]})
    >>> label_selected(events, skim).tolist()
    [False, True, True]
    """
    if not isinstance(missing, str) or missing not in MISSING:
        msg = f"missing must be one of {tuple(MISSING)}, got {missing!r}"
        raise ValueError(msg)
    events, selected = as_pandas(events), as_pandas(selected)
    on = as_list(on)
    if not on:
        msg = "on=() names no column; events are matched by at least one"
        raise ValueError(msg)
    left = [_column(events, name, "events") for name in on]
    right = [_column(selected, name, "selected") for name in on]
    keys = _keys(left, right, on)
    keys_left, keys_right = keys[: len(left[0])], keys[len(left[0]) :]
    _check_unique(keys_left, left, on, "events")
    _check_unique(keys_right, right, on, "selected")
    absent = np.flatnonzero(~_among(keys_right, keys_left))
    if len(absent):
        text = (
            f"{len(absent)} of {len(keys_right)} selected events are not among the events, the "
            f"first is {_shown(right, on, absent[0])}"
        )
        MISSING[missing](text)
    return _among(keys_left, keys_right)


def _raise(text):
    msg = f"{text}; missing='warn' or 'ignore' passes over them"
    raise ValueError(msg)


def _warn(text):
    warnings.warn(text, DroppedEventsWarning, stacklevel=3)


MISSING = {"error": _raise, "warn": _warn, "ignore": lambda text: None}


def _column(table, name, owner):
    """A column as an array of numbers or an object array of text."""
    known = _names(table, owner)
    if not isinstance(name, (str, bytes, tuple, Real)) or name not in known:
        msg = f"{owner}: there is no column {name!r:.60} to match by; there are {known}"
        raise ColumnError(msg)
    values = table[name]
    if isinstance(values, (list, tuple)):
        array = _floats.as_array(values, f"{owner}: column {name!r}")
        # NumPy makes text of the numbers, and of what is missing, beside a text
        is_text = array.ndim == 1 and array.dtype.kind in "US"
        values = pd.Series(values, dtype=object) if is_text else array
    if getattr(getattr(values, "dtype", None), "names", None):
        msg = f"{owner}: column {name!r} holds records, not one value per event"
        raise ValueError(msg)
    if np.ndim(values) != 1:
        msg = f"{owner}: column {name!r} needs one value per event, got shape {np.shape(values)}"
        raise ValueError(msg)
    if isinstance(getattr(values, "dtype", None), np.dtype) and not values.dtype.isnative:
        values = np.asarray(values).astype(values.dtype.newbyteorder("="))
    values = pd.Series(values).reset_index(drop=True)
    n_missing = int(values.isna().sum())
    if n_missing:
        msg = f"{owner}: column {name!r} is missing (NaN or None) in {n_missing} events"
        raise ValueError(msg)
    return _numbers_or_text(values, f"{owner}: column {name!r}")


def _names(table, owner):
    if getattr(getattr(table, "dtype", None), "names", None):
        return list(table.dtype.names)
    try:
        known = list(table) if isinstance(table, Mapping) else names(table)
    except ColumnError as error:
        msg = f"{owner}: {error}"
        raise ColumnError(msg) from error
    if known is None:
        msg = f"events are matched by columns with names, got {type(table).__name__}"
        raise TypeError(msg)
    return known


def _numbers_or_text(values, what):
    if pd.api.types.is_numeric_dtype(values.dtype):
        return _whole(values.to_numpy(), what)
    values = values.to_numpy(dtype=object)
    kinds = {type(value) for value in values}
    if kinds <= {str, np.str_}:
        return values
    if kinds <= {bytes, np.bytes_}:
        return _decoded(values, what)
    # a time difference of NumPy calls itself an integer
    whole = (issubclass(kind, (int, np.integer)) for kind in kinds - {np.timedelta64})
    if np.timedelta64 not in kinds and all(whole):
        return values
    msg = f"{what} has values of type {sorted(kind.__name__ for kind in kinds)}, needed is one of "
    msg += "whole numbers or text"
    raise ValueError(msg)


def _decoded(values, what):
    try:
        return np.array([value.decode() for value in values], dtype=object)
    except UnicodeDecodeError as error:
        msg = f"{what} holds bytes that are no text in UTF-8, such as {error.object!r}"
        raise ValueError(msg) from error


def _whole(values, what):
    if values.dtype.kind in "biu":
        return values
    if values.dtype.kind != "f":
        msg = f"{what} has the type {values.dtype}, needed is one of whole numbers or text"
        raise ValueError(msg)
    # from here on, the type has no number for some whole ones, and rounds them to others
    limit = 2 ** (np.finfo(values.dtype).nmant + 1)
    bad = np.flatnonzero((values != np.floor(values)) | ~(np.abs(values) < limit))
    if len(bad):
        power = np.finfo(values.dtype).nmant + 1
        msg = (
            f"{what} has {values[bad[0]].item()!r} in event {bad[0]}; numbers of events are whole, "
            f"and as {values.dtype} exact below 2**{power} only; read or store them as int64"
        )
        raise ValueError(msg)
    return values.astype(np.int64)


def _keys(left, right, on):
    """One integer per event, the same for the same values of all columns."""
    for columns, owner in ((left, "events"), (right, "selected")):
        if len({len(column) for column in columns}) > 1:
            msg = f"{owner}: columns {on} have lengths {[len(column) for column in columns]}"
            raise ValueError(msg)
    keys = np.zeros(len(left[0]) + len(right[0]), dtype=np.int64)
    for name, a, b in zip(on, left, right, strict=True):
        codes, values = pd.factorize(_joined_columns(a, b, name))
        # numbered anew after each column, so that products stay small
        keys, _ = pd.factorize(keys * max(len(values), 1) + codes)
    return keys


def _among(keys, others):
    """Which of `keys`, whole numbers without gaps, are among the others."""
    found = np.zeros(max(keys.max(initial=-1), others.max(initial=-1)) + 1, dtype=bool)
    found[others] = True
    return found[keys]


def _joined_columns(a, b, name):
    if len(a) and len(b) and _is_text(a) != _is_text(b):
        kinds = ["text" if _is_text(column) else "numbers" for column in (a, b)]
        msg = f"column {name!r} holds {kinds[0]} in events and {kinds[1]} in selected"
        raise ValueError(msg)
    if len(a) and len(b) and {a.dtype.kind, b.dtype.kind} == {"i", "u"}:
        # as floating-point numbers, large ones would become equal
        a, b = a.astype(object), b.astype(object)
    return np.concatenate([a, b]) if len(a) and len(b) else (a if len(a) else b)


def _is_text(values):
    return values.dtype == object and isinstance(values[0], str)


def _check_unique(keys, columns, on, owner):
    counts = np.bincount(keys) if len(keys) else np.zeros(0, int)
    twice = np.flatnonzero(counts > 1)
    if len(twice):
        first = int(np.flatnonzero(counts[keys] > 1)[0])
        msg = (
            f"{owner}: {_shown(columns, on, first)} occurs {counts[keys[first]]} times"
            f"{_others(len(twice) - 1)}; each event may occur once"
        )
        raise ValueError(msg)


def _others(n):
    return f", and {n} other events more than once" if n else ""


def _shown(columns, on, row):
    values = [column[row] for column in columns]
    values = [value.item() if isinstance(value, np.generic) else value for value in values]
    return ", ".join(f"{name}={shown(value)}" for name, value in zip(on, values, strict=True))
