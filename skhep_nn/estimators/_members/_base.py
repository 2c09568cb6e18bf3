"""What a cross-fit and an ensemble have in common: members, and what they say of an event."""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from dataclasses import replace

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import check_consistent_length, get_tags
from sklearn.utils.metaestimators import available_if

from skhep_nn import (
    _columns,
    _composition,
    _hypotheses,
    _unread,
    _validation,
    _weights,
)
from skhep_nn._probabilities import FromProbabilities
from skhep_nn.estimators._fit import _arrays, _targets
from skhep_nn.estimators._fit._ensemble import mean_history
from skhep_nn.estimators._members import _columns as _of_members
from skhep_nn.estimators._parametric._at import HypothesisClassifier
from skhep_nn.estimators._saving._versions import SavedWithVersions


def _is_parametric(self):
    return self.parameter is not None


class MembersClassifier(FromProbabilities, SavedWithVersions, ClassifierMixin, BaseEstimator, ABC):
    """Several fits of one classifier as a classifier.

    A subclass fits `estimators_` and says by `_by_members` which of them scores an event.
    """

    def predict_proba(self, X):
        """Class probabilities.

        Parameters
        ----------
        X : DataFrame, array-like or EventBlocks
            With the columns of fit; weights, excluded columns and those that no member reads may
            be absent.

        Returns
        -------
        ndarray of shape (n_events, n_classes)
        """
        self._check_is_fitted()
        return self._by_members(_columns.table(X), lambda member, X: member.predict_proba(X))

    def score(self, X, y, sample_weight=None):
        """Weighted accuracy, with the weights of the estimator's ``weight_column``, if any.

        Parameters
        ----------
        X
            As in :meth:`predict_proba`.
        y : array-like of shape (n_events,)
        sample_weight : array-like of shape (n_events,), optional

        Returns
        -------
        float
        """
        self._check_is_fitted()
        X, owner = _arrays.any_table(X, self), type(self).__name__
        weights = _weights.resolve(X, sample_weight, self.weight_column, owner, self.columns_)
        labels = _targets.labels_of(y, owner, classes=self.classes_)
        check_consistent_length(X, labels)
        return _targets.accuracy(labels, self.predict(X), weights)

    @available_if(_is_parametric)
    def predict_proba_scan(self, X, hypotheses):
        """Class probabilities of every event under each of several mass hypotheses.

        There is one where the estimator is parametric.

        Parameters
        ----------
        X : DataFrame, array-like or EventBlocks
            With or without the columns of the parameter, which are not read.
        hypotheses : array-like of shape (n_hypotheses[, n_parameters]), or list of dict

        Returns
        -------
        ndarray of shape (n_events, n_hypotheses, n_classes)
        """
        self._check_is_fitted()
        X = _columns.table(X)
        hypotheses = _hypotheses.hypotheses_of(hypotheses, self.parameter_names_)
        if all(hasattr(member, "predict_proba_scan") for member in self.estimators_):
            return self._by_members(
                X,
                lambda member, X: member.predict_proba_scan(X, hypotheses),
                self._columns_of_scan(),
            )
        # a Pipeline has none; its steps may want the columns
        return np.stack([self.predict_proba(self._at(X, one)) for one in hypotheses], axis=1)

    @available_if(_is_parametric)
    def at(self, *values, **named):
        """The classifier for one mass, whatever X has in the parameter's columns.

        There is one where the estimator is parametric.

        Parameters
        ----------
        *values, **named : float
            ``at(750)``, or by name, ``at(mass=750)``.

        Returns
        -------
        HypothesisClassifier
        """
        self._check_is_fitted()
        return HypothesisClassifier(
            self, _hypotheses.hypothesis_of(values, named, self.parameter_names_)
        )

    @property
    def class_names(self):
        """What the classes are called, as the estimator, or what is in it, was told."""
        return _composition.class_names(self.estimator)

    @property
    def weight_column(self):
        """Column of X with the weights of the estimator, or of what is in it."""
        column = _composition.weight_column(self.estimator, type(self).__name__)
        return column if column is None else self._outer(column)

    @property
    def parameter(self):
        """Column (or list of them) of X with the mass of a parametric estimator, else None."""
        columns = _composition.parameter(self.estimator)
        if columns is None or not self.__sklearn_is_fitted__():
            return columns
        found = [self._outer(column) for column in _columns.as_list(columns)]
        return found if isinstance(columns, (list, tuple)) else found[0]

    @property
    def parameter_names_(self):
        """Names of the parameters of a parametric estimator."""
        return self._of_last_step("parameter_names_")

    @property
    def parameter_range_(self):
        """Lowest and highest value of each parameter in training, over all members."""
        ranges = np.array([self._of_last_step("parameter_range_", m) for m in self.estimators_])
        return np.stack([ranges[..., 0].min(axis=0), ranges[..., 1].max(axis=0)], axis=-1)

    @property
    def history_(self):
        """Mean over the members of each quantity that they were trained by."""
        self._of_last_step("history_")
        return mean_history([self._of_last_step("history_", m) for m in self.estimators_])

    @property
    def best_epoch_(self):
        """Median of the epochs that the members kept."""
        return int(np.median([self._of_last_step("best_epoch_", m) for m in self.estimators_]))

    @property
    def _parameter_columns(self):
        """Positions in X of the columns of the parameter."""
        columns = _columns.as_list(self.parameter)
        names, n_columns = self.columns_.names, self.columns_.n_columns
        found = [c if names is None or c not in names else names.index(c) for c in columns]
        return [at % n_columns for at in found]

    def _of_last_step(self, name, member=None):
        if not self.__sklearn_is_fitted__():
            msg = f"{type(self).__name__} has no {name} before it is fitted"
            raise AttributeError(msg)
        return getattr(_composition.last_step(member or self.estimators_[0]), name)

    @abstractmethod
    def _by_members(self, X, call, columns=None):
        """What ``call(member, X)`` gives for each event of the table `X`, which has `columns`."""

    def _columns_of_scan(self):
        """Those of X where the parameter may be absent too."""
        optional = dict.fromkeys([*self.columns_.optional, *self._parameter_columns])
        return replace(self.columns_, optional=tuple(optional))

    def _mean(self, X, call, columns=None):
        columns, owner = columns or self.columns_, type(self).__name__
        features = _of_members.without(X, columns, self._hidden, owner)
        found = [np.asarray(call(member, features)) for member in self.estimators_]
        return np.mean(found, axis=0, dtype=np.result_type(*found))

    def _at(self, X, hypothesis):
        owner, at = type(self).__name__, self._parameter_columns
        return _of_members.with_values(X, self._columns_of_scan(), at, hypothesis, owner)

    def _outer(self, column):
        if not self.__sklearn_is_fitted__():
            return column
        return _of_members.outer(column, self.columns_, self._hidden)

    def _columns_named(self, parameters):
        """As `_composition.columns_named`, positions as of X."""
        wanted = _columns.as_list(parameters)
        inner = _composition.columns_named(self.estimator, wanted)
        return list(dict.fromkeys([*self._own_columns(wanted), *map(self._outer, inner)]))

    def _own_columns(self, parameters):
        """Columns of X that `parameters` of its own name; for subclasses."""
        del parameters
        return []

    @property
    def _reads(self):
        """Names of the columns that some member reads; None if they read all."""
        names = self.columns_.names
        if names is None:
            return None
        kept = [names[at] for at in _of_members.seen(len(names), self._hidden)]
        read = [_unread.read_by(member, kept) for member in self.estimators_]
        return None if None in read else set(names).difference(kept).union(*read)

    def _learn_events(self, X, y):
        """`X` as the members get it but for hidden columns, and the labels."""
        owner = type(self).__name__
        X = _arrays.any_table(X, self)
        labels = _targets.labels_of(y, owner)
        check_consistent_length(X, labels)
        self.classes_ = _targets.learn_classes(labels, owner)
        _validation.check_feature_names(self, X, reset=True)
        optional = _of_members.optional_positions(X, self._classifier(), self._hidden)
        self.columns_ = _columns.FittedColumns(_columns.names(X), _columns.n_columns(X), optional)
        self.n_features_in_ = self.columns_.n_columns
        return X, labels

    def _classifier(self):
        """The classifier that is fitted several times."""
        if self.estimator is not None:
            return self.estimator
        from skhep_nn.estimators._dense import DenseClassifier

        return DenseClassifier()

    def __sklearn_is_fitted__(self):
        return "estimators_" in vars(self)

    def _check_is_fitted(self):
        _validation.check_fitted(self.__sklearn_is_fitted__(), self)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        if self.estimator is not None:
            inner = get_tags(self.estimator)
            tags.input_tags = replace(inner.input_tags)
            tags.classifier_tags = copy.copy(inner.classifier_tags) or tags.classifier_tags
        tags.input_tags.sparse = False
        return tags
