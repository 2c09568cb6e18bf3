"""The hypotheses of a sample: each event's parameters, and the points that its signal was made at.

A hypothesis is a value of each parameter: a mass, or the masses of a stop and of a neutralino.
Signal events have one; background events have none, and whatever stands there is not read.
"""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Integral

import numpy as np

from skhep_nn import _columns, _floats, _frames, _weights
from skhep_nn._hypotheses import check_listed, different, distinct, label_of, numbers_of
from skhep_nn.metrics import _inputs

_CURE = "give those to look at as hypotheses"


@dataclass(frozen=True)
class Points:
    """Events whose signal belongs to hypotheses.

    Parameters
    ----------
    y : ndarray of shape (n_events,)
    weights : ndarray of shape (n_events,)
    is_signal : ndarray of shape (n_events,), bool
    names : list of str
        Of the parameters.
    hypotheses : ndarray of shape (n_hypotheses, n_parameters)
    code : ndarray of shape (n_events,)
        Number of the hypothesis of a signal event; -1 for signal of none of them and background.
    """

    y: np.ndarray
    weights: np.ndarray
    is_signal: np.ndarray
    names: list
    hypotheses: np.ndarray
    code: np.ndarray

    @classmethod
    def of(cls, y, values, names, hypotheses, sample_weight, signal):
        """Read labels, weights and parameters of the same events; see :func:`values_of`."""
        is_signal = _inputs.signal_mask(y, signal)
        y = _inputs.labels(y)
        check_length(values, names, len(y))
        weights = _inputs.check_weights(sample_weight, len(y))
        points, code = points_of(values, is_signal, names)
        if hypotheses is not None:
            points, code = _selected(points, code, different(hypotheses, names), names)
        check_listed(points, names, _CURE)
        return cls(y, weights, is_signal, names, points, code)

    def rows(self, at):
        """Signal of hypothesis number `at`, and all background."""
        return np.flatnonzero((self.code == at) | ~self.is_signal)

    def label(self, at):
        """How a message calls a hypothesis."""
        return label_of(self.hypotheses[at], self.names)

    def index(self):
        """The hypotheses as the index of a table."""
        import pandas as pd

        if len(self.names) == 1:
            return pd.Index(self.hypotheses[:, 0], name=self.names[0])
        return pd.MultiIndex.from_arrays(list(self.hypotheses.T), names=self.names)


def is_columns(parameter):
    """Whether `parameter` says where the values are, and not what they are."""
    if isinstance(parameter, (str, Integral)):
        return True
    return isinstance(parameter, (list, tuple)) and all(
        isinstance(column, (str, Integral)) for column in parameter
    )


def values_of(X, parameter):
    """Parameters of all events, (n_events, n_parameters), and what they are called.

    Parameters
    ----------
    X : DataFrame, array or blocks
    parameter : str, int, list of them, or array-like of shape (n_events[, n_parameters])

    Raises
    ------
    ColumnError
        If `X` has no such column.
    ValueError
        If the values are not numbers, or `parameter` names no column.
    """
    if not is_columns(parameter):
        return given(parameter)
    columns = _columns.as_list(parameter)
    if not columns:
        msg = f"parameter={parameter!r} names no column of X"
        raise ValueError(msg)
    parts = [_numbers(_columns.take(X, column, role="parameter"), column) for column in columns]
    names = []
    for column, part in zip(columns, parts, strict=True):
        names += _numbered(_name(X, column), part.shape[1])
    return np.concatenate(parts, axis=1), names


def given(parameter):
    """Parameters given as numbers, and what they are called."""
    parameter = _frames.as_pandas(parameter)
    values = _numbers(parameter, None)
    if hasattr(parameter, "columns"):
        return values, [str(name) for name in parameter.columns]
    name = getattr(parameter, "name", None)
    return values, _numbered("parameter" if name is None else str(name), values.shape[1])


def with_hypothesis(X, parameter, hypothesis):
    """A copy of `X` in which all events have `hypothesis` (n_parameters,) or their own (n, k)."""
    at = 0
    for column in _columns.as_list(parameter):
        old = np.asarray(_columns.take(X, column, role="parameter"))
        width = 1 if old.ndim == 1 else old.shape[1]
        new = np.asarray(hypothesis)[..., at : at + width]
        new = np.broadcast_to(new, (len(old), width)).reshape(old.shape)
        X = _columns.replace(X, column, np.array(new, dtype=np.float64), role="parameter")
        at += width
    return X


def take_rows(X, rows):
    """Events of a table, an array or blocks."""
    return _columns.rows(X, rows)


def points_of(values, is_signal, names):
    """Distinct points of the signal, ascending, and for each event the number of its point.

    Raises
    ------
    ValueError
        If a signal event has no value.
    """
    of_signal = values[is_signal]
    bad = ~np.isfinite(of_signal)
    if bad.any():
        row, column = np.argwhere(bad)[0]
        msg = (
            f"{names[column]} of {int(bad.any(axis=1).sum())} of {len(of_signal)} signal events "
            f"is not finite, the first is event {int(np.flatnonzero(is_signal)[row])}; "
            "only background may lack it"
        )
        raise ValueError(msg)
    points, code = distinct(of_signal)
    codes = np.full(len(values), -1)
    codes[is_signal] = code
    return points, codes


def check_length(values, names, n_events):
    """Raise unless there is one value per event."""
    if len(values) != n_events:
        msg = f"{', '.join(names)} has {len(values)} values for {n_events} events"
        raise ValueError(msg)


def n_events(X):
    """Number of events."""
    return _weights.len_of(X)


def _selected(points, code, wanted, names):
    """The points `wanted` in their own order, and the codes that go with it."""
    number = np.full(len(points) + 1, -1)
    number[numbers_of(points, wanted, names)] = np.arange(len(wanted))
    return wanted, number[code]


def _numbers(values, column):
    what = "parameter" if column is None else f"parameter={column!r}"
    try:
        values = _floats.real(values, what)
    except ValueError as error:
        msg = f"{what} must hold numbers (NaN for background): {error}"
        raise ValueError(msg) from error
    if values.ndim not in (1, 2) or (values.ndim == 2 and not values.shape[1]):
        msg = f"parameter has the shape {values.shape}; it must have one row per event"
        raise ValueError(msg)
    return values if values.ndim == 2 else values[:, None]


def _name(X, column):
    columns = _columns.names(X)
    if columns is None:
        return f"column {column}"
    return str(columns[_columns.position(X, column)])


def _numbered(name, n):
    return [name] if n == 1 else [f"{name}_{at}" for at in range(n)]
