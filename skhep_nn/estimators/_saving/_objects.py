"""How Keras objects are copied and saved, Keras' own and those of a user's making.

Keras and scikeras write an object as its configuration and find its class by name, which loses what
the configuration leaves out, and fails for classes and functions that are not registered. Here
losses are kept as the Python objects that they are; metrics and optimizers are made anew by their
class; a network is its configuration and weights, with the user's classes and functions inside it
by their import paths, and what it was compiled with. Callbacks are copied without what belongs to
a training that has ended: the network and open files.
"""

from __future__ import annotations

import contextlib
import copy
import copyreg
import functools
import inspect
import io
import pickle
import sys
import types

import keras
import numpy as np

from skhep_nn._keras_configurations import check_configurations
from skhep_nn._keras_objects import assembled, is_keras_own, lambdas, own_objects, parts_of

# Modules of picklers that write functions and classes by value where they have no import path.
BY_VALUE = ("cloudpickle", "dill")
# Packages whose objects in a callback are values, of which a copy is as good.
COPIED = ("builtins", "collections", "numpy", "pandas", "keras", "datetime", "pathlib")


def install():
    """Have copies and pickles of Keras objects made as this module says."""
    keras.losses.Loss.__reduce__ = _reduced_by_state
    keras.metrics.Metric.__reduce__ = _reduced_by_parts
    keras.optimizers.Optimizer.__reduce__ = _reduced_by_parts
    for kind in (keras.layers.Layer, keras.Model):
        kind.__reduce__ = _reduced_network
        kind.__deepcopy__ = _copied_network
    keras.callbacks.Callback.__reduce__ = _reduced_callback
    keras.callbacks.Callback.__deepcopy__ = _copied_callback


def is_installed():
    """Whether they are."""
    return keras.losses.Loss.__reduce__ is _reduced_by_state


class Kept:
    """A Keras object, or the name of one, as it is kept to be made again and again.

    Parameters
    ----------
    value : Keras object, function or str
        A later change of it changes nothing here.
    copied : bool, default=True
        Whether it is copied; False if nobody else has it.
    """

    def __init__(self, value, *, copied=True):
        self.value = copy.deepcopy(value) if copied else value

    def make(self):
        """A new object like it."""
        return copy.deepcopy(self.value)


class Unsaved:
    """Raises when a file is to be written of what it could not be read from again.

    Parameters
    ----------
    message : str
    """

    def __init__(self, message):
        self.message = message

    def __deepcopy__(self, memo):
        return self

    def __reduce__(self):
        if _written_by_value():
            return type(self), (self.message,)
        raise pickle.PicklingError(self.message)

    def __getstate__(self):
        # of writers that do not come to `__reduce__`
        raise pickle.PicklingError(self.message)


def unsaved(estimator):
    """What raises if `estimator` is pickled with a parameter that has no import path, or None."""
    for name, value in estimator.get_params(deep=False).items():
        part = _without_path(value)
        if part is not None:
            return Unsaved(f"{name} of {type(estimator).__name__} {_no_path(part)}")
    return None


def _no_path(part):
    return (
        f"is or holds {part!r}, which has no import path, so that a file of it could not be read; "
        "define it by name at the top of a module that can be imported"
    )


def _without_path(value):
    """The first function or class in `value` that cannot be imported, or None."""
    if isinstance(value, dict):
        return _without_path(list(value.values()))
    if isinstance(value, (list, tuple)):
        return next((part for part in map(_without_path, value) if part is not None), None)
    if isinstance(value, keras.layers.Layer):
        return next((o for o in own_objects(value).values() if not _has_path(o)), None)
    if isinstance(value, (types.FunctionType, type)):
        return None if _has_path(value) else value
    if isinstance(value, functools.partial):
        return _without_path([value.func, *value.args, value.keywords])
    if not hasattr(value, "__dict__") or isinstance(value, types.ModuleType):
        return None
    inside = [part for part in vars(value).values() if isinstance(part, types.FunctionType)]
    return _without_path([type(value), *(part for part in inside if not is_keras_own(part))])


def _has_path(part):
    found = sys.modules.get(part.__module__)
    for name in part.__qualname__.split("."):
        found = getattr(found, name, None)
    return found is part


def _written_by_value():
    frame = inspect.currentframe()
    while frame is not None:
        if any(word in frame.f_globals.get("__name__", "") for word in BY_VALUE):
            return True
        frame = frame.f_back
    return False


def _reduced_by_state(value):
    state = value.__getstate__() if hasattr(value, "__getstate__") else vars(value)
    return copyreg.__newobj__, (type(value),), state


def _reduced_by_parts(value):
    return assembled, parts_of(value)


def _reduced_network(network):
    """A layer or model as bytes, the user's classes and functions in it, and its compilation."""
    _check_lambdas(network)
    check_configurations(network)
    objects = own_objects(network)
    nowhere = [part for part in objects.values() if not _has_path(part)]
    guard = Unsaved(f"the network {_no_path(nowhere[0])}") if nowhere else None
    compiled = _compiled_with(network)
    optimizer = None
    if compiled is not None and getattr(network.optimizer, "built", False):
        optimizer = [np.array(variable) for variable in network.optimizer.variables]
    with _without_compilation(network, compiled):
        packed = _bytes_of(network)
    return _network, (guard, packed, objects, compiled, optimizer, _policy_of(network))


def _copied_network(network, memo):
    function, arguments = _reduced_network(network)
    memo[id(network)] = copied = function(*copy.deepcopy(arguments, memo))
    return copied


def _network(guard, packed, objects, compiled, optimizer, policy=None, *, safe_mode=False):
    """The network that :func:`_reduced_network` described."""
    del guard
    from keras.src.saving import saving_lib

    with keras.saving.custom_object_scope(objects), _policy_is(policy):
        network = saving_lib._load_model_from_fileobj(
            io.BytesIO(packed), custom_objects=None, compile=compiled is None, safe_mode=safe_mode
        )
        if compiled is not None:
            network.compile(**compiled)
    if optimizer is not None:
        network.optimizer.build(network.trainable_variables)
        for variable, value in zip(network.optimizer.variables, optimizer, strict=True):
            variable.assign(value)
    return network


def _policy_of(network):
    """Name of the network's dtype policy, which Keras does not write of all models."""
    policy = getattr(network, "dtype_policy", None)
    return policy.name if type(policy) is keras.dtype_policies.DTypePolicy else None


@contextlib.contextmanager
def _policy_is(name):
    """The policy `name` holds: by that of the moment Keras would scale losses, or not."""
    before = keras.config.dtype_policy()
    if name is None or name == before.name:
        yield
        return
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def _check_lambdas(network):
    """Raise for a lambda inside that Keras would write without the names that it uses."""
    for function in lambdas(network, compiled=False):
        names = sorted(inspect.getclosurevars(function).globals)
        if names:
            msg = (
                f"a layer of the network has a lambda that uses {', '.join(names)}, which a copy "
                "of the network would not find; define it as a function with a name"
            )
            raise TypeError(msg)


def _bytes_of(network):
    from keras.src.saving import saving_lib

    packed = io.BytesIO()
    saving_lib._save_model_to_fileobj(network, packed, "h5")
    return packed.getvalue()


def _compiled_with(network):
    """What a model was compiled with, as objects; None if it was not, or in a way of its own."""
    if not getattr(network, "compiled", False) or type(network).compile is not keras.Model.compile:
        return None
    # the optimizer may have been replaced since
    return network._compile_config.config | {"optimizer": network.optimizer}


@contextlib.contextmanager
def _without_compilation(network, compiled):
    """`network` as if it had not been compiled, so that Keras does not write with what."""
    if compiled is None:
        yield
        return
    network.compiled = False
    try:
        yield
    finally:
        network.compiled = True


def _reduced_callback(callback):
    state = {name: _saved(callback, value) for name, value in _without_network(callback).items()}
    return copyreg.__newobj__, (type(callback),), state


def _copied_callback(callback, memo):
    memo[id(callback)] = copied = object.__new__(type(callback))
    vars(copied).update({k: _copied(v, memo) for k, v in _without_network(callback).items()})
    return copied


def _without_network(callback):
    return {k: None if k == "_model" else v for k, v in vars(callback).items()}


def _copied(value, memo):
    """A copy of containers, arrays and Keras objects; what else a user put there is shared.

    A handle of a study, a file or a connection has no copy that would do its work.
    """
    if type(value) is dict:
        return {name: _copied(part, memo) for name, part in value.items()}
    if type(value) in (list, tuple):
        return type(value)(_copied(part, memo) for part in value)
    kind = type(value).__module__.split(".")[0]
    plain = isinstance(value, keras.callbacks.Callback) or hasattr(value, "get_config")
    return copy.deepcopy(value, memo) if plain or kind in COPIED else value


def _saved(callback, value):
    """`value`, an attribute of `callback`, or None if it belongs to a training that has ended."""
    local = isinstance(value, types.FunctionType) and is_keras_own(value) and not _has_path(value)
    ended = getattr(value, "closed", False) is True or is_keras_own(type(callback))
    written = isinstance(value, io.IOBase) or hasattr(value, "writerow")
    if isinstance(value, io.IOBase) and not ended:
        msg = (
            f"callback {type(callback).__name__} holds {value!r}, which is open; close it in "
            "on_train_end, so that what holds the callback can be saved"
        )
        raise pickle.PicklingError(msg)
    return None if local or (written and ended) else value
