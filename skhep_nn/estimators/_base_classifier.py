"""KerasClassifier: scikit-learn on the outside, a Keras network and the training loop inside.

Of scikeras (see :mod:`skhep_nn.estimators._keras._scikeras`) it has parameter routing, the calling
of user functions and pickling of Keras objects. What scikit-learn sees, data, weights, training are
our own.
"""

from __future__ import annotations

from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import NotFittedError
from sklearn.utils import check_consistent_length

from skhep_nn import _columns, _floats, _meta_estimators, _weights
from skhep_nn._fork import check_no_fork
from skhep_nn.estimators import _parameters
from skhep_nn.estimators._fit import _callbacks, _compile, _events, _parameter_checks, _targets
from skhep_nn.estimators._fit import _run as _fitting
from skhep_nn.estimators._fit._inputs import read_inputs
from skhep_nn.estimators._fit._pooled_network import UserNetwork, n_outputs_of
from skhep_nn.estimators._fit._seeds import seeded
from skhep_nn.estimators._fit._settings import Settings
from skhep_nn.estimators._keras._scikeras import BaseWrapper
from skhep_nn.estimators._saving import _objects
from skhep_nn.training import _order as order


@_parameters.shares_training_parameters(built=False, **_parameters.OF_SCIKERAS)
class KerasClassifier(ClassifierMixin, BaseWrapper):
    """A user-written Keras network as a scikit-learn classifier with event weights.

    It takes every argument of scikeras' ``KerasClassifier`` with the same default, so that code
    written for that runs unchanged, and adds event weights in training and validation, the best
    epoch, the compiled training loop and scikit-learn's current conventions.

    Parameters
    ----------
    model : callable or keras.Model
        A function that returns a network, compiled or not. It may ask for ``meta`` (a dict with
        ``"n_features_in_"``, ``"X_shape_"``, ``"n_classes_"``, ``"n_outputs_expected_"``,
        ``"target_type_"``), ``compile_kwargs`` and ``params``; further keyword arguments of this
        class with or without the prefix ``model__`` are passed to it. A network object is trained
        itself, not a copy.
    build_fn : callable, optional
        The old name of `model`.
    validation_batch_size : int or None, default=None
        Accepted for scikeras users; it changes no number here.
    validation_split : float, default=0.
        Fraction of the events, the last ones and unshuffled, that are used for validation, as in
        Keras. `early_stopping` has the better split.
    run_eagerly : bool, default=False
        Compile argument; True trains with Keras' own loop.
    class_weight : dict, "balanced" or None, default=None
        Factor on the weights of each class.
    {training}
    **routed
        Arguments for ``model__``, ``optimizer__``, ``loss__``, ``metrics__``, ``callbacks__``,
        ``compile__`` and ``fit__``, and of the function `model`. An unknown one is an error in fit.

    Attributes
    ----------
    {attributes}

    Notes
    -----
    A network with several outputs or targets is not supported.

    Examples
    --------
    >>> import keras
    >>> from sklearn.datasets import make_classification
    >>> from skhep_nn import KerasClassifier
    >>> def network(meta, width=8):
    ...     return keras.Sequential([
    ...         keras.layers.Input((meta["n_features_in_"],)),
    ...         keras.layers.Dense(width, activation="relu"),
    ...         keras.layers.Dense(1, activation="sigmoid"),
    ...     ])
    >>> X, y = make_classification(200, random_state=0)
    >>> clf = KerasClassifier(network, width=4, epochs=3, random_state=0, verbose=0)
    >>> clf.fit(X, y).predict_proba(X).shape
    (200, 2)
    """

    _parameter_constraints: dict = {  # noqa: RUF012
        "validation_split": [_parameters.Interval(_parameters.Real, 0, 1, closed="left")],
        "run_eagerly": ["boolean"],
    }
    _allow_nd = True
    # whether a parameter called like one of Keras' things, e.g. ``activation``, is the name of one
    _names_are_of_keras = False
    # whether the name "adamw" stands for the package's own recipe
    _names_own_adamw = False
    _routing_prefixes = frozenset(BaseWrapper._routing_prefixes | {"callbacks"})

    def __init__(
        self,
        model=None,
        *,
        build_fn=None,
        validation_batch_size=None,
        validation_split=0.0,
        run_eagerly=False,
        class_weight=None,
        **training,
    ):
        self.model = model
        self.build_fn = build_fn
        self.validation_batch_size = validation_batch_size
        self.validation_split = validation_split
        self.run_eagerly = run_eagerly
        self.class_weight = class_weight
        self._store(training)

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
        guard = _objects.unsaved(self)
        # first, so that it raises before anything is written
        return ({} if guard is None else {"_unsaved": guard}) | super().__getstate__()

    def __setstate__(self, state):
        super().__setstate__({k: v for k, v in state.items() if k != "_unsaved"})

    def __repr__(self, N_CHAR_MAX=700):
        return BaseEstimator.__repr__(self, N_CHAR_MAX)

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
        # scikeras reads the names from the instance's attributes; scikit-learn from the signature
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
        return _parameter_checks.network_arguments(self)

    def _learn_targets(self, labels, classes):
        """Set what scikit-learn and a user's function (through ``meta``) know of the labels."""
        self.classes_ = classes
        self.n_classes_ = len(classes)
        self.n_outputs_ = self.n_outputs_expected_ = 1
        self.target_type_ = "binary" if len(classes) == 2 else "multiclass"
        self.y_dtype_, self.y_ndim_ = labels.dtype, 1

    def _get_metadata(self):
        meta = super()._get_metadata()
        if isinstance(self.X_shape_, dict):
            return meta
        # what a network needs to know is the number of features, without the weight column
        return meta | {"n_features_in_": self.X_shape_[1]}

    def _new_network(self, settings, x, seed):
        """Set ``network_`` to a new network, whose initial weights belong to `seed`."""
        with seeded(seed):
            model = self._made_by_user(settings, seed)
            n_outputs = n_outputs_of(model, x)
        came_with = None
        if model.compiled:
            came_with = _objects.Kept(model.optimizer)
            _compile.check_loss(settings.loss, model.loss)
            _compile.set_learning_rate(settings, model.optimizer)
        else:
            model.compile(**_compile_arguments(settings, n_outputs))
        self.network_ = UserNetwork(model, self.jit_compile, came_with)

    def _made_by_user(self, settings, seed):
        """What the user's function returns, called by scikeras, which reads a classifier for it.

        It reads a copy that has the parameters of a phase; this one keeps those that the user set.
        """
        stand_in = object.__new__(type(self))
        vars(stand_in).update({**vars(self), **settings.parameters, "_random_state": seed})
        stand_in._settings = settings
        model = stand_in._build_keras_model()
        # a method that makes the network may have noted something
        notes = vars(stand_in).keys() - settings.parameters.keys() - {"_settings"}
        vars(self).update({name: vars(stand_in)[name] for name in notes})
        return model

    def _get_compile_kwargs(self):
        # scikeras asks the stand-in, for the user's function
        return _compile.compiled(vars(self).get("_settings") or Settings.of(self))

    def _learn_inputs(self, settings, events):
        """What a new network is to know of its training events beforehand; for subclasses."""
        del settings, events

    def _continue_network(self, settings, x):
        """Train on the network that there is, at the learning rate that is now asked for."""
        del x
        if settings.learning_rate_schedule in _compile.FROM_ONE_RATE:
            _compile.set_learning_rate(settings, self.model_.optimizer)

    def _check_phase(self, settings, x, changes):
        """Raise if the network cannot be trained with the settings of a phase."""
        if self.network_.came_with is None:
            n_outputs = n_outputs_of(self.model_, x)
            _compile.check_targets(_compile_arguments(settings, n_outputs)["loss"], n_outputs)
            return
        _compile.check_free(changes)
        _compile.set_learning_rate(settings, self.network_.new_optimizer())

    def _begin_phase(self, settings, x):
        """Train on the network that there is, with an optimizer that starts anew."""
        if self.network_.came_with is None:
            self.network_.compile(**_compile_arguments(settings, n_outputs_of(self.model_, x)))
            return
        optimizer = self.network_.new_optimizer()
        _compile.set_learning_rate(settings, optimizer)
        self.network_.replace_optimizer(optimizer)

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


def _compile_arguments(settings, n_outputs):
    arguments = _compile.compiled(settings)
    _compile.check_has_optimizer(settings, arguments["optimizer"])
    return arguments | {"loss": _compile.loss_of(settings, arguments["loss"], n_outputs)}
