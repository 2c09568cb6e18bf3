"""What scikit-learn sees of a classifier with a network: parameters, fit, predictions."""

from __future__ import annotations

from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import check_consistent_length

from skhep_nn import _columns, _floats, _meta_estimators, _validation, _weights
from skhep_nn._fork import check_no_fork
from skhep_nn.estimators import _parameters, _saving
from skhep_nn.estimators._fit import (
    _callbacks,
    _ensemble,
    _parameter_checks,
    _phases,
    _run,
    _targets,
)
from skhep_nn.estimators._fit._arguments import check_known, validation_events
from skhep_nn.estimators._fit._hooks import Hooks
from skhep_nn.estimators._fit._inputs import Reader
from skhep_nn.estimators._fit._learnt import OPTIONAL, Learnt
from skhep_nn.estimators._fit._settings import Settings
from skhep_nn.estimators._saving import _objects
from skhep_nn.estimators._saving._versions import SavedWithVersions

_saving.install()


class BaseClassifier(SavedWithVersions, Hooks, ClassifierMixin, BaseEstimator):
    """Base of every classifier with a network: scikit-learn on the outside, training inside.

    A subclass says in its constructor what its parameters are, and in the methods of `Hooks` what
    is special about its fit.
    """

    # whether the package builds the network, see `Settings`
    _is_built = False
    # what a routed parameter may begin with
    _routing_prefixes = frozenset({"optimizer", "loss", "metrics", "callbacks"})
    _parameter_constraints: dict = {}  # noqa: RUF012

    def _store(self, training):
        """Set the shared training parameters, given or by default, and what is routed."""
        defaults = _parameters.training_defaults(type(self))
        for name, default in defaults.items():
            setattr(self, name, training.pop(name, default))
        self._store_routed(training)

    def _store_routed(self, routed):
        if routed:
            self._user_params = getattr(self, "_user_params", set()) | set(routed)
        vars(self).update(routed)

    def fit(
        self,
        X,
        y,
        sample_weight=None,
        *,
        X_val=None,
        y_val=None,
        sample_weight_val=None,
        **keras_arguments,
    ):
        """Train the network, from new initial weights unless ``warm_start``.

        With `phases` the phases are run one after the other. Each starts from the network of the
        best epoch so far (without validation events: of the last epoch), with an optimizer,
        schedule and patience that start anew, as compiling and fitting anew in Keras does.
        Callbacks see the beginning and end of training, and epochs from 0, in each phase.

        Where there are several networks (`n_networks`) each is trained, with the same validation
        events if these are given; so many at a time as there are cores, unless there are
        `callbacks`. Of an interrupted fit those networks are kept that have an epoch. A fit that
        was killed goes on from its `checkpoint_dir`, which keeps the networks that are done until
        all are.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_events, n_features)
            Or of three dimensions, if the network takes that.
        y : array-like of shape (n_events,)
            Labels of any type.
        sample_weight : array-like of shape (n_events,), optional
            Event weights, if no ``weight_column`` holds them.
        X_val, y_val, sample_weight_val
            Validation events, instead of a fraction of X.
        **keras_arguments
            ``epochs``, ``batch_size``, ``verbose``, ``shuffle``, ``callbacks``,
            ``validation_split`` for this call, and ``validation_data=(X, y)`` or with weights.

        Returns
        -------
        self

        Raises
        ------
        ColumnError, WeightError, ValueError
            For bad input, naming the column or class, the rule and the value.
        TrainingError
            If the loss is no longer finite.
        """
        check_no_fork()
        owner = type(self).__name__
        validation = validation_events(keras_arguments, X_val, y_val, sample_weight_val, owner)
        settings, stated = self._settings(keras_arguments), self._stated()
        _parameter_checks.check(stated, settings)
        phases = _phases.checked(stated, settings)
        learnt = self._learnt(further=settings.warm_start)
        _ensemble.check_number(settings, learnt)
        train = _run.fit if settings.get("n_networks", 1) == 1 else _ensemble.fit
        return self._keep(train(self, phases, X, y, sample_weight, validation, learnt))

    def partial_fit(self, X, y, classes=None, sample_weight=None):
        """Train one epoch on these events, from where the network is.

        Parameters
        ----------
        X, y, sample_weight
            As in :meth:`fit`.
        classes : array-like of shape (n_classes,), optional
            All labels, in the first call, if `y` does not have them all.

        Returns
        -------
        self

        Notes
        -----
        Weights are multiplied by the factor that gave the events of the first call the mean one.
        `epochs`, `phases` and `early_stopping` have no effect.
        """
        check_no_fork()
        settings = self._settings()
        _parameter_checks.check(self._stated(), settings)
        learnt = self._learnt(further=True)
        _ensemble.check_number(settings, learnt)
        train = _run.partial_fit if settings.get("n_networks", 1) == 1 else _ensemble.partial_fit
        return self._keep(train(self, settings, X, y, classes, sample_weight, learnt))

    def initialize(self, X, y):
        """Build the network for such events without training it.

        Parameters
        ----------
        X, y
            As in :meth:`fit`.

        Returns
        -------
        self
        """
        check_no_fork()
        settings = self._settings()
        _parameter_checks.check(self._stated(), settings)
        learnt = self._learnt(further=False)
        build = _run.initialize if settings.get("n_networks", 1) == 1 else _ensemble.initialize
        return self._keep(build(self, settings, X, y, learnt))

    def predict_proba(self, X, **keras_arguments):
        """Class probabilities, the same bits in any order of the events and any chunking.

        Parameters
        ----------
        X : DataFrame or array-like
            With the columns of fit, in their order; the weight column and excluded columns may be
            absent.
        **keras_arguments
            ``batch_size``, ``verbose``, ``steps``, ``callbacks`` are accepted for scikeras users;
            they change no number.

        Returns
        -------
        ndarray of shape (n_events, n_classes)
        """
        self._check_is_fitted()
        check_no_fork()
        check_known(keras_arguments, _parameters.PREDICT, "predict_proba")
        parameters, given = vars(self), keras_arguments.get("callbacks")
        callbacks = _callbacks.for_prediction(parameters, type(self).__name__, self.network_, given)
        with self.network_.numbers.used():
            outputs = callbacks.around(self.network_.predict, self._read_for_prediction(X))
        return _targets.probabilities(outputs, from_logits=self.network_.from_logits)

    def predict_log_proba(self, X, **keras_arguments):
        """Logarithms of the class probabilities, minus infinity for 0.

        Parameters
        ----------
        X, **keras_arguments
            As in :meth:`predict_proba`.

        Returns
        -------
        ndarray of shape (n_events, n_classes)
        """
        return _floats.logarithms(self.predict_proba(X, **keras_arguments))

    def predict(self, X, **keras_arguments):
        """The most probable class of each event.

        Parameters
        ----------
        X, **keras_arguments
            As in :meth:`predict_proba`.

        Returns
        -------
        ndarray of shape (n_events,)
        """
        most_probable = self.predict_proba(X, **keras_arguments).argmax(axis=1)
        return self.classes_[most_probable]

    def score(self, X, y, sample_weight=None):
        """Weighted accuracy, with the weights of ``weight_column`` if there is one.

        Parameters
        ----------
        X, y, sample_weight
            As in :meth:`fit`.

        Returns
        -------
        float
        """
        self._check_is_fitted()
        X, owner = _columns.table(X), type(self).__name__
        weights = _weights.resolve(X, sample_weight, self.weight_column, owner, self.columns_)
        labels = _targets.labels_of(y, owner, classes=self.classes_)
        check_consistent_length(X, labels)
        return _targets.accuracy(labels, self.predict(X), weights)

    @property
    def model_(self):
        """The network as a Keras model."""
        if "network_" not in vars(self):
            msg = f"{type(self).__name__} has no model_ before it is fitted"
            raise AttributeError(msg)
        return self.network_.model

    def get_params(self, deep=True):
        """Parameters by name, routed ones included.

        Parameters
        ----------
        deep : bool, default=True
            Also those of parameters that are estimators, e.g. of `balance`.

        Returns
        -------
        dict
        """
        # before they are copied: scikeras, imported since, would have it done in its way
        _saving.install()
        parameters = BaseEstimator.get_params(self, deep=deep)
        return parameters | {name: getattr(self, name) for name in self._routed_names()}

    def set_params(self, **parameters):
        """Set parameters, also routed ones such as ``optimizer__clipnorm``.

        Returns
        -------
        self
        """
        _parameter_checks.check_nested(self, parameters)
        names = [name for name in parameters if self._is_routed(name)]
        BaseEstimator.set_params(self, **{n: v for n, v in parameters.items() if n not in names})
        self._store_routed({name: parameters[name] for name in names})
        return self

    def __getstate__(self):
        _saving.install()
        guard = _objects.unsaved(self)
        # first, so that it raises before anything is written
        return ({} if guard is None else {"_unsaved": guard}) | super().__getstate__()

    def __setstate__(self, state):
        super().__setstate__({k: v for k, v in state.items() if k != "_unsaved"})

    def __sklearn_tags__(self):
        # what a stack or vote asks of every member before workers get them, frozen or not
        _meta_estimators.check_weighted(self)
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = False
        return tags

    def __sklearn_clone__(self):
        _meta_estimators.check_weighted(self)
        return super().__sklearn_clone__()

    def __sklearn_is_fitted__(self):
        # asked before each prediction, and by a frozen estimator, which is not cloned
        _meta_estimators.check_weighted(self)
        return "network_" in vars(self)

    @classmethod
    def _get_param_names(cls):
        # a user's subclass may hand the shared ones on; `get_params` adds routed ones
        return sorted(name for name in _parameters.defaults_of(cls) if "__" not in name)

    def _routed_names(self):
        # a subclass may state a routed parameter in its signature
        stated = {n for n in _parameters.defaults_of(type(self)) if "__" in n and n in vars(self)}
        return sorted(stated | vars(self).get("_user_params", set()))

    def _is_routed(self, name):
        prefix, routed, _ = name.partition("__")
        return name in self._routed_names() or bool(routed and prefix in self._routing_prefixes)

    def _check_is_fitted(self):
        _validation.check_fitted(self.__sklearn_is_fitted__(), self)

    def _settings(self, arguments=()):
        """The parameters as they are now, for a call with some arguments of Keras' fit."""
        _parameter_checks.check_constructed(self)
        every = self.get_params()
        settings = Settings.of(self, self.get_params(deep=False), every, built=self._is_built)
        known = [name for name in _parameters.FIT if name in settings.parameters]
        check_known(arguments, known, "fit")
        return settings.changed(arguments)

    def _stated(self):
        """What this classifier says of its parameters."""
        return _parameter_checks.Stated(
            rules=self._parameter_constraints,
            names=set(_parameters.defaults_of(type(self))),
            routed=self._routed_names(),
            prefixes=self._routing_prefixes,
            network=self._network_arguments(),
        )

    def _learnt(self, *, further):
        """What was learnt before, if the network that there is is trained `further`."""
        if not (further and self.__sklearn_is_fitted__()):
            # a fit that fails must not leave the old network beside new columns and classes
            vars(self).pop("network_", None)
            return Learnt()
        names = vars(self).keys() - self._get_param_names() - {"_user_params"}
        return Learnt(**{n: vars(self)[n] for n in names if n not in self._routed_names()})

    def _keep(self, learnt):
        """Have what was learnt as attributes: nothing else writes any whose name ends in ``_``."""
        for name in OPTIONAL:
            vars(self).pop(name, None)
        vars(self).update(vars(learnt))
        return self

    @property
    def _prediction_reader(self):
        return Reader(type(self).__name__, self._allow_nd)

    def _read_for_prediction(self, X):
        """What the network reads of events that are to be classified."""
        return self._prediction_reader.read(X, self)
