"""Seeds of the layers that draw: numbered while the package builds a network, else Keras' own.

Keras takes the seed of an initializer or a dropout that has none from Python's generator, which
every thread of the process shares. Under :func:`numbered` no layer of ours does; what the seed of a
fit makes of the numbers is in :mod:`skhep_nn.networks._initial`.
"""

from __future__ import annotations

import contextlib
import contextvars
import inspect
import itertools

import keras

from skhep_nn._keras_objects import config_of, rebuilt
from skhep_nn.networks._dropout import Dropout

# each thread has its own
_NUMBERS = contextvars.ContextVar("numbers of layers that draw", default=None)


class Numbered(int):
    """A seed that stands for "not given": the number of its layer in the network."""

    __slots__ = ()


@contextlib.contextmanager
def numbered():
    """Layers that are made inside get numbers as their seeds, from 1 on."""
    token = _NUMBERS.set(itertools.count(1))
    try:
        yield
    finally:
        _NUMBERS.reset(token)


def layer_seed():
    """The seed of the next layer that draws; None, so that Keras takes one, if none is numbered."""
    numbers = _NUMBERS.get()
    return None if numbers is None else Numbered(next(numbers))


def is_given(seed):
    """Whether a seed is the user's."""
    return seed is not None and not isinstance(seed, Numbered)


def fresh(initializer):
    """An initializer of its own for each layer; one with a seed of the user's keeps it.

    Parameters
    ----------
    initializer : str, dict, Keras initializer or class of such, callable or array
        As Keras takes it.
    """
    if isinstance(initializer, keras.initializers.Initializer):
        drawn = not is_given(config_of(initializer).get("seed", 0))
        return rebuilt(initializer, **({"seed": layer_seed()} if drawn else {}))
    if inspect.isclass(initializer) and issubclass(initializer, keras.initializers.Initializer):
        return _seeded(initializer, {"seed": None})
    if isinstance(initializer, str):
        initializer = {"class_name": initializer, "config": {}}
        return _of_description(initializer)
    if isinstance(initializer, dict):
        return _of_users(initializer)
    return initializer


def dropout(x, rate):
    """`x` with a fraction dropped in training; 0 is no layer."""
    return Dropout(rate, seed=layer_seed())(x) if rate else x


def _of_users(description):
    try:
        found = _of_description(description)
    except (ValueError, TypeError, KeyError, AttributeError):
        found = None
    # Keras gives the name back of what it does not know
    if callable(found):
        return found
    msg = (
        f"kernel_initializer={description!r:.60}; it must be the name of an initializer, an "
        "initializer, or what keras.initializers.serialize gives"
    )
    raise ValueError(msg)


def _of_description(description):
    """The initializer that Keras' name or serialised form means."""
    config = description.get("config") or {}
    if not is_given(config.get("seed")):
        # those that draw nothing know no seed
        with contextlib.suppress(TypeError):
            config = {**config, "seed": layer_seed()}
            return keras.initializers.deserialize({**description, "config": config})
    return keras.initializers.get(description)


def _seeded(kind, config):
    if "seed" in config and not is_given(config["seed"]):
        with contextlib.suppress(TypeError):
            return kind.from_config({**config, "seed": layer_seed()})
        config = {name: value for name, value in config.items() if name != "seed"}
    return kind.from_config(config)
