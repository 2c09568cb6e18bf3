"""Logistic regression on few features, with event weights of either sign."""

from __future__ import annotations

import numpy as np
from scipy.special import expit

_MOST_STEPS = 200
_PRECISION = 1e-13


def logistic(features, is_signal, weights):
    r"""Coefficients and intercept that minimise the weighted log loss.

    Newton's method, with steps that are shortened until the loss falls. At the minimum
    :math:`\sum w_i p_i = \sum w_i y_i`, and the same with each feature as a further factor.

    Parameters
    ----------
    features : ndarray of shape (n_events, n_features)
    is_signal : ndarray of bool of shape (n_events,)
    weights : ndarray of shape (n_events,)

    Returns
    -------
    coefficients : ndarray of shape (n_features,)
    intercept : float

    Raises
    ------
    ValueError
        If the loss has no minimum, which negative weights can do.
    """
    center, scale = features.mean(axis=0), features.std(axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    design = np.column_stack([(features - center) / scale, np.ones(len(features))])
    found = _minimum(design, is_signal.astype(float), weights / np.abs(weights).sum())
    coefficients = found[:-1] / scale
    return coefficients, float(found[-1] - np.dot(coefficients, center))


def _minimum(design, y, weights):
    at = np.zeros(design.shape[1])
    share = np.dot(weights, y) / weights.sum()
    at[-1] = np.log(share / (1 - share))
    damping, loss = 0.0, _loss(design, y, weights, at)
    for _ in range(_MOST_STEPS):
        p = expit(design @ at)
        gradient = design.T @ (weights * (p - y))
        if np.abs(gradient).max() < _PRECISION:
            return at
        curvature = (design.T * (weights * p * (1 - p))) @ design
        at, loss, damping = _step(design, y, weights, (at, loss, damping), gradient, curvature)
        if damping is None:
            return _checked(at, gradient)
    return _checked(at, gradient)


def _step(design, y, weights, state, gradient, curvature):
    """A step that lowers the loss, shortened until it does; damping is None if none does."""
    at, loss, damping = state
    values, vectors = np.linalg.eigh(curvature)
    least = max(1e-12 * np.abs(values).max(), 1e-300)
    damping = max(damping, 0.0 if values.min() > least else least - 1.1 * min(values.min(), 0.0))
    for _ in range(60):
        new = at - vectors @ ((vectors.T @ gradient) / (values + damping))
        new_loss = _loss(design, y, weights, new)
        # at the minimum the loss is flat to the last digit, while the gradient still shrinks
        if new_loss <= loss + 1e-15 * max(abs(loss), 1.0):
            return new, new_loss, damping / 10 if damping > least else 0.0
        damping = max(10 * damping, 1e-3 * np.abs(values).max(), least)
    return at, loss, None


def _loss(design, y, weights, at):
    score = design @ at
    return float(np.dot(weights, np.logaddexp(0, score) - y * score))


def _checked(at, gradient):
    if np.abs(gradient).max() > 1e-10:
        msg = (
            "the weighted log loss has no minimum: negative weights outweigh the others where "
            'scores are extreme; use method="isotonic", or more events'
        )
        raise ValueError(msg)
    return at
