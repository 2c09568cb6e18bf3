"""CalibratedClassifier: the probabilities of a fitted classifier made right on held-out events."""

from __future__ import annotations

import copy
from dataclasses import replace
from numbers import Integral, Real

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.utils import check_consistent_length, get_tags
from sklearn.utils.metaestimators import available_if

from skhep_nn import _columns, _composition, _masks, _validation, _weights
from skhep_nn._probabilities import FromProbabilities
from skhep_nn._validation import HasMethods, StrOptions
from skhep_nn._weighted_events import Events
from skhep_nn.estimators._calibration import _priors, _scores
from skhep_nn.estimators._calibration._maps import METHODS, ONE_CLASS, TemperatureMap
from skhep_nn.estimators._fit import _arrays, _targets
from skhep_nn.estimators._saving._versions import SavedWithVersions
from skhep_nn.exceptions import WeightError

_PRIORS = ("training", "physical")


def _model_has(name):
    def has(self):
        return hasattr(vars(self).get("estimator_", self.model), name)

    return available_if(has)


class CalibratedClassifier(FromProbabilities, SavedWithVersions, ClassifierMixin, BaseEstimator):
    r"""A classifier whose probabilities are right on average, by a map that held-out events choose.

    Parameters
    ----------
    model : classifier, Pipeline, search or vote
        Fitted, it stays as it is, also in a clone: `fit` takes events that neither trained nor
        stopped it. Not fitted, it is fitted on all events, and the map on scores of `cv` further
        fits, each of events that it did not see.
    method : {"isotonic", "beta", "temperature", "logistic"}, default="isotonic"
        ``"isotonic"``: any rising function, for thousands of events; ``"logistic"``: sigmoid of a
        linear function of the logit; ``"beta"``: a further parameter, for errors that are not alike
        at both ends; ``"temperature"``: one parameter, a factor on the logits. Of more than two
        classes temperature scaling is one map for all; the others are one per class against the
        rest, divided by their sum.
    prior : {"training", "physical"} or float, default="training"
        The class fractions at which the probabilities hold. ``"physical"``: those of the event
        weights given to `fit`. ``"training"``: those of the weights that trained the model,
        balanced as they may have been; the physical ones if the model does not tell (see
        `training_prior`), or if the two differ by chance only. A number is the fraction of signal,
        the second class; of more classes a sequence or a dict of label and share.
    weight_column : str or int, default=None
        Column (or block) of X with the event weights; None takes ``sample_weight``, else the weight
        column of `model` or of what is in it.
    training_prior : float, default=None
        Fraction of signal (or shares) in the weights that trained `model`, where it does not tell:
        classifiers of this package do.
    cv : int or splitter, default=5
        Folds, where `model` is not fitted.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
    estimator_ : classifier
        The fitted model.
    calibrators_ : list
        The map of the second class, one per class of several, or the one of temperature scaling.
    class_prior_ : ndarray of shape (n_classes,)
        Class fractions at which ``predict_proba`` holds.
    model_prior_, events_prior_ : ndarray of shape (n_classes,)
        Those of the model's own probabilities, and of the events of the fit.
    n_features_in_ : int
    feature_names_in_ : ndarray of str
        As the model has them.

    Notes
    -----
    The map is fitted at the prior of the events, and moved to another by Bayes' rule,

    .. math:: \frac{p'}{1 - p'} = \frac{p}{1 - p} \frac{\pi'}{1 - \pi'} \frac{1 - \pi}{\pi}.

    At ``prior="physical"`` :math:`\sum w_i p_i = \sum w_i y_i` holds on the events of the fit, to
    rounding, for all methods of two classes but temperature scaling. Weights may be negative: in
    isotonic regression events are pooled until each pool has a fraction in [0, 1] and fractions
    rise.

    Isotonic regression by pooling: M. Ayer et al., Ann. Math. Stat. 26 (1955) 641. Logistic: J.
    Platt, 1999. Beta: M. Kull, T. Silva Filho, P. Flach, AISTATS 2017. Temperature: C. Guo et al.,
    ICML 2017.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.naive_bayes import GaussianNB
    >>> from skhep_nn import CalibratedClassifier
    >>> rng = np.random.default_rng(0)
    >>> y = rng.integers(0, 2, 4000)
    >>> X, weights = rng.normal(y[:, None], 1, (4000, 2)), np.where(y == 1, 0.1, 1.0)
    >>> model = GaussianNB().fit(X[:2000], y[:2000])
    >>> X, y, weights = X[2000:], y[2000:], weights[2000:]
    >>> physical = CalibratedClassifier(model, prior="physical").fit(X, y, weights)
    >>> p = physical.predict_proba(X)[:, 1]
    >>> [round(float(np.sum(weights * values)), 6) for values in (p, y)]
    [98.6, 98.6]
    """

    # the parameter that holds what it is wrapped around
    _wraps = "model"
    _parameter_constraints: dict = {  # noqa: RUF012
        "model": [HasMethods(["fit", "predict_proba"])],
        "method": [StrOptions(set(METHODS))],
        "prior": [StrOptions(set(_PRIORS)), Real, "array-like", dict],
        "weight_column": [str, Integral, None],
        "training_prior": [Real, "array-like", dict, None],
    }

    def __init__(
        self,
        model,
        method="isotonic",
        *,
        prior="training",
        weight_column=None,
        training_prior=None,
        cv=5,
    ):
        self.model = model
        self.method = method
        self.prior = prior
        self.weight_column = weight_column
        self.training_prior = training_prior
        self.cv = cv

    def fit(self, X, y, sample_weight=None):
        """Fit the map on held-out events (and, if it is not fitted, the model on all).

        Parameters
        ----------
        X : DataFrame, array-like or EventBlocks
        y : array-like of shape (n_events,)
            Labels of the model's classes, each of them present.
        sample_weight : array-like of shape (n_events,) or number, optional
            Event weights of either sign.

        Returns
        -------
        self

        Raises
        ------
        WeightError
            If the weights of a class sum to nothing or less, or are given twice.
        ValueError
            If labels are none of the model's, or no map of the method fits best.
        """
        _validation.check_parameters(self)
        owner, X = type(self).__name__, _arrays.any_table(X, self)
        labels = _targets.labels_of(y, owner)
        check_consistent_length(X, labels)
        # of an earlier fit
        vars(self).pop("calibrators_", None)
        is_fitted = _composition.is_fitted(self.model)
        classes = self.model.classes_ if is_fitted else _targets.learn_classes(labels, owner)
        codes, self.classes_ = _targets.encode(labels, np.asarray(classes)), np.asarray(classes)
        given, weights = self._weights(X, sample_weight, codes)
        probabilities = self._learn_model(Events(X, labels, given), is_fitted, owner)
        self._learn_priors(codes, weights)
        self.calibrators_ = self._maps(probabilities, codes, weights)
        return self

    def predict_proba(self, X):
        """Calibrated class probabilities.

        Parameters
        ----------
        X : DataFrame, array-like or EventBlocks
            As for the model.

        Returns
        -------
        ndarray of shape (n_events, n_classes)
        """
        self._check_is_fitted()
        return self.calibrate(self.estimator_.predict_proba(_masks.unmasked(X, "X")))

    def calibrate(self, probabilities):
        """Calibrated probabilities of what the model gave.

        Parameters
        ----------
        probabilities : array-like of shape (..., n_classes)
            As of the model's ``predict_proba``; columns of a frame that are named as the classes
            may have any order.

        Returns
        -------
        ndarray of shape (..., n_classes)
        """
        self._check_is_fitted()
        p = _scores.checked(probabilities, self.classes_, type(self).__name__)
        if self.method == "temperature":
            return _priors.moved(self.calibrators_[0](p), self.model_prior_, self.class_prior_)
        p = _priors.moved(p, self.model_prior_, self.events_prior_)
        return _priors.moved(self._by_class(p), self.events_prior_, self.class_prior_)

    def score(self, X, y, sample_weight=None):
        """Weighted accuracy, with the weights of the weight column, if there is one.

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
        owner = type(self).__name__
        weights = _composition.weights_of(self, X, sample_weight, None, owner)
        labels = _targets.labels_of(y, owner, classes=self.classes_)
        check_consistent_length(X, labels)
        return _targets.accuracy(labels, self.predict(X), weights)

    @_model_has("predict_proba_scan")
    def predict_proba_scan(self, X, hypotheses):
        """Calibrated probabilities of every event under each of several mass hypotheses.

        There is one where the model has it. The map is that of all masses of the fit together.

        Parameters
        ----------
        X, hypotheses
            As for the model.

        Returns
        -------
        ndarray of shape (n_events, n_hypotheses, n_classes)
        """
        self._check_is_fitted()
        X = _masks.unmasked(X, "X")
        return self.calibrate(self.estimator_.predict_proba_scan(X, hypotheses))

    @_model_has("at")
    def at(self, *values, **named):
        """The calibrated classifier for one mass, whatever X has in the parameter's columns.

        There is one where the model has it. A map of one mass alone is that of
        ``CalibratedClassifier(model.at(750))``, fitted on events with its signal.

        Parameters
        ----------
        *values, **named : float
            ``at(750)``, or by name, ``at(mass=750)``.

        Returns
        -------
        CalibratedClassifier
        """
        self._check_is_fitted()
        return self._around(self.estimator_.at(*values, **named))

    @property
    def parameter(self):
        """Column (or list of them) of X with the mass of a parametric model, else None."""
        return _composition.parameter(vars(self).get("estimator_", self.model))

    def _weights(self, X, sample_weight, codes):
        """Event weights as fits of the model are given them, if any, and as all are counted."""
        owner = type(self).__name__
        found = _composition.weights_of(self.model, X, sample_weight, self.weight_column, owner)
        if found is not None and not found.any():
            msg = (
                f"{owner}: all {len(codes)} event weights are zero; each class needs a positive sum"
            )
            raise WeightError(msg)
        weights = _weights.of_moderate_scale(np.ones(len(codes)) if found is None else found)
        sums = _weights.class_sums(codes, weights, len(self.classes_))
        _weights.check_class_sums(sums, self.classes_)
        return (None if sample_weight is None else found), weights

    def _learn_model(self, events, is_fitted, owner):
        """Set the fitted model; returns its probabilities, of events that it did not see."""
        if is_fitted:
            self.estimator_ = self.model
            probabilities = self.model.predict_proba(events.X)
            self._resolution = _scores.resolution_of(probabilities)
            found = _scores.checked(probabilities, self.classes_, owner)
        else:
            _scores.check_column_is_known(self.model, self.weight_column, owner)
            self.estimator_, found = _scores.of_unfitted(
                self.model, events, self.cv, self.classes_, owner
            )
            first = self.estimator_.predict_proba(_columns.rows(events.X, slice(0, 1)))
            self._resolution = _scores.resolution_of(first)
        self._learn_columns()
        return found

    def _around(self, model):
        """The same calibration of another fitted model."""
        other = copy.copy(self)
        other.model = other.estimator_ = model
        other._learn_columns()
        return other

    def _learn_columns(self):
        for name in ("n_features_in_", "feature_names_in_"):
            vars(self).pop(name, None)
            if hasattr(self.estimator_, name):
                setattr(self, name, getattr(self.estimator_, name))

    def _learn_priors(self, codes, weights):
        n_classes = len(self.classes_)
        self.events_prior_ = _priors.of_events(codes, weights, n_classes)
        if self.training_prior is not None:
            found = _priors.given(self.training_prior, self.classes_, "training_prior")
        else:
            found = _priors.of_model(self.estimator_)
            if found is not None and _priors.same_but_for_chance(
                found, self.events_prior_, codes, weights
            ):
                found = None
        self.model_prior_ = self.events_prior_ if found is None else found
        named = {"training": self.model_prior_, "physical": self.events_prior_}
        is_named = isinstance(self.prior, str)
        self.class_prior_ = (
            named[self.prior] if is_named else _priors.given(self.prior, self.classes_, "prior")
        )

    def _maps(self, probabilities, codes, weights):
        events = (codes, weights, self._resolution)
        if self.method == "temperature":
            ratios = self.events_prior_ / self.model_prior_
            return [TemperatureMap.fitted(probabilities, *events, ratios)]
        fitted = ONE_CLASS[self.method].fitted
        p = _priors.moved(probabilities, self.model_prior_, self.events_prior_)
        numbers = [1] if p.shape[1] == 2 else range(p.shape[1])
        return [fitted(p[:, at], codes == at, weights, self._resolution) for at in numbers]

    def _by_class(self, p):
        """What the maps of single classes make of probabilities."""
        if len(self.calibrators_) == 1:
            signal = self.calibrators_[0](p[..., 1])
            return np.stack([1 - signal, signal], axis=-1)
        columns = [one(p[..., at]) for at, one in enumerate(self.calibrators_)]
        values = np.stack(columns, axis=-1)
        total = values.sum(axis=-1, keepdims=True)
        alike = np.full(values.shape, 1 / values.shape[-1])
        return np.divide(values, total, out=alike, where=total > 0)

    def _check_is_fitted(self):
        _validation.check_fitted(self.__sklearn_is_fitted__(), self)

    def __sklearn_is_fitted__(self):
        return "calibrators_" in vars(self)

    def set_params(self, **parameters):
        """Set parameters; those of a fitted model, ``model__...``, stay what they were.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            For a parameter of a model that is fitted: it would have no effect on the fit.
        """
        of_model = [name for name in parameters if name.startswith("model__")]
        if of_model and _composition.is_fitted(parameters.get("model", self.model)):
            msg = (
                f"{of_model[0]} is a parameter of a model that is fitted, and stays as it is in "
                f"{type(self).__name__}; give it unfitted to search for its parameters"
            )
            raise ValueError(msg)
        return super().set_params(**parameters)

    def __sklearn_clone__(self):
        values = self.get_params(deep=False)
        kept = _composition.is_fitted(self.model)
        new = type(self)(
            **{
                name: value if name == "model" and kept else clone(value, safe=False)
                for name, value in values.items()
            }
        )
        if hasattr(self, "_metadata_request"):
            new._metadata_request = copy.deepcopy(self._metadata_request)
        return new

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        if hasattr(self.model, "__sklearn_tags__"):
            inner = get_tags(self.model)
            tags.input_tags = replace(inner.input_tags)
            tags.classifier_tags = copy.copy(inner.classifier_tags) or tags.classifier_tags
        tags.input_tags.sparse = False
        return tags
