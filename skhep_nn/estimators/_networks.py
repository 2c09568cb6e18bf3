"""What a fitted classifier keeps of its network, and how the network trains and predicts.

A network that the package builds is kept as its recipe and its variables: small to pickle, and
run by whichever engine of that architecture is free. A network of the user's own making is kept as
the Keras model that it is.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field

import keras

from skhep_nn import networks
from skhep_nn.estimators._compile import loss_name
from skhep_nn.estimators._seeds import seeded
from skhep_nn.training import POOL, Engine, choose, train
from skhep_nn.training._best import assign, values_of


@dataclass(frozen=True)
class Recipe:
    """How to build and compile a network.

    Parameters
    ----------
    builder : str
        Name of a function of :mod:`skhep_nn.networks`.
    arguments : dict
        Its arguments.
    optimizer, loss : dict
        As Keras serialises them.
    metrics : list
        Weighted metrics: names, or as Keras serialises them.
    """

    builder: str
    arguments: dict
    optimizer: dict
    loss: dict
    metrics: list = field(default_factory=list)

    def build(self, seed):
        """The compiled network with the initial weights that belong to `seed`."""
        with seeded(seed):
            model = getattr(networks, self.builder)(**self.arguments)
            model.compile(
                optimizer=keras.saving.deserialize_keras_object(self.optimizer),
                loss=keras.saving.deserialize_keras_object(self.loss),
                weighted_metrics=[_metric(metric) for metric in self.metrics] or None,
            )
            return model

    @property
    def learning_rate(self):
        """The learning rate, or None if it follows a schedule."""
        rate = self.optimizer["config"]["learning_rate"]
        return None if isinstance(rate, dict) else rate

    def key(self):
        """What tells architectures apart; None if something in it has no plain description."""
        shared = ("name",) if self.learning_rate is None else ("name", "learning_rate")
        optimizer = {k: v for k, v in self.optimizer["config"].items() if k not in shared}
        parts = [self.builder, self.arguments, self.optimizer["class_name"], optimizer]
        parts += [self.loss, self.metrics, keras.config.floatx()]
        try:
            return json.dumps(parts, sort_keys=True)
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
        None before the first fit.
    """

    def __init__(self, recipe, jit_compile="auto"):
        self.recipe = recipe
        self.jit_compile = jit_compile
        self.jit = False
        self.variables = None
        self.optimizer_variables = None

    def fit(self, source, validation, plan, *, seed, planned_steps):
        """Train, from the initial weights of `seed` or from where the last fit ended."""
        fresh = self.recipe.build(seed) if self.variables is None else None
        model = fresh or self.recipe.build(seed)
        self.jit = choose(model, self.jit_compile, plan.batch_size, planned_steps)
        # callbacks may keep the model that they were given, so it must not be lent again
        key = None if plan.callbacks else self._key
        with POOL.borrow(key, lambda: Engine(model, self.jit)) as engine:
            engine.loaded = None
            engine.build(*_first(source))
            self._start(engine, fresh)
            outcome = train(engine, source, validation, plan)
            self._keep(engine)
        return outcome

    def predict(self, x):
        """Outputs of the network for the events `x`."""
        with POOL.borrow(self._key, self._engine, prefer=self) as engine:
            if engine.loaded is not self:
                assign(engine.model.variables, self.variables)
                engine.loaded = self
            return engine.predict(x)

    def describe(self, x):
        """Number of output nodes and name of the loss."""
        del x
        loss = keras.saving.deserialize_keras_object(self.recipe.loss)
        return self.recipe.arguments["n_outputs"], loss_name(loss)

    @property
    def model(self):
        """A Keras model with the weights; a copy, changing it changes no prediction."""
        model = self.recipe.build(0)
        assign(model.variables, self.variables)
        if self.optimizer_variables is not None:
            model.optimizer.build(model.trainable_variables)
            assign(model.optimizer.variables, self.optimizer_variables)
        return model

    @property
    def _key(self):
        key = self.recipe.key()
        return key and f"{self.jit} {key}"

    def _engine(self):
        return Engine(self.recipe.build(0), self.jit)

    def _start(self, engine, fresh):
        optimizer = engine.model.optimizer
        if fresh is not None:
            if engine.model is not fresh:
                assign(engine.model.variables, values_of(fresh.variables))
            fresh.optimizer.build(fresh.trainable_variables)
            assign(optimizer.variables, values_of(fresh.optimizer.variables))
        else:
            assign(engine.model.variables, self.variables)
            assign(optimizer.variables, self.optimizer_variables)
        if self.recipe.learning_rate is not None:
            optimizer.learning_rate = self.recipe.learning_rate

    def _keep(self, engine):
        self.variables = values_of(engine.model.variables)
        self.optimizer_variables = values_of(engine.model.optimizer.variables)
        engine.loaded = self


class UserNetwork:
    """A Keras model of the user's making; it is trained itself, not a copy.

    Parameters
    ----------
    model : keras.Model
        Compiled.
    jit_compile : {"auto", "epoch", "step", False}
    """

    def __init__(self, model, jit_compile="auto"):
        self.model = model
        self.jit_compile = jit_compile
        self.jit = False
        self._engine = None

    def fit(self, source, validation, plan, *, seed, planned_steps):
        """Train the model, from where it is."""
        self.jit = choose(self.model, self.jit_compile, plan.batch_size, planned_steps)
        with seeded(seed):
            engine = self._ready()
            engine.build(*_first(source))
            return train(engine, source, validation, plan)

    def describe(self, x):
        """Number of output nodes for features like `x`, and name of the loss."""
        return int(self.model(x).shape[-1]), loss_name(self.model.loss)

    def predict(self, x):
        """Outputs of the model for the events `x`."""
        return self._ready().predict(x)

    def _ready(self):
        if self._engine is None or self._engine.jit != self.jit:
            self._engine = Engine(self.model, self.jit)
        return self._engine

    def __getstate__(self):
        return {**self.__dict__, "_engine": None}


def _metric(metric):
    return metric if isinstance(metric, str) else keras.saving.deserialize_keras_object(metric)


def _first(source):
    x, y, weights = source.data
    return x, y, weights
