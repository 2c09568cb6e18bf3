"""A parametric classifier at one hypothesis: an ordinary fitted classifier."""

from __future__ import annotations

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import check_consistent_length

from skhep_nn import _columns, _weights
from skhep_nn._probabilities import FromProbabilities
from skhep_nn.estimators._fit import _targets


class HypothesisClassifier(FromProbabilities, ClassifierMixin, BaseEstimator):
    """What ``at`` returns: a fitted classifier that reads every event at one hypothesis.

    The columns of the parameter are not read; X may lack them. Fitting does nothing, and a clone
    is the classifier itself, as with scikit-learn's ``FrozenEstimator``.

    Parameters
    ----------
    classifier : ParametricClassifier or IndividualMassClassifier
        Fitted.
    values : sequence of float
        One per parameter.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
    n_features_in_ : int
        Columns of X in the fit of `classifier` but those of the parameter.
    feature_names_in_ : ndarray of str
        Their names, if X had any.
    """

    def __init__(self, classifier, values):
        self.classifier = classifier
        self.values = values

    def fit(self, X=None, y=None, *args, **kwargs):
        """Nothing: the classifier is fitted.

        Returns
        -------
        self
        """
        del X, y, args, kwargs
        return self

    def predict_proba(self, X):
        """Class probabilities at the hypothesis.

        Parameters
        ----------
        X : DataFrame or array-like
            With or without the columns of the parameter.

        Returns
        -------
        ndarray of shape (n_events, n_classes)
        """
        return self.classifier.predict_proba_scan(X, [self.values])[:, 0]

    def score(self, X, y, sample_weight=None):
        """Weighted accuracy, with the weights of the classifier's ``weight_column``, if any.

        Parameters
        ----------
        X
            As in :meth:`predict_proba`.
        y : array-like of shape (n_events,)
        sample_weight : array-like of shape (n_events,), optional
        """
        X, owner = _columns.table(X), type(self.classifier).__name__
        weights = _weights.resolve(X, sample_weight, self.weight_column, owner, self.columns_)
        labels = _targets.labels_of(y, type(self).__name__, classes=self.classes_)
        check_consistent_length(X, labels)
        return _targets.accuracy(labels, self.predict(X), weights)

    @property
    def classes_(self):
        """Labels, in the order of the columns of ``predict_proba``."""
        return self.classifier.classes_

    @property
    def n_features_in_(self):
        """Number of columns but those of the parameter."""
        return self.classifier.n_features_in_ - len(self.classifier._parameter_columns)

    @property
    def feature_names_in_(self):
        """Names of the columns but those of the parameter."""
        return np.delete(self.classifier.feature_names_in_, self.classifier._parameter_columns)

    @property
    def class_names(self):
        """What the classes are called, as the classifier was told."""
        return getattr(self.classifier, "class_names", None)

    @property
    def weight_column(self):
        """Column of X with the event weights, if the classifier has one."""
        return getattr(self.classifier, "weight_column", None)

    @property
    def columns_(self):
        """The columns of the classifier's fit, those of the parameter among them."""
        return self.classifier.columns_

    @property
    def model_(self):
        """The network at the hypothesis, as a Keras model of the features alone."""
        from skhep_nn.networks._parametric import at_parameter

        return at_parameter(self.classifier.model_, self.values)

    def _read_for_prediction(self, X):
        """What the network at the hypothesis reads of events."""
        return self.classifier._features_for_prediction(X)

    def __sklearn_is_fitted__(self):
        return True

    def __sklearn_clone__(self):
        return self

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags = self.classifier.__sklearn_tags__().input_tags
        return tags
