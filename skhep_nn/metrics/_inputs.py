"""What every metric takes: labels, scores and event weights, checked in one place."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from skhep_nn import _columns, _floats, _labels, _weights
from skhep_nn._shown import shown
from skhep_nn.exceptions import ColumnError, WeightError


def check_events(y_true, y_score, sample_weight, signal):
    """(scores, signal mask, weights) of the same events, ready to be summed.

    Parameters
    ----------
    y_true : array-like of shape (n_events,)
    y_score : array-like of shape (n_events,)
    sample_weight : array-like of shape (n_events,), number or None
    signal : label or list of labels

    Raises
    ------
    ValueError
        Lengths that differ, a NaN score, or one class only.
    WeightError
        Weights that are not finite, or a class whose weights sum to nothing or less.
    """
    scores = check_scores(y_score)
    mask = signal_mask(y_true, signal)
    check_lengths(mask, scores)
    weights = check_weights(sample_weight, len(scores))
    check_yields(mask, weights)
    return scores, mask, weights


def check_scores(y_score):
    """Scores as a 1-D float64 array without NaN; infinity is a score like another."""
    scores = _floats.real(y_score, "y_score")
    if scores.ndim != 1:
        msg = (
            f"y_score must have one score per event, got shape {scores.shape}; "
            "take the column of the signal class, e.g. predict_proba(X)[:, 1]"
        )
        raise ValueError(msg)
    check_no_nan(scores)
    return scores


def check_no_nan(scores):
    """Raise if a score is NaN."""
    bad = np.isnan(scores)
    if bad.any():
        first = int(np.argwhere(bad)[0][0])
        msg = f"y_score contains NaN: {bad.sum()} of {scores.size}, the first at event {first}"
        raise ValueError(msg)


def signal_mask(y_true, signal):
    """Which events are signal; there must be signal and something else."""
    y = labels(y_true)
    mask = equals(y, signal)
    if not mask.any():
        classes = classes_of(y)
        cure = _labels.of_sorted_events(classes)
        named = _labels.named(classes)
        msg = f"signal={shown(signal)} is not in y_true; its classes are {named}{cure}"
        raise ValueError(msg)
    if mask.all():
        msg = (
            f"y_true has no background: all {len(y)} events are signal={shown(signal)}; "
            f"{_labels.SORTED}"
        )
        raise ValueError(msg)
    return mask


def labels(y_true, name="y_true"):
    """Class labels as a 1-D array, none of them missing."""
    return _labels.check(y_true, name)


def equals(y, signal):
    """Where `y` is `signal`, a label or one of a list of labels."""
    mask, kind = np.zeros(len(y), dtype=bool), _labels.type_of(y)
    for label in _labels.listed(signal):
        # text never equals a number or bytes, which NumPy's own comparison refuses to say
        if kind == _labels.type_of_one(label):
            mask |= _is(y, label)
    return mask


def _is(y, label):
    try:
        return np.asarray(y == label, dtype=bool)
    # an integer beyond all floating-point numbers is none of them
    except OverflowError:
        return np.zeros(len(y), dtype=bool)


def classes_of(y):
    """The labels in `y` as a plain list, sorted where they can be."""
    if y.dtype.kind != "O":
        return np.unique(y).tolist()
    found = set(y.tolist())
    try:
        return sorted(found)
    except TypeError:
        return sorted(found, key=str)


def columns_of(y, classes):
    """Labels of the columns of scores: `classes`, or those in `y` if it is None."""
    return classes_of(y) if classes is None else _labels.of_columns(classes)


def in_order(scores, columns, name="y_score"):
    """`scores`, a frame whose columns are named as classes in the order of `columns`.

    Columns that are only numbered, or have no name of a class, stay where they are.

    Raises
    ------
    ColumnError
        If some columns are named as classes and others are not: which is which, nobody can say.
    """
    import pandas as pd

    names = [] if getattr(scores, "ndim", 2) != 2 else _columns.names(scores) or []
    told, wanted = [str(name) for name in names], [str(label) for label in columns]
    is_numbered = isinstance(getattr(scores, "columns", None), pd.RangeIndex)
    if is_numbered or told == wanted or not set(told) & set(wanted):
        return scores
    if sorted(told) != sorted(wanted):
        if told == [str(number) for number in range(len(told))] or len(told) != len(wanted):
            return scores
        msg = f"{name} has the columns {names}, and the classes are {list(columns)}; name all so"
        raise ColumnError(msg)
    return _columns.select(_columns.table(scores), [told.index(label) for label in wanted])


def check_known(y, columns):
    """Raise unless each event is of a class that has a column.

    Raises
    ------
    ValueError
    """
    known = equals(y, list(columns))
    if not known.all():
        other = y[~known][:1].tolist()[0]
        msg = f"y_true has the label {other!r}, which is not one of classes={list(columns)}"
        raise ValueError(msg)


def probabilities(probability, n_events):
    """Predicted probabilities as a float64 array of shape (n_events,), all in [0, 1]."""
    p = _floats.real(probability, "probability")
    if p.shape != (n_events,):
        msg = (
            f"probability must have the shape {(n_events,)}, one per event, got {p.shape}; "
            "take the column of the signal class, e.g. predict_proba(X)[:, 1]"
        )
        raise ValueError(msg)
    check_unit_interval(p)
    return p


def check_unit_interval(p):
    """Raise unless every probability is in [0, 1]."""
    bad = ~((p >= 0) & (p <= 1))
    if bad.any():
        msg = f"probability must be in [0, 1]; {bad.sum()} are not, the first is {p[bad][0]}"
        raise ValueError(msg)


def increasing_edges(bins):
    """`bins`, which must be edges, as a float64 array."""
    edges = _floats.real(bins, "bins")
    if edges.ndim != 1 or len(edges) < 2 or not (np.diff(edges) > 0).all():
        msg = f"bins={shown(bins)}; it must be a number of bins or increasing edges"
        raise ValueError(msg)
    return edges


def check_flag(value, name):
    """Raise unless `value` is True or False."""
    if not isinstance(value, (bool, np.bool_)):
        msg = f"{name}={shown(value)}; it must be True or False"
        raise ValueError(msg)


def least_background(min_background, min_effective_background):
    """How much background a cut or a bin has to hold, by name.

    Raises
    ------
    ValueError
    """
    given = {
        "min_effective_background": min_effective_background,
        "min_background": min_background,
    }
    return {name: _floats.not_negative(value, name) for name, value in given.items()}


def check_lengths(y_true, y_score):
    """Raise unless there is one label per score."""
    if len(y_true) != len(y_score):
        msg = f"y_true has {len(y_true)} events, but y_score has {len(y_score)}"
        raise ValueError(msg)


def check_weights(sample_weight, n_events):
    """Event weights as float64, 1 for all events if there are none."""
    if sample_weight is None:
        return np.ones(n_events)
    return _weights.check(sample_weight, n_events)


def check_yields(mask, weights):
    """Raise if the weights of signal or background sum to nothing or less."""
    signal = weights.sum(where=mask)
    for name, total in (("signal", signal), ("background", weights.sum(where=~mask))):
        if not total > 0:
            msg = (
                f"sample_weight of the {name} sums to {total:.6g}; an efficiency needs a "
                f"positive sum of {name}"
            )
            raise WeightError(msg)


def scale_to_yields(y_true, weights, yields, luminosity):
    """`weights` with each class scaled to its full yield, times the luminosity.

    Parameters
    ----------
    y_true : array-like of shape (n_events,)
    weights : ndarray of shape (n_events,)
    yields : dict of label to number, or None
        None leaves the weights' own sums.
    luminosity : float

    Raises
    ------
    ValueError
        If `yields` and the classes of `y_true` are not the same.
    WeightError
        If the weights of a class sum to nothing or less.
    """
    return scaled_by(y_true, weights, yield_factors(y_true, weights, yields, luminosity))


def yield_factors(y_true, weights, yields, luminosity):
    """The factor of every class, or one for all, that :func:`scale_to_yields` multiplies by."""
    factor = _floats.one(luminosity, "luminosity")
    if not 0 < factor < np.inf:
        msg = f"luminosity={shown(luminosity)}; it must be a positive number"
        raise ValueError(msg)
    if yields is None:
        return factor
    y = labels(y_true)
    _check_classes(y, yields)
    return {
        name: factor * target / _positive_sum(weights[equals(y, name)], name)
        for name, target in yields.items()
    }


def scaled_by(y_true, weights, factors):
    """`weights` times one factor, or times the factor of the class of each event."""
    if not isinstance(factors, Mapping):
        return weights if factors == 1 else weights * factors
    y, scaled = labels(y_true), np.zeros_like(weights)
    for name, factor in factors.items():
        of_class = equals(y, name)
        scaled[of_class] = weights[of_class] * factor
    return scaled


def _check_classes(y, yields):
    if not isinstance(yields, Mapping):
        msg = f"yields={yields!r:.60}; it must be a dict of label and number"
        raise ValueError(msg)
    known, given = set(classes_of(y)), set(yields)
    if known != given:
        msg = (
            f"yields names the classes {sorted(given, key=str)}, but y_true has "
            f"{_labels.named(sorted(known, key=str))}; give the total of every class"
        )
        raise ValueError(msg)
    for name, target in yields.items():
        if not 0 < _floats.one(target, f"yields[{name!r}]") < np.inf:
            msg = f"yields[{name!r}]={shown(target)}; a yield must be a positive number"
            raise ValueError(msg)


def _positive_sum(weights, name):
    total = weights.sum()
    if not total > 0:
        msg = (
            f"sample_weight of class {name!r} sums to {total:.6g}; it cannot be scaled to the "
            "yield of the class"
        )
        raise WeightError(msg)
    return total
