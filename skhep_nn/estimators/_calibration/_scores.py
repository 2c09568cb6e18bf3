"""Scores that a calibration learns from: of a fitted model, or of fits that did not see them."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from sklearn.base import clone
from sklearn.model_selection import check_cv
from sklearn.utils.multiclass import type_of_target

from skhep_nn import _choices, _composition, _floats, _labels, _lazy_rows
from skhep_nn.estimators._fit import _targets
from skhep_nn.estimators._members._fit_one import fit_one
from skhep_nn.exceptions import WeightError
from skhep_nn.metrics import _inputs

# rows of float32 sum to one up to this
_ROUNDING = 1e-3


def of_fitted(model, X, owner):
    """Probabilities of a fitted model, checked."""
    return checked(model.predict_proba(X), model.classes_, owner)


def of_unfitted(model, events, cv, classes, owner):
    """(`model` fitted on all events, probabilities of each event by a fit that did not see it).

    Raises
    ------
    ValueError
        If a fold leaves out a class, or not each event is left out once.
    """
    found = np.full((len(events.y), len(classes)), np.nan)
    n_classes = _targets.encode(events.y, classes)
    target = None if type_of_target(events.y) == "unknown" else n_classes
    for train, test in _folds(cv, target, len(found)):
        fitted = fit_one(clone(model), events.at(train))
        held_out = events.at(test)
        if len(fitted.classes_) != len(classes):
            msg = (
                f"{owner}: a part of the events for the fit of {type(model).__name__} has the "
                f"classes {fitted.classes_.tolist()} only; each needs all of {classes.tolist()}; "
                f"{_labels.SORTED}"
            )
            raise ValueError(msg)
        found[test] = of_fitted(fitted, held_out.X, owner)
    if np.isnan(found).any():
        msg = f"{owner}: cv={cv!r:.60} leaves out not every event once"
        raise ValueError(msg)
    return fit_one(clone(model), events), found


def _folds(cv, target, n_events):
    """Pairs of positions of events: what is fitted on, and what is left out."""
    # an array without an axis calls itself iterable
    is_single = isinstance(cv, (str, bytes)) or getattr(cv, "ndim", 1) == 0
    is_list = isinstance(cv, Iterable) and not is_single
    cv = list(cv) if is_list and not hasattr(cv, "split") else cv
    pairs = isinstance(cv, list) and all(_choices.is_several(one) and len(one) == 2 for one in cv)
    if not (cv is None or hasattr(cv, "split") or pairs or (_choices.is_whole(cv) and cv >= 2)):
        msg = (
            f"cv={cv!r:.60}; it must be a number of folds, 2 or more, a splitter, or pairs of rows"
        )
        raise ValueError(msg)
    try:
        folds = list(check_cv(cv, target, classifier=True).split(np.zeros(n_events), target))
        return [tuple(_lazy_rows.resolve(part, n_events) for part in pair) for pair in folds]
    except (IndexError, TypeError, ValueError) as error:
        msg = f"cv={cv!r:.60}: {error}"
        raise type(error)(msg) from error


def checked(probabilities, classes, owner):
    """Probabilities as float64, a column for each of `classes`, and all as a model must give them.

    Raises
    ------
    ValueError
        If they have another shape, or are no probabilities.
    """
    what = f"{owner}: probabilities"
    p = _floats.real(_inputs.in_order(probabilities, list(classes), what), what)
    if p.ndim < 2 or p.shape[-1] != len(classes):
        msg = (
            f"{owner}: probabilities (predict_proba) must have a column for each of {len(classes)} "
            f"classes, got shape {p.shape}"
        )
        raise ValueError(msg)
    good = (p >= -_ROUNDING) & (p <= 1 + _ROUNDING)
    if not good.all() or (np.abs(p.sum(axis=-1) - 1) > _ROUNDING).any():
        msg = (
            f"{owner}: probabilities (predict_proba of the model) must lie between 0 and 1 and "
            f"sum to 1 for each event; there are values of {np.nanmin(p):.6g} to "
            f"{np.nanmax(p):.6g}, and {np.isnan(p).sum()} that are NaN"
        )
        raise ValueError(msg)
    return np.clip(p, 0.0, 1.0)


def resolution_of(probabilities):
    """The step below one: a probability nearer to 0 or 1 counts as so far from it."""
    dtype = np.asarray(probabilities[:0]).dtype
    return float(np.finfo(dtype if dtype.kind == "f" else np.float64).epsneg)


def check_column_is_known(model, column, owner):
    """Raise if a model that is to be fitted does not know the column of the weights."""
    if column is not None and _composition.weight_column(model, owner) is None:
        msg = (
            f"{owner} has weight_column={column!r}, but {type(model).__name__}, which is not fitted"
            " yet, would take it for a feature; give it a weight_column too, or fit it first"
        )
        raise WeightError(msg)
