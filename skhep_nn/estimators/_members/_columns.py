"""Columns of X that members do not see, and those that they name, as columns of X."""

from __future__ import annotations

import numpy as np

from skhep_nn import _columns, _composition
from skhep_nn.exceptions import ColumnError


def seen(n_columns, hidden):
    """Positions of the columns that a member sees."""
    return [at for at in range(n_columns) if at not in hidden]


def outer(column, columns, hidden):
    """`column`, a name or a position that a member counts, as a column of X.

    Parameters
    ----------
    column : str or int
    columns : FittedColumns
        Those of X.
    hidden : sequence of int
        Positions of those that the member does not see.
    """
    names = columns.names
    if not _columns.is_position(column) or (names is not None and column in names):
        return column
    at = seen(columns.n_columns, hidden)[column]
    return at if names is None else names[at]


def optional_positions(X, estimator, hidden):
    """Positions in `X` of what data may lack: hidden columns, weights, excluded columns."""
    kept = seen(_columns.n_columns(X), hidden)
    features = _columns.select(X, kept) if hidden else X
    named = _composition.columns_named(estimator, _columns.ABSENT_IN_DATA)
    found = [kept[_columns.position(features, c)] for c in named if _columns.has(features, c)]
    return tuple(dict.fromkeys([*hidden, *found]))


def without(X, columns, hidden, owner):
    """`X` without the hidden columns, if it has them.

    Raises
    ------
    ColumnError
        If no column is left, or `X` has other ones than in fit.
    """
    kept = _without(X, columns, hidden, owner)
    if not _columns.n_columns(kept):
        # scikit-learn's checks ask for these words
        msg = (
            f"X has no columns to read: 0 feature(s) (shape={np.shape(X)}) while a minimum of 1 is "
            f"required by {owner}"
        )
        raise ColumnError(msg)
    return kept


def _without(X, columns, hidden, owner):
    if not hidden:
        return X
    if columns.names is not None and _columns.names(X) is not None:
        # whatever else is wrong with the columns, the members say
        return _columns.drop(X, [columns.names[at] for at in hidden])
    present = columns.present(X, owner)
    kept = [place for place, at in enumerate(present) if at not in hidden]
    return X if len(kept) == len(present) else _columns.select(X, kept)


def places(X, columns, wanted, owner):
    """Where in `X` the columns at positions `wanted` of its fit are; None for one that it lacks."""
    names = _columns.names(X)
    if columns.names is not None and names is not None:
        return [
            names.index(name) if (name := columns.names[at]) in names else None for at in wanted
        ]
    present = columns.present(X, owner)
    return [present.index(at) if at in present else None for at in wanted]


def with_values(X, columns, wanted, values, owner):
    """`X` with `values`, one per column, in the columns at positions `wanted`, which may lack."""
    if columns.names is not None and _columns.names(X) is not None:
        return _with_named(X, columns.names, [columns.names[at] for at in wanted], values)
    X, old = np.asarray(X), columns.present(X, owner)
    every = sorted({*old, *wanted})
    out = np.empty((len(X), len(every)), np.result_type(X.dtype, np.float32))
    out[:, [every.index(at) for at in old]] = X
    out[:, [every.index(at) for at in wanted]] = values
    return out


def _with_named(X, order, names, values):
    if _columns.is_blocks(X):
        filled = X.assign(**{n: np.full(len(X), v) for n, v in zip(names, values, strict=True)})
        return filled.select([name for name in order if name in filled.keys()])  # noqa: SIM118
    filled = X.assign(**dict(zip(names, values, strict=True)))
    return filled[[name for name in order if name in filled.columns]]
