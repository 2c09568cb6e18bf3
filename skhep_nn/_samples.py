"""Events with their labels and weights, however they are given: what a function of a model reads.

A sample is a pair ``(X, y)``, a triple ``(X, y, sample_weight)``, or a table alone, with a column
that holds the labels.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from skhep_nn import _columns, _composition, _labels, _weights


@dataclass(frozen=True)
class Sample:
    """Events as a model takes them.

    Parameters
    ----------
    X : table
        Of a table with names only the columns that the model was fitted with.
    y : ndarray of shape (n_events,)
    weights : ndarray of shape (n_events,), float64
        Ones where there are none.
    table : table
        All columns that were given.
    weighted : bool
        Whether there are event weights.
    """

    X: object
    y: np.ndarray
    weights: np.ndarray
    table: object
    weighted: bool

    def __len__(self):
        return len(self.y)

    def rows(self, at):
        """The events `at`, numbers or a mask, as a sample."""
        return Sample(
            _columns.rows(self.X, at),
            self.y[at],
            self.weights[at],
            _columns.rows(self.table, at),
            self.weighted,
        )


def read(
    model, given, y=None, sample_weight=None, *, weight_column=None, owner="", name="X", label="y"
):
    """A :class:`Sample` of what a user gives.

    Parameters
    ----------
    model : fitted classifier
    given : table, (X, y) or (X, y, sample_weight)
    y : array-like, str or None
        Labels, or the column of `given` that holds them.
    sample_weight : array-like, number or None
    weight_column : str, int or None
    owner : str
        Who asks, for the error message.
    name : str
        What `given` is, for the error message.
    label : str
        The parameter that names the column of labels, for the error message.

    Raises
    ------
    ValueError
        If labels are given twice or not at all, or there are not as many as events.
    ColumnError, WeightError
        If a column is missing, or weights are no weights.
    """
    given, y, sample_weight = _taken_apart(given, y, sample_weight, name)
    table = _columns.table(given)
    if y is None:
        msg = (
            f"{name} has no labels: give (X, y), (X, y, sample_weight), or the name of the column "
            f'that holds them: {label}="is_signal"'
        )
        raise ValueError(msg)
    is_column = isinstance(y, str)
    labels = _labels.check(_columns.take(table, y, role=label) if is_column else y, f"y of {name}")
    n_events = _weights.len_of(table)
    if len(labels) != n_events:
        msg = f"{name} has {n_events} events, but y has {len(labels)}"
        raise ValueError(msg)
    weights = _composition.weights_of(model, table, sample_weight, weight_column, owner)
    X = as_fitted(model, table, [y] if is_column else [])
    ones = np.ones(n_events)
    return Sample(X, labels, ones if weights is None else weights, table, weights is not None)


def as_fitted(model, X, drop=()):
    """The columns of `X` that `model`, as far as it says so, was fitted with, in that order.

    Parameters
    ----------
    model : fitted classifier
    X : table
    drop : list of str
        Columns that are left out where `model` does not say what it was fitted with.
    """
    names, fitted = _columns.names(X), getattr(model, "feature_names_in_", None)
    if names is None:
        return X
    if fitted is None:
        return _columns.drop(X, list(drop))
    return _columns.in_order(X, fitted)


def _taken_apart(given, y, sample_weight, name):
    if not isinstance(given, (tuple, list)) or _is_array(given):
        return given, y, sample_weight
    if not 1 <= len(given) <= 3:
        msg = f"{name} has {len(given)} parts; it must be (X, y) or (X, y, sample_weight)"
        raise ValueError(msg)
    X, own_y, own_weight = [*given, None, None][:3]
    for what, own, other in (("y", own_y, y), ("sample_weight", own_weight, sample_weight)):
        if own is not None and other is not None and not isinstance(other, str):
            msg = f"{name} has a {what} of its own, and {what} is given as well; give one"
            raise ValueError(msg)
    return X, y if own_y is None else own_y, sample_weight if own_weight is None else own_weight


def _is_array(given):
    """Whether a list is a table of numbers, row by row, not its parts."""
    return isinstance(given, list) and not any(hasattr(part, "shape") for part in given)
