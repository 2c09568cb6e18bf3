"""The scores of a fitted classifier under each hypothesis, as fast as the classifier allows."""

from __future__ import annotations

import numpy as np

from skhep_nn import _columns, _composition, _floats, _hypotheses
from skhep_nn.metrics import _by_parameter_points as _points

# probabilities that are held at once
_MOST_VALUES = 1 << 25
# events on which it is seen what the steps of a Pipeline do to the parameter
_N_PROBED = 16


def of_arrays(points, y_score):
    """(number, rows, scores) of each hypothesis, from scores that are given.

    Parameters
    ----------
    points : Points
    y_score : array-like of shape (n_events,) or (n_events, n_hypotheses)
    """
    scores = _floats.real(y_score, "y_score")
    expected = (len(points.y), len(points.hypotheses))
    if scores.shape not in (expected, expected[:1]):
        msg = (
            f"y_score has the shape {scores.shape}; it must be {expected[:1]}, or {expected} with "
            f"a column for each hypothesis: {_hypotheses.shown(points.hypotheses, points.names)}"
        )
        raise ValueError(msg)
    for at in range(expected[1]):
        rows = points.rows(at)
        yield (
            at,
            rows,
            _checked(points, at, rows, scores[rows] if scores.ndim == 1 else scores[rows, at]),
        )


def of_estimator(points, estimator, X, parameter, signal):
    """(number, rows, scores) of each hypothesis, from a fitted classifier.

    Parameters
    ----------
    points : Points
    estimator : fitted classifier, Pipeline or search
    X : DataFrame, array or blocks
    parameter : columns of `X`, or an array of values that `X` need not have
    signal : label
    """
    X = X if hasattr(X, "shape") else np.asarray(X)
    columns = _columns.as_list(parameter) if _points.is_columns(parameter) else []
    for at, rows, scores in _route(points, estimator, X, columns)(signal):
        yield at, rows, _checked(points, at, rows, scores)


def parameter_of(estimator, parameter):
    """`parameter`, or the one that the classifier was made with.

    Raises
    ------
    ValueError
        If it has none.
    """
    if parameter is not None:
        return parameter
    own = _composition.parameter(estimator)
    if own is None:
        msg = (
            f"{type(estimator).__name__} has no parameter of its own; name the column of X that "
            'holds it: parameter="mass"'
        )
        raise ValueError(msg)
    return own


def _checked(points, at, rows, scores):
    bad = np.isnan(scores)
    if bad.any():
        msg = (
            f"y_score at {points.label(at)} contains NaN: {bad.sum()} of {len(scores)}, "
            f"the first at event {int(rows[bad.argmax()])}"
        )
        raise ValueError(msg)
    return scores


def _route(points, estimator, X, columns):
    """The way to the scores: scan, the columns set to each point, or one set of scores for all."""
    *steps, model = _composition.steps(estimator)
    scans = hasattr(model, "predict_proba_scan")
    X, read = _as_fitted(estimator, X, columns, keep=columns if scans else [])
    found = _seen_by(model, steps, X, read, points.hypotheses) if scans else None
    if found is not None:
        return lambda signal: _by_scan(points, model, *found, signal)
    if read:
        return lambda signal: _by_column(points, estimator, X, read, signal)
    return lambda signal: _blind(points, estimator, X, signal)


def _as_fitted(estimator, X, columns, keep):
    """The columns of `X` that the estimator, as far as it says so, was fitted with, in that order.

    And those of the parameter's `columns` that it was fitted with. So networks that read the mass,
    or the weights, and networks that do not are compared on one table.
    """
    names, fitted = _columns.names(X), getattr(estimator, "feature_names_in_", None)
    if names is None or fitted is None:
        without = _columns.drop(X, columns)
        blind = _columns.n_columns(without) == getattr(estimator, "n_features_in_", None)
        return (without, []) if blind and not keep else (X, columns)
    named = [names[_columns.position(X, column, "parameter")] for column in columns]
    known = [*fitted, *(named if keep else [])]
    return _columns.in_order(X, known), [name for name in named if name in known]


def _seen_by(model, steps, X, columns, hypotheses):
    """(events, hypotheses) after the earlier steps, or None if they mix parameter and features.

    A step that scales the parameter scales the hypotheses with it.
    """
    if not steps:
        return X, hypotheses
    if not columns:
        return _composition.transformed(steps, X), hypotheses
    probe, n = _probe(steps, X, columns, hypotheses), len(hypotheses)
    inner = _columns.as_list(getattr(model, "parameter", None)) or columns
    if not all(_columns.has(probe, column) for column in inner):
        return None
    seen = _points.values_of(probe, inner)[0]
    rest = _columns.drop(probe, inner)
    if not (_repeats(seen, n, axis=0) and _all_repeat(rest, n, axis=1)):
        return None
    # background may have no mass, which not every step bears
    filled = _points.with_hypothesis(X, columns, hypotheses[0])
    return _composition.transformed(steps, filled), seen[:n]


def _probe(steps, X, columns, hypotheses):
    """Some events, each at all hypotheses, after the earlier steps."""
    n = _points.n_events(X)
    rows = np.unique(np.linspace(0, n - 1, min(n, _N_PROBED)).astype(np.intp))
    events = _points.take_rows(X, np.repeat(rows, len(hypotheses)))
    events = _points.with_hypothesis(events, columns, np.tile(hypotheses, (len(rows), 1)))
    return _composition.transformed(steps, events)


def _all_repeat(X, n, axis):
    columns = range(_columns.n_columns(X))
    return all(_repeats(np.asarray(_columns.take(X, column)), n, axis) for column in columns)


def _repeats(values, n, axis):
    """Whether values of events (axis 0) at `n` hypotheses (axis 1) are the same along `axis`."""
    values = values.reshape(-1, n, *values.shape[1:])
    first = np.broadcast_to(values.take([0], axis=axis), values.shape)
    return np.array_equal(values, first, equal_nan=values.dtype.kind == "f")


def _by_scan(points, model, X, hypotheses, signal):
    wanted = hypotheses[:, 0] if hypotheses.shape[1] == 1 else hypotheses
    column = _composition.class_position(model, signal)
    of_background = np.flatnonzero(~points.is_signal)
    background = _points.take_rows(X, of_background)
    at_once = max(1, _MOST_VALUES // (len(of_background) * len(model.classes_)))
    for start in range(0, len(wanted), at_once):
        part = slice(start, start + at_once)
        scan = np.asarray(model.predict_proba_scan(background, wanted[part]))[:, :, column]
        for at, of_its_background in enumerate(scan.T, start=start):
            scores = np.empty(len(points.y))
            scores[of_background] = of_its_background
            mine = np.flatnonzero(points.code == at)
            own = model.predict_proba_scan(_points.take_rows(X, mine), wanted[at : at + 1])
            scores[mine] = np.asarray(own)[:, 0, column]
            rows = points.rows(at)
            yield at, rows, scores[rows]


def _by_column(points, estimator, X, columns, signal):
    for at, hypothesis in enumerate(points.hypotheses):
        rows = points.rows(at)
        part = _points.with_hypothesis(_points.take_rows(X, rows), columns, hypothesis)
        yield at, rows, np.asarray(_composition.signal_score(estimator, part, signal), dtype=float)


def _blind(points, estimator, X, signal):
    scores = np.asarray(_composition.signal_score(estimator, X, signal), dtype=np.float64)
    for at in range(len(points.hypotheses)):
        rows = points.rows(at)
        yield at, rows, scores[rows]
