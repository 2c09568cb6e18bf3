"""Scaling of features by median and quartiles, with a smooth clip."""

from __future__ import annotations

from numbers import Integral, Real
from typing import ClassVar

import numpy as np
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from skhep_nn import _columns, _frames, _weights
from skhep_nn._validation import check_parameters
from skhep_nn.exceptions import ColumnError, WeightError
from skhep_nn.preprocessing import _table_numbers
from skhep_nn.preprocessing._merging import check_alike
from skhep_nn.preprocessing._optional_columns import OptionalColumnsMixin, as_table
from skhep_nn.preprocessing._quantiles import Distinct
from skhep_nn.preprocessing._robust_scale import ColumnScale, robust_scale
from skhep_nn.preprocessing._scaled_columns import ScaledColumns


class ClipScaling(ScaledColumns, OneToOneFeatureMixin, TransformerMixin, BaseEstimator):
    """What scales, given the columns that are there; scikit-learn wraps this `transform`."""

    def transform(self, X):
        return self._scaled(X)

    def _scale(self, values, missing):
        scaled = ColumnScale(self.center_, self._slope, self._bend)(values)
        np.copyto(scaled, 0.0, where=missing)
        return scaled

    def _check_scalable(self, values, missing, start):
        unknown = np.array([not len(distinct) for distinct in self._distinct])
        bad = unknown & ~missing
        if bad.any():
            first = tuple(np.argwhere(bad)[0])
            msg = (
                f"column {self.scaled_columns_[first[-1]]!r} had no value in fit, all were "
                f"missing, so {values[first]:.6g} of event {start + first[0]} cannot be scaled; "
                "drop the column"
            )
            raise ColumnError(msg)


class RobustClipScaler(OptionalColumnsMixin, ClipScaling):
    """Scale features by median and quartiles, and clip smoothly at 3: tails squeeze nobody.

    ::

        t = (x - median) / (upper quartile - lower quartile)
        x_scaled = t / sqrt(1 + (t / 3)**2)

    The networks of this package scale their inputs so by themselves (``input_scaling="robust"``);
    this is for other estimators, and for those who want to see the numbers.

    Columns of at most ten distinct values of about equal distance are not clipped: integers up to
    10 in size, such as indicators and numbers of jets, keep their values, others become steps of
    about one. Where one value is far more frequent than any other and in more than a tenth of the
    events (zero, or a number that stands for missing), median and quartiles are those of the other
    events. A column with a single value becomes 0, also for events in which it has another value.

    Parameters
    ----------
    missing_value : float, default=None
        A number that stands for a missing value, such as -999. NaN is missing in any case. Missing
        values are ignored in the fit and become 0, the median.
    add_indicator : bool, default=False
        Add, behind all columns, ``missingindicator_<column>``, 1 where the value is missing and
        0 elsewhere, for each scaled column that had a missing value in the fit.
    weight_column : str, int or None, default=None
        Column with the event weights, by which quantiles are weighted; it passes untouched, and may
        be absent at application.
    exclude : column or sequence of columns, default=()
        Further columns, by name or position, that pass untouched and in place, of any type. At
        application they may be absent.

    Attributes
    ----------
    scaled_columns_ : list
        Names (positions, for arrays) of the columns that are scaled. The arrays below are in this
        order.
    center_, scale_ : ndarray of shape (n_scaled,)
        What is subtracted, and what is divided by: infinity for a column with one value.
    clipped_ : ndarray of bool of shape (n_scaled,)
        Which columns are clipped.
    n_missing_ : dict of column to int
        Number of missing values in the fit.
    n_samples_seen_ : int
        Number of events in the fit.
    n_features_in_ : int
    feature_names_in_ : ndarray of str
        All columns in the fit, excluded ones too.

    Raises
    ------
    ColumnError
        If a column has infinite values or no numbers, or the columns differ from those of fit.

    See Also
    --------
    MinMaxScaler : To a fixed range.
    sklearn.preprocessing.RobustScaler : Without clip, weights and exclusion.

    Notes
    -----
    Quantiles are interpolated between the middles of the shares that the values have, so that an
    event of weight two is two events. Negative weights count by their absolute value: an event
    with a negative weight is where it is. In `partial_fit` a column is exact up to 20,000 distinct
    values; beyond, a sketch of 10,000 is kept, which moves a quantile by at most 1e-4 in rank
    each time that it is made. `merge` keeps to the same: of n parts of a sample
    that are merged one after the other, a quantile is off by at most n times 1e-4 in rank beside
    what the parts had.

    The clip and the use of quartiles are those of RealMLP (Holzmüller, Grinsztajn, Steinwart,
    arXiv:2407.04491).

    Examples
    --------
    >>> import pandas as pd
    >>> from skhep_nn.preprocessing import RobustClipScaler
    >>> events = pd.DataFrame({"pt": [*range(20, 61, 4), 9000], "n_jets": [0, 1, 2] * 4})
    >>> RobustClipScaler().fit_transform(events).iloc[[0, 5, 10, 11]].round(2)
          pt  n_jets
    0  -0.88     0.0
    5  -0.08     2.0
    10  0.73     1.0
    11  3.00     2.0
    """

    _parameter_constraints: ClassVar[dict] = {
        "missing_value": [Real, None],
        "add_indicator": ["boolean"],
        "weight_column": [str, Integral, None],
        "exclude": ["array-like", str, Integral, None],
    }

    def __init__(self, *, missing_value=None, add_indicator=False, weight_column=None, exclude=()):
        self.missing_value = missing_value
        self.add_indicator = add_indicator
        self.weight_column = weight_column
        self.exclude = exclude

    def fit(self, X, y=None, sample_weight=None):
        """Learn median and quartiles of each column.

        Parameters
        ----------
        X : DataFrame of shape (n_events, n_features) or array of shape (n_events, ..., n_features)
            Training events. An array of more axes (events x particles x features) is scaled per
            feature of the last axis.
        y : None
            Ignored.
        sample_weight : array-like of shape (n_events,), optional
            Event weights, if no `weight_column` holds them.

        Returns
        -------
        self

        Raises
        ------
        WeightError
            If every weight is zero.
        """
        for name in [name for name in vars(self) if name.endswith("_")]:
            delattr(self, name)
        return self._take(X, sample_weight, is_all=True)

    def partial_fit(self, X, y=None, sample_weight=None):
        """Take more events into account.

        Parameters
        ----------
        X, y, sample_weight
            As in :meth:`fit`: the next events of a stream, of which some parts may have no weight.

        Returns
        -------
        self
        """
        return self._take(X, sample_weight)

    def _take(self, X, sample_weight, *, is_all=False):
        check_parameters(self)
        X = as_table(X, min_events=1)
        owner, fitted = type(self).__name__, None
        if hasattr(self, "n_samples_seen_"):
            fitted = self._fitted
        weights = _weights.resolve(X, sample_weight, self.weight_column, owner, fitted)
        if is_all and weights is not None and not weights.any():
            msg = f"every one of the {len(weights)} event weights is zero; nothing can be learnt"
            raise WeightError(msg)
        if not hasattr(self, "n_samples_seen_"):
            self._start(X)
        known = self._with_columns_of(X)
        values = _table_numbers.read(X, known._fitted.required, min_events=1)
        for part, chunk, missing in known._chunks(X, values):
            self._add(chunk, missing, None if weights is None else weights[part])
        self._learn()
        self.n_samples_seen_ = getattr(self, "n_samples_seen_", 0) + len(values)
        return self

    def merge(self, other):
        """Take the events of another scaler into account, as precisely as `partial_fit` does.

        Parameters
        ----------
        other : RobustClipScaler
            Of the same parameters, fitted on the same columns of other events.

        Returns
        -------
        self

        Raises
        ------
        TypeError, ValueError, ColumnError
            If `other` is none.
        """
        check_alike(self, other)
        for name, n in other.n_missing_.items():
            self.n_missing_[name] += n
        pairs = zip(self._distinct, other._distinct, strict=True)
        self._distinct = [one.merged(its) for one, its in pairs]
        self._learn()
        self.n_samples_seen_ += other.n_samples_seen_
        return self

    def inverse_transform(self, X):
        """Undo the scaling; what was clipped to 3 in rounding comes back as a large number.

        Parameters
        ----------
        X : DataFrame or array
            As `transform` gives it, without indicators.

        Returns
        -------
        DataFrame if `X` is one, else ndarray
            In the units of fit. A column with a single value comes back as that, missing values as
            the median.
        """
        check_is_fitted(self)
        native, X = X, as_table(X)
        known = self._with_columns_of(X)
        values = _table_numbers.read(X, known._fitted.required).astype(np.float64)
        width = np.where(np.isinf(self.scale_), 0.0, self.scale_)
        # far outside of the range there is no number; that is infinite
        with np.errstate(over="ignore", invalid="ignore"):
            left = np.maximum(1 - self._bend * values**2, np.finfo(np.float32).eps)
            values = self.center_ + width * values / np.sqrt(left)
        return _frames.like(native, _table_numbers.write(X, known._fitted.required, values))

    def count_missing(self, X):
        """Number of missing values, which become 0.

        Parameters
        ----------
        X : DataFrame or array
            As for `transform`.

        Returns
        -------
        dict of column to int
        """
        return self._count(X, lambda values, missing: missing)

    def count_clipped(self, X):
        """Number of values more than 3 quartile distances off the median, which the clip pulls in.

        Parameters
        ----------
        X : DataFrame or array
            As for `transform`.

        Returns
        -------
        dict of column to int
            0 for columns that are not clipped.
        """
        check_is_fitted(self)
        scale = ColumnScale(self.center_, self._slope, self._bend)
        return self._count(X, lambda values, missing: ~missing & scale.is_beyond(values))

    def _start(self, X):
        at = self._remember_scaled(
            X, [*_columns.as_list(self.exclude), *_columns.as_list(self.weight_column)]
        )
        self._distinct = [Distinct() for _ in at]

    def _add(self, values, missing, weights):
        """Merge the values of some events into what is known of the columns."""
        values = np.where(missing, np.nan, values).reshape(len(values), -1, values.shape[-1])
        weights = None if weights is None else np.repeat(weights, values.shape[1])
        for k, name in enumerate(self.scaled_columns_):
            column = values[..., k].ravel()
            self._distinct[k] = self._distinct[k].merged(Distinct.of(column, weights))
            self.n_missing_[name] += int(np.isnan(column).sum())

    def _learn(self):
        ends = [d.values[[0, -1]] if len(d) else (0.0, 0.0) for d in self._distinct]
        self._checked_width(*np.reshape(ends, (-1, 2)).T)
        found = ColumnScale.of([robust_scale(distinct) for distinct in self._distinct])
        self.center_, self._slope, self._bend = found.center, found.slope, found.bend
        with np.errstate(divide="ignore"):
            self.scale_ = 1 / found.slope
        self.clipped_ = found.bend > 0

    def __sklearn_is_fitted__(self):
        return hasattr(self, "n_samples_seen_")

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.three_d_array = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags
