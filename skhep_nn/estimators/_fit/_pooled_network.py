"""What a fitted classifier keeps of a network of the package's, and how that trains and predicts.

It is kept as its recipe and its variables: small to pickle, and run by whichever engine of that
architecture is free.
"""

from __future__ import annotations

import functools

from skhep_nn._keras_objects import same
from skhep_nn.estimators._fit import _loss
from skhep_nn.estimators._fit._initial import initial
from skhep_nn.estimators._fit._input_scaling import learnt_scales
from skhep_nn.training._batch_normalization import settle
from skhep_nn.training._best import assign, values_of
from skhep_nn.training._devices import scope
from skhep_nn.training._engine import Engine
from skhep_nn.training._jit import choose
from skhep_nn.training._loop import train
from skhep_nn.training._pool import POOL


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

    @classmethod
    def new(cls, recipe, settings, events, seed):
        """A network for the training `events`, and what else was noted: nothing.

        Returns
        -------
        tuple of (PooledNetwork, dict)
        """
        del seed
        network, kind = cls(recipe, settings.jit_compile), settings.input_scaling
        if kind is not None:
            mask_value = settings.get("mask_value")
            n_bins = settings.feature_bins
            network.constants = learnt_scales(kind, recipe.inputs, events, mask_value, n_bins)
        return network, {}

    @property
    def reads_sequences(self):
        """Whether it reads lists of particles, tracks or tokens."""
        return any(block["kind"] in ("sequence", "tokens") for block in self.recipe.inputs.values())

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

    def check_phase(self, recipe, changes):
        """Raise if it cannot be trained as the `recipe` of a phase says."""
        del changes
        _loss.check_targets(recipe.loss.value, recipe.arguments["n_outputs"])

    def fit(self, source, validation, plan, *, seed, planned_steps):
        """Train, from the initial weights of `seed` or from where the last fit ended."""
        start = initial(self.recipe, seed)
        self._fill(start)
        self.jit = choose(start.blueprint, self.jit_compile, plan.batch_size, planned_steps)
        if scope():
            # gradients are summed over devices between the steps of XLA's programs
            self.jit = False
        # callbacks may keep the model that they were given, so it must not be lent again
        key = self._key if self.shares_programs(plan) else None
        with POOL.borrow(key, functools.partial(self._engine, key)) as engine:
            engine.loaded = None
            engine.build(*source.data)
            self._start(engine)
            outcome = train(engine, source, validation, plan)
            if plan.is_last:
                settle(engine, source, plan)
            self._keep(engine)
        return outcome

    def shares_programs(self, plan):
        """Whether what is compiled for it serves each fit of the architecture."""
        return not plan.callbacks and self.recipe.key() is not None

    def predict(self, x):
        """Outputs of the network for the events `x`."""
        key = self._key
        if key is None:
            return self._predict_alone(x)
        make = functools.partial(self._engine, key)
        with POOL.borrow(key, make, prefer=self.variables) as engine:
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
        return key and f"{self.jit} {scope()} {key}"

    def _engine(self, key=None):
        return Engine(self.recipe.build(), self.jit, key)

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
