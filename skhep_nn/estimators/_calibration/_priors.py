"""Class priors: what a classifier was trained at, what events have, what is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Real

import numpy as np

from skhep_nn import _composition, _floats, _weights

# odds that differ by less, or by fewer standard errors, differ by chance only
_BY_CHANCE = 0.1
_ERRORS = 5.0


def of_events(codes, weights, n_classes):
    """Shares of the classes in the sum of weights."""
    sums = _weights.class_sums(codes, weights, n_classes)
    return sums / sums.sum()


def of_model(model):
    """Shares of the classes in the weights that a fitted model was trained with; None if unknown.

    A vote, or several fits of one classifier, has the mean of its members.
    """
    if hasattr(model, "class_prior_"):
        found = np.asarray(model.class_prior_, dtype=float)
        return found / found.sum() if found.shape == np.shape(model.classes_) else None
    if hasattr(model, "steps"):
        return of_model(model.steps[-1][1])
    inner = _composition.parts(model) or list(getattr(model, "estimators_", []))
    found = [of_model(one) for one in inner]
    return np.mean(found, axis=0) if found and all(one is not None for one in found) else None


def given(value, classes, name):
    """`value`, a signal fraction, or shares by class, as shares that sum to one.

    Parameters
    ----------
    value : float, sequence of float or dict of label to float
    classes : ndarray of shape (n_classes,)
    name : str
        For the error message.

    Raises
    ------
    ValueError
        If it is none of these, or not between 0 and 1.
    """
    if isinstance(value, Mapping):
        value = _in_order(value, classes.tolist(), name)
    elif isinstance(value, Real) and len(classes) == 2:
        fraction = _floats.one(value, name)
        value = [1 - fraction, fraction]
    shares = _floats.real(value, name)
    if shares.shape != classes.shape or not (shares > 0).all() or not np.isfinite(shares).all():
        msg = (
            f"{name}={value!r:.60}; it must be the fraction of signal, above 0 and below 1, or a "
            f"positive share for each of the classes {classes.tolist()}"
        )
        raise ValueError(msg)
    return shares / shares.sum()


def same_but_for_chance(model_prior, events_prior, codes, weights):
    """Whether the odds of each class differ by no more than those of two samples do."""
    for number, (one, other) in enumerate(zip(model_prior, events_prior, strict=True)):
        of_class = codes == number
        parts = [
            np.sum(weights[side] ** 2) / weights[side].sum() ** 2 for side in (of_class, ~of_class)
        ]
        allowed = max(_BY_CHANCE, _ERRORS * np.sqrt(sum(parts)))
        if abs(np.log(one / (1 - one)) - np.log(other / (1 - other))) > allowed:
            return False
    return True


def moved(probabilities, before, after):
    """Probabilities at the prior `after`, of those at `before`: Bayes' rule.

    Parameters
    ----------
    probabilities : ndarray of shape (..., n_classes)
    before, after : ndarray of shape (n_classes,)
    """
    if np.array_equal(before, after):
        return probabilities
    scaled = probabilities * (after / before)
    return scaled / scaled.sum(axis=-1, keepdims=True)


def _in_order(shares, classes, name):
    if set(shares) != set(classes):
        msg = (
            f"{name} names the classes {sorted(shares, key=str)}, but those of the model are "
            f"{classes}; give the share of every class"
        )
        raise ValueError(msg)
    return [shares[label] for label in classes]
