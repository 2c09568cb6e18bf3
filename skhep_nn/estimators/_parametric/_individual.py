"""IndividualMassClassifier: one classifier per mass, the baseline of a parametric network."""

from __future__ import annotations

from numbers import Integral

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.utils import check_array, check_consistent_length

from skhep_nn import _columns, _composition, _hypotheses, _labels, _validation, _weights
from skhep_nn._probabilities import FromProbabilities
from skhep_nn._shown import shown
from skhep_nn._validation import HasMethods, StrOptions
from skhep_nn.estimators._fit import _arrays, _targets
from skhep_nn.estimators._members import _columns as _of_members
from skhep_nn.estimators._parametric import _columns as _mass_columns
from skhep_nn.estimators._parametric._at import HypothesisClassifier
from skhep_nn.estimators._saving._versions import SavedWithVersions


class IndividualMassClassifier(
    FromProbabilities, SavedWithVersions, ClassifierMixin, BaseEstimator
):
    """One classifier for each mass of the signal: its signal against all background.

    The zoo of networks that a :class:`ParametricClassifier` replaces, for comparison with it. An
    event is classified by the network of the mass in its column.

    Parameters
    ----------
    estimator : classifier, default=None
        What is fitted for each mass; None is a ``DenseClassifier()``. It never sees the columns
        of the parameter.
    parameter : str, int or list of these, default="mass"
        Columns (or blocks) of X with the parameter, or with several.
    signal : label, default=1
        The class that has the parameter; every other class is background, whose column is not
        read in fit. None is the last class.
    hypotheses : array-like of shape (n_hypotheses[, n_parameters]), default=None
        Masses that get a classifier; None is every distinct value of the signal.
    dispatch : {"exact", "nearest"}, default="exact"
        ``"exact"``: an event at a mass without a classifier is an error. ``"nearest"``: the
        classifier of the nearest mass (in units of the range of each parameter) takes it, in fit
        and in prediction.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
    estimators_ : list of classifiers
        One per row of
    hypotheses_ : ndarray of shape (n_hypotheses, n_parameters)
    parameter_names_ : list
        Names (positions, for arrays) of the parameters.
    n_features_in_ : int
        Columns of X in fit.
    feature_names_in_ : ndarray of str
        Their names, if X had any.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from sklearn.naive_bayes import GaussianNB
    >>> from skhep_nn import IndividualMassClassifier
    >>> mass = [1, 1, 3, 3, np.nan, np.nan, np.nan]
    >>> X = pd.DataFrame({"m": [1.0, 1.2, 2.8, 3.0, 0.0, 2.0, 4.0], "mass": mass})
    >>> clf = IndividualMassClassifier(GaussianNB()).fit(X, [1, 1, 1, 1, 0, 0, 0])
    >>> clf.at(mass=1).predict(X[["m"]]).tolist()
    [1, 1, 0, 0, 0, 0, 0]
    """

    _parameter_constraints: dict = {  # noqa: RUF012
        "estimator": [HasMethods(["fit", "predict_proba"]), None],
        "parameter": ["array-like", str, Integral],
        "hypotheses": ["array-like", None],
        "dispatch": [StrOptions({"exact", "nearest"})],
    }

    def __init__(
        self, estimator=None, *, parameter="mass", signal=1, hypotheses=None, dispatch="exact"
    ):
        self.estimator = estimator
        self.parameter = parameter
        self.signal = signal
        self.hypotheses = hypotheses
        self.dispatch = dispatch

    def fit(self, X, y, sample_weight=None):
        """Fit one classifier for each mass.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_events, n_features)
        y : array-like of shape (n_events,)
        sample_weight : array-like of shape (n_events,), optional

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If a signal event has no mass, or one that is not in `hypotheses` with
            ``dispatch="exact"``.
        """
        _validation.check_parameters(self)
        X, labels = self._check_events(X, y)
        signal = labels == self._signal_label()
        values = _mass_columns.values_of(self, X, type(self).__name__)
        _mass_columns.check_hypotheses(
            values[signal], self.parameter_names_, "signal events", _mass_columns.FINITE_SIGNAL
        )
        self.hypotheses_ = self._masses_of(values[signal])
        number = np.full(len(labels), -1)
        number[signal] = self._numbers(values[signal], "signal events")
        weights = None if sample_weight is None else _weights.check(sample_weight, len(labels))
        features = self._features_of(X)
        self.estimators_ = [
            self._fit_one(features, labels, weights, (number == at) | ~signal, at)
            for at in range(len(self.hypotheses_))
        ]
        return self

    def predict_proba(self, X):
        """Class probabilities, each event by the classifier of its mass.

        Parameters
        ----------
        X : DataFrame or array-like
            With the columns of fit.

        Returns
        -------
        ndarray of shape (n_events, n_classes)
        """
        self._check_is_fitted()
        X = self._table(X)
        features = self._features_of(X)
        values = _mass_columns.values_of(self, X, type(self).__name__)
        _mass_columns.check_hypotheses(
            values, self.parameter_names_, "events", _mass_columns.WAYS_OUT
        )
        number = self._numbers(values, "events")
        out = np.empty((len(number), len(self.classes_)))
        for at in np.unique(number):
            rows = np.flatnonzero(number == at)
            out[rows] = self.estimators_[at].predict_proba(_columns.rows(features, rows))
        return out

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
        X, owner = self._table(X), type(self).__name__
        weights = _weights.resolve(X, sample_weight, self.weight_column, owner, self.columns_)
        labels = _targets.labels_of(y, owner, classes=self.classes_)
        check_consistent_length(X, labels)
        return _targets.accuracy(labels, self.predict(X), weights)

    def predict_proba_scan(self, X, hypotheses):
        """Class probabilities of every event by the classifier of each of several hypotheses.

        Parameters
        ----------
        X : DataFrame or array-like
            With or without the columns of the parameter, which are not read.
        hypotheses : array-like of shape (n_hypotheses[, n_parameters]), or list of dict

        Returns
        -------
        ndarray of shape (n_events, n_hypotheses, n_classes)
        """
        self._check_is_fitted()
        hypotheses = _hypotheses.hypotheses_of(hypotheses, self.parameter_names_)
        numbers = self._numbers(hypotheses, "hypotheses")
        features = self._features_of(self._table(X))
        found = {at: self.estimators_[at].predict_proba(features) for at in np.unique(numbers)}
        return np.stack([found[at] for at in numbers], axis=1)

    def at(self, *values, **named):
        """The classifier for one mass, whatever X has in the parameter's columns.

        Parameters
        ----------
        *values, **named : float
            ``at(750)``, or by name, ``at(mass=750)``.

        Returns
        -------
        HypothesisClassifier
        """
        self._check_is_fitted()
        hypothesis = _hypotheses.hypothesis_of(values, named, self.parameter_names_)
        self._numbers(np.array([hypothesis]), "hypotheses")
        return HypothesisClassifier(self, hypothesis)

    @property
    def class_names(self):
        """What the classes are called, as the estimator, or what is in it, was told."""
        return _composition.class_names(self.estimator)

    @property
    def weight_column(self):
        """Column of X with the weights of the estimator, or of what is in it."""
        column = _composition.weight_column(self.estimator, type(self).__name__)
        return column if column is None else self._outer(column)

    def _outer(self, column):
        """A column that the estimator sees, which lacks the parameter, as one of X."""
        if not self.__sklearn_is_fitted__():
            return column
        return _of_members.outer(column, self.columns_, self._parameter_columns)

    def _columns_named(self, parameters):
        """As `_composition.columns_named`, positions as of X."""
        inner = _composition.columns_named(self.estimator, parameters)
        return list(dict.fromkeys(map(self._outer, inner)))

    def __sklearn_is_fitted__(self):
        return "estimators_" in vars(self)

    def _check_is_fitted(self):
        _validation.check_fitted(self.__sklearn_is_fitted__(), self)

    def _check_events(self, X, y):
        owner = type(self).__name__
        X = self._table(X)
        labels = _targets.labels_of(y, owner)
        check_consistent_length(X, labels)
        self.classes_ = _targets.learn_classes(labels, owner)
        _validation.check_feature_names(self, X, reset=True)
        self._parameter_columns = _mass_columns.positions_of(X, self.parameter)
        self.columns_ = _columns.FittedColumns(
            _columns.names(X), _columns.n_columns(X), self._optional_columns(X)
        )
        self.n_features_in_ = self.columns_.n_columns
        self.parameter_names_ = _mass_columns.names_of(X, self._parameter_columns)
        return X, labels

    def _optional_columns(self, X):
        """Positions of the parameter, and of what the estimator does not need in prediction."""
        seen = [at for at in range(_columns.n_columns(X)) if at not in self._parameter_columns]
        features = _columns.select(X, seen)
        named = _composition.columns_named(self.estimator, ("weight_column", "exclude"))
        found = [seen[_columns.position(features, c)] for c in named if _columns.has(features, c)]
        return tuple(dict.fromkeys([*self._parameter_columns, *found]))

    def _masses_of(self, values):
        """The masses that get a classifier; `values` are those of the signal events."""
        if self.hypotheses is not None:
            return _hypotheses.hypotheses_of(self.hypotheses, self.parameter_names_)
        found = np.unique(values, axis=0)
        cure = 'give `hypotheses` and dispatch="nearest"'
        _hypotheses.check_listed(found, self.parameter_names_, cure)
        return found

    def _signal_label(self):
        signal = self.classes_[-1] if self.signal is None else _labels.one(self.signal)
        known = self.classes_.tolist()
        if signal not in known:
            cure = _labels.of_numbers([signal], known, "give the number of the class")
            msg = (
                f"signal={shown(signal)} is not a label of y, which has {known[:20]}; "
                f"name the class that has the parameter{cure}"
            )
            raise ValueError(msg)
        return signal

    def _fit_one(self, features, labels, weights, chosen, at):
        rows = np.flatnonzero(chosen)
        if not (labels[rows] == self._signal_label()).any():
            msg = (
                f"there is no signal at {self._shown(self.hypotheses_[at])}, which `hypotheses` has"
            )
            raise ValueError(msg)
        arguments = {} if weights is None else {"sample_weight": weights[rows]}
        estimator = _default() if self.estimator is None else clone(self.estimator)
        return estimator.fit(_columns.rows(features, rows), labels[rows], **arguments)

    def _numbers(self, values, what):
        """Number of the classifier of each row of `values`."""
        width = np.ptp(self.hypotheses_, axis=0)
        scale = np.where(width > 0, width, 1.0)
        distance = np.abs(values[:, None, :] - self.hypotheses_[None]) / scale
        number = np.square(distance).sum(axis=2).argmin(axis=1)
        unknown = ~np.isclose(values, self.hypotheses_[number], rtol=1e-6, atol=0).all(axis=1)
        if self.dispatch == "exact" and unknown.any():
            msg = (
                f"{int(unknown.sum())} of {len(values)} {what} are at a mass without a classifier, "
                f"the first at {self._shown(values[unknown.argmax()])}; there are classifiers at "
                f'{self.hypotheses_.tolist()} (dispatch="nearest" takes the nearest)'
            )
            raise ValueError(msg)
        return number

    def _shown(self, row):
        return ", ".join(
            f"{name}={value:g}" for name, value in zip(self.parameter_names_, row, strict=True)
        )

    def _features_of(self, X):
        """`X` without the parameter, its columns checked."""
        at = self.columns_.present(X, type(self).__name__)
        kept = [n for n, fitted in enumerate(at) if fitted not in self._parameter_columns]
        return X if len(kept) == len(at) else _columns.select(X, kept)

    def _table(self, X):
        X = _columns.table(X)
        if _columns.is_frame(X) or _columns.is_blocks(X):
            if not _weights.len_of(X):
                msg = "X has 0 events; at least one is needed"
                raise ValueError(msg)
            return X
        return check_array(
            _arrays.as_numbers(X),
            dtype="numeric",
            ensure_all_finite=False,
            estimator=self,
            input_name="X",
        )

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = False
        return tags


def _default():
    from skhep_nn.estimators._dense import DenseClassifier

    return DenseClassifier()
