"""Proper scoring rules of predicted probabilities: Brier score and log loss, with errors."""

from __future__ import annotations

import numpy as np

from skhep_nn import _floats, _weights
from skhep_nn.metrics import _inputs
from skhep_nn.metrics._calibration_curve import check_total
from skhep_nn.metrics._estimate import weighted_mean

# a row of float32 probabilities sums to one up to this
_ROUNDING = 1e-4
_LEAST = np.finfo(np.float64).eps


def brier_score(y_true, probability, sample_weight=None, *, signal=1, classes=None):
    r"""Weighted mean square of predicted probability minus truth, with its error.

    Parameters
    ----------
    y_true : array-like of shape (n_events,)
        Class labels of any type.
    probability : array-like of shape (n_events,) or (n_events, n_classes)
        Predicted probability of `signal`; or those of all classes, ``predict_proba(X)``.
    sample_weight : array-like of shape (n_events,) or number, default=None
        Event weights of either sign, with a positive sum; their scale does not matter.
    signal : label or list of labels, default=1
        What `probability` of one dimension is that of; every other class is background.
    classes : array-like of shape (n_classes,), default=None
        What the columns of `probability` are, ``model.classes_``. None: the labels, sorted.

    Returns
    -------
    Estimate
        ``value`` and ``error``, that of the weighted mean.

    Raises
    ------
    ValueError
        If lengths differ, a probability is not in [0, 1], rows do not sum to 1, or the columns are
        not the classes.
    WeightError
        If weights are not finite numbers, one per event, or sum to nothing or less.

    Notes
    -----
    :math:`\sum w_i (p_i - y_i)^2 / \sum w_i`; of more than two classes the squares are summed over
    classes, as scikit-learn's ``brier_score_loss`` does (G. W. Brier, Monthly Weather Review 78
    (1950) 1).

    Examples
    --------
    >>> from skhep_nn.metrics import brier_score
    >>> score = brier_score([0, 1, 1, 0], [0.1, 0.9, 0.6, 0.5], [1.0, 1.0, 2.0, 1.0])
    >>> round(score.value, 4), round(score.error, 4)
    (0.118, 0.0505)
    """
    truth, p, weights = _events(y_true, probability, sample_weight, signal, classes)
    squares = np.square(p - truth)
    return weighted_mean(squares if p.ndim == 1 else squares.sum(axis=1), weights)


def log_loss(y_true, probability, sample_weight=None, *, signal=1, classes=None):
    r"""Weighted mean of minus the logarithm of the probability of the true class, with its error.

    Parameters
    ----------
    y_true : array-like of shape (n_events,)
    probability : array-like of shape (n_events,) or (n_events, n_classes)
    sample_weight : array-like of shape (n_events,) or number, default=None
    signal : label or list of labels, default=1
    classes : array-like of shape (n_classes,), default=None
        All as in :func:`brier_score`.

    Returns
    -------
    Estimate
        ``value`` and ``error``, that of the weighted mean.

    Raises
    ------
    ValueError, WeightError
        As :func:`brier_score` does.

    Notes
    -----
    :math:`-\sum w_i [y_i \ln p_i + (1 - y_i) \ln(1 - p_i)] / \sum w_i`, the cross-entropy that
    networks are trained with. A probability of exactly 0 counts as 2.2e-16, the resolution of
    float64, as in scikit-learn.

    Examples
    --------
    >>> from skhep_nn.metrics import log_loss
    >>> loss = log_loss([0, 1, 1, 0], [0.1, 0.9, 0.6, 0.5], [1.0, 1.0, 2.0, -0.5])
    >>> round(loss.value, 4), round(loss.error, 4)
    (0.2531, 0.1973)
    """
    truth, p, weights = _events(y_true, probability, sample_weight, signal, classes)
    of_truth = np.where(truth, p, 1 - p) if p.ndim == 1 else np.sum(p * truth, axis=1)
    return weighted_mean(-np.log(np.maximum(of_truth, _LEAST)), weights)


def _events(y_true, probability, sample_weight, signal, classes):
    """(truth, probabilities, weights): one column each, or one per class of several."""
    y, p = _inputs.labels(y_true), _floats.real(probability, "probability")
    weights = _inputs.check_weights(sample_weight, len(y))
    check_total(weights)
    weights = _weights.of_moderate_scale(weights)
    if p.ndim != 2:
        return _inputs.signal_mask(y, signal), _inputs.probabilities(p, len(y)), weights
    truth, p = _of_classes(y, probability, classes)
    return (truth[:, 1], p[:, 1], weights) if p.shape[1] == 2 else (truth, p, weights)


def _of_classes(y, p, classes):
    classes = _inputs.columns_of(y, classes)
    p = _floats.real(_inputs.in_order(p, classes), "probability")
    if p.shape != (len(y), len(classes)):
        msg = (
            f"probability must have the shape {(len(y), len(classes))}, a column for each of the "
            f"classes {classes}, got {p.shape}; name the columns by classes="
        )
        raise ValueError(msg)
    _inputs.check_unit_interval(p)
    _check_rows(p)
    _inputs.check_known(y, classes)
    return np.column_stack([_inputs.equals(y, label) for label in classes]), p


def _check_rows(p):
    off = np.abs(p.sum(axis=1) - 1)
    if (off > _ROUNDING).any():
        first = int(np.argmax(off > _ROUNDING))
        msg = (
            f"probability of all classes must sum to 1; those of {(off > _ROUNDING).sum()} events "
            f"do not, the first is event {first} with {p[first].sum():.6g}"
        )
        raise ValueError(msg)
