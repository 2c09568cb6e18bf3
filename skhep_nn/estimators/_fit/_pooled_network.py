"""What a fitted classifier keeps of a network of the package's, and how that trains and predicts.

It is kept as its recipe and its variables: small to pickle, and run by whichever engine of that
architecture is free.
"""

from __future__ import annotations

import enum
import json
import types
from dataclasses import dataclass, field

import numpy as np

from skhep_nn import networks
from skhep_nn._keras_objects import config_of, described, is_keras_own, same
from skhep_nn.estimators._fit._initial import initial
from skhep_nn.estimators._fit._numbers import Numbers
from skhep_nn.estimators._saving._objects import Kept
from skhep_nn.networks._seeds import numbered
from skhep_nn.training._batch_normalization import settle
from skhep_nn.training._best import assign, values_of
from skhep_nn.training._engine import Engine
from skhep_nn.training._jit import choose
from skhep_nn.training._loop import train
from skhep_nn.training._pool import POOL


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
    def draws_globally(self):
        """Whether an initializer is a function of the user's, which may draw from anything."""
        return any(map(_is_users, _initializers(self.arguments)))

    @property
    def learning_rate(self):
        """The learning rate, or None if it follows a schedule."""
        rate = config_of(self.optimizer.value)["learning_rate"]
        return rate if isinstance(rate, float) else None

    @property
    def optimizer_kind(self):
        """The optimizer as it is described, without what one that stays can be given anew."""
        cls, config, settings = described(self.optimizer.value)
        if self.learning_rate is not None:
            config.pop("learning_rate")
        return [cls, config, settings]

    def key(self):
        """What tells architectures apart; None if something in it has no plain description."""
        parts = [self.builder, self.arguments, self.optimizer_kind]
        parts += [self.loss.value, [metric.value for metric in self.metrics], vars(self.numbers)]
        try:
            return json.dumps(parts, sort_keys=True, default=_json_form)
        except TypeError:
            return None


class PooledNetwork:
    """A network of the package's own, run by an engine that it borrows.

    Parameters
    ----------
    recipe : Recipe
    jit : {"epoch", "step", False}

    Attributes
    ----------
    variables, optimizer_variables : list of ndarray or None
        None before they are known.
    constants : dict of str to sequence of ndarray
        Of the layers that scale inputs, by name. They are values of variables and no part of the
        recipe, so that one engine serves fits on different events.
    """

    def __init__(self, recipe, jit_compile="auto"):
        self.recipe = recipe
        self.jit_compile = jit_compile
        self.jit = False
        self.variables = None
        self.optimizer_variables = None
        self.constants = {}
        self._alone = None

    def initialise(self, seed):
        """Take the initial weights that belong to `seed`."""
        self._fill(initial(self.recipe, seed))

    def continue_with(self, recipe):
        """Train on as `recipe` says: the same architecture, perhaps another optimizer or loss.

        Raises
        ------
        ValueError
            If it is another architecture.
        """
        before = self.recipe.arguments
        changed = [k for k, v in recipe.arguments.items() if not same(v, before.get(k))]
        if recipe.builder != self.recipe.builder or changed:
            msg = (
                f"{', '.join(changed) or 'the kind of network'} changed since the last fit; a "
                "network that is trained on (warm_start, partial_fit) keeps its architecture"
            )
            raise ValueError(msg)
        if not same(recipe.optimizer_kind, self.recipe.optimizer_kind):
            self.optimizer_variables = None
        self.recipe = recipe

    def begin_phase(self, recipe):
        """Train on as `recipe` says, with an optimizer that starts anew."""
        self.continue_with(recipe)
        self.optimizer_variables = None

    def fit(self, source, validation, plan, *, seed, planned_steps):
        """Train, from the initial weights of `seed` or from where the last fit ended."""
        start = initial(self.recipe, seed)
        self._fill(start)
        self.jit = choose(start.blueprint, self.jit_compile, plan.batch_size, planned_steps)
        # callbacks may keep the model that they were given, so it must not be lent again
        key = None if plan.callbacks else self._key
        with POOL.borrow(key, self._engine) as engine:
            engine.loaded = None
            engine.build(*source.data)
            self._start(engine)
            outcome = train(engine, source, validation, plan)
            if plan.is_last:
                settle(engine, source, plan)
            self._keep(engine)
        return outcome

    def predict(self, x):
        """Outputs of the network for the events `x`."""
        if self._key is None:
            return self._predict_alone(x)
        with POOL.borrow(self._key, self._engine, prefer=self.variables) as engine:
            if engine.loaded is not self.variables:
                assign(engine.model.variables, self.variables)
                engine.loaded = self.variables
            return engine.predict(x)

    def _predict_alone(self, x):
        """As `predict`, by an engine that is lent to nobody else."""
        if self._alone is None or self._alone.loaded is not self.variables:
            engine = self._engine()
            assign(engine.model.variables, self.variables)
            engine.loaded, self._alone = self.variables, engine
        return self._alone.predict(x)

    def __getstate__(self):
        return {**self.__dict__, "_alone": None}

    def describe(self, x):
        """Number of output nodes, and the loss."""
        del x
        return self.recipe.arguments["n_outputs"], self.recipe.loss.value

    @property
    def numbers(self):
        """The types of numbers of the fit."""
        return self.recipe.numbers

    @property
    def learning_rate(self):
        """That of the optimizer, or None if it follows a schedule of its own."""
        return self.recipe.learning_rate

    @property
    def from_logits(self):
        """Whether the loss takes the outputs before sigmoid or softmax: the builders add these."""
        return False

    @property
    def model(self):
        """A Keras model with the weights; a copy, changing it changes no prediction."""
        model = self.recipe.build()
        model.optimizer.build(model.trainable_variables)
        assign(model.variables, self.variables)
        # none if the fit was interrupted between two phases
        assign(model.optimizer.variables, self.optimizer_variables or model.optimizer.variables)
        return model

    @property
    def _key(self):
        key = self.recipe.key()
        return key and f"{self.jit} {key}"

    def _engine(self):
        return Engine(self.recipe.build(), self.jit)

    def _fill(self, start):
        """What is not known from an earlier fit is as at the start."""
        if self.variables is None:
            self.variables = start.with_constants(self.constants)
        if self.optimizer_variables is None:
            self.optimizer_variables = start.optimizer_variables

    def _start(self, engine):
        optimizer = engine.model.optimizer
        assign(engine.model.variables, self.variables)
        assign(optimizer.variables, self.optimizer_variables)
        if self.recipe.learning_rate is not None:
            optimizer.learning_rate = self.recipe.learning_rate

    def _keep(self, engine):
        self.variables = values_of(engine.model.variables)
        self.optimizer_variables = values_of(engine.model.optimizer.variables)
        # these values, not this object: it may be trained on by another engine
        engine.loaded = self.variables


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
