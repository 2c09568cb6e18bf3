"""The states of Keras objects, for writers that make an object without its constructor.

skops writes what ``__getstate__`` gives, shows the types in it, and hands it to ``__setstate__`` of
an empty object when it reads. pickle and copy do not come here: for them :mod:`._objects` defines
``__reduce__``. Losses have the state that any Python object has.
"""

from __future__ import annotations

import pickle

import keras

from skhep_nn._keras_objects import assembled, lambdas, parts_of
from skhep_nn.estimators._saving import _objects


def install():
    """Give Keras' classes states that are made of plain values, classes and functions."""
    for kind in (keras.metrics.Metric, keras.optimizers.Optimizer):
        kind.__getstate__, kind.__setstate__ = _parts, _set_parts
    for kind in (keras.layers.Layer, keras.Model):
        kind.__getstate__, kind.__setstate__ = _network, _set_network
    keras.callbacks.Callback.__getstate__ = _callback


def _parts(value):
    _, arguments, attributes, objects = parts_of(value)
    return {"arguments": arguments, "attributes": attributes, "objects": objects}


def _set_parts(value, state):
    _become(value, assembled(type(value), **state))


def _network(network):
    if lambdas(network):
        msg = (
            "the network holds a lambda, whose code would be run from the file unseen; define it "
            "as a function with a name"
        )
        raise pickle.PicklingError(msg)
    _, (guard, packed, objects, compiled, optimizer, policy) = _objects._reduced_network(network)
    if guard is not None:
        raise pickle.PicklingError(guard.message)
    state = {"packed": packed, "objects": objects, "compiled": compiled}
    return {**state, "optimizer": optimizer, "policy": policy}


def _set_network(network, state):
    # the reader has seen the types, but not what the file of the network itself holds
    _become(network, _objects._network(None, **state, safe_mode=True))


def _callback(callback):
    return _objects._reduced_callback(callback)[2]


def _become(value, other):
    """`value`, which is empty, is `other` from now on; what refers to either sees both change."""
    object.__setattr__(value, "__dict__", vars(other))
