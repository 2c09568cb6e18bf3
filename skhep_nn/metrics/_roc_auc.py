"""Weighted ROC curve and the area under it, for event weights of either sign."""

from __future__ import annotations

import numpy as np

from skhep_nn import _weights
from skhep_nn.metrics import _inputs, _tail_sums


def roc_auc(y_true, y_score, sample_weight=None, *, signal=1):
    r"""Area under the weighted ROC curve, exact with ties and with negative weights.

    .. math:: \frac{\sum_{i \in S, j \in B} w_i w_j
              \left[ 1(s_i > s_j) + \frac{1}{2} 1(s_i = s_j) \right]}{W_S W_B}

    Parameters
    ----------
    y_true : array-like of shape (n_events,)
        Class labels of any type; every class other than `signal` is background.
    y_score : array-like of shape (n_events,)
        High for signal; any scale.
    sample_weight : array-like of shape (n_events,) or number, default=None
        Event weights of either sign, each class with a positive sum; their scale does not matter.
        None counts each event once.
    signal : label or list of labels, default=1

    Returns
    -------
    float
        Equal to scikit-learn's ``roc_auc_score`` when no weight is negative. With negative
        weights it can leave [0, 1].

    Raises
    ------
    ValueError
        If there is no signal or no background, a score is NaN, or lengths differ.
    WeightError
        If the weights of signal or background sum to zero or less.

    Notes
    -----
    Computed by the trapezoidal rule, O(n log n). The formula is the Mann-Whitney statistic
    (J. A. Hanley and B. J. McNeil, Radiology 143 (1982) 29) with each pair weighted.

    Examples
    --------
    >>> from skhep_nn.metrics import roc_auc
    >>> roc_auc([0, 0, 1, 1], [0.1, 0.4, 0.4, 0.8])
    0.875
    >>> roc_auc([0, 0, 0, 1], [0.1, 0.4, 0.9, 0.8], [1.0, 2.0, -1.0, 1.0])
    1.5
    """
    background, signal_efficiency, _ = roc_curve(y_true, y_score, sample_weight, signal=signal)
    heights = signal_efficiency[1:] + signal_efficiency[:-1]
    return float(np.sum(np.diff(background) * heights) / 2)


def roc_curve(y_true, y_score, sample_weight=None, *, signal=1):
    """Background and signal efficiency of every cut on the score.

    Parameters
    ----------
    y_true : array-like of shape (n_events,)
        Class labels of any type; every class other than `signal` is background.
    y_score : array-like of shape (n_events,)
        High for signal.
    sample_weight : array-like of shape (n_events,) or number, default=None
        Event weights of either sign; with negative weights the curve need not be monotonous.
    signal : label or list of labels, default=1

    Returns
    -------
    background_efficiency, signal_efficiency : ndarray of shape (n_thresholds + 1,)
        From (0, 0), no event kept, to (1, 1).
    thresholds : ndarray of shape (n_thresholds + 1,)
        Descending, the first is infinity. Events with score >= threshold are kept.

    Raises
    ------
    ValueError
        If there is no signal or no background, a score is NaN, or lengths differ.
    WeightError
        If the weights of signal or background sum to zero or less.

    Examples
    --------
    >>> from skhep_nn.metrics import roc_curve
    >>> background, signal, cuts = roc_curve([0, 0, 1, 1], [0.1, 0.4, 0.4, 0.8])
    >>> background.tolist(), signal.tolist(), cuts.tolist()
    ([0.0, 0.0, 0.5, 1.0], [0.0, 0.5, 1.0, 1.0], [inf, 0.8, 0.4, 0.1])
    """
    scores, mask, weights = _inputs.check_events(y_true, y_score, sample_weight, signal)
    sums = _tail_sums.at_every_score(
        scores, mask, _weights.classes_of_moderate_scale(mask, weights)
    )
    efficiencies = (_efficiency(kept) for kept in (sums.background, sums.signal))
    return (*efficiencies, np.append(np.inf, sums.thresholds[::-1]))


def _efficiency(kept):
    # the lowest threshold keeps everything, so the last point is exactly 1
    return np.append(0.0, kept[::-1] / kept[0])
