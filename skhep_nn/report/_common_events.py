"""Events that are in two parts, by which nothing is tested."""

from __future__ import annotations

import numpy as np

from skhep_nn import _columns, _composition, _event_numbers, _frames

# of the rows of a part that must differ from all others, so that equal rows are equal events
_MOSTLY = 0.99


def n_common(context, name, other):
    """How many events of the part `name` are in `other` too: equal labels and features.

    None are told of where rows of one part are alike, as of few whole numbers.

    Parameters
    ----------
    context : Context
    name, other : {"train", "validation", "test"}

    Returns
    -------
    int
    """
    return context.once(
        ("common events", name, other),
        lambda: _n_equal(*(_rows(context, context.parts[part]) for part in (name, other))),
    )


def _n_equal(one, other):
    values = [np.unique(rows) for rows in (one, other)]
    if any(
        len(found) < _MOSTLY * len(rows) for found, rows in zip(values, (one, other), strict=True)
    ):
        return 0
    return int(np.isin(one, values[1]).sum())


def _rows(context, part):
    """A number for each event, equal for equal ones."""
    return context.once(("rows", part.name), lambda: _hashed(context.model, part))


def _hashed(model, part):
    # the weights of a part may be scaled
    X = _columns.drop(
        _frames.as_pandas(part.sample.X), _composition.columns_named(model, "weight_column")
    )
    hashed = part.is_signal.astype(np.uint64)
    for at in range(_columns.n_columns(X)):
        values = np.asarray(_columns.take_at(X, at))
        if values.dtype.kind in "biuf":
            for column in values.reshape(len(values), -1).T:
                hashed = _event_numbers.mixed(_bits(column), hashed)
    return hashed


def _bits(values):
    """A column of numbers as integers that are equal where these are, of shape (n_events, 1)."""
    # -0.0 is 0.0
    return (np.ascontiguousarray(values, dtype=np.float64) + 0.0).view(np.int64)[:, None]
