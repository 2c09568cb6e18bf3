"""Tables that have a weight column in training and none at application, for every transformer."""

from __future__ import annotations

import copy

import numpy as np
import pandas as pd
from scipy.sparse import issparse
from sklearn.base import OneToOneFeatureMixin
from sklearn.utils import check_array
from sklearn.utils.validation import check_is_fitted

from skhep_nn import _columns, _floats, _frames, _masks
from skhep_nn._validation import check_feature_names, has_set_output
from skhep_nn.exceptions import ColumnError


def as_table(X, min_events=0):
    """`X` if it is a DataFrame or blocks, else an array of at least two axes, of any type."""
    X = X if issparse(X) else _columns.table(X)
    if _columns.is_frame(X) or (_columns.is_blocks(X) and not issparse(X)):
        return X
    if isinstance(X, np.ma.MaskedArray) and X.ndim > 2 and np.ma.getmaskarray(X).any():
        msg = (
            "X is a masked array, whose padding would be taken for particles; put the transformer "
            "behind the padder inside a BlockTransformer, which leaves padding out"
        )
        raise ValueError(msg)
    X = _masks.unmasked(X, "X")
    return check_array(
        _floats.as_array(X, "X") if isinstance(X, (list, tuple)) else X,
        dtype=None,
        ensure_all_finite=False,
        allow_nd=True,
        ensure_min_samples=min_events,
        input_name="X",
    )


class OptionalColumnsMixin:
    """`transform` of tables that may lack the columns that real data do not have.

    It stands before the class that transforms. scikit-learn names the columns that ``set_output``
    gives after those of fit, which fails where some are absent; so the class behind is asked to
    transform with a copy of the estimator that knows no other columns than those that are there.
    """

    # further columns come behind those of X
    _keeps_columns = True

    def transform(self, X):
        """Transform the events of `X`.

        Parameters
        ----------
        X : DataFrame of shape (n_events, n_features) or array of shape (n_events, ..., n_features)
            The columns of fit, in their order. Columns that are no feature (weights, ``exclude``,
            ``by``) may be absent; from an array either all of them or none.

        Returns
        -------
        A frame of the library of `X` if that is one (or of that of ``set_output``), else ndarray

        Raises
        ------
        ColumnError
            If a feature is missing, or a column is unknown or in another place than in fit.
        """
        check_is_fitted(self)
        table = as_table(X)
        out = super(OptionalColumnsMixin, self._with_columns_of(table)).transform(table)
        return self._given_back(X, out)

    def get_feature_names_out(self, input_features=None):
        """Names of the columns that `transform` gives.

        Parameters
        ----------
        input_features : array-like of str, default=None
            The columns given to `transform`, if some that may be absent are; by default those
            of fit.

        Returns
        -------
        ndarray of str
        """
        check_is_fitted(self)
        known = self if input_features is None else self._with_names(input_features)
        names = OneToOneFeatureMixin.get_feature_names_out(known, input_features)
        return np.asarray([*names, *known._added_names(names)], dtype=object)

    def _given_back(self, X, out):
        """`out` as a frame of the library of `X`, unless ``set_output`` says of which."""
        return out if has_set_output(self) else _frames.like(X, out)

    def _remember_columns(self, X, optional, role="exclude"):
        check_feature_names(self, X, reset=True)
        self._fitted = _columns.FittedColumns.of(X, optional, role)
        self.n_features_in_ = self._fitted.n_columns

    def _with_columns_of(self, X):
        if (self._fitted.names is None) != (_columns.names(X) is None):
            check_feature_names(self, X, reset=False)
        return self._narrowed(self._fitted.present(X, type(self).__name__))

    def _with_names(self, input_features):
        names = _columns.input_features(input_features)
        try:
            return self._with_columns_of(pd.DataFrame(columns=names))
        except ColumnError:
            return self

    def _narrowed(self, present):
        if len(present) == self.n_features_in_:
            return self
        narrowed = copy.copy(self)
        narrowed._fitted = _restrict(self._fitted, present)
        narrowed.n_features_in_ = len(present)
        if hasattr(self, "feature_names_in_"):
            narrowed.feature_names_in_ = self.feature_names_in_[present]
        return narrowed


def _restrict(fitted, present):
    names = None if fitted.names is None else [fitted.names[at] for at in present]
    optional = tuple(new for new, at in enumerate(present) if at in fitted.optional)
    return _columns.FittedColumns(names, len(present), optional)
