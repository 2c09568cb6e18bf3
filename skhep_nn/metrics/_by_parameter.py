"""AUC and best significance of each hypothesis: its signal against all background."""

from __future__ import annotations

from contextlib import contextmanager

import numpy as np

from skhep_nn import _columns, _composition, _labels
from skhep_nn.metrics import _by_parameter_points as _points
from skhep_nn.metrics import _by_parameter_scores as _scores
from skhep_nn.metrics import _cut_errors, _inputs
from skhep_nn.metrics._roc_auc import roc_auc
from skhep_nn.metrics._roc_auc_error import standard_error
from skhep_nn.metrics._significance_scan import significance_scan

_SIGNIFICANCE_COLUMNS = (
    "figure_of_merit",
    "standard_error",
    "threshold",
    "signal",
    "background",
    "signal_efficiency",
    "background_efficiency",
    "significance_ratio",
    "ratio_error",
    "ratio_threshold",
    "n_signal",
    "n_background",
)


def auc_by_parameter(
    estimator,
    X,
    y,
    *,
    parameter=None,
    hypotheses=None,
    signal=1,
    sample_weight=None,
    weight_column=None,
):
    """Weighted AUC at each mass: the signal of that mass against all background at that mass.

    Parameters
    ----------
    estimator : fitted classifier, Pipeline or search
        One with ``predict_proba_scan`` (see :class:`~skhep_nn.estimators.ParametricClassifier`),
        whose work is then shared between the hypotheses; any classifier that was fitted with the
        parameter's columns, which are set to each hypothesis in turn; or one that was not, which
        does not get them.
    X : DataFrame, array or blocks
        Not changed. What stands in the parameter's columns of background is not read.
    y : array-like of shape (n_events,)
        Class labels; every class other than `signal` is background.
    parameter : str, int, list of them, or array of shape (n_events[, n_parameters]), default=None
        Columns (or blocks) of `X` with the mass, or with the several parameters, of signal
        events. Or the values themselves, for a classifier that reads no such column. None takes
        the classifier's own ``parameter``.
    hypotheses : array-like of shape (n_hypotheses[, n_parameters]), default=None
        Those to look at; None is every one of the signal in `X`.
    signal : label, default=1
        The class whose probability is the score.
    sample_weight : array-like of shape (n_events,) or number, default=None
        Event weights of either sign.
    weight_column : str or int, default=None
        Column of `X` with the weights. If there are neither, that of the classifier or of a step
        of it is taken.

    Returns
    -------
    DataFrame
        A row per hypothesis, with its parameters as the index, and the columns ``auc``,
        ``standard_error``, ``signal`` and ``background`` (sums of weights), ``n_signal`` and
        ``n_background``.

    Raises
    ------
    ValueError
        If a signal event has no mass, there is no signal of a hypothesis, or a score is NaN.
    WeightError
        If the weights of a class at a hypothesis sum to nothing or less, or are given twice.
    ColumnError
        If `X` lacks a column.

    Notes
    -----
    Standard errors are those of :func:`roc_auc_error`. All hypotheses share the background, so
    their errors are correlated.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from skhep_nn.metrics import auc_by_parameter
    >>> x = np.array([0.0, 1.0, 2.0, 1.5, 2.5, 3.0, 4.0])
    >>> mass = np.array([np.nan, np.nan, np.nan, 500, 500, 750, 750])
    >>> y = np.array([0, 0, 0, 1, 1, 1, 1])
    >>> model = LogisticRegression().fit(x[:, None], y)
    >>> auc_by_parameter(model, x[:, None], y, parameter=mass)["auc"].round(3).to_dict()
    {500.0: 0.833, 750.0: 1.0}
    """
    owner = "auc_by_parameter"
    sample = read_sample(
        estimator, X, y, parameter, hypotheses, signal, sample_weight, weight_column, owner
    )
    return auc_table(*sample)


def auc_by_parameter_from_scores(
    y_true, y_score, parameter, *, sample_weight=None, hypotheses=None, signal=1
):
    """Weighted AUC at each mass, from scores: as :func:`auc_by_parameter`, without a classifier.

    Parameters
    ----------
    y_true : array-like of shape (n_events,)
    y_score : array-like of shape (n_events,) or (n_events, n_hypotheses)
        One score for all hypotheses (a network blind to the mass), or a column for each: the score
        of every event, background too, if this were the mass.
    parameter : array-like of shape (n_events,) or (n_events, n_parameters)
        Of signal events; that of background is not read. A Series or DataFrame names it.
    sample_weight : array-like of shape (n_events,) or number, default=None
    hypotheses : array-like of shape (n_hypotheses[, n_parameters]), default=None
        In the order of the columns of `y_score`. None is all of the signal, ascending.
    signal : label or list of labels, default=1

    Returns
    -------
    DataFrame
        As :func:`auc_by_parameter`.

    Raises
    ------
    ValueError, WeightError
        As :func:`auc_by_parameter` does, or if shapes do not go together.

    Examples
    --------
    >>> import numpy as np
    >>> from skhep_nn.metrics import auc_by_parameter_from_scores
    >>> y, mass = [0, 0, 1, 1], [np.nan, np.nan, 500, 750]
    >>> score = [[0.1, 0.2], [0.6, 0.3], [0.4, 0.1], [0.1, 0.9]]
    >>> auc_by_parameter_from_scores(y, score, mass)["auc"].to_dict()
    {500.0: 0.5, 750.0: 1.0}
    """
    return auc_table(
        *sample_of_scores(y_true, y_score, parameter, sample_weight, hypotheses, signal)
    )


def significance_by_parameter(
    estimator,
    X,
    y,
    *,
    parameter=None,
    hypotheses=None,
    signal=1,
    sample_weight=None,
    weight_column=None,
    equal_yields=False,
    **scan_options,
):
    r"""Best significance at each mass: over the cuts on the score of that mass.

    Parameters
    ----------
    estimator, X, y, parameter, hypotheses, signal, sample_weight, weight_column
        As in :func:`auc_by_parameter`; weights in expected events.
    equal_yields : bool, default=False
        For the significance ratio only: scale the background at each mass to the sum of the
        signal's weights, so that the ratio measures the separation and not the yields.
    **scan_options
        For :func:`significance_scan`: ``kind``, ``systematic``, ``luminosity``, ``thresholds``,
        ``min_background``, ``min_effective_background``, ``yields`` (that of the signal is the
        yield at each mass), ...

    Returns
    -------
    DataFrame
        A row per hypothesis, with its parameters as the index. Of the cut of highest figure of
        merit: ``figure_of_merit``, its ``standard_error``, ``threshold``, ``signal``,
        ``background``, ``signal_efficiency``, ``background_efficiency``. Of the cut of highest
        :math:`s / \sqrt{s + b}`: ``significance_ratio``, which is that figure over its maximum
        :math:`s_{tot} / \sqrt{s_{tot}}`, ``ratio_error`` and ``ratio_threshold``. And
        ``n_signal``, ``n_background``.

    Raises
    ------
    ValueError, WeightError, ColumnError
        As :func:`auc_by_parameter` and :func:`significance_scan` do, or if no cut keeps enough
        background to be the best one; the message names the mass.

    Notes
    -----
    The best cut is optimistic on the events that chose it; see :func:`significance_scan`. The
    significance ratio is 1 for perfect separation (L. Anzalone, T. Diotalevi and D. Bonacorsi,
    Improving parametric neural networks for high-energy physics (and beyond), Mach. Learn.: Sci.
    Technol. 3 (2022) 035017). Errors are linear, from the sums of squared weights.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from skhep_nn.metrics import significance_by_parameter
    >>> x = np.r_[np.linspace(0, 2, 40), np.linspace(1, 3, 20), np.linspace(2, 4, 20)]
    >>> y, mass = np.repeat([0, 1, 1], [40, 20, 20]), np.repeat([np.nan, 500, 750], [40, 20, 20])
    >>> model = LogisticRegression().fit(x[:, None], y)
    >>> table = significance_by_parameter(
    ...     model, x[:, None], y, parameter=mass, kind="s/sqrt(s+b)", min_effective_background=1
    ... )
    >>> table["figure_of_merit"].round(3).to_dict()
    {500.0: 3.162, 750.0: 4.364}
    """
    owner = "significance_by_parameter"
    sample = read_sample(
        estimator, X, y, parameter, hypotheses, signal, sample_weight, weight_column, owner
    )
    return significance_table(*sample, equal_yields=equal_yields, **scan_options)


def significance_by_parameter_from_scores(
    y_true,
    y_score,
    parameter,
    *,
    sample_weight=None,
    hypotheses=None,
    signal=1,
    equal_yields=False,
    **scan_options,
):
    """Best significance at each mass, from scores: as :func:`significance_by_parameter`.

    Parameters
    ----------
    y_true, y_score, parameter, sample_weight, hypotheses, signal
        As in :func:`auc_by_parameter_from_scores`.
    equal_yields, **scan_options
        As in :func:`significance_by_parameter`.

    Returns
    -------
    DataFrame
        As :func:`significance_by_parameter`.

    Raises
    ------
    ValueError, WeightError
        As :func:`significance_by_parameter` does, or if shapes do not go together.
    """
    sample = sample_of_scores(y_true, y_score, parameter, sample_weight, hypotheses, signal)
    return significance_table(*sample, equal_yields=equal_yields, **scan_options)


def read_sample(
    estimator, X, y, parameter, hypotheses, signal, sample_weight, weight_column, owner
):
    """(points, scores) of events, with the scores of a fitted classifier."""
    X, parameter = _columns.table(X), _scores.parameter_of(estimator, parameter)
    weights = _composition.weights_of(estimator, X, sample_weight, weight_column, owner)
    values, names = _points.values_of(X, parameter)
    n_events = _points.n_events(X)
    _points.check_length(values, names, n_events)
    y = _labels.check(y)
    if len(y) != n_events:
        msg = f"X has {n_events} events, y has {len(y)}"
        raise ValueError(msg)
    points = _points.Points.of(y, values, names, hypotheses, weights, signal)
    return points, _scores.of_estimator(points, estimator, X, parameter, signal)


def sample_of_scores(y_true, y_score, parameter, sample_weight, hypotheses, signal):
    """(points, scores) of events, with scores that are given."""
    values, names = _points.given(parameter)
    points = _points.Points.of(y_true, values, names, hypotheses, sample_weight, signal)
    return points, _scores.of_arrays(points, y_score)


def auc_table(points, scores):
    """The AUC of each hypothesis, from an iterable of (number, rows, scores)."""
    rows = {}
    for at, events, score in scores:
        mask, weights = points.is_signal[events], points.weights[events]
        with named(points, at):
            auc = roc_auc(mask, score, weights, signal=True)
        rows[at] = {
            "auc": auc,
            "standard_error": standard_error(score, mask, weights),
            "signal": float(weights.sum(where=mask)),
            "background": float(weights.sum(where=~mask)),
            **_counts(mask),
        }
    return _frame(points, rows)


def significance_table(
    points, scores, *, equal_yields=False, yields=None, luminosity=1.0, **scan_options
):
    """The best cuts at each hypothesis, from an iterable of (number, rows, scores)."""
    rows = {}
    for at, events, score in scores:
        mask, weights = points.is_signal[events], points.weights[events]
        with named(points, at):
            weights = _inputs.scale_to_yields(points.y[events], weights, yields, luminosity)
            scan = significance_scan(mask, score, weights, signal=True, **scan_options)
            rows[at] = {**_best(scan, mask, weights, equal_yields), **_counts(mask)}
    return _frame(points, rows)[list(_SIGNIFICANCE_COLUMNS)]


def _best(scan, mask, weights, equal_yields):
    best, at = scan.best, scan.best_index
    squares = [np.square(weights[part]).sum() for part in (mask, ~mask)]
    ratio, ratio_error, ratio_threshold = _cut_errors.best_significance_ratio(
        scan, squares, equal_yields=equal_yields
    )
    return {
        **{name: value for name, value in vars(best).items() if name in _SIGNIFICANCE_COLUMNS},
        "standard_error": float(_cut_errors.merit_error(scan, at)),
        "significance_ratio": ratio,
        "ratio_error": ratio_error,
        "ratio_threshold": ratio_threshold,
    }


def _counts(mask):
    return {"n_signal": int(mask.sum()), "n_background": int((~mask).sum())}


def _frame(points, rows):
    import pandas as pd

    table = pd.DataFrame([rows[at] for at in range(len(points.hypotheses))])
    return table.set_axis(points.index(), axis=0)


@contextmanager
def named(points, at):
    """Errors inside say at which hypothesis they are."""
    try:
        yield
    except ValueError as error:
        msg = f"at {points.label(at)}: {error}"
        raise type(error)(msg) from error
