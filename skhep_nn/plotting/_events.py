"""What a display needs of events: labels, weights, scores, and what an estimator says of them."""

from __future__ import annotations

import numpy as np

from skhep_nn import _choices, _class_names, _columns, _composition, _floats, _labels, _weights
from skhep_nn._shown import shown
from skhep_nn.exceptions import WeightError


def weights_of(estimator, X, sample_weight, weight_column, owner):
    """Event weights as given; else those of the estimator's own weight column; else ones.

    Raises
    ------
    WeightError, ColumnError
        As `skhep_nn._composition.weights_of` does.
    """
    weights = _composition.weights_of(estimator, X, sample_weight, weight_column, owner)
    return np.ones(_weights.len_of(X)) if weights is None else weights


def labels_and_weights(y, sample_weight, name="y_true", weight_name="sample_weight"):
    """`y` as a 1-D array, and one float64 weight per event.

    Raises
    ------
    ValueError
        If `y` is not 1-D, is empty, or has missing labels.
    WeightError
        If the weights are not finite numbers, one per event.
    """
    y = _labels.check(y, name)
    given = 1.0 if sample_weight is None else sample_weight
    weights = _weights.check(given, len(y), weight_name)
    _weights.check_squares(weights, weight_name)
    return y, weights


def scores_of(y_score, n_events, name="y_score"):
    """`y_score` as a float64 array of shape (n_events,).

    Raises
    ------
    ValueError
        If it has another shape, or a score is not finite.
    """
    scores = _floats.real(y_score, name)
    if scores.shape != (n_events,):
        msg = (
            f"{name} must have the shape {(n_events,)}, one score per event, got {scores.shape}; "
            "of predict_proba take the column of the signal"
        )
        raise ValueError(msg)
    if not np.isfinite(scores).all():
        bad = np.flatnonzero(~np.isfinite(scores))
        msg = f"{name} of {len(bad)} events is not finite, the first is event {bad[0]}"
        raise ValueError(msg)
    return scores


def check_signal(signal, classes, where):
    """Raise a ValueError that names the classes unless `signal` is one of them."""
    if _labels.one(signal) not in classes:
        msg = f"signal={shown(signal)} is not a class of {where}; it has {_labels.named(classes)}"
        raise ValueError(msg)


def classes_of(y):
    """The classes of `y` in order, as Python values."""
    return np.unique(y).tolist()


def class_masks(y, weights, classes, name="y_true"):
    """Mask of each class, all of which have events and a positive sum of weights.

    Raises
    ------
    ValueError
        If a class has no event.
    WeightError
        If the weights of a class sum to nothing or less.
    """
    masks = {label: np.asarray(y == label) for label in classes}
    for label, mask in masks.items():
        if not mask.any():
            msg = f"{name} has no event of class {label!r}; it has {_labels.named(classes_of(y))}"
            raise ValueError(msg)
        total = weights[mask].sum()
        if not total > 0:
            msg = (
                f"sample_weight of class {label!r} in {name} sums to {total:.6g}; a class needs a "
                "positive sum to be drawn as a distribution or an efficiency"
            )
            raise WeightError(msg)
    return masks


def variable_of(X, values, name, role):
    """The values of a variable, and what it is called.

    Parameters
    ----------
    X : table
    values : str or array-like
        A column of `X`, or the values themselves.
    name : str or None
        None: the name of the column, or that of a Series.
    role : str
        What the column is for, for the error message.

    Returns
    -------
    tuple of (array-like, str)
    """
    called = values if isinstance(values, str) else getattr(values, "name", None)
    if isinstance(values, str):
        values = _columns.take(X, values, role=role)
    if name is None and isinstance(called, str):
        return values, called
    return values, _choices.text(name, "variable")


def check_both(one, first, other, second):
    """Raise unless two arguments, by their names, are given both or not at all.

    Raises
    ------
    ValueError
    """
    if (first is None) != (second is None):
        msg = f"{one} and {other} must be given both or not at all"
        raise ValueError(msg)


def named(estimator, options, classes=None):
    """Options of a picture; names of classes are those of the estimator unless some are given."""
    names = _class_names.for_picture(estimator, options.get("class_names"), classes)
    return {**options, "class_names": names or None}


def title_of(label, class_names):
    """What a class is called in the picture."""
    return str(_choices.names(class_names, "class_names").get(label, label))
