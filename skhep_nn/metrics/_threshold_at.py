"""The cut on the score that has a given efficiency."""

from __future__ import annotations

import numpy as np

from skhep_nn import _floats, _labels, _weights
from skhep_nn._shown import shown
from skhep_nn.metrics import _inputs, _tail_sums

# sums of the same weights in another order differ in the last digits
_ROUNDING = 1e-12


def threshold_at(
    y_true,
    y_score,
    sample_weight=None,
    *,
    efficiency=None,
    background_efficiency=None,
    signal=1,
    classes=None,
):
    """Cut that keeps a given part of the signal, or of the background.

    Parameters
    ----------
    y_true : array-like of shape (n_events,)
        Class labels of any type; every class other than `signal` is background.
    y_score : array-like of shape (n_events,) or (n_events, n_classes)
        High for signal. With one column per class, the sum of those of `signal`.
    sample_weight : array-like of shape (n_events,) or number, default=None
        Event weights of either sign, each side with a positive sum. None counts each event once.
    efficiency : float or array-like, default=None
        Part of the signal, in (0, 1], of which at least so much is kept: the highest such cut.
    background_efficiency : float or array-like, default=None
        Instead, part of the background, in [0, 1], of which at most so much is kept: the lowest
        such cut.
    signal : label or list of labels, default=1
    classes : array-like of shape (n_classes,), default=None
        Labels of the columns of `y_score`, an estimator's ``classes_``; None is the sorted labels
        of `y_true`.

    Returns
    -------
    float, or ndarray of the shape of the efficiencies
        Events with score >= threshold are kept. It is the score of an event.

    Raises
    ------
    ValueError
        If not exactly one efficiency is given, one is not in its range, or the highest score alone
        keeps more background; if there is no signal or no background, a score is NaN, or lengths
        differ.
    WeightError
        If the weights of signal or background sum to zero or less.

    Notes
    -----
    Events of equal score pass or fail together, so that the efficiency is reached up to what such
    events weigh: never less signal, never more background than asked for. Where negative weights
    make the efficiency rise and fall, the cut is lowered from the highest score, until there is
    enough signal or before there is too much background for the first time. Choose a cut on
    validation events and quote its efficiencies on test events.

    See Also
    --------
    roc_curve : Efficiencies of every cut.
    significance_scan : The cut of the best figure of merit.

    Examples
    --------
    >>> from skhep_nn.metrics import threshold_at
    >>> y, score = [0, 0, 0, 0, 1, 1, 1], [0.1, 0.2, 0.3, 0.6, 0.4, 0.7, 0.9]
    >>> threshold_at(y, score, efficiency=0.6)
    0.7
    >>> threshold_at(y, score, background_efficiency=[0.0, 0.25]).tolist()
    [0.7, 0.4]
    """
    name, wanted, ask = _asked(efficiency, background_efficiency)
    scores = _signal_score(y_true, y_score, signal, classes)
    scores, mask, weights = _inputs.check_events(y_true, scores, sample_weight, signal)
    weights = _weights.classes_of_moderate_scale(mask, weights)
    sums = _tail_sums.at_every_score(scores, mask, weights)
    kept = sums.signal if name == "efficiency" else sums.background
    # from the tightest cut on, and what is all is one
    reached = np.maximum.accumulate((kept / kept[0])[::-1])
    at = ask(reached, wanted)
    if (at < 0).any():
        msg = (
            f"background_efficiency={wanted[at < 0].min():.6g}: the highest score, "
            f"{sums.thresholds[-1]:.6g}, alone keeps {reached[0]:.6g} of the background"
        )
        raise ValueError(msg)
    found = sums.thresholds[::-1][at]
    return float(found[0]) if np.ndim(_given(efficiency, background_efficiency)) == 0 else found


def _at_least(reached, efficiency):
    """Number of the first cut that keeps so much; the loosest keeps all."""
    at = np.searchsorted(reached, efficiency * (1 - _ROUNDING), side="left")
    return np.minimum(at, len(reached) - 1)


def _at_most(reached, efficiency):
    """Number of the last cut before one keeps more, -1 if the first does."""
    return np.searchsorted(reached, efficiency * (1 + _ROUNDING), side="right") - 1


def _given(efficiency, background_efficiency):
    return background_efficiency if efficiency is None else efficiency


def _asked(efficiency, background_efficiency):
    """(name, values, how to look them up) of the one efficiency that is given."""
    if (efficiency is None) == (background_efficiency is None):
        msg = (
            "give one of efficiency (of the signal) and background_efficiency, got "
            f"efficiency={shown(efficiency)}, background_efficiency={background_efficiency!r:.60}"
        )
        raise ValueError(msg)
    name = "efficiency" if background_efficiency is None else "background_efficiency"
    given = _given(efficiency, background_efficiency)
    values = np.atleast_1d(_floats.real(given, name))
    least = values > 0 if name == "efficiency" else values >= 0
    if values.ndim != 1 or not len(values) or not (least & (values <= 1)).all():
        interval = "(0, 1]" if name == "efficiency" else "[0, 1]"
        msg = f"{name}={given!r:.60}; an efficiency is a number in {interval}, or a list of them"
        raise ValueError(msg)
    return name, values, _at_least if name == "efficiency" else _at_most


def _signal_score(y_true, y_score, signal, classes):
    """One score per event: of several columns the sum of those of the signal."""
    scores = _floats.real(y_score, "y_score")
    if scores.ndim != 2:
        return scores
    columns = _inputs.columns_of(_inputs.labels(y_true), classes)
    if len(columns) != scores.shape[1]:
        msg = (
            f"y_score has {scores.shape[1]} columns for the {len(columns)} classes {columns}; "
            "pass classes=estimator.classes_"
        )
        raise ValueError(msg)
    scores = _floats.real(_inputs.in_order(y_score, columns), "y_score")
    _inputs.check_no_nan(scores)
    missing = [label for label in _labels.listed(signal) if label not in columns]
    if missing:
        msg = f"signal={missing[0]!r} is not one of the classes {columns} of the columns of y_score"
        raise ValueError(msg)
    return scores[:, [columns.index(label) for label in _labels.listed(signal)]].sum(axis=1)
