"""What displays of the probabilities of every class share."""

from __future__ import annotations

import numpy as np

from skhep_nn import _composition, _floats
from skhep_nn.metrics import _inputs
from skhep_nn.plotting import _events, _words

# rows of float32 sum to one up to this
_ROUNDING = 1e-6


@_words.shared
class FromProbabilities:
    """Base of the displays that are made of the probabilities of every class."""

    @classmethod
    def from_estimator(
        cls, estimator, X, y, *, sample_weight=None, weight_column=None, ax=None, **options
    ):
        """Draw the probabilities that a fitted classifier gives.

        Parameters
        ----------
        {estimator}
        {events}
        ax : Axes or sequence of Axes, default=None
        **options
            Others of :meth:`from_predictions` (``class_names=None`` is what the classifier was
            given), and those of :meth:`plot`.

        Returns
        -------
        self
        """
        weights = _events.weights_of(estimator, X, sample_weight, weight_column, cls.__name__)
        classes = _composition.check_classifier(estimator).classes_
        options = {"classes": classes, **_events.named(estimator, options)}
        return cls.from_predictions(
            y, estimator.predict_proba(X), sample_weight=weights, ax=ax, **options
        )


def probabilities_of(y_score, y, classes):
    """(probabilities, labels of their columns), checked against the labels of events.

    Raises
    ------
    ValueError
    """
    columns = _inputs.columns_of(y, classes)
    p = _floats.real(_inputs.in_order(y_score, columns), "y_score")
    if p.ndim != 2 or p.shape != (len(y), len(columns)) or len(columns) < 2:
        msg = (
            f"y_score must have the shape ({len(y)}, {len(columns)}), a column for each of the "
            f"classes {columns}, got {p.shape}; pass classes=estimator.classes_"
        )
        raise ValueError(msg)
    good = ((p >= 0) & (p <= 1 + _ROUNDING)).all(axis=1)
    if not good.all():
        bad = np.flatnonzero(~good)
        msg = f"y_score of {len(bad)} events is no probability, the first is event {bad[0]}"
        raise ValueError(msg)
    _inputs.check_known(y, columns)
    return p, columns
