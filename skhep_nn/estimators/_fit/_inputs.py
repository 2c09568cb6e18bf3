"""From what the user passes as X to the arrays that a network reads, with the columns checked."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from skhep_nn import _columns, _validation
from skhep_nn._weight_names import warn_of_weights
from skhep_nn.estimators._fit import _arrays
from skhep_nn.estimators._fit._block_inputs import (
    check_as_in_fit,
    check_lengths,
    check_tokens,
    is_mapped_table,
    labels,
    of_array,
    of_blocks,
)
from skhep_nn.estimators._fit._column_names import warn_of_numbers
from skhep_nn.estimators._fit._rounding import warn_of_rounding

_AS_FEATURE = (
    "column {name!r} is used as a feature; if it holds event weights, say so by "
    "weight_column={name!r}, if it is not for training by exclude=[{name!r}]"
)


@dataclass(frozen=True)
class Reader:
    """Reads X for one classifier.

    Parameters
    ----------
    owner : str
    allow_nd : bool
        Whether arrays of more than two axes, and several blocks, are read.
    columns : dict of str to object
        Columns that are no features, by the parameter that names them. They are learnt; `X` may
        lack them later.
    """

    owner: str
    allow_nd: bool = False
    columns: dict = field(default_factory=dict)

    def learn(self, X, learnt):
        """The features of `X`, as float arrays, and what is learnt of its columns.

        Parameters
        ----------
        X : DataFrame, array-like or EventBlocks
        learnt : Learnt

        Returns
        -------
        tuple of (Learnt, ndarray or dict of str to ndarray)

        Raises
        ------
        ColumnError
            If a column that is named is not there.
        ValueError
            If a feature is not a finite number.
        """
        given = _columns.table(X)
        X = self.table(given)
        learnt = learnt.also(**self._columns_of(X))
        at = range(learnt.columns_.n_columns)
        chosen = self._features(X, learnt, at)
        if _columns.is_blocks(chosen):
            shapes = {name: chosen.event_shape(name) for name in chosen.kinds}
            learnt = learnt.also(block_kinds_=dict(chosen.kinds), block_shapes_=shapes)
        x = self._arrays(chosen, learnt, at)
        warn_of_rounding(given, learnt.columns_)
        shape, dtype = _shape_and_dtype(x)
        return learnt.also(X_shape_=shape, X_dtype_=dtype), x

    def read(self, X, learnt):
        """The features of `X` as those of the fit that `learnt` tells of.

        Parameters
        ----------
        X : DataFrame, array-like or EventBlocks
        learnt : Learnt or fitted classifier

        Returns
        -------
        ndarray or dict of str to ndarray

        Raises
        ------
        ColumnError
            If a column is missing, unknown or in another place than in fit.
        ValueError
            If a feature is not a finite number.
        """
        X = self.table(X)
        at = learnt.columns_.present(X, self.owner)
        self._warn_of_names(X, learnt)
        self._check_entries(X, learnt)
        chosen = self._features(X, learnt, at)
        if _columns.is_blocks(chosen):
            self._check_blocks(chosen, learnt)
        return self._arrays(chosen, learnt, at)

    def table(self, X):
        """`X`, or an array of floats made from it if it has no columns or blocks of its own."""
        return _arrays.as_table(X, self.owner, allow_nd=self.allow_nd)

    def _columns_of(self, X):
        names = _validation.feature_names_of(X)
        for role, columns in self.columns.items():
            for column in _columns.as_list(columns):
                _columns.position(X, column, role)
        optional = [c for columns in self.columns.values() for c in _columns.as_list(columns)]
        fitted = _columns.FittedColumns.of(X, dict.fromkeys(optional))
        if self.columns.get("weight_column") is None:
            # it may give the labels away
            warn_of_weights(fitted, _AS_FEATURE)
        warn_of_numbers(fitted, X)
        found = {"columns_": fitted, "n_features_in_": fitted.n_columns}
        return found if names is None else {**found, "feature_names_in_": names}

    def _features(self, X, learnt, at):
        """The columns of `X` that are features; `at` is where its columns were in fit."""
        features = _places(learnt, at)
        if not features:
            msg = f"X has 0 feature(s) (shape={np.shape(X)}) while a minimum of 1 is required."
            raise ValueError(msg)
        if _columns.is_blocks(X):
            return _columns.select(X, features)
        if is_mapped_table(X, allow_nd=self.allow_nd):
            return of_array(X, features)
        return X if len(features) == len(at) else _columns.select(X, features)

    def _arrays(self, chosen, learnt, at):
        """Features as arrays of finite numbers."""
        if _columns.is_blocks(chosen):
            return self._of_blocks(chosen)
        if _columns.is_frame(chosen):
            numbers = _arrays.numbers(chosen)
            chosen = _arrays.as_floats(numbers, self.owner, allow_nd=self.allow_nd)
        names = [learnt.columns_.label(at[n]) for n in _places(learnt, at)]
        _arrays.check_finite(chosen, names, self.owner)
        return chosen

    def _of_blocks(self, blocks):
        x = of_blocks(blocks, self.owner, only_table=not self.allow_nd)
        called = labels(x, blocks.keys())
        for name, array in x.items() if isinstance(x, dict) else [(None, x)]:
            _arrays.check_finite(array, called if name is None else called[name], self.owner)
        check_tokens(blocks.kinds, x)
        check_lengths(blocks)
        return x

    def _check_blocks(self, blocks, learnt):
        if not hasattr(learnt, "block_shapes_"):
            msg = f"X holds the blocks {blocks.keys()}, and {self.owner} was fitted on a table"
            raise ValueError(msg)
        check_as_in_fit(learnt, blocks, self.owner)

    def _check_entries(self, X, learnt):
        """Raise if X is a table instead of blocks, or its sequences have another length."""
        fitted = learnt.X_shape_
        if isinstance(fitted, dict) and not _columns.is_blocks(X):
            msg = (
                f"X must be EventBlocks with the blocks {list(fitted)} of the fit of "
                f"{self.owner}, got {type(X).__name__} of shape {X.shape}"
            )
            raise TypeError(msg)
        if isinstance(fitted, dict) or _columns.is_frame(X) or _columns.is_blocks(X):
            return
        if len(X.shape) != len(fitted) or X.shape[1:-1] != tuple(fitted[1:-1]):
            cure = "; pad sequences to the length that they had there" if len(fitted) > 2 else ""
            msg = f"X has shape {X.shape}, in the fit of {self.owner} it had {tuple(fitted)}{cure}"
            raise ValueError(msg)

    def _warn_of_names(self, X, learnt):
        fitted, given = learnt.columns_.names, _columns.names(X)
        if (fitted is None) != (given is None):
            known = getattr(learnt, "feature_names_in_", None)
            _validation.compare_feature_names(X, known, self.owner)


def _places(learnt, at):
    """Which columns of X are features; `at` is where its columns were in fit."""
    required = set(learnt.columns_.required)
    return [n for n, fitted in enumerate(at) if fitted in required]


def _shape_and_dtype(x):
    if isinstance(x, dict):
        shapes = {name: array.shape for name, array in x.items()}
        return shapes, {name: array.dtype for name, array in x.items()}
    return x.shape, x.dtype
