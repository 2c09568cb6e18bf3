"""A Keras network of the user's making, as a classifier keeps, trains and asks it."""

from __future__ import annotations

from dataclasses import dataclass

import keras

from skhep_nn._keras_objects import config_of
from skhep_nn.estimators._fit import _compile, _loss, _optimizer
from skhep_nn.estimators._fit._numbers import Numbers
from skhep_nn.estimators._fit._seeds import seeded
from skhep_nn.estimators._saving._objects import Kept
from skhep_nn.training._engine import Engine
from skhep_nn.training._jit import choose
from skhep_nn.training._loop import train


@dataclass(frozen=True)
class UserRecipe:
    """How a network of the user's is made and trained on.

    Parameters
    ----------
    settings : Settings
    make : callable
        Settings and seed to what the user's function returns, and attributes that it set.
    """

    settings: object
    make: object


class UserNetwork:
    """A Keras model of the user's making; it is trained itself, not a copy.

    Parameters
    ----------
    model : keras.Model
        Compiled.
    jit_compile : {"auto", "epoch", "step", False}
    n_outputs : int
        Output nodes.
    came_with : Kept, optional
        The optimizer that the model was compiled with by the user.
    """

    # what a user's network does with its inputs is not known
    reads_sequences = False

    def __init__(self, model, jit_compile="auto", n_outputs=1, came_with=None):
        self.model = model
        self.jit_compile = jit_compile
        self.n_outputs = n_outputs
        self.came_with = came_with
        self.numbers = Numbers.now()
        self.jit = False
        self._engine = None

    @classmethod
    def new(cls, recipe, settings, events, seed):
        """What the user's function makes for the training `events`, and what it noted meanwhile.

        Returns
        -------
        tuple of (UserNetwork, dict)
        """
        with seeded(seed):
            model, noted = recipe.make(settings, seed)
            n_outputs = n_outputs_of(model, events.x)
        came_with = None
        if model.compiled:
            came_with = Kept(model.optimizer)
            _loss.check_loss(settings.loss, model.loss)
            _optimizer.set_learning_rate(settings, model.optimizer)
        else:
            model.compile(**_compile.arguments_for(settings, n_outputs))
        return cls(model, settings.jit_compile, n_outputs, came_with), noted

    def initialise(self, seed):
        """Nothing: the model came with its initial weights."""

    @property
    def from_logits(self):
        """Whether the loss takes the outputs before sigmoid or softmax."""
        return getattr(self.model.loss, "from_logits", False)

    @property
    def learning_rate(self):
        """That of the optimizer, or None if it follows a schedule of its own."""
        rate = config_of(self.model.optimizer)["learning_rate"]
        return rate if isinstance(rate, float) else None

    def continue_with(self, recipe):
        """Train on, at the learning rate that is now asked for."""
        settings = recipe.settings
        if settings.learning_rate_schedule in _optimizer.FROM_ONE_RATE:
            _optimizer.set_learning_rate(settings, self.model.optimizer)

    def begin_phase(self, recipe):
        """Train on as `recipe` says, with an optimizer that starts anew."""
        if self.came_with is None:
            self.model.compile(**_compile.arguments_for(recipe.settings, self.n_outputs))
        else:
            optimizer = self.came_with.make()
            _optimizer.set_learning_rate(recipe.settings, optimizer)
            self.model.optimizer = optimizer
            # what Keras has compiled holds the old one
            self.model.train_function = None
        self._engine = None

    def check_phase(self, recipe, changes):
        """Raise if it cannot be trained as the `recipe` of a phase says, which has `changes`."""
        if self.came_with is None:
            loss = _compile.arguments_for(recipe.settings, self.n_outputs)["loss"]
            _loss.check_targets(loss, self.n_outputs)
            return
        _compile.check_free(changes)
        _optimizer.set_learning_rate(recipe.settings, self.came_with.make())

    def fit(self, source, validation, plan, *, seed, planned_steps):
        """Train the model, from where it is."""
        self.jit = choose(self.model, self.jit_compile, plan.batch_size, planned_steps)
        with seeded(seed + plan.done):
            engine = self._ready()
            engine.build(*source.data)
            return train(engine, source, validation, plan)

    def describe(self, x):
        """Number of output nodes for features like `x`, and the loss."""
        return n_outputs_of(self.model, x), self.model.loss

    def predict(self, x):
        """Outputs of the model for the events `x`."""
        return self._ready().predict(x)

    def _ready(self):
        if self._engine is None or self._engine.jit != self.jit:
            self._engine = Engine(self.model, self.jit)
        return self._engine

    def __getstate__(self):
        return {**self.__dict__, "_engine": None}


def n_outputs_of(model, x):
    """Number of output nodes of `model` for features like `x`.

    Raises
    ------
    ValueError
        If it has several outputs.
    """
    outputs = keras.tree.flatten(model(keras.tree.map_structure(lambda a: a[:1], x)))
    if len(outputs) != 1:
        msg = (
            f"the network has {len(outputs)} outputs; a classifier takes a network with one output"
        )
        raise ValueError(msg)
    return int(outputs[0].shape[-1])
