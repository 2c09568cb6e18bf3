"""The base of the classifiers whose networks the package builds."""

from __future__ import annotations

import copy
import re
from numbers import Integral

import keras
import numpy as np

from skhep_nn.estimators._base_classifier import BaseClassifier
from skhep_nn.estimators._fit import _compile, _ensemble, _targets
from skhep_nn.estimators._fit._ensemble_network import EnsembleNetwork
from skhep_nn.estimators._fit._input_scaling import learnt_scales
from skhep_nn.estimators._fit._pooled_network import PooledNetwork, Recipe
from skhep_nn.estimators._saving._objects import Kept


class BuiltClassifier(BaseClassifier):
    """Base of the classifiers whose networks the package builds.

    A subclass names a function of :mod:`skhep_nn.networks` and its own parameters, which are that
    function's arguments.
    """

    _builder = None
    _network_parameters = ()
    _names_own_adamw = True
    _names_are_of_keras = True

    def __init__(self, **training):
        self._store(training)

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
        """Train the network, or each of `n_networks`, from new initial weights.

        Parameters
        ----------
        X, y, sample_weight, X_val, y_val, sample_weight_val, **keras_arguments
            As in `KerasClassifier.fit`; every network gets the same validation events.

        Returns
        -------
        self

        Notes
        -----
        Several networks are trained at a time, one for each core, unless there are `callbacks`.
        Of an interrupted fit those networks are kept that have an epoch. A fit that was killed
        goes on from its `checkpoint_dir`, which keeps the networks that are done until all are.
        """
        arguments = {"X_val": X_val, "y_val": y_val, "sample_weight_val": sample_weight_val}
        arguments |= keras_arguments
        if self._is_alone():
            return super().fit(X, y, sample_weight, **arguments)
        alone = bool(self.callbacks or keras_arguments.get("callbacks"))
        return _ensemble.fit(
            self, lambda member: member.fit(X, y, sample_weight, **arguments), alone=alone
        )

    def partial_fit(self, X, y, classes=None, sample_weight=None):
        """Train one epoch on these events, from where the network is, or each of several.

        Parameters
        ----------
        X, y, classes, sample_weight
            As in `KerasClassifier.partial_fit`.

        Returns
        -------
        self
        """
        if self._is_alone():
            return super().partial_fit(X, y, classes, sample_weight)
        return _ensemble.partial_fit(
            self,
            lambda member: member.partial_fit(X, y, classes, sample_weight),
            first=not self.__sklearn_is_fitted__(),
        )

    def initialize(self, X, y):
        """Build the network, or each of several, for such events without training it.

        Parameters
        ----------
        X, y
            As in :meth:`fit`.

        Returns
        -------
        self
        """
        if self._is_alone():
            return super().initialize(X, y)
        return _ensemble.initialize(self, lambda member: member.initialize(X, y))

    def _is_alone(self):
        # what is no number is told of in the check of all parameters
        return not isinstance(self.n_networks, Integral) or self.n_networks == 1

    def predict_spread(self, X):
        """How far the networks of an ensemble are apart, as an uncertainty of each event's score.

        Parameters
        ----------
        X : DataFrame or array-like
            As in :meth:`predict_proba`.

        Returns
        -------
        ndarray of shape (n_events, n_classes)
            Standard deviation of the networks' probabilities around their mean, with n - 1.

        Raises
        ------
        ValueError
            If there is one network only.
        """
        self._check_is_fitted()
        if not isinstance(self.network_, EnsembleNetwork):
            msg = f"{type(self).__name__}.predict_spread needs several networks; n_networks=1"
            raise ValueError(msg)
        outputs = self.network_.outputs(self._read_for_prediction(X))
        return np.std([_targets.probabilities(one) for one in outputs], axis=0, ddof=1)

    def _new_network(self, settings, x, seed):
        del seed
        self.network_ = PooledNetwork(self._recipe(settings, x), self.jit_compile)

    def _learn_inputs(self, settings, events):
        kind, mask_value = settings.input_scaling, settings.get("mask_value")
        if kind is not None:
            blocks = self._described_inputs(events.x)
            self.network_.constants = learnt_scales(kind, blocks, events, mask_value)

    def _described_inputs(self, x):
        """What the network reads, in plain words, by block."""
        return {"features": {"kind": "features", "shape": x.shape[1:]}}

    def _continue_network(self, settings, x):
        self.network_.continue_with(self._recipe(settings, x))

    def _check_phase(self, settings, x, changes):
        del changes
        recipe = self._recipe(settings, x)
        _compile.check_targets(recipe.loss.value, recipe.arguments["n_outputs"])

    def _begin_phase(self, settings, x):
        self.network_.begin_phase(self._recipe(settings, x))

    def _recipe(self, settings, x):
        n_outputs = 1 if self.n_classes_ == 2 else self.n_classes_
        compiled = _compile.compiled(settings)
        _compile.check_has_optimizer(settings, compiled["optimizer"])
        loss = _compile.loss_of(settings, compiled["loss"], n_outputs)
        if getattr(loss, "from_logits", False):
            msg = (
                f"loss {_compile.loss_name(loss)!r} has from_logits=True, but the network of "
                f"{type(self).__name__} ends in probabilities"
            )
            raise ValueError(msg)
        return Recipe(
            builder=self._builder,
            # a copy: what the user does to a dict afterwards is not to change a fitted network
            arguments=_own(
                {
                    **self._describe_network(x),
                    "n_outputs": n_outputs,
                    # which scale it is stands in the constants
                    "input_scaling": self.input_scaling is not None,
                    "feature_scale": bool(self.feature_scale),
                    "bn_momentum": float(self.bn_momentum),
                }
            ),
            optimizer=Kept(compiled["optimizer"]),
            loss=Kept(loss),
            metrics=[Kept(_named(metric)) for metric in compiled["weighted_metrics"] or ()],
        )

    def _describe_network(self, x):
        """Arguments of the function that builds the network, but for the number of outputs."""
        arguments = {name: getattr(self, name) for name in self._network_parameters}
        return {"shape": x.shape[1:], **arguments}

    def _callbacks_for_fit(self, settings):
        # a callback object would otherwise serve, and remember, every fit of every clone
        return copy.deepcopy(super()._callbacks_for_fit(settings))


def _own(value):
    """A copy of arguments, arrays as lists."""
    if isinstance(value, dict):
        return {key: _own(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(_own(part) for part in value)
    return value.tolist() if isinstance(value, (np.ndarray, np.generic)) else copy.deepcopy(value)


def _named(metric):
    """A copy of `metric`, named alike in every fit where Keras counts its names."""
    if not isinstance(metric, keras.metrics.Metric):
        return metric
    metric = copy.deepcopy(metric)
    counted = re.fullmatch(r"(.+)_\d+", metric.name)
    if counted and counted[1].replace("_", "") == type(metric).__name__.lower():
        metric.name = counted[1]
    return metric
