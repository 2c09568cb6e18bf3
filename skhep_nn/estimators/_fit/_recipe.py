"""How a network of the package's is built and compiled, in words that can be kept and compared."""

from __future__ import annotations

import copy
import enum
import functools
import json
import re
import types
from dataclasses import dataclass, field

import keras
import numpy as np

from skhep_nn import networks
from skhep_nn._keras_objects import config_of, described, is_keras_own
from skhep_nn.estimators._fit import _compile, _loss
from skhep_nn.estimators._fit._numbers import Numbers
from skhep_nn.estimators._saving._objects import Kept
from skhep_nn.networks._seeds import numbered


@dataclass(frozen=True)
class Recipe:
    """How to build and compile a network.

    Parameters
    ----------
    builder : str
        Name of a function of :mod:`skhep_nn.networks`.
    arguments : dict
        Its arguments.
    optimizer, loss : Kept
    metrics : list of Kept
        Weighted metrics.
    numbers : Numbers
        The types of numbers that it computes with.
    """

    builder: str
    arguments: dict
    optimizer: Kept
    loss: Kept
    metrics: list = field(default_factory=list)
    numbers: Numbers = field(default_factory=Numbers.now)

    def build(self):
        """The compiled network, with weights that stand for none; see :func:`initial`."""
        with self.numbers.used(), numbered():
            model = getattr(networks, self.builder)(**self.arguments)
            model.compile(
                optimizer=self.optimizer.make(),
                loss=self.loss.make(),
                weighted_metrics=[metric.make() for metric in self.metrics] or None,
            )
            return model

    @property
    def inputs(self):
        """The blocks that the network reads, in plain words, by name."""
        features = {"kind": "features", "shape": self.arguments.get("shape")}
        return self.arguments.get("inputs", {"features": features})

    @property
    def draws_globally(self):
        """Whether an initializer is a function of the user's, which may draw from anything."""
        return any(map(_is_users, _initializers(self.arguments)))

    @property
    def learning_rate(self):
        """The learning rate, or None if it follows a schedule."""
        rate = config_of(self.optimizer.value).get("learning_rate")
        return rate if isinstance(rate, float) else None

    def __getstate__(self):
        return {name: value for name, value in vars(self).items() if name != "_known_key"}

    @property
    def optimizer_kind(self):
        """The optimizer as it is described, without what one that stays can be given anew."""
        cls, config, settings = described(self.optimizer.value)
        if self.learning_rate is not None:
            config.pop("learning_rate")
        return [cls, config, settings]

    def key(self):
        """What tells architectures apart; None if something in it has no plain description."""
        return self._known_key

    @functools.cached_property
    def _known_key(self):
        # a prediction of one event takes less time than this
        parts = [self.builder, self.arguments, self.optimizer_kind]
        parts += [self.loss.value, [metric.value for metric in self.metrics], vars(self.numbers)]
        try:
            return json.dumps(parts, sort_keys=True, default=_json_form)
        except TypeError:
            return None


def _check_takes_probabilities(loss, owner):
    if getattr(loss, "from_logits", False):
        msg = (
            f"loss {_loss.loss_name(loss)!r} has from_logits=True, but the network of "
            f"{owner} ends in probabilities"
        )
        raise ValueError(msg)


def recipe_of(settings, builder, arguments, n_classes):
    """The recipe for a network, compiled as the settings say.

    Parameters
    ----------
    settings : Settings
    builder : str
        Name of a function of :mod:`skhep_nn.networks`.
    arguments : dict
        Its arguments, but for those that every such function has.
    n_classes : int

    Raises
    ------
    ValueError
        If the loss takes outputs that are no probabilities.
    """
    n_outputs = 1 if n_classes == 2 else n_classes
    compiled = _compile.arguments_for(settings, n_outputs)
    optimizer, loss = compiled["optimizer"], compiled["loss"]
    _check_takes_probabilities(loss, settings.owner)
    shared = {
        "n_outputs": n_outputs,
        # which scale it is stands in the constants
        "input_scaling": settings.input_scaling is not None,
        "feature_scale": bool(settings.feature_scale),
        "feature_bins": int(settings.feature_bins),
        "bn_momentum": float(settings.bn_momentum),
    }
    return Recipe(
        builder=builder,
        # a copy: what the user does to a dict afterwards is not to change a fitted network
        arguments=_own({**arguments, **shared}),
        # nobody else has it; the copy of a user's own shows whether it can be made again
        optimizer=Kept(optimizer, copied=not is_keras_own(type(optimizer))),
        loss=Kept(loss),
        metrics=[Kept(_named(metric)) for metric in compiled["weighted_metrics"] or ()],
    )


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


def _initializers(arguments):
    """The initializers among arguments, those of branches and the head included."""
    for name, value in arguments.items():
        if isinstance(value, dict) and not name.endswith("initializer"):
            yield from _initializers(value)
        elif name.endswith("initializer"):
            yield value


def _is_users(initializer):
    if initializer is None or isinstance(initializer, (str, dict)) or is_keras_own(initializer):
        return False
    # one that says its seed is given one
    return "seed" not in getattr(initializer, "get_config", dict)()


def _json_form(value):
    """What Keras' own functions, classes and objects are, for JSON.

    What is not of Keras has no plain description: it may be another thing of the same name.
    """
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, enum.Enum):
        return value.name
    if not is_keras_own(value) or isinstance(value, set):
        raise TypeError(value)
    if isinstance(value, (type, types.FunctionType)):
        return f"{value.__module__}.{value.__qualname__}"
    return described(value)
