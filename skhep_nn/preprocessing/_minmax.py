"""Scaling of features to a fixed range."""

from __future__ import annotations

from numbers import Integral, Real
from typing import ClassVar

import numpy as np
from sklearn.utils.validation import check_is_fitted

from skhep_nn import _columns, _floats, _frames
from skhep_nn._shown import shown
from skhep_nn._validation import check_parameters
from skhep_nn.preprocessing import _table_numbers
from skhep_nn.preprocessing._data_range import given_ranges
from skhep_nn.preprocessing._merging import check_alike
from skhep_nn.preprocessing._optional_columns import OptionalColumnsMixin, as_table
from skhep_nn.preprocessing._scaled_columns import per_column
from skhep_nn.preprocessing._scaling import Scaling


class MinMaxScaler(OptionalColumnsMixin, Scaling):
    """Scale features to a range, by default [-1, 1], with missing values and fixed ranges.

    It is scikit-learn's ``MinMaxScaler`` for tables of events::

        t = (x - data_min) / (data_max - data_min)
        x_scaled = low * (1 - t) + high * t

    computed in double precision. Minimum and maximum are learnt from the events given to `fit`
    and then applied unchanged: an event gets the same numbers in training, in a file of data and
    alone. Event weights play no part in the fit.

    A missing value, NaN or `missing_value`, is ignored in the fit and becomes the middle of
    `feature_range` (0 by default), where it adds nothing to the first layer of a network. A
    constant column becomes the middle too, also for events in which it has another value: nothing
    was learnt about that. A column without any value in the fit and without `data_range` passes
    as long as all its values are missing; a value there is an error.

    Parameters
    ----------
    feature_range : tuple (low, high), default=(-1, 1)
    data_range : dict of column to (min, max), sequence of such pairs, or None, default=None
        Known ranges, in the units of the column: for some columns (by name, or by position as
        integer), or one pair for each scaled column. The others are learnt.
    missing_value : float, default=None
        A number that stands for a missing value, such as -999. NaN is missing in any case.
    add_indicator : bool, default=False
        Add, behind all columns, ``missingindicator_<column>``, 1 where the value is missing and
        0 elsewhere, for each scaled column that had a missing value in the fit. In a stream the
        set is that of all events so far: it can grow with each `partial_fit`, so call
        `transform` when the stream has ended. A column with missing values at application only
        has no indicator; `count_missing` tells how many they are.
    clip : bool, default=False
        Move values outside the range to its edges; `count_outside` tells how many they are.
    exclude : column or sequence of columns, default=()
        Columns, by name or position, that pass untouched and in place, of any type: event
        weights, process names. At application they may be absent.

    Attributes
    ----------
    scaled_columns_ : list
        Names (positions, for arrays) of the columns that are scaled. The arrays below are in this
        order.
    data_min_, data_max_, data_range_ : ndarray of shape (n_scaled,)
        The range of each column, learnt or given, and its width; NaN for a column without values.
    scale_, min_ : ndarray of shape (n_scaled,)
        ``x * scale_ + min_`` is the scaled value, up to rounding.
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
    sklearn.preprocessing.MinMaxScaler : Without missing values, exclusion and known ranges. It
        sends a constant column to ``low`` and takes a range below 2.2e-15 for constant.

    Examples
    --------
    >>> import pandas as pd
    >>> from skhep_nn import MinMaxScaler
    >>> events = pd.DataFrame({"pt": [20.0, 60.0, -999.0, 100.0], "weight": [0.1, 0.3, 0.2, 0.1]})
    >>> MinMaxScaler(missing_value=-999, add_indicator=True, exclude="weight").fit_transform(events)
        pt  weight  missingindicator_pt
    0 -1.0     0.1                  0.0
    1  0.0     0.3                  0.0
    2  0.0     0.2                  1.0
    3  1.0     0.1                  0.0
    """

    _parameter_constraints: ClassVar[dict] = {
        "feature_range": [tuple, list],
        "data_range": [dict, "array-like", None],
        "missing_value": [Real, None],
        "add_indicator": ["boolean"],
        "clip": ["boolean"],
        "exclude": ["array-like", str, Integral, None],
    }

    def __init__(
        self,
        feature_range=(-1, 1),
        *,
        data_range=None,
        missing_value=None,
        add_indicator=False,
        clip=False,
        exclude=(),
    ):
        self.feature_range = feature_range
        self.data_range = data_range
        self.missing_value = missing_value
        self.add_indicator = add_indicator
        self.clip = clip
        self.exclude = exclude

    def fit(self, X, y=None):
        """Learn minimum and maximum of each column.

        Parameters
        ----------
        X : DataFrame of shape (n_events, n_features) or array of shape (n_events, ..., n_features)
            Training events. An array of more axes (events x particles x features) is scaled per
            feature of the last axis.
        y : None
            Ignored.

        Returns
        -------
        self
        """
        self._forget()
        return self.partial_fit(X, y)

    def partial_fit(self, X, y=None):
        """Widen the learnt ranges by more events; the order of the events does not matter.

        Parameters
        ----------
        X : DataFrame of shape (n_events, n_features) or array of shape (n_events, ..., n_features)
            The next events of a stream.
        y : None
            Ignored.

        Returns
        -------
        self
        """
        check_parameters(self)
        self._check_feature_range()
        X = as_table(X, min_events=1)
        if not hasattr(self, "n_samples_seen_"):
            self._start(X)
        known = self._with_columns_of(X)
        values = _table_numbers.read(X, known._fitted.required, min_events=1)
        self._widen(known._chunks(X, values))
        self.n_samples_seen_ = getattr(self, "n_samples_seen_", 0) + len(values)
        return self

    def merge(self, other):
        """Widen the ranges by those of another scaler, as if this one had seen its events too.

        Parameters
        ----------
        other : MinMaxScaler
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
        self._set_range(
            np.fmin(self.data_min_, other.data_min_), np.fmax(self.data_max_, other.data_max_)
        )
        self.n_samples_seen_ += other.n_samples_seen_
        return self

    def inverse_transform(self, X):
        """Undo the scaling.

        Parameters
        ----------
        X : DataFrame or array
            As `transform` gives it. Columns that may be absent there may be absent here.

        Returns
        -------
        A frame of the library of `X` if that is one, else ndarray
            In the units of fit, without the indicators. Where an indicator is above 0.5 the value
            is `missing_value` (NaN if that is None); missing values without an indicator come
            back as the middle of the column's range, and clipped ones as its edges.
        """
        check_is_fitted(self)
        native, X = X, as_table(X)
        known, table, flags = self._split_output(X)
        t = _table_numbers.read(table, known._fitted.required).astype(np.float64)
        # far outside of the range there is no number; that is infinite, or none
        with np.errstate(over="ignore", invalid="ignore"):
            t -= self.feature_range[0]
            t /= self.feature_range[1] - self.feature_range[0]
            values = self.data_min_ * (1.0 - t) + self.data_max_ * t
        at = self._indicated
        lost = np.nan if self.missing_value is None else self.missing_value
        values[..., at] = np.where(flags > 0.5, lost, values[..., at])
        return _frames.like(native, _table_numbers.write(table, known._fitted.required, values))

    def count_missing(self, X):
        """Number of missing values, which become the middle of the range.

        Parameters
        ----------
        X : DataFrame or array
            As for `transform`.

        Returns
        -------
        dict of column to int
        """
        return self._count(X, lambda values, missing: missing)

    def count_outside(self, X):
        """Number of values outside the range of the fit, which ``clip=True`` moves to its edges.

        Parameters
        ----------
        X : DataFrame or array
            As for `transform`.

        Returns
        -------
        dict of column to int
        """
        return self._count(
            X,
            lambda values, missing: (
                ~missing & ((values < self.data_min_) | (values > self.data_max_))
            ),
        )

    def _forget(self):
        for name in [name for name in vars(self) if name.endswith("_")]:
            delattr(self, name)

    def _start(self, X):
        named = self.data_range if isinstance(self.data_range, dict) else ()
        at = self._remember_scaled(X, _columns.as_list(self.exclude), named)
        self._given = given_ranges(self.data_range, X, at)
        self.data_min_, self.data_max_ = np.full((2, len(at)), np.nan)

    def _widen(self, chunks):
        low, high = self.data_min_, self.data_max_
        n_missing = np.zeros(len(low), dtype=int)
        for _, values, missing in chunks:
            np.copyto(values, np.nan, where=missing)
            rows = values.reshape(-1, values.shape[-1])
            # fmin and fmax pass over NaN, without a warning where there is nothing else
            low = np.fmin(low, np.fmin.reduce(rows, axis=0, initial=np.nan))
            high = np.fmax(high, np.fmax.reduce(rows, axis=0, initial=np.nan))
            n_missing += per_column(missing)
        known = ~np.isnan(self._given[:, 0])
        self._set_range(
            np.where(known, self._given[:, 0], low), np.where(known, self._given[:, 1], high)
        )
        for name, n in zip(self.scaled_columns_, n_missing.tolist(), strict=True):
            self.n_missing_[name] += n

    def _set_range(self, data_min, data_max):
        low, high = self.feature_range
        with np.errstate(over="ignore"):
            width = self._checked_width(data_min, data_max)
            constant = width == 0
            self.scale_ = (high - low) / np.where(constant, np.inf, width)
            self.min_ = np.where(constant, self._middle, low - data_min * self.scale_)
        self.data_min_, self.data_max_, self.data_range_ = data_min, data_max, width

    def _split_output(self, X):
        n_in, fitted = self.n_features_in_, self._fitted
        added = len(self._indicated)
        names = fitted.names
        if names is not None:
            names = [*names, *self._added_names(names)]
        layout = _columns.FittedColumns(names, n_in + added, fitted.optional)
        present = [at for at in layout.present(X, type(self).__name__) if at < n_in]
        total = _columns.n_columns(X)
        table = _columns.select(X, list(range(total - added))) if added else X
        flags = _table_numbers.read(X, range(total - added, total)) if added else np.empty(0)
        return self._narrowed(present), table, flags

    def _check_feature_range(self):
        pair = _floats.real(self.feature_range, "feature_range")
        if pair.shape != (2,) or not np.isfinite(pair).all() or pair[0] >= pair[1]:
            msg = (
                f"feature_range={shown(self.feature_range)}; it must be two numbers, the minimum "
                "smaller than the maximum"
            )
            raise ValueError(msg)

    def __sklearn_is_fitted__(self):
        return hasattr(self, "n_samples_seen_")

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.array_api_support = False
        tags.input_tags.allow_nan = True
        tags.input_tags.three_d_array = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags
