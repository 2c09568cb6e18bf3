"""Event weights rescaled so that no class drowns another in training."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from numbers import Integral
from typing import ClassVar

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils import check_array, check_consistent_length, column_or_1d
from sklearn.utils.multiclass import check_classification_targets

from skhep_nn import _columns, _labels, _weights
from skhep_nn._pieces import pieces
from skhep_nn._shown import shown
from skhep_nn._validation import StrOptions, check_parameters
from skhep_nn.exceptions import ColumnError, WeightError
from skhep_nn.preprocessing import _balancing
from skhep_nn.preprocessing._optional_columns import OptionalColumnsMixin, as_table


class _PassThrough(TransformerMixin, BaseEstimator):
    """`transform` that changes nothing; scikit-learn wraps it for ``set_output``."""

    def transform(self, X):
        # a shallow copy: set_output names the columns of what it is given in place
        return X.copy(deep=False) if _columns.is_frame(X) else X

    def _added_names(self, names):
        return []


class EventWeightBalancer(OptionalColumnsMixin, _PassThrough):
    r"""Rescale event weights so that each class gets a fixed total in training.

    With N events, N\ :sub:`c` of class c, whose weights sum to W\ :sub:`c`, every weight of class
    c is multiplied by T\ :sub:`c` / W\ :sub:`c`, where the target T\ :sub:`c` is

    ================  ==========================================================
    mode              T\ :sub:`c`
    ================  ==========================================================
    ``none``          W\ :sub:`c` (nothing changes)
    ``equal``         N / number of classes
    ``n_background``  N - N\ :sub:`signal`
    ``sqrt``          N\ :sub:`signal` sqrt(W\ :sub:`c` / W\ :sub:`signal`)
    ================  ==========================================================

    ``n_background`` is the balancing of the binary script, ``sqrt`` that of the multi-class script
    of the CMS tutorial "NN in CMS". N counts events, not weights, without those that
    ``negative_weights="drop"`` takes out; so a common factor of all weights has no effect, but in
    mode ``none``.

    With `process_column` the classes keep these targets, and within a class its processes p
    share T\ :sub:`c`: equally in the modes ``equal`` and ``n_background``, as
    sqrt(W\ :sub:`p`) in the mode ``sqrt``, as they are in the mode ``none``.

    As a step of a Pipeline it rescales the column `weight_column` in `fit_transform`, that is in
    training; `transform` passes events untouched, that is at application. In a Pipeline of
    imbalanced-learn, samplers go before it: what they draw afterwards is not balanced.

    Parameters
    ----------
    mode : {"none", "equal", "n_background", "sqrt"}, default="equal"
    weight_column : str, int or None, default=None
        Column of the event weights. With None, `fit_transform` can change nothing and warns;
        `balance` returns new weights.
    process_column : str, int or None, default=None
        Column whose values, the processes, are balanced within each class; with None the classes
        are balanced as they are. The column stays in the table: name it in ``exclude`` of the
        steps that follow.
    signal : label, default=1
        The class that is the signal, in the modes ``n_background`` and ``sqrt``. A label that is
        not in y is an error; only the default is passed over in the other modes.
    negative_weights : {"keep", "drop", "abs", "error"}, default="keep"
        What is done to negative weights before balancing: nothing, set to zero (no event is
        removed from the table), made positive, or refused.

    Attributes
    ----------
    factors_ : dict of class (or process) to float
        What the weights were multiplied by, in the last `fit`, `fit_transform` or `balance`. A
        process that occurs in several classes has a factor in each, under (class, process).
    classes_ : ndarray of shape (n_classes,)
    n_negative_ : int
        Number of negative weights that were found.
    n_dropped_ : int
        Number of events whose weight was set to zero for it.
    n_features_in_ : int
    feature_names_in_ : ndarray of str

    Raises
    ------
    WeightError
        If y has one class only, or the weights of a class or process sum to zero or less.
    ColumnError
        If `weight_column` or `process_column` is no column of X.

    References
    ----------
    CMS Machine Learning Documentation, tutorial "NN in CMS", binary and multi-class scripts.

    Examples
    --------
    >>> import pandas as pd
    >>> from skhep_nn import EventWeightBalancer
    >>> X = pd.DataFrame({"pt": [50.0, 60.0, 30.0, 40.0], "weight": [0.1, 0.3, 5.0, 15.0]})
    >>> y = [1, 1, 0, 0]
    >>> balancer = EventWeightBalancer("equal", weight_column="weight")
    >>> balancer.fit_transform(X, y)["weight"].tolist()
    [0.5, 1.5, 0.5, 1.5]
    >>> balancer.factors_
    {0: 0.1, 1: 5.0}
    >>> balancer.transform(X)["weight"].tolist()
    [0.1, 0.3, 5.0, 15.0]
    """

    _parameter_constraints: ClassVar[dict] = {
        "mode": [StrOptions(set(_balancing.MODES))],
        "weight_column": [str, Integral, None],
        "process_column": [str, Integral, None],
        "negative_weights": [StrOptions(set(_weights.NEGATIVE_WEIGHTS))],
    }

    def __init__(
        self,
        mode="equal",
        *,
        weight_column=None,
        process_column=None,
        signal=1,
        negative_weights="keep",
    ):
        self.mode = mode
        self.weight_column = weight_column
        self.process_column = process_column
        self.signal = signal
        self.negative_weights = negative_weights

    def fit(self, X, y):
        """Learn `factors_`; neither `X` nor what `transform` does depends on them.

        Parameters
        ----------
        X : DataFrame, array or EventBlocks of n_events events
        y : array-like of shape (n_events,)
            Class labels.

        Returns
        -------
        self
        """
        self._balanced(X, y)
        return self

    def fit_transform(self, X, y):
        """`X` with balanced weights in `weight_column`.

        Parameters
        ----------
        X : DataFrame, array or EventBlocks of n_events events
        y : array-like of shape (n_events,)
            Class labels.

        Returns
        -------
        A frame of the library of `X` if that is one, else ndarray or EventBlocks
            A copy; weights are float32 if they were, else float64.
        """
        native, (X, weights) = X, self._balanced(X, y)
        if self.weight_column is None:
            self._warn_without_column()
            return self._given_back(native, _PassThrough.transform(self, X))
        was = _columns.take(X, self.weight_column).dtype
        weights = weights.astype(np.float32 if was == np.float32 else np.float64)
        out = _columns.replace(X, self.weight_column, weights, role="weight_column")
        return self._given_back(native, out)

    def balance(self, y, *, sample_weight=None, process=None):
        """Balanced weights, without a table and without `fit`.

        Parameters
        ----------
        y : array-like of shape (n_events,)
            Class labels.
        sample_weight : array-like of shape (n_events,), default=None
            Event weights; 1 by default.
        process : array-like of shape (n_events,), default=None
            The values of `process_column`, if there is one.

        Returns
        -------
        ndarray of shape (n_events,), float64
        """
        check_parameters(self)
        y = _check_labels(y)
        weights = _weights.check(1.0 if sample_weight is None else sample_weight, len(y))
        if (process is None) != (self.process_column is None):
            msg = (
                f"process_column={self.process_column!r} with process "
                f"{'missing' if process is None else 'given'}; process are the values of "
                "process_column, and None where there is none"
            )
            raise ValueError(msg)
        return self._rescale(weights, y, process)

    def _balanced(self, X, y):
        check_parameters(self)
        X = as_table(X, min_events=1)
        y = _check_labels(y)
        check_consistent_length(y, np.empty(_weights.len_of(X)) if _columns.is_blocks(X) else X)
        weights = _weights.resolve(X, None, self.weight_column, type(self).__name__)
        named = [name for name in (self.weight_column, self.process_column) if name is not None]
        process = None
        if self.process_column is not None:
            process = _columns.take(X, self.process_column, role="process_column")
        self._remember_columns(X, named)
        return X, self._rescale(np.ones(len(y)) if weights is None else weights, y, process)

    def _rescale(self, weights, y, process):
        treated = _weights.treat_negative(weights, self.negative_weights)
        dropped = (weights < 0) & (self.negative_weights == "drop")
        classes, codes = np.unique(y, return_inverse=True)
        counts = np.bincount(codes[~dropped], minlength=len(classes))
        totals = self._totals(classes, counts, _weights.class_sums(codes, treated, len(classes)))
        cells = _cells(classes, codes, process, self.process_column)
        sums = np.bincount(cells.codes, weights=treated)
        factors = self._factors(totals, cells, sums)
        self._remember(classes, cells, factors, int((weights < 0).sum()), int(dropped.sum()))
        return treated * factors[cells.codes]

    def _balance_in_place(self, weights, codes, classes):
        """As `balance` without processes, but `weights` are changed, piece by piece.

        For so many events that no further array of their length is wanted.
        """
        check_parameters(self)
        n_negative, n_dropped = 0, 0
        counts, sums = np.zeros(len(classes), int), np.zeros(len(classes))
        for part in pieces(len(weights)):
            negative = weights[part] < 0
            kept = ~(negative & (self.negative_weights == "drop"))
            weights[part] = _weights.treat_negative(weights[part], self.negative_weights)
            n_negative, n_dropped = n_negative + negative.sum(), n_dropped + (~kept).sum()
            counts += np.bincount(codes[part][kept], minlength=len(classes))
            sums += _weights.class_sums(codes[part], weights[part], len(classes))
        cells = _cells(classes, None, None, None)
        factors = self._factors(self._totals(classes, counts, sums), cells, sums)
        self._remember(classes, cells, factors, int(n_negative), int(n_dropped))
        for part in pieces(len(weights)):
            weights[part] *= factors[codes[part]]

    def _factors(self, totals, cells, sums):
        """What the weights of each cell are multiplied by.

        Raises
        ------
        WeightError
            If there is no such number.
        """
        _weights.check_class_sums(sums, cells.names, what=cells.what)
        with np.errstate(over="ignore", invalid="ignore"):
            factors = _balancing.factors(self.mode, totals, sums, cells.class_of)
        if not np.isfinite(factors).all():
            at = int(np.flatnonzero(~np.isfinite(factors))[0])
            msg = (
                f"sample_weight of {cells.what} {cells.names[at]!r} sums to {sums[at]:.6g}; no "
                "number holds the factor that balances it"
            )
            raise WeightError(msg)
        return factors

    def _remember(self, classes, cells, factors, n_negative, n_dropped):
        self.classes_ = classes
        self.factors_ = dict(zip(cells.names, factors.tolist(), strict=True))
        self.n_negative_, self.n_dropped_ = n_negative, n_dropped

    def _totals(self, classes, counts, sums):
        if len(classes) < 2:
            msg = (
                f"y has one class only, {classes.tolist()}; balancing needs at least two; "
                f"{_labels.SORTED}"
            )
            raise WeightError(msg)
        signal = self._signal_code(classes.tolist())
        _weights.check_class_sums(sums, classes)
        return _balancing.Totals(counts, sums, signal)

    def _signal_code(self, classes):
        if _labels.one(self.signal) in classes:
            return classes.index(self.signal)
        is_default = isinstance(self.signal, Integral) and self.signal == 1
        if is_default and not _balancing.MODES[self.mode].needs_signal:
            return None
        cure = _labels.of_numbers([self.signal], classes, "give the number of the class")
        if is_default:
            cure = f"; name it, e.g. signal={classes[0]!r}: mode={self.mode!r} needs to know it"
        msg = f"signal={shown(self.signal)} is not a class of y, which has {classes}{cure}"
        raise ValueError(msg)

    def _warn_without_column(self):
        if self.mode != "none":
            msg = (
                "EventWeightBalancer without weight_column changes no weights in a Pipeline; name "
                "the column of the event weights, or use balance() or a classifier's `balance`"
            )
            warnings.warn(msg, UserWarning, stacklevel=4)

    def __sklearn_is_fitted__(self):
        return hasattr(self, "n_features_in_")

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        tags.input_tags.allow_nan = True
        tags.input_tags.string = True
        tags.input_tags.three_d_array = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags


@dataclass(frozen=True)
class _Cells:
    """The parts that get a factor each: classes, or the processes of each class."""

    names: list
    codes: np.ndarray
    class_of: np.ndarray
    what: str


def _cells(classes, class_codes, process, column):
    if process is None:
        return _Cells(classes.tolist(), class_codes, np.arange(len(classes)), "class")
    check_consistent_length(class_codes, process)
    process_codes, values = pd.factorize(_checked_processes(process, column), sort=True)
    cells, codes = np.unique(class_codes * len(values) + process_codes, return_inverse=True)
    class_of, process_of = np.divmod(cells, len(values))
    several = np.bincount(process_of) > 1
    names = [
        (classes.tolist()[c], values.tolist()[g]) if several[g] else values.tolist()[g]
        for c, g in zip(class_of, process_of, strict=True)
    ]
    what = column if isinstance(column, str) else f"column {column}: value"
    return _Cells(names, codes, class_of, what)


def _checked_processes(process, column):
    try:
        return _labels.check(process, f"column {column!r}")
    except ValueError as error:
        raise ColumnError(str(error)) from error


def _check_labels(y):
    y = _labels.check(column_or_1d(_labels.present(y, "y"), warn=True), "y")
    y = check_array(y, ensure_2d=False, dtype=None, input_name="y")
    check_classification_targets(y)
    return y
