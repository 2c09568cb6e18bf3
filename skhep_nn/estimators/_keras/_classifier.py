"""KerasClassifier: a network of the user's in a classifier, as scikeras' users write it.

Of scikeras it has the calling of the user's function. What scikit-learn sees, data, weights and
training are those of every classifier.
"""

from __future__ import annotations

from functools import partial

from sklearn.base import BaseEstimator

from skhep_nn.estimators import _parameters
from skhep_nn.estimators._base_classifier import BaseClassifier
from skhep_nn.estimators._fit import _compile
from skhep_nn.estimators._keras._function import arguments_of_function, check_overridden
from skhep_nn.estimators._keras._scikeras import BaseWrapper
from skhep_nn.estimators._keras._user_network import UserNetwork, UserRecipe


@_parameters.shares_training_parameters(built=False, **_parameters.OF_SCIKERAS)
class KerasClassifier(BaseClassifier, BaseWrapper):
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
    _network_class = UserNetwork
    _routing_prefixes = BaseClassifier._routing_prefixes | BaseWrapper._routing_prefixes

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

    def __repr__(self, N_CHAR_MAX=700):
        return BaseEstimator.__repr__(self, N_CHAR_MAX)

    def _network_arguments(self):
        """Names that the function which makes the network takes; None if it takes any."""
        check_overridden(self)
        return arguments_of_function(self)

    def _get_metadata(self):
        meta = super()._get_metadata()
        if isinstance(self.X_shape_, dict):
            return meta
        # what a network needs to know is the number of features, without the weight column
        return meta | {"n_features_in_": self.X_shape_[1]}

    def _recipe(self, settings, learnt, x):
        del x
        return UserRecipe(settings, partial(self._made_by_user, learnt))

    def _made_by_user(self, learnt, settings, seed):
        """What the user's function returns, called by scikeras, and attributes that it set.

        scikeras reads a classifier for it: a copy that has the parameters of a phase and knows what
        was learnt so far; this one keeps the parameters that the user set.
        """
        known = {**vars(self), **vars(learnt), **settings.parameters, "_random_state": seed}
        stand_in = object.__new__(type(self))
        vars(stand_in).update(known, _settings=settings)
        model = stand_in._build_keras_model()
        # a method that makes the network may have noted something
        noted = {n: v for n, v in vars(stand_in).items() if known.get(n, known) is not v}
        del noted["_settings"]
        return model, noted

    def _get_compile_kwargs(self):
        # scikeras asks the stand-in, for the user's function
        return _compile.compiled(vars(self).get("_settings") or self._settings())
