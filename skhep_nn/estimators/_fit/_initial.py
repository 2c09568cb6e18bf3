"""The network of a recipe before training: built once per architecture, drawn for each seed."""

from __future__ import annotations

import contextlib
import threading
from collections import OrderedDict
from dataclasses import dataclass, replace

import numpy as np

from skhep_nn.estimators._fit._seeds import seeded
from skhep_nn.networks._initial import Start, compact
from skhep_nn.networks._input_scaling import constants_of
from skhep_nn.training._best import values_of
from skhep_nn.training._jit import Blueprint

# Architectures, and starts of these with one seed, that are remembered; the latter up to this size.
REMEMBERED = 32
REMEMBERED_BYTES = 4 * 2**20


@dataclass(frozen=True)
class Initial:
    """A network before training: its values, and what the rule for XLA goes by."""

    variables: list
    optimizer_variables: list
    blueprint: Blueprint
    scaling: dict

    def copy(self):
        """The same in arrays of its own."""
        return replace(
            self,
            variables=_own(self.variables),
            optimizer_variables=_own(self.optimizer_variables),
        )

    def with_constants(self, constants):
        """The variables, with the `constants` of the layers that scale inputs.

        Parameters
        ----------
        constants : dict of str to sequence of ndarray
            Of each layer by name.
        """
        variables = list(self.variables)
        for layer, places in self.scaling.items():
            for at, value in zip(places, constants[layer], strict=True):
                variables[at] = np.asarray(value, variables[at].dtype)
        return variables


@dataclass(frozen=True)
class Architecture:
    """What the networks of one architecture have in common before training.

    Parameters
    ----------
    start : Start
    optimizer_variables : list of ndarray
    blueprint : Blueprint
    scaling : dict of str to list of int
        Where the constants of the layers that scale inputs are among the variables.
    """

    start: Start
    optimizer_variables: list
    blueprint: Blueprint
    scaling: dict

    @classmethod
    def of(cls, recipe):
        """Build the network of `recipe` to see what it is."""
        model = recipe.build()
        model.optimizer.build(model.trainable_variables)
        state = [compact(values) for values in values_of(model.optimizer.variables)]
        return cls(Start.of(model), state, Blueprint.of(model), constants_of(model))

    def at(self, seed):
        """The network as it starts with `seed`."""
        state = _own(self.optimizer_variables)
        return Initial(self.start.at(seed), state, self.blueprint, self.scaling)


class Memory:
    """The last few things that were made, by key; the least recently used goes first.

    Parameters
    ----------
    size : int
    """

    def __init__(self, size):
        self.size = size
        self._made = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self):
        return len(self._made)

    def get(self, key):
        """What was made for `key`, or None."""
        with self._lock:
            if key in self._made:
                self._made.move_to_end(key)
            return self._made.get(key)

    def keep(self, key, made):
        """Remember `made`."""
        with self._lock:
            self._made[key] = made
            while len(self._made) > self.size:
                self._made.popitem(last=False)

    def clear(self):
        """Forget everything."""
        with self._lock:
            self._made.clear()


ARCHITECTURES, STARTS = Memory(REMEMBERED), Memory(REMEMBERED)
# Keras' layers are made one network at a time
_BUILDING = threading.Lock()


def initial(recipe, seed):
    """The network of `recipe` as it starts with `seed`, in arrays of the caller's own.

    A search asks for the same often, so that it is remembered. What is remembered follows from
    architecture and seed alone and is never changed: whichever thread asks first makes no
    difference.
    """
    key = recipe.key()
    if key is None:
        return _of_users(recipe, seed)
    start = STARTS.get((key, seed))
    if start is None:
        start = _architecture(recipe, key).at(seed)
        if sum(array.nbytes for array in start.variables) <= REMEMBERED_BYTES:
            STARTS.keep((key, seed), start.copy())
        return start
    return start.copy()


def _architecture(recipe, key):
    with _BUILDING:
        found = ARCHITECTURES.get(key)
        if found is None:
            found = Architecture.of(recipe)
            ARCHITECTURES.keep(key, found)
        return found


def _of_users(recipe, seed):
    """The start of a network with something in it that may be another thing of the same name."""
    with seeded(seed) if recipe.draws_globally else contextlib.nullcontext():
        return Architecture.of(recipe).at(seed)


def _own(arrays):
    return [np.array(array) for array in arrays]
