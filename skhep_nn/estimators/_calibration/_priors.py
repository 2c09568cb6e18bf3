"""Class priors: what a classifier was trained at, what events have, what is asked for."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from sklearn.ensemble import BaggingClassifier, VotingClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import FixedThresholdClassifier, TunedThresholdClassifierCV

from skhep_nn import _choices, _composition, _floats, _weights
from skhep_nn._probabilities import FromProbabilities
from skhep_nn._shown import shown

# that predict the probabilities of the one classifier inside
_WRAPPERS = (FrozenEstimator, FixedThresholdClassifier, TunedThresholdClassifierCV)

# odds that differ by less, or by fewer standard errors, differ by chance only
_BY_CHANCE = 0.1
_ERRORS = 5.0


def of_events(codes, weights, n_classes):
    """Shares of the classes in the sum of weights."""
    sums = _weights.class_sums(codes, weights, n_classes)
    return sums / sums.sum()


def of_model(model):
    """Shares of the classes in the weights that a fitted model was trained with; None if unknown.

    A vote, or several fits of one classifier, has the mean of its members. What is fitted on
    their scores, such as scikit-learn's calibrator or a stack, has probabilities of its own.
    """
    if hasattr(model, "class_prior_"):
        found = np.asarray(model.class_prior_, dtype=float)
        return found / found.sum() if found.shape == np.shape(model.classes_) else None
    found = [of_model(one) for one in _predicting(model)]
    return np.mean(found, axis=0) if found and all(one is not None for one in found) else None


def _predicting(model):
    """The classifiers whose probabilities, or the mean of them, are those of `model`."""
    if hasattr(model, "steps"):
        return [model.steps[-1][1]]
    if hasattr(model, "best_estimator_"):
        return [model.best_estimator_]
    if hasattr(model, "_wraps") or isinstance(model, _WRAPPERS):
        return _composition.parts(model)
    has_members = isinstance(model, (FromProbabilities, VotingClassifier, BaggingClassifier))
    return list(getattr(model, "estimators_", [])) if has_members else []


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
    elif _choices.is_real(value) and len(classes) == 2:
        fraction = _floats.one(value, name)
        value = [1 - fraction, fraction]
    shares = _floats.real(value, name)
    if shares.shape != classes.shape or not _are_shares(shares):
        msg = (
            f"{name}={shown(value)}; it must be the fraction of signal, above 0 and below 1, or a "
            f"positive share for each of the classes {classes.tolist()}"
        )
        raise ValueError(msg)
    return shares / shares.sum()


def _are_shares(shares):
    """Whether all are positive, and none so small that another divided by it is infinite."""
    if not ((shares > 0) & np.isfinite(shares)).all():
        return False
    return bool((shares / shares.max() >= np.finfo(float).tiny).all())


def same_but_for_chance(model_prior, events_prior, codes, weights):
    """Whether the odds of each class differ by no more than those of two samples do."""
    for number in range(len(events_prior)):
        of_class = codes == number
        parts = [1 / _weights.effective_events(weights[side]) for side in (of_class, ~of_class)]
        allowed = max(_BY_CHANCE, _ERRORS * np.sqrt(sum(parts)))
        if abs(_log_odds(model_prior, number) - _log_odds(events_prior, number)) > allowed:
            return False
    return True


def _log_odds(prior, number):
    """Of one class against the others; their sum, as 1 - p may be 0."""
    return np.log(prior[number]) - np.log(np.delete(prior, number).sum())


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
