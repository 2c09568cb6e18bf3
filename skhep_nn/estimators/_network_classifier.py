"""The base of the classifiers whose networks the package builds."""

from __future__ import annotations

import copy
import re

import keras
import numpy as np

from skhep_nn.estimators import _compile
from skhep_nn.estimators._base import KerasClassifier
from skhep_nn.estimators._input_scaling import learnt_scales
from skhep_nn.estimators._networks import PooledNetwork, Recipe
from skhep_nn.estimators._objects import Kept


class NetworkClassifier(KerasClassifier):
    """Base of the classifiers whose networks the package builds.

    A subclass names a function of :mod:`skhep_nn.networks` and its own parameters, which are that
    function's arguments.
    """

    _builder = None
    _routing_prefixes = frozenset({"optimizer", "loss", "metrics", "callbacks"})
    _network_parameters = ()
    _names_own_adamw = True
    _names_are_of_keras = True
    _parameter_constraints: dict = {}  # noqa: RUF012

    def __init__(self, **training):
        self._store(training)

    def _network_arguments(self):
        return set()

    def _new_network(self, x, seed):
        del seed
        self.network_ = PooledNetwork(self._recipe(x), self.jit_compile)

    def _learn_inputs(self, events):
        if self.input_scaling is not None:
            blocks = self._described_inputs(events.x)
            mask_value = getattr(self, "mask_value", None)
            self.network_.constants = learnt_scales(self.input_scaling, blocks, events, mask_value)

    def _described_inputs(self, x):
        """What the network reads, in plain words, by block."""
        return {"features": {"kind": "features", "shape": x.shape[1:]}}

    def _continue_network(self, x):
        self.network_.continue_with(self._recipe(x))

    def _check_phase(self, x, settings):
        del settings
        self._recipe(x)

    def _begin_phase(self, x):
        self.network_.begin_phase(self._recipe(x))

    def _recipe(self, x):
        n_outputs = 1 if self.n_classes_ == 2 else self.n_classes_
        compiled = self._get_compile_kwargs()
        _compile.check_has_optimizer(self, compiled["optimizer"])
        loss = _compile.loss_of(self, compiled["loss"], n_outputs)
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

    def _callbacks_for_fit(self):
        # a callback object would otherwise serve, and remember, every fit of every clone
        return copy.deepcopy(super()._callbacks_for_fit())


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
