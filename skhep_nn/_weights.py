"""Event weights: from column or argument, checked, negative ones treated, summed per class.

Pure NumPy, used by transformers, classifiers, metrics and splits alike: one place decides what
an event weight is.
"""

from __future__ import annotations

import numpy as np

from skhep_nn import _columns, _floats, _frames
from skhep_nn._pieces import pieces
from skhep_nn.exceptions import WeightError

# of weights whose squares, and sums of them, lose no digits
_LEAST = 1e-140

NEGATIVE_WEIGHTS = ("keep", "drop", "abs", "error")


def resolve(X, sample_weight, weight_column, owner, fitted=None):
    """Event weights of `X` from its column or from the argument, or None if there are none.

    Parameters
    ----------
    X : DataFrame, array or blocks
    sample_weight : array-like of shape (n_events,), number or None
    weight_column : str, int or None
    owner : str
        The estimator or scorer that asks, for the error message.
    fitted : FittedColumns, default=None
        Those of the estimator, if it is fitted: a position counts among these.

    Returns
    -------
    ndarray of shape (n_events,), float64, or None

    Raises
    ------
    WeightError
        If both are given, or the weights are not finite numbers, one per event.
    ColumnError
        If `X` has no column `weight_column`.
    """
    if weight_column is None:
        return None if sample_weight is None else check(sample_weight, len_of(X))
    if sample_weight is not None:
        msg = (
            f"{owner} got weight_column={weight_column!r} and sample_weight; "
            "give the event weights one way only"
        )
        raise WeightError(msg)
    if fitted is None:
        values = _columns.take(X, weight_column, role="weight_column")
    else:
        values = fitted.take(X, weight_column, "weight_column", owner)
    return check(values, len_of(X), name=f"weight column {weight_column!r}")


def check(weights, n_events, name="sample_weight"):
    """`weights` as a float64 array of shape (n_events,), a number standing for all events.

    Raises
    ------
    WeightError
        If they are masked, not numbers, not one-dimensional, not one per event, not finite, or
        so large that no number holds their sum.
    """
    weights = _floats.real(weights, name, WeightError)
    if weights.ndim == 0:
        weights = np.full(n_events, float(weights))
    # scikit-learn's checks ask for these two wordings
    if weights.ndim != 1:
        msg = f"{name}: Sample weights must be 1D array or scalar, got {weights.ndim}D array"
        raise WeightError(msg)
    if len(weights) != n_events:
        msg = f"{name}.shape == {weights.shape}, expected {(n_events,)}!"
        raise WeightError(msg)
    _check_finite(weights, name)
    _check_sum(weights, name)
    return weights


def check_squares(weights, name="sample_weight"):
    """Raise if the squares of `weights`, which statistical errors are made of, cannot be summed.

    Raises
    ------
    WeightError
        If the largest weight is so large or small that its square is beyond float64.
    """
    if of_moderate_scale(weights) is not weights:
        msg = (
            f"{name} has weights of up to {np.abs(weights).max():.6g}, whose squares no number "
            "holds; statistical errors need them: multiply all weights by a factor"
        )
        raise WeightError(msg)


def treat_negative(weights, policy):
    """`weights` after the policy on negative ones, in training only.

    Parameters
    ----------
    weights : ndarray of shape (n_events,)
    policy : {"keep", "drop", "abs", "error"}
        ``"drop"`` gives them zero weight, so that no row moves.

    Raises
    ------
    WeightError
        If the policy is ``"error"`` and a weight is negative.
    """
    if policy not in NEGATIVE_WEIGHTS:
        msg = f"negative_weights={policy!r}; it must be one of {NEGATIVE_WEIGHTS}"
        raise ValueError(msg)
    negative = weights < 0
    if policy == "keep" or not negative.any():
        return weights
    if policy == "error":
        msg = (
            f"{negative.sum()} of {len(weights)} event weights are negative (lowest "
            f'{weights.min():.6g}) and negative_weights="error"; '
            'use "keep", "drop" or "abs" to train on such events'
        )
        raise WeightError(msg)
    return np.abs(weights) if policy == "abs" else np.where(negative, 0.0, weights)


def class_sums(codes, weights, n_classes):
    """Sum of the weights of each class, with `codes` 0 ... n_classes - 1."""
    parts = pieces(len(codes))
    return sum(np.bincount(codes[p], weights=weights[p], minlength=n_classes) for p in parts)


def class_counts(codes, n_classes):
    """Number of events of each class, with `codes` 0 ... n_classes - 1."""
    return sum(np.bincount(codes[p], minlength=n_classes) for p in pieces(len(codes)))


def check_class_sums(sums, classes, what="class"):
    """Raise if the weights of a class sum to nothing or less.

    Raises
    ------
    WeightError
        Naming the class, the rule and the sum.
    """
    for name, total in zip(classes, sums, strict=True):
        if not total > 0:
            label = name.item() if isinstance(name, np.generic) else name
            msg = (
                f"sample_weight of {what} {label!r} sums to {total:.6g}; a {what} needs a positive "
                "sum to be balanced or trained on (see negative_weights; was the weight column "
                "scaled by an earlier step?)"
            )
            raise WeightError(msg)


def of_moderate_scale(weights):
    """`weights` times a power of two, so that their squares are numbers; no bit is lost.

    For what depends on ratios of weights only. Weights whose squares are numbers stay as they are.
    """
    largest = np.abs(weights).max(initial=0.0)
    if largest == 0 or _LEAST < largest < 1 / _LEAST:
        return weights
    return np.ldexp(weights, -int(np.frexp(largest)[1]))


def classes_of_moderate_scale(mask, weights):
    """As :func:`of_moderate_scale`, the events inside and outside of `mask` each by themselves."""
    parts = [of_moderate_scale(weights[side]) for side in (mask, ~mask)]
    out = np.empty_like(weights)
    out[mask], out[~mask] = parts
    return out


def effective_events(weights):
    """Effective number of events, (sum w)^2 / sum w^2; 0 without events."""
    weights = of_moderate_scale(weights)
    squares = np.sum(np.square(weights))
    return float(np.sum(weights) ** 2 / squares) if squares > 0 else 0.0


def len_of(X):
    """Number of events of a table, array or blocks."""
    X = _frames.as_pandas(X)
    if isinstance(X, (str, bytes)) or not (hasattr(X, "shape") or hasattr(X, "__len__")):
        X = np.asarray(X)
    shape = X.shape if hasattr(X, "shape") else (len(X),)
    if not shape:
        msg = f"X must be a table or an array of events, got {X!r:.60}"
        raise ValueError(msg)
    return shape[0]


def _check_sum(weights, name):
    with np.errstate(over="ignore"):
        total = np.abs(weights).sum()
    if np.isinf(total):
        largest = int(np.abs(weights).argmax())
        msg = (
            f"{name} has a sum that no number holds: the largest of {len(weights)} event weights "
            f"is that of event {largest}, {weights[largest]:.6g}"
        )
        raise WeightError(msg)


def _check_finite(weights, name):
    bad = ~np.isfinite(weights)
    if bad.any():
        first = int(np.flatnonzero(bad)[0])
        kind = "NaN" if np.isnan(weights[first]) else "infinity"
        msg = (
            f"{name} contains {kind}: {bad.sum()} of {len(weights)} event weights are not finite, "
            f"the first is event {first} ({weights[first]})"
        )
        raise WeightError(msg)
