"""Labels and weights of samples that are larger than a buffer: one byte and four for an event.

Features stay on disk, so that what is one number per event decides what fits in memory. Here it is
read, checked and changed piece by piece, in place: nothing else as long as the events is held.
"""

from __future__ import annotations

import numpy as np
from sklearn.utils.class_weight import compute_sample_weight

from skhep_nn import _columns, _weights
from skhep_nn._lazy_rows import LazyRows
from skhep_nn._pieces import pieces
from skhep_nn.estimators._fit import _targets
from skhep_nn.exceptions import WeightError
from skhep_nn.training import _stream
from skhep_nn.training._mapped import bytes_of, is_mapped

# Between these single precision holds weights and what becomes of them.
MODERATE = 1e-20, 1e20


def is_large(x):
    """Whether the events are on disk, and more than a buffer of the training loop holds."""
    if not is_mapped(x):
        return False
    n_events = len(next(iter(x.values()))) if isinstance(x, dict) else len(x)
    return n_events > min(_stream.BUFFER_BYTES / max(1, bytes_of(x)), _stream.BUFFER_EVENTS)


def distinct(y, owner, name):
    """The distinct labels of `y`, sorted; each piece is checked as all labels are.

    Raises
    ------
    ValueError
        As :func:`._targets.labels_of`.
    """
    if not _is_numbers(y):
        return np.unique(_targets.labels_of(y, owner, name))
    try:
        found = [np.unique(_targets.labels_of(y[p], owner, name)) for p in pieces(len(y))]
    except ValueError:
        # the events that are named are to be those of all
        _targets.labels_of(y, owner, name)
        raise
    return np.unique(np.concatenate(found))


def encode(y, classes, owner, name):
    """Class numbers of the labels `y`, of the shortest type."""
    y = y if _is_numbers(y) else _targets.labels_of(y, owner, name)
    codes = np.empty(len(y), np.min_scalar_type(len(classes)))
    for part in pieces(len(y)):
        codes[part] = _targets.encode(_targets.labels_of(y[part], owner, name), classes, name)
    return codes


def weights_of(X, sample_weight, column, owner, fitted):
    """Event weights in single precision, an array that nobody else has; None if there are none.

    Those whose size single precision may not hold come in double precision. Parameters and errors
    are those of :func:`skhep_nn._weights.resolve`.
    """
    if column is None and sample_weight is None:
        return None
    if column is not None and sample_weight is not None:
        return _weights.resolve(X, sample_weight, column, owner, fitted)
    if column is None:
        values, name = sample_weight, "sample_weight"
    else:
        at, name = fitted.place(X, column, "weight_column", owner), f"weight column {column!r}"
        values = X[_columns.names(X)[at]] if _columns.is_blocks(X) else X[..., at]
    return _checked(values, _weights.len_of(X), name)


def _checked(values, n_events, name):
    if not _is_numbers(values) or values.ndim != 1 or len(values) != n_events:
        values = _weights.check(values, n_events, name)
    out, largest, smallest = np.empty(n_events, np.float32), 0.0, np.inf
    for part in pieces(n_events):
        try:
            weights = _weights.check(values[part], part.stop - part.start, name)
        except WeightError:
            # the events that are named are to be those of all
            _weights.check(values, n_events, name)
            raise
        sizes = np.abs(weights[weights != 0])
        largest, smallest = max(largest, sizes.max(initial=0.0)), sizes.min(initial=smallest)
        with np.errstate(over="ignore"):
            out[part] = weights
    is_moderate = smallest > MODERATE[0] and largest < MODERATE[1]
    return out if is_moderate else np.array(_weights.check(values, n_events, name))


def of_class_weight(class_weight, classes, counts):
    """The factor on the weights of each class that the parameter `class_weight` asks for."""
    if isinstance(class_weight, str):
        return counts.sum() / (len(classes) * counts)
    return compute_sample_weight(class_weight, classes)


def treat(weights, codes, policy, balancer, classes):
    """Treat negative weights and balance classes, in place."""
    if policy == "error":
        _weights.treat_negative(weights, policy)
    for part in pieces(len(weights)):
        weights[part] = _weights.treat_negative(weights[part], policy)
    if balancer is not None:
        balancer._balance_in_place(weights, codes, classes)


class Targets:
    """What the loss compares outputs with, made of class numbers when a block is read.

    Parameters
    ----------
    codes : ndarray of shape (n_events,)
    convert : callable
        Class numbers to targets, as :func:`._targets.targets`.
    """

    def __init__(self, codes, convert):
        self.codes, self.convert = codes, convert
        one = convert(codes[:1])
        self.dtype, self.shape = one.dtype, (len(codes), *one.shape[1:])

    def __len__(self):
        return len(self.codes)

    def __getitem__(self, rows):
        return self.convert(self.codes[rows])


def _is_numbers(values):
    """Whether `values` are an array, maybe on disk, whose pieces are as good as all of it."""
    return isinstance(values, (np.ndarray, LazyRows)) and values.dtype.kind in "biuf"
