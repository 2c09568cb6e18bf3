"""scikit-learn scorers that know event weights: figure of merit and weighted AUC."""

from __future__ import annotations

import numpy as np

from skhep_nn import _choices, _composition, _floats, _labels
from skhep_nn._validation import BaseScorer
from skhep_nn.exceptions import WeightError
from skhep_nn.metrics import _inputs
from skhep_nn.metrics._figure_of_merit import check_settings
from skhep_nn.metrics._roc_auc import roc_auc
from skhep_nn.metrics._significance_scan import significance_scan


def make_fom_scorer(
    kind="asimov",
    *,
    signal=1,
    threshold="best",
    systematic=0.0,
    b_reg=10.0,
    luminosity=1.0,
    yields=None,
    min_background=0.0,
    min_effective_background=50.0,
    thresholds=None,
    weight_column=None,
    weighted=None,
):
    """Scorer by the figure of merit of the events that a cut on the network's output keeps.

    Parameters
    ----------
    kind, systematic, b_reg
        As in :func:`figure_of_merit`.
    signal : label, default=1
        The class whose probability is cut on; every other class is background.
    threshold : float or "best", default="best"
        Cut (events with score >= threshold are kept), or the best cut of each scored sample. The
        figure of merit at the best cut is optimistic by the fluctuation that it chose; choose the
        cut on validation events before quoting a result.
    luminosity : float, default=1.0
        Factor on all weights (or `yields`).
    yields : dict of label to number, default=None
        Full yield of every class. The sample that is scored, a fold, holds only a part of the
        events, so the weights of each of its classes are scaled to sum to the full yield. None
        scores the yields of the fold as they are: right for comparing models, too small by about
        sqrt(n_folds) as a significance.
    min_background, min_effective_background : float
        Expected events (default 0) and effective events (default 50) of background that a cut
        must keep, as in :func:`significance_scan`, after scaling. A fixed `threshold` that keeps
        fewer scores NaN.
    thresholds : int or array-like, default=None
        Cuts that ``threshold="best"`` tries; None is every distinct score.
    weight_column : str or int, default=None
        Column (or block) of X with the event weights. None takes ``sample_weight``, by
        scikit-learn's metadata routing or a direct call, else the weight column of the estimator
        or of what is in it (steps, members of a vote).
    weighted : bool, default=None
        True raises when there are no weights, False scores without weights on purpose. None
        raises when weights were meant to be there: ``set_score_request(sample_weight=True)`` was
        called, and none arrive.

    Returns
    -------
    callable
        ``scorer(estimator, X, y, sample_weight=None)`` for ``scoring=`` of GridSearchCV,
        cross_val_score, permutation_importance, TunedThresholdClassifierCV. It takes
        ``predict_proba``, or ``decision_function`` of an estimator without it.

    Raises
    ------
    WeightError
        When called: no weights though they were meant to be there, weights given twice, or steps
        or members of the estimator with different weight columns.
    ValueError
        When called: no cut keeps enough background, `signal` is not a class of the estimator, or
        the sample has one class only. In a search, scikit-learn turns it into NaN and a warning.

    Notes
    -----
    TunedThresholdClassifierCV gives a scorer predicted labels only, never X: use
    ``sample_weight`` by metadata routing there; a `weight_column` raises. A cut that keeps too
    little background scores 0 in it, because it would take NaN for the best. It tries cuts of its
    own, `threshold` and `thresholds` have no effect.

    permutation_importance shuffles every column of X, the weight column too: the importance of
    that column means nothing.

    The best cut is a noisy figure. On 10,000 events of the ATLAS challenge the difference between
    two networks has a statistical error of 3.0 % of the figure, 6.9 % with a systematic
    uncertainty of 10 %; with 10 effective events instead of 50 it is 3.6 % and 17 % (``python -m
    benchmarks.scorers``). To choose a model, take :func:`make_binned_scorer`.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from skhep_nn.metrics import make_fom_scorer
    >>> X = np.linspace(-1, 1, 200).reshape(-1, 1)
    >>> y = (np.arange(200) % 5 == 0) | (X[:, 0] > 0.5)
    >>> model = LogisticRegression().fit(X, y)
    >>> scorer = make_fom_scorer("s/sqrt(b)", yields={True: 10, False: 100}, signal=True)
    >>> round(scorer(model, X, y), 3)
    1.201
    """
    check_settings(kind, systematic, b_reg)
    if not (isinstance(threshold, str) and threshold == "best"):
        _check_threshold(threshold)
    settings = {
        "kind": kind,
        "threshold": threshold,
        "systematic": systematic,
        "b_reg": b_reg,
        "luminosity": luminosity,
        "yields": yields,
        "min_background": min_background,
        "min_effective_background": min_effective_background,
        "thresholds": thresholds,
    }
    return FigureOfMeritScorer(signal, weight_column, weighted, **settings)


def make_auc_scorer(*, signal=1, weight_column=None, weighted=None):
    """Scorer by the weighted area under the ROC curve, :func:`roc_auc`.

    Parameters
    ----------
    signal : label, default=1
        The class whose probability is the score; every other class is background.
    weight_column : str or int, default=None
        Column (or block) of X with the event weights. None takes ``sample_weight``, by
        scikit-learn's metadata routing or a direct call, else the weight column of the estimator
        or of what is in it (steps, members of a vote).
    weighted : bool, default=None
        As in :func:`make_fom_scorer`: True raises when there are no weights, False scores without
        weights on purpose, None raises when weights were requested and none arrive.

    Returns
    -------
    callable
        ``scorer(estimator, X, y, sample_weight=None)``.

    Raises
    ------
    WeightError
        When called: no weights though they were meant to be there, weights given twice, or steps
        or members of the estimator with different weight columns.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from skhep_nn.metrics import make_auc_scorer
    >>> X, y = np.array([[0.0], [1.0], [2.0], [3.0]]), [0, 1, 0, 1]
    >>> make_auc_scorer()(LogisticRegression().fit(X, y), X, y)
    0.75
    """
    return AUCScorer(signal, weight_column, weighted)


_DEFAULTS = {
    "parameter": "mass",
    "hypotheses": None,
    "average": "mean",
    "kind": None,
    "threshold": "best",
    "systematic": 0.0,
    "b_reg": 10.0,
    "luminosity": 1.0,
    "yields": None,
    "min_background": 0.0,
    "min_effective_background": 50.0,
    "thresholds": None,
    "signal": 1,
    "weight_column": None,
    "weighted": None,
}


class WeightedScorer(BaseScorer):
    """A scorer with weights by column or argument; subclasses say what of and for labels."""

    _factory = None
    # a function of the module, which files find by its name (skops does by nothing else)
    _of_labels = None
    _defaults = _DEFAULTS

    def __init__(self, signal, weight_column, weighted, **settings):
        common = {"pos_label": signal, "weight_column": weight_column, "weighted": weighted}
        super().__init__(
            self._of_labels,
            sign=1,
            kwargs={**settings, **common, "requested": False},
            response_method=("predict_proba", "decision_function"),
        )

    def set_score_request(self, **kwargs):
        """Ask for metadata, ``sample_weight=True`` or the name it is passed by."""
        super().set_score_request(**kwargs)
        asked = kwargs.get("sample_weight")
        self._kwargs = {**self._kwargs, "requested": asked is True or isinstance(asked, str)}
        return self

    def _get_metadata_request(self):
        request = super()._get_metadata_request()
        # older scikit-learn does not list it, and would drop the weights without a word
        if "sample_weight" not in request.score.requests:
            request.score.add_request(param="sample_weight", alias=None)
        return request

    def __getstate__(self):
        # scikit-learn's object of the requests refers back to the scorer, which not every file can
        state = dict(vars(self))
        request = state.pop("_metadata_request", None)
        return state if request is None else {**state, "_requests": dict(request.score.requests)}

    def __setstate__(self, state):
        vars(self).update({name: value for name, value in state.items() if name != "_requests"})
        if "_requests" in state:
            request = self._get_metadata_request()
            for name, alias in state["_requests"].items():
                request.score.add_request(param=name, alias=alias)
            self._metadata_request = request

    def _score(self, method_caller, estimator, X, y_true, sample_weight=None):
        # not through `method_caller`: its cache of predictions, shared with scikit-learn's
        # scorers, does not tell which class a column of probabilities is of
        weights = self._weights(estimator, X, sample_weight)
        scores = _composition.signal_score(estimator, X, self._kwargs["pos_label"])
        _check_part(y_true, self._kwargs["pos_label"])
        return self._value(y_true, scores, weights)

    def _weights(self, estimator, X, sample_weight):
        """Event weights as given, of the column, or of the estimator's; None if there are none."""
        settings, column = self._kwargs, self._kwargs["weight_column"]
        is_given = sample_weight is not None or column is not None
        if not is_given and settings["weighted"] is False:
            return None
        if not is_given and settings["requested"]:
            _check_asked_for(self._factory, settings)
        weights = _composition.weights_of(estimator, X, sample_weight, column, self._factory)
        if weights is None:
            _check_asked_for(self._factory, settings)
        return weights

    @property
    def __name__(self):
        """A name for axes of displays."""
        return (
            self._factory.removeprefix("make_")
            .removesuffix("_scorer")
            .replace("fom", "figure_of_merit")
        )

    def __repr__(self):
        names = {"pos_label": "signal"}
        shown = {names.get(name, name): value for name, value in self._kwargs.items()}
        default = {**self._defaults, "requested": self._kwargs["requested"]}
        parts = [
            f"{name}={value!r}" for name, value in shown.items() if not _same(value, default[name])
        ]
        return f"{self._factory}({', '.join(parts)})"


def fom_of_labels(y_true, y_pred, *, sample_weight=None, **settings):
    """Figure of merit of predicted labels, as TunedThresholdClassifierCV asks for."""
    _check_labels_only("make_fom_scorer", settings, sample_weight)
    selected = _inputs.equals(_inputs.labels(y_pred), settings["pos_label"])
    settings = {**settings, "threshold": 1.0}
    scan, _ = _scan(y_true, selected.astype(np.float64), sample_weight, settings)
    return float(np.nan_to_num(scan.figure_of_merit[0]))


class FigureOfMeritScorer(WeightedScorer):
    """What :func:`make_fom_scorer` returns."""

    _factory = "make_fom_scorer"
    _of_labels = staticmethod(fom_of_labels)

    def _value(self, y_true, scores, weights):
        scan, threshold = _scan(y_true, scores, weights, self._kwargs)
        return scan.best_value if threshold == "best" else float(scan.figure_of_merit[0])


def auc_of_labels(y_true, y_pred, *, sample_weight=None, **settings):
    """The AUC is that of all cuts; there is none of one cut."""
    msg = "the AUC does not depend on a threshold, so it cannot tune one; use make_fom_scorer"
    raise ValueError(msg)


class AUCScorer(WeightedScorer):
    """What :func:`make_auc_scorer` returns."""

    _factory = "make_auc_scorer"
    _of_labels = staticmethod(auc_of_labels)

    def _value(self, y_true, scores, weights):
        return roc_auc(y_true, scores, weights, signal=self._kwargs["pos_label"])


_SCAN = (
    "kind",
    "systematic",
    "b_reg",
    "luminosity",
    "yields",
    "min_background",
    "min_effective_background",
)


def _check_threshold(threshold):
    try:
        good = _choices.is_real(threshold) and not np.isnan(_floats.one(threshold, "threshold"))
    except ValueError:
        good = False
    if not good:
        msg = f'threshold={threshold!r:.60}; it must be a number or "best"'
        raise ValueError(msg)


def _same(value, default):
    # of odd values, such as arrays, not even "equal" is sure to work
    return type(value) is type(default) and repr(value) == repr(default)


def _scan(y_true, scores, weights, settings):
    threshold = settings["threshold"]
    thresholds = settings["thresholds"] if threshold == "best" else [threshold]
    parameters = {name: settings[name] for name in _SCAN}
    parameters.update(signal=settings["pos_label"], thresholds=thresholds)
    return significance_scan(y_true, scores, weights, **parameters), threshold


def _check_part(y_true, signal):
    """Raise if a part of the events that is to be scored has no signal."""
    y = _inputs.labels(y_true)
    if not _inputs.equals(y, signal).any():
        classes = _labels.named(_inputs.classes_of(y))
        msg = f"signal={signal!r} is not in y_true; its classes are {classes}; {_labels.SORTED}"
        raise ValueError(msg)


def _check_asked_for(owner, settings):
    reasons = {
        "weighted=True": settings["weighted"],
        "set_score_request(sample_weight=...)": settings["requested"],
    }
    for reason, asked in reasons.items():
        if asked:
            msg = (
                f"{owner} is weighted by {reason}, but got no sample_weight; pass it through the "
                "search (with metadata routing enabled), or use weight_column"
            )
            raise WeightError(msg)


def _check_labels_only(owner, settings, sample_weight):
    """Raise if the weights stand in a table that TunedThresholdClassifierCV does not show."""
    column = settings["weight_column"]
    if column is not None:
        msg = (
            f"{owner} has weight_column={column!r}, but TunedThresholdClassifierCV gives a scorer "
            "the predicted labels only, not the columns of X; pass sample_weight by metadata "
            "routing instead: set_score_request(sample_weight=True)"
        )
        raise WeightError(msg)
    if sample_weight is not None or settings["weighted"] is False:
        return
    _check_asked_for(owner, settings)
    msg = (
        f"{owner} would score predicted labels without event weights, and cannot see whether the "
        "estimator has a weight column; pass sample_weight by metadata routing, or say "
        "weighted=False if the events have no weights"
    )
    raise WeightError(msg)
