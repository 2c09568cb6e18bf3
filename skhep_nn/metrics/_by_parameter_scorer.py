"""scikit-learn scorer of a parametric classifier: the weighted AUC, averaged over the masses."""

from __future__ import annotations

from skhep_nn import _choices
from skhep_nn.metrics._by_parameter import auc_by_parameter
from skhep_nn.metrics._scorer import WeightedScorer, auc_of_labels

_AVERAGES = ("mean", "min")


def make_parametric_auc_scorer(
    *,
    parameter="mass",
    hypotheses=None,
    signal=1,
    average="mean",
    weight_column=None,
    weighted=None,
):
    """Scorer by the weighted AUC at each mass, averaged over the masses.

    Parameters
    ----------
    parameter : str, int or list of them, default="mass"
        Columns (or blocks) of X with the mass, or with the several parameters, of signal events.
        What stands there for background is not read.
    hypotheses : array-like of shape (n_hypotheses[, n_parameters]), default=None
        Masses that count; each must be in every fold. None is all masses of the signal that is
        scored.
    signal : label, default=1
        The class whose probability is the score; every other class is background.
    average : {"mean", "min"}, default="mean"
        Each mass counts the same, however many events it has; or the worst mass counts.
    weight_column : str or int, default=None
        Column (or block) of X with the event weights. None takes ``sample_weight``, by
        scikit-learn's metadata routing or a direct call, else the weight column of the estimator.
    weighted : bool, default=None
        As in :func:`make_fom_scorer`: True raises when there are no weights, False scores without
        weights on purpose, None raises when weights were requested and none arrive.

    Returns
    -------
    callable
        ``scorer(estimator, X, y, sample_weight=None)`` for ``scoring=`` of GridSearchCV and
        cross_val_score. It scores any classifier that :func:`auc_by_parameter` does.

    Raises
    ------
    WeightError
        When called: no weights though they were meant to be there, or weights given twice.
    ValueError
        If `average` is unknown. When called: a signal event has no mass, or a mass has no signal.

    Notes
    -----
    An ordinary AUC scorer needs a mass of every event. With masses drawn for background it scores
    signal of each mass against background at all masses, which no analysis does.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from sklearn.linear_model import LogisticRegression
    >>> from skhep_nn.metrics import make_parametric_auc_scorer
    >>> X = pd.DataFrame({"x": [0.0, 1, 2, 1.5, 2.5, 3], "mass": [0, 0, 0, 500, 500, 750]})
    >>> y = [0, 0, 0, 1, 1, 1]
    >>> model = LogisticRegression().fit(X[["x"]], y)
    >>> round(make_parametric_auc_scorer()(model, X, y), 4)  # (5/6 + 1) / 2
    0.9167
    """
    _choices.one_of(average, _AVERAGES, "average")
    settings = {"parameter": parameter, "hypotheses": hypotheses, "average": average}
    return ParametricAUCScorer(signal, weight_column, weighted, **settings)


class ParametricAUCScorer(WeightedScorer):
    """What :func:`make_parametric_auc_scorer` returns."""

    _factory = "make_parametric_auc_scorer"
    _of_labels = staticmethod(auc_of_labels)

    def _score(self, method_caller, estimator, X, y_true, sample_weight=None):
        settings = self._kwargs
        weights = self._weights(estimator, X, sample_weight)
        table = auc_by_parameter(
            estimator,
            X,
            y_true,
            parameter=settings["parameter"],
            hypotheses=settings["hypotheses"],
            signal=settings["pos_label"],
            # a number stands for all events: without weights on purpose, each counts once
            sample_weight=1.0 if weights is None else weights,
        )
        return float(table["auc"].agg(settings["average"]))
