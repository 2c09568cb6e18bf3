"""The base of the classifiers whose networks the package builds."""

from __future__ import annotations

import copy
import re

import keras

from skhep_nn.estimators import _compile
from skhep_nn.estimators._base import KerasClassifier
from skhep_nn.estimators._networks import PooledNetwork, Recipe


class NetworkClassifier(KerasClassifier):
    """Base of the classifiers whose networks the package builds.

    A subclass names a function of :mod:`skhep_nn.networks` and its own parameters, which are that
    function's arguments.
    """

    _builder = None
    _routing_prefixes = frozenset({"optimizer", "loss", "metrics", "callbacks"})
    _network_parameters = ()
    _parameter_constraints: dict = {}  # noqa: RUF012

    def __init__(self, **training):
        self._store(training)

    def _network_arguments(self):
        return set()

    def _new_network(self, x, seed):
        del seed
        self.network_ = PooledNetwork(self._recipe(x), self.jit_compile)

    def _continue_network(self, x):
        self.network_.continue_with(self._recipe(x))

    def _recipe(self, x):
        n_outputs = 1 if self.n_classes_ == 2 else self.n_classes_
        arguments = {name: getattr(self, name) for name in self._network_parameters}
        compiled = self._get_compile_kwargs()
        loss = compiled["loss"] or _compile.loss_for(n_outputs)
        if getattr(loss, "from_logits", False):
            msg = (
                f"loss {loss.name!r} has from_logits=True, but the network of "
                f"{type(self).__name__} ends in probabilities"
            )
            raise ValueError(msg)
        return Recipe(
            builder=self._builder,
            arguments={"shape": x.shape[1:], "n_outputs": n_outputs, **arguments},
            optimizer=keras.saving.serialize_keras_object(compiled["optimizer"]),
            loss=keras.saving.serialize_keras_object(loss),
            metrics=[_plain(metric) for metric in compiled["weighted_metrics"] or ()],
        )

    def _callbacks_for_fit(self):
        # a callback object would otherwise serve, and remember, every fit of every clone
        return [copy.deepcopy(callback) for callback in super()._callbacks_for_fit()]


def _plain(metric):
    """`metric` as Keras serialises it, named alike in every fit where Keras counts its names."""
    if isinstance(metric, str):
        return metric
    plain = keras.saving.serialize_keras_object(metric)
    if isinstance(plain["config"], dict) and re.fullmatch(r".+_\d+", plain["config"]["name"]):
        kind, counted = type(metric).__name__.lower(), plain["config"]["name"].rpartition("_")[0]
        if counted.replace("_", "") == kind:
            plain["config"]["name"] = counted
    return plain
