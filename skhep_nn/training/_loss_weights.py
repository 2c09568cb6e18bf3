"""Event weights as the loss sees them: mean one, and in validation the shares of training."""

from __future__ import annotations

import numpy as np

from skhep_nn import _weights
from skhep_nn._pieces import pieces
from skhep_nn.exceptions import WeightError


def normalise(weights, factor=None):
    """Weights with mean one, and the factor that makes them so.

    Parameters
    ----------
    weights : ndarray of shape (n_events,)
    factor : float, optional
        A factor from an earlier call, used instead (``partial_fit`` keeps its first one).

    Raises
    ------
    WeightError
        If the weights are so small that no factor makes their mean one.
    """
    if factor is None:
        parts = (weights[part] for part in pieces(len(weights)))
        mean = sum(np.sum(part, dtype=np.float64) for part in parts) / len(weights)
        with np.errstate(over="ignore", divide="ignore"):
            factor = 1.0 / mean
        if not np.isfinite(factor):
            msg = (
                f"the mean of the event weights is {mean:.6g}, and no number times "
                "that is one; multiply all weights by a factor"
            )
            raise WeightError(msg)
    return times(weights, float(factor)), float(factor)


def times(weights, factors, codes=None):
    """Weights times a factor, or that of their class; weights of single precision are changed.

    Those are of samples for which there is to be no second array, see the classifiers' compact
    events.
    """
    if weights.dtype == np.float64:
        return weights * (factors if codes is None else factors[codes])
    for part in pieces(len(weights)):
        weights[part] *= factors if codes is None else factors[codes[part]]
    return weights


def match_shares(weights, codes, train_sums, classes):
    """Validation weights with mean one, each class having its share of the training weights.

    Validation events may come in physical weights while the training events were balanced; without
    this the validation loss would be that of the most abundant class.

    Parameters
    ----------
    weights, codes : ndarray of shape (n_events,)
        Validation weights and class numbers.
    train_sums : ndarray of shape (n_classes,)
        Sum of the training weights of each class.
    classes : ndarray of shape (n_classes,)
        Labels, for the error message.

    Raises
    ------
    WeightError
        If a class has no validation events or its weights sum to nothing or less.
    """
    n = len(classes)
    _weights.check_class_sums(
        _weights.class_sums(codes, weights, n), classes, what="validation class"
    )
    if weights.dtype == np.float64:
        weights = _weights.of_moderate_scale(weights)
    factors = train_sums / _weights.class_sums(codes, weights, n)
    if weights.dtype != np.float64:
        factors = factors / factors.max()
    return normalise(times(weights, factors, codes))[0]
