"""What a network starts with, for any seed, drawn without building the network again."""

from __future__ import annotations

from dataclasses import dataclass

import keras
import numpy as np

from skhep_nn._keras_objects import rebuilt
from skhep_nn.networks._seeds import is_given

INITIALIZER = "_initializer"
# As Keras calls the state of a dropout or of noise.
GENERATOR = "seed_generator_state"


@dataclass(frozen=True)
class Start:
    """The variables of a network before training.

    What is drawn depends on the seed and on the place of the variable in the network alone.

    Parameters
    ----------
    values : list of ndarray
        As they were built; constant ones take no memory.
    drawn : dict of int to Initializer
        By the place in `values`: what draws the values anew.
    generators : list of int
        Places of the states of generators, which dropout and noise draw from.
    """

    values: list
    drawn: dict
    generators: list

    @classmethod
    def of(cls, model):
        """The start of a model that was just built with numbered layers."""
        drawn = drawn_by(model)
        names = [variable.name for variable in model.variables]
        values = [
            _nothing(variable) if number in drawn else compact(variable.numpy())
            for number, variable in enumerate(model.variables)
        ]
        return cls(values, drawn, [n for n, name in enumerate(names) if name == GENERATOR])

    def at(self, seed):
        """New arrays of all variables, as they start with `seed`."""
        values = [np.array(value) for value in self.values]
        for place, initializer in self.drawn.items():
            draw = rebuilt(initializer, seed=derived(seed, place))
            like = values[place]
            drawn = draw(like.shape, dtype=keras.backend.standardize_dtype(like.dtype))
            values[place] = np.array(keras.ops.convert_to_numpy(drawn))
        for place in self.generators:
            values[place][:] = derived(seed, place), 0
        return values


def derived(seed, place):
    """A seed of its own for each variable of a network, from that of the fit."""
    return int(np.random.SeedSequence((int(seed), place)).generate_state(1)[0] >> 1)


def drawn_by(model):
    """The initializers that draw and whose seed is not the user's, by the place of their variable.

    The initializer of a layer's variable ``bias`` is ``bias_initializer``, that of
    ``recurrent_kernel`` is ``recurrent_initializer``.
    """
    places = {id(variable): place for place, variable in enumerate(model.variables)}
    found = {}
    for layer in model._flatten_layers():
        for name, initializer in list(vars(layer).items()):
            if not name.endswith(INITIALIZER) or not _draws(initializer):
                continue
            stem = name.removesuffix(INITIALIZER)
            for variable in (getattr(layer, stem + end, None) for end in ("", "_kernel")):
                if id(variable) in places:
                    found[places[id(variable)]] = initializer
    return found


def compact(array):
    """`array`, or if all its values are the same, a view of one of them."""
    if array.size and (array == array.flat[0]).all():
        return np.broadcast_to(np.array(array.flat[0], array.dtype), array.shape)
    return np.array(array)


def _draws(initializer):
    if not isinstance(initializer, keras.initializers.Initializer):
        return False
    config = initializer.get_config()
    return "seed" in config and not is_given(config["seed"])


def _nothing(variable):
    """The shape and type of a variable whose values do not matter."""
    value = np.asarray(variable.numpy())
    return np.broadcast_to(np.zeros((), value.dtype), value.shape)
