"""How comparable the folds of a cross-fit are, by the events of the fit."""

from __future__ import annotations

import warnings

import numpy as np

from skhep_nn import _columns, _composition, _weights
from skhep_nn.estimators._fit._seeds import seed_of
from skhep_nn.exceptions import FoldsDifferWarning
from skhep_nn.metrics import _by_parameter_points as _points
from skhep_nn.metrics._fold_spread import fold_spread


def spread_of(model, events, folds):
    """The FoldSpread of a fitted cross-fit, with a warning if its folds are not comparable.

    Parameters
    ----------
    model : CrossFitClassifier
    events : Events
        Of the fit.
    folds : ndarray of shape (n_events,)
    """
    X = _with_hypotheses(model, events)
    probability = model._by_fold(X, folds, lambda member, X: member.predict_proba(X))
    classes = model.classes_.tolist()
    binary = len(classes) == 2
    found = fold_spread(
        events.y,
        probability[:, 1] if binary else probability,
        folds,
        sample_weight=_weights_of(model, events),
        signal=classes[1],
        classes=None if binary else classes,
    )
    if not found.comparable:
        _warn(found)
    return found


def _weights_of(model, events):
    owner = type(model).__name__
    return _weights.resolve(events.X, events.weights, model.weight_column, owner, model.columns_)


def _with_hypotheses(model, events):
    """The events, with masses for background that are drawn from those of the signal."""
    columns = _columns.as_list(model.parameter)
    if not columns:
        return events.X
    signal = getattr(_composition.last_step(model.estimators_[0]), "signal", None)
    is_signal = events.y == (model.classes_[-1] if signal is None else signal)
    values, _ = _points.values_of(events.X, columns)
    random = np.random.default_rng(0 if model.random_state is None else seed_of(model.random_state))
    values = values.copy()
    values[~is_signal] = random.choice(values[is_signal], int((~is_signal).sum()))
    return _points.with_hypothesis(events.X, columns, values)


def _warn(found):
    first, *others = found.differences()
    more = f" ({len(others)} more quantities differ)" if others else ""
    warnings.warn(
        f"the folds are not comparable: {first}{more}. One cut has another efficiency in each of "
        "them, and their common histogram is wider than that of one network; see fold_spread_. "
        "Longer training, balanced classes or an ensemble in each fold make the networks alike",
        FoldsDifferWarning,
        stacklevel=4,
    )
