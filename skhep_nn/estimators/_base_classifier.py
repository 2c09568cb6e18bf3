"""What scikit-learn sees of a classifier with a network: parameters, fit, predictions."""

from __future__ import annotations

from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import NotFittedError
from sklearn.utils import check_consistent_length

from skhep_nn import _columns, _floats, _meta_estimators, _weights
from skhep_nn._fork import check_no_fork
from skhep_nn.estimators import _parameters, _saving
from skhep_nn.estimators._fit import _callbacks, _events, _parameter_checks, _targets
from skhep_nn.estimators._fit import _run as _fitting
from skhep_nn.estimators._fit._inputs import read_inputs
from skhep_nn.estimators._fit._settings import Settings
from skhep_nn.estimators._saving import _objects
from skhep_nn.estimators._saving._versions import SavedWithVersions
from skhep_nn.training import _order as order

_saving.install()


class BaseClassifier(SavedWithVersions, ClassifierMixin, BaseEstimator):
    """Base of every classifier with a network: scikit-learn on the outside, training inside.

    A subclass says in its constructor what its parameters are, and how its network is made and
    trained on.
    """

    _allow_nd = True
    # whether a parameter called like one of Keras' things, e.g. ``activation``, is the name of one
    _names_are_of_keras = False
    # whether the name "adamw" stands for the package's own recipe
    _names_own_adamw = False
    # what a routed parameter may begin with
    _routing_prefixes = frozenset({"optimizer", "loss", "metrics", "callbacks"})
    _parameter_constraints: dict = {}  # noqa: RUF012

    def _store(self, training):
        """Set the shared training parameters, given or by default, and what is routed."""
        defaults = _parameters.training_defaults(type(self))
        for name in defaults.keys() & (_parameters.BUILT | _parameters.TRAINING):
            setattr(self, name, training.pop(name, defaults[name]))
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
        validation = _fitting.validation_argument(
            keras_arguments, X_val, y_val, sample_weight_val, type(self).__name__
        )
        settings = _fitting.settings_of_call(self, keras_arguments)
        with _fitting.numbers(self):
            return _fitting.fit(self, settings, X, y, sample_weight, validation)

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
        settings = _fitting.settings_of_call(self)
        with _fitting.numbers(self, partial=True):
            return _fitting.partial_fit(self, settings, X, y, classes, sample_weight)

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
        return _fitting.initialize(self, _fitting.settings_of_call(self), X, y)

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
        _fitting.check_known(keras_arguments, _parameters.PREDICT, "predict_proba")
        callbacks = _callbacks.for_prediction(
            Settings.of(self), self.network_, keras_arguments.get("callbacks")
        )
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
        if not self.__sklearn_is_fitted__():
            msg = (
                f"This {type(self).__name__} instance is not fitted yet. Call 'fit' with "
                "appropriate arguments before using this estimator."
            )
            raise NotFittedError(msg)

    def _check_parameters(self):
        _parameter_checks.check(self, Settings.of(self))

    def _network_arguments(self):
        """Names that the function which makes the network takes; None if it takes any."""
        return set()

    def _learn_targets(self, labels, classes):
        """Set what scikit-learn and a user's function (through ``meta``) know of the labels."""
        self.classes_ = classes
        self.n_classes_ = len(classes)
        self.n_outputs_ = self.n_outputs_expected_ = 1
        self.target_type_ = "binary" if len(classes) == 2 else "multiclass"
        self.y_dtype_, self.y_ndim_ = labels.dtype, 1

    def _learn_inputs(self, settings, events):
        """What a new network is to know of its training events beforehand; for subclasses."""
        del settings, events

    def _read_inputs(self, X, *, reset):
        """What the network reads of events that are trained on; for subclasses."""
        return read_inputs(self, X, reset=reset)

    def _read_for_prediction(self, X):
        """What the network reads of events that are to be classified; for subclasses."""
        return self._read_inputs(X, reset=False)

    def _further_columns(self):
        """Columns that are no features beside those of weight and `exclude`; for subclasses."""
        return {}

    def _balanced_order(self, events, batch_size, seed):
        """Event numbers of each epoch where `batch_sampler` is a name; for subclasses."""
        return order.balanced(events.codes, batch_size, seed)

    def _prepare(self, train, held_out, seed):
        """Training and validation events (or None) as they are trained on.

        For subclasses: the events come with the weights that the losses see.
        """
        del seed
        return train, held_out

    def _may_split(self, train, held_out):
        """Whether events may be split so where nobody asked for it; for subclasses."""
        return _events.has_every_class(train, held_out)

    def _redraw_for_fit(self, train, seed):
        """What changes events before each epoch (see `Plan.redraw`), or None; for subclasses."""
        del train, seed

    def _callbacks_for_fit(self, settings):
        return _callbacks.of(settings)
