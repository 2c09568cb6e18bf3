"""Standard error of the weighted area under the ROC curve."""

from __future__ import annotations

import numpy as np

from skhep_nn import _weights
from skhep_nn.metrics import _inputs


def roc_auc_error(y_true, y_score, sample_weight=None, *, signal=1):
    r"""Standard error of :func:`roc_auc`, of weighted events and without assuming a shape.

    .. math:: \sigma^2 = \frac{n_S}{n_S - 1} \frac{\sum_{i \in S} w_i^2 (V_i - A)^2}{W_S^2}
              + \frac{n_B}{n_B - 1} \frac{\sum_{j \in B} w_j^2 (V_j - A)^2}{W_B^2}

    with the area A, and V the weighted part of the other class that an event is on the right side
    of (ties count one half).

    Parameters
    ----------
    y_true : array-like of shape (n_events,)
        Class labels of any type; every class other than `signal` is background.
    y_score : array-like of shape (n_events,)
        High for signal; any scale.
    sample_weight : array-like of shape (n_events,) or number, default=None
        Event weights of either sign, each class with a positive sum.
    signal : label or list of labels, default=1

    Returns
    -------
    float
        NaN if a class has one event only.

    Raises
    ------
    ValueError
        If there is no signal or no background, a score is NaN, or lengths differ.
    WeightError
        If the weights of signal or background sum to zero or less.

    Notes
    -----
    For unit weights it is the estimate of E. R. DeLong et al., Biometrics 44 (1988) 837. With
    weights it is the linear propagation of the error of both weighted means. Areas of two networks
    on the same events are correlated: compare those by resampling the events, not by these errors.

    Examples
    --------
    >>> from skhep_nn.metrics import roc_auc_error
    >>> round(roc_auc_error([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]), 4)
    0.3536
    """
    scores, mask, weights = _inputs.check_events(y_true, y_score, sample_weight, signal)
    return standard_error(scores, mask, weights)


def standard_error(scores, mask, weights):
    """The standard error for events that are checked already."""
    weights = _weights.classes_of_moderate_scale(mask, weights)
    signal, background = _sorted(scores, mask, weights), _sorted(scores, ~mask, weights)
    below = _part_below(signal[0], *background)
    above = 1 - _part_below(background[0], *signal)
    return float(np.sqrt(_variance(below, signal[1]) + _variance(above, background[1])))


def influence(scores, mask, weights):
    """How far each event moves the area, per unit of one more such event; the sum is zero.

    The root of the sum of squares is the standard error. Of the same events scored twice the
    differences give the error of the difference of both areas: the limit of a bootstrap that draws
    the same events for both.
    """
    weights = _weights.classes_of_moderate_scale(mask, weights)
    out = np.empty(len(scores))
    for side, sign in ((mask, 1.0), (~mask, -1.0)):
        parts = _part_below(sign * scores[side], *_sorted(sign * scores, ~side, weights))
        mean = np.dot(weights[side], parts) / weights[side].sum()
        out[side] = weights[side] * (parts - mean) / weights[side].sum()
    return out


def _sorted(scores, mask, weights):
    order = np.argsort(scores[mask])
    return scores[mask][order], weights[mask][order]


def _part_below(values, scores, weights):
    """Weighted part of the events with `scores` (ascending) below each value, ties half."""
    sums = np.append(0.0, np.cumsum(weights))
    sides = (np.searchsorted(scores, values, side=side) for side in ("left", "right"))
    return sum(sums[at] for at in sides) / (2 * sums[-1])


def _variance(parts, weights):
    """Variance of the weighted mean of `parts`."""
    n_events = np.count_nonzero(weights)
    if n_events < 2:
        return np.nan
    total = weights.sum()
    mean = np.dot(weights, parts) / total
    squares = np.sum(np.square(weights * (parts - mean))) / total**2
    return squares * n_events / (n_events - 1)
