"""Whether a network can be written: what is in it has a configuration, and can be made from it.

Keras writes a network as the configurations of its parts. That one of a user's own has none it
finds out in the middle of writing, that a class does not take its own only when the file is read.
"""

from __future__ import annotations

import inspect

import keras

from skhep_nn._keras_objects import COMPILED, is_keras_own, kept_arguments, objects_in

KINDS = {
    keras.regularizers.Regularizer: "regularizer",
    keras.initializers.Initializer: "initializer",
    keras.constraints.Constraint: "constraint",
    keras.Model: "model",
    keras.layers.Layer: "layer",
}
ACTIVATIONS = ("activation", "recurrent_activation")


def check_configurations(network):
    """Raise if something in a network could not be made again from its configuration.

    Parameters
    ----------
    network : keras.layers.Layer
        A model, or a layer.

    Raises
    ------
    TypeError
        The message names the class and says what it lacks.
    """
    for part in objects_in(network, COMPILED):
        kind = next((word for base, word in KINDS.items() if isinstance(part, base)), None)
        # optimizers, schedules, losses and metrics are written in other ways
        checked = [(kind, part)] if kind and not is_keras_own(type(part)) else []
        for word, one in [*checked, *(("activation", one) for one in _activations(part))]:
            lack = _lack_of(one)
            if lack:
                msg = f"the network cannot be copied or saved: {word} {type(one).__name__} {lack}"
                raise TypeError(msg)


def _activations(layer):
    """Callables of a user's own, without a configuration, that layers of Keras hold."""
    held = [vars(layer).get(name) for name in ACTIVATIONS]
    return [one for one in held if callable(one) and not _describes_itself(one)]


def _describes_itself(function):
    return hasattr(function, "get_config") or hasattr(function, "__name__")


def _lack_of(part):
    """What keeps an object of a user's class from being made again, or None."""
    cls = type(part)
    cure = f"give {cls.__name__} a get_config() that returns all its constructor arguments"
    try:
        config = part.get_config()
    except (AttributeError, NotImplementedError):
        return f"has no get_config(), by which Keras writes it; {cure}"
    if _reads_otherwise(cls, config):
        return None
    forgotten = _forgotten(part, config)
    if forgotten:
        return f"leaves {forgotten!r} out of its configuration; {cure}"
    try:
        inspect.signature(cls).bind(**config)
    except TypeError as error:
        taking = "let its constructor take **kwargs (name, dtype, ...) and pass them to Keras' own"
        what_to_do = cure if "missing" in str(error) else taking
        return f"does not take its own configuration ({error}); {what_to_do}"
    return None


def _reads_otherwise(cls, config):
    """Whether it is not the constructor that is given the configuration."""
    if not is_keras_own(cls.from_config):
        return True
    if "input_layers" not in config:
        return False
    # what Keras makes anew layer by layer
    names = inspect.getfullargspec(cls.__init__)
    as_given = names.varargs is not None and names.varkw is not None
    return as_given or names.args[1:] == ["inputs", "outputs", "name"]


def _forgotten(part, config):
    """An argument that get_config does not tell, and without which another would be made; or None.

    A get_config of a user's own may leave out what has a default.
    """
    own = not is_keras_own(type(part).get_config)
    signature = inspect.signature(type(part).__init__).parameters
    for name, value in kept_arguments(part, config).items():
        default = signature[name].default
        if default is inspect.Parameter.empty or not (own or _is(value, default)):
            return name
    return None


def _is(value, default):
    return value is default or (type(value) is type(default) and bool(value == default))
