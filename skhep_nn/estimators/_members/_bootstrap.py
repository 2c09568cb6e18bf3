"""Samples like the one that there is: how often each event is in them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from skhep_nn import _columns, _weights
from skhep_nn._weighted_events import Events
from skhep_nn.estimators._members._fit_one import takes_weights

DRAWS = {
    "poisson": lambda random, n_events: random.poisson(1.0, n_events),
    "events": lambda random, n_events: np.bincount(
        random.integers(n_events, size=n_events), minlength=n_events
    ),
}


def resampled(events, kind, random, estimator, weight_column):
    """`events`, each as often as it is drawn.

    Its weight is multiplied by that number: copies of an event would be in training and validation
    at once. Only a classifier that takes no weights gets copies.

    Parameters
    ----------
    events : Events
    kind : {"poisson", "events"}
    random : Generator
    estimator : classifier
    weight_column : str, int or None
        Of the weights in X.
    """
    counts = DRAWS[kind](random, len(events.y))
    rows = np.flatnonzero(counts)
    if weight_column is not None:
        drawn, counts = events.at(rows), counts[rows]
        weights = _weights.resolve(drawn.X, None, weight_column, type(estimator).__name__)
        X = _columns.replace(drawn.X, weight_column, weights * counts, role="weight_column")
        return replace(drawn, X=X)
    if not takes_weights(estimator):
        return events.at(np.repeat(np.arange(len(counts)), counts))
    drawn, weights = events.at(rows), 1.0 if events.weights is None else events.weights[rows]
    return Events(drawn.X, drawn.y, weights * counts[rows])
