"""The columns of X that hold the mass hypothesis, and the values there."""

from __future__ import annotations

import numpy as np

from skhep_nn import _columns, _frames
from skhep_nn.estimators._targets import float_type
from skhep_nn.exceptions import ColumnError

# How a user of an ordinary scorer gets out of the missing mass of background.
WAYS_OUT = (
    "a prediction needs a hypothesis for every event: use at(...) for one value, "
    "predict_proba_scan for several, or the scorer make_parametric_auc_scorer, which reads "
    "background at the mass of each signal"
)

# What training is told instead.
FINITE_SIGNAL = "every signal event needs its mass; background events need none"
NEEDED = "training and validation need it, with NaN for background"
# With more values the parameter is a continuous one, and not a list of masses.
MOST_MASSES = 1_000


def positions_of(X, parameter):
    """Position in `X` of each column that `parameter` names.

    Raises
    ------
    ColumnError
        If there is none, an unknown one, one twice, or no feature besides.
    """
    columns = _columns.as_list(parameter)
    check_features(X, columns)
    if not columns:
        msg = f"parameter={parameter!r} names no column of X"
        raise ColumnError(msg)
    found = [_columns.position(X, column, "parameter") for column in columns]
    for number, at in enumerate(found):
        if at in found[:number]:
            name = at if _columns.names(X) is None else _columns.names(X)[at]
            msg = f"parameter={parameter!r} names column {name!r} twice"
            raise ColumnError(msg)
    return found


def check_listed(values, names, cure):
    """Raise if the masses of the signal are so many that they are a continuum.

    Parameters
    ----------
    values : ndarray of shape (n_values, n_parameters)
        Distinct.
    names : list
    cure : str
        What to do about it.

    Raises
    ------
    ValueError
    """
    if len(values) > MOST_MASSES:
        msg = (
            f"the signal has {len(values)} different values of {names}, more than {MOST_MASSES}: "
            f"a continuous parameter rather than a list of masses; {cure}"
        )
        raise ValueError(msg)


def values_of(estimator, X, hint=WAYS_OUT):
    """Values of the parameter of each event; NaN where there are none.

    Parameters
    ----------
    estimator : ParametricClassifier or IndividualMassClassifier
        That has learnt its columns.
    X : DataFrame, array or blocks
    hint : str
        What to do about a missing column.

    Returns
    -------
    ndarray of shape (n_events, n_parameters)

    Raises
    ------
    ColumnError
        If a column is missing or does not hold numbers.
    """
    at = estimator.columns_.present(X, type(estimator).__name__)
    missing = [column for column in estimator._parameter_columns if column not in at]
    if missing:
        raise ColumnError(_missing(estimator, missing[0], len(at), hint))
    found = [numbers_at(X, at.index(column)) for column in estimator._parameter_columns]
    return np.concatenate([_as_rows(values) for values in found], axis=1).astype(float_type())


def check_features(X, columns):
    """Raise if `X` has the parameter's columns and nothing else.

    Raises
    ------
    ColumnError
    """
    n_columns = _columns.n_columns(X)
    if n_columns <= len(columns):
        msg = (
            f"X has {n_columns} feature(s) (shape={np.shape(X)}), and the parameter {columns} is "
            "none; a minimum of 1 is required besides"
        )
        raise ColumnError(msg)


def names_of(X, positions):
    """What each parameter is called: its column, or its block and place there."""
    names, found = _columns.names(X), []
    for at in positions:
        name = at if names is None else names[at]
        width = _as_rows(numbers_at(X, at)).shape[1]
        found += [name] if width == 1 else [f"{name}[{number}]" for number in range(width)]
    return found


def processes_of(estimator, X):
    """Name of the process of each event, empty where it has none.

    Raises
    ------
    ValueError
        If no column is named for it.
    """
    if estimator.process_column is None:
        msg = 'batch_sampler="process" needs process_column, the column with the processes'
        raise ValueError(msg)
    import pandas as pd

    owner = type(estimator).__name__
    values = estimator.columns_.take(X, estimator.process_column, "process_column", owner)
    return np.where(pd.isna(values), "", values.astype(str))


def numbers_at(X, at):
    """Numbers of the column (or block) at position `at`.

    Raises
    ------
    ColumnError
        If they are no numbers.
    """
    if _columns.is_frame(X):
        try:
            return _frames.as_floats(X.iloc[:, at])
        except (TypeError, ValueError):
            name = X.columns[at]
    else:
        name = at if _columns.names(X) is None else _columns.names(X)[at]
        values = np.asarray(X[name]) if _columns.is_blocks(X) else np.asarray(X)[..., at]
        if values.dtype.kind in "biuf":
            return values
    msg = f"column {name!r} of the parameter must hold numbers (NaN where an event has none)"
    raise ColumnError(msg)


def check_hypotheses(values, names, which, hint):
    """Raise if a value is no finite number.

    Parameters
    ----------
    values : ndarray of shape (n_events, n_parameters)
    names : list
        Of the parameters.
    which : str
        Of what the events are, e.g. ``"signal events"``.
    hint : str
        What to do about it.

    Raises
    ------
    ValueError
        Naming the column.
    """
    bad = ~np.isfinite(values)
    if not bad.any():
        return
    column = int(np.argmax(bad.any(axis=0)))
    event = int(np.flatnonzero(bad[:, column])[0])
    kind = "NaN" if np.isnan(values[event, column]) else "infinity"
    msg = (
        f"Input X contains {kind}: column {names[column]!r} has no finite value in "
        f"{int(bad[:, column].sum())} of {len(values)} {which}, the first is event {event} "
        f"({values[event, column]}); {hint}"
    )
    raise ValueError(msg)


def outside(values, low, high):
    """Number of events outside the range in each parameter."""
    kind = float_type()
    low, high = np.asarray(low, kind), np.asarray(high, kind)
    return ((values < low) | (values > high)).sum(axis=0)


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
    values = finite_numbers(values)
    if values is not None and values.ndim == 1 and len(names) == 1:
        values = values[:, None]
    fits = values is not None and values.ndim == 2 and values.shape[1] == len(names)
    if not (one_by_one and fits and len(values)):
        msg = (
            f"hypotheses {given!r:.200} must be a sequence of finite numbers, one for each of "
            f"{names}"
        )
        raise ValueError(msg)
    return values


def finite_numbers(given):
    """`given` as an array of floats, or None if something in it is no finite number."""
    try:
        values = np.asarray(given)
    except ValueError:
        return None
    if values.dtype.kind not in "iuf" or not np.isfinite(values).all():
        return None
    return values.astype(float)


def hypothesis_of(positional, named, names):
    """One hypothesis as a list, from numbers in the order of `names` or by name.

    Raises
    ------
    TypeError
        If a parameter is missing, unknown or given twice.
    ValueError
        If a value is no finite number.
    """
    if len(positional) == 1 and np.ndim(positional[0]) == 1:
        positional = positional[0]
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


def _missing(estimator, column, n_given, hint):
    names, owner = estimator.columns_.names, type(estimator).__name__
    if names is not None:
        return f"X has no column {names[column]!r}; {hint}"
    # scikit-learn's checks ask for this wording
    return (
        f"X has {n_given} features, but {owner} is expecting {estimator.n_features_in_} features "
        f"as input: it lacks those of the parameter; {hint}"
    )


def _as_rows(values):
    return values.reshape(len(values), -1)
