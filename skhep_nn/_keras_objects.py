"""Keras objects as values: what tells one from another, and how to make another like it.

Keras rebuilds an object from its configuration, by the name of its class. Some of its own classes
leave arguments out of it (`Huber` its ``delta``), and classes and functions of a user's own are not
found by name. Here an object is rebuilt by its class itself, what its configuration leaves out is
put back, and its description holds everything that decides numbers.
"""

from __future__ import annotations

import copy
import enum
import functools
import inspect
import types
from numbers import Number

import keras
import numpy as np

# What changes while an object is used, or counts up in a process, and decides no number.
STATE = {"name", "_name", "built", "_built", "_build_input_shape", "_model", "_auto_config"}
# What a model was compiled with.
COMPILED = frozenset(
    {"_compile_config", "_compile_loss", "_compile_metrics", "_loss_tracker", "loss", "optimizer"}
)
PLAIN = (Number, str, bytes, type(None), np.ndarray, np.generic, enum.Enum)
LAMBDA = "<lambda>"
UNNAMED = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


def is_keras_object(value):
    """Whether `value` is a Keras object (not a class): one with a configuration."""
    return hasattr(value, "get_config") and not isinstance(value, type)


def is_keras_own(value):
    """Whether a function, class or object comes with Keras, rather than from a user."""
    module = getattr(value, "__module__", None) or type(value).__module__
    return module.split(".")[0] == "keras"


def config_of(value):
    """Its configuration, empty where its class has none."""
    rate = vars(value).get("_learning_rate")
    if is_keras_object(rate):
        # Keras would ask a schedule for its configuration, which a user's own need not have
        constant = object.__new__(type(value))
        # a tensor: older versions of Keras know no plain number there
        one = keras.ops.convert_to_tensor(1.0)
        vars(constant).update(vars(value) | {"_learning_rate": one})
        return _untracked(dict(constant.get_config())) | {"learning_rate": rate}
    try:
        return _untracked(dict(value.get_config()))
    except NotImplementedError:
        return {}


def settings_of(value):
    """Attributes of a Keras object that decide what it computes, by name."""
    base = _base_attributes(_base_of(value))
    settings = {
        name: _untracked(setting)
        for name, setting in vars(value).items()
        # TensorFlow notes what it tracks in attributes of its own, from the first use on
        if name not in base and not name.startswith("_self_") and _is_setting(setting)
    }
    rate = vars(value).get("_learning_rate")
    if is_keras_object(rate):
        settings["_learning_rate"] = rate
    if vars(value).get("_init_seed", 0) is None:
        # an initializer that was given no seed draws one, which is no setting
        settings.pop("seed", None)
    return settings


def described(value):
    """Class, configuration and settings of a Keras object; names, which count up, left out."""
    config = {k: v for k, v in config_of(value).items() if k != "name"}
    return [type(value), config, settings_of(value)]


def same(one, other):
    """Whether two values are alike; Keras objects by all that decides numbers."""
    if is_keras_object(one) and is_keras_object(other):
        return same(described(one), described(other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[k], other[k]) for k in one)
    if isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, np.ndarray) or isinstance(other, np.ndarray):
        return np.array_equal(one, other)
    return one is other or bool(one == other)


def rebuilt(value, **changes):
    """A new object like `value`, with other constructor arguments.

    Parameters
    ----------
    value : Keras object
    **changes
        Arguments that differ.

    Raises
    ------
    TypeError
        If its class cannot be called with what the object tells of its arguments.
    """
    cls, arguments, attributes, objects = parts_of(value, changes)
    return assembled(cls, {**arguments, **changes}, attributes, objects)


def parts_of(value, changes=()):
    """What :func:`assembled` makes an object like `value` from.

    Parameters
    ----------
    value : Keras object
    changes : container of str
        Arguments that the new object is given otherwise.

    Returns
    -------
    tuple of (class, arguments, attributes, objects)
        Arguments are those of its configuration and others that it keeps under their names;
        attributes are what these arguments leave out; objects are classes and functions of a
        user's own inside, by the names that Keras gives them.
    """
    cls, arguments, objects = type(value), _arguments_of(value), own_objects(value)
    if is_keras_own(cls) and isinstance(value, keras.optimizers.Optimizer) and not objects:
        return cls, arguments, {}, objects
    # one without a seed would draw it from Python's generator
    unseeded = arguments.get("seed", 0) is None
    trial = {**arguments, "seed": 0} if unseeded else arguments
    made = settings_of(assembled(cls, trial, {}, objects))
    attributes = {
        name: setting
        for name, setting in settings_of(value).items()
        # what the constructor does not make comes of use
        if name in made and not same(setting, made[name])
    }
    for name in ["_learning_rate"] * ("learning_rate" in changes) + ["_init_seed"] * unseeded:
        attributes.pop(name, None)
    return cls, arguments, attributes, objects


def assembled(cls, arguments, attributes, objects):
    """An object of `cls` from what :func:`parts_of` tells."""
    # Keras changes what it is given
    arguments = copy.deepcopy(arguments)
    with keras.saving.custom_object_scope(objects):
        try:
            value = cls.from_config(arguments)
        except TypeError as error:
            cure = "give it a get_config() that returns all its constructor arguments"
            if "unexpected" in str(error):
                cure += f" and no others, or let {cls.__name__}.__init__ take **kwargs for Keras"
            msg = f"{cls.__name__} cannot be made anew from {sorted(arguments)} ({error}); {cure}"
            raise TypeError(msg) from error
        except ValueError as error:
            if "lambda" not in str(error):
                raise
            msg = (
                f"{cls.__name__} holds a lambda, which cannot be made anew; define it by name at "
                "the top of a module that can be imported"
            )
            raise TypeError(msg) from error
    for name, attribute in attributes.items():
        setattr(value, name, copy.deepcopy(attribute))
    return value


def own_objects(value):
    """Classes and functions of a user's own inside a Keras object, by Keras' names for them."""
    return {
        keras.saving.get_registered_name(part): part
        for part in _definitions_in(value)
        if not is_keras_own(part) and part.__name__ != LAMBDA
    }


def lambdas(value, *, compiled=True):
    """Functions without a name inside a Keras object; if `compiled`, also those of its training."""
    passed_over = frozenset() if compiled else COMPILED
    found = [part for part in _definitions_in(value, passed_over) if part.__name__ == LAMBDA]
    return [part for part in found if not is_keras_own(part)]


def _definitions_in(value, passed_over=frozenset()):
    """Functions inside a Keras object, and classes of the objects inside, as `objects_in`."""
    found = objects_in(value, passed_over, functions=True)
    return [part if isinstance(part, types.FunctionType) else type(part) for part in found]


def objects_in(value, passed_over=frozenset(), *, functions=False):
    """Keras objects inside one, itself included; on request functions, too.

    Attributes called as in `passed_over` are not looked into.
    """
    found, seen, waiting = [], set(), [value]
    while waiting:
        part = waiting.pop()
        if id(part) in seen:
            continue
        seen.add(id(part))
        if isinstance(part, (list, tuple)):
            waiting += part
        elif isinstance(part, dict):
            waiting += part.values()
        elif isinstance(part, types.FunctionType):
            found += [part] * functions
        elif is_keras_object(part):
            found.append(part)
            waiting += [inside for name, inside in vars(part).items() if name not in passed_over]
        elif hasattr(part, "serialize") and isinstance(getattr(part, "config", None), dict):
            # what a model was compiled with
            waiting += part.config.values()
    return found


def _arguments_of(value):
    """Constructor arguments: its configuration, and what it keeps under the name of an argument."""
    arguments = config_of(value)
    return arguments | kept_arguments(value, arguments)


def kept_arguments(value, known):
    """Arguments of a user's own constructor that are not `known`, and that the object keeps."""
    states = next(cls for cls in type(value).__mro__ if "__init__" in vars(cls))
    if is_keras_own(states):
        return {}
    found = {}
    for argument in inspect.signature(states.__init__).parameters.values():
        name = argument.name
        if argument.kind in UNNAMED or name == "self" or name in known:
            continue
        private = f"_{name}" if argument.default is argument.empty else name
        kept = vars(value).get(name, vars(value).get(private, _NOTHING))
        if kept is not _NOTHING and _is_setting(kept):
            found[name] = kept
    return found


_NOTHING = object()


def _untracked(value):
    """`value` with Python's own containers, where Keras has some that watch what is in them."""
    if isinstance(value, dict):
        return {name: _untracked(part) for name, part in value.items()}
    for kind in (list, tuple, set):
        if isinstance(value, kind) and type(value) is not kind and not hasattr(value, "_fields"):
            return kind(map(_untracked, value))
    return value


def _is_setting(value):
    if isinstance(value, dict):
        return all(map(_is_setting, value.values()))
    if isinstance(value, (list, tuple, set, frozenset)):
        return all(map(_is_setting, value))
    if isinstance(value, (keras.layers.Layer, keras.Variable)):
        return False
    functions = (types.FunctionType, types.BuiltinFunctionType, functools.partial, type)
    return isinstance(value, (*PLAIN, *functions)) or is_keras_object(value)


def _base_of(value):
    bases = (keras.optimizers.Optimizer, keras.metrics.Metric, keras.layers.Layer)
    return next((base for base in bases if isinstance(value, base)), None)


@functools.lru_cache
def _base_attributes(base):
    """What Keras' base class keeps for itself, of which its configuration tells what counts."""
    if base is None:
        return frozenset(STATE)
    example = base(0.1) if base is keras.optimizers.Optimizer else base()
    return frozenset(STATE | set(vars(example)))
