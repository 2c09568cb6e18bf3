"""The user's function that makes a network: what it takes, and what scikeras would let override."""

from __future__ import annotations

import inspect

import keras

from skhep_nn.estimators._keras._scikeras import BaseWrapper

# What scikeras lets a subclass override, and what does the same here.
REPLACED = {
    "feature_encoder": "put a transformer before the classifier in a Pipeline",
    "target_encoder": "labels of any type are encoded already; prepare others before fit",
    "scorer": "override score, or pass scoring= to a search",
}


def check_overridden(estimator):
    """Raise for a subclass that overrides what is not used.

    Raises
    ------
    TypeError
        Saying what does the same.
    """
    for name, instead in REPLACED.items():
        if getattr(type(estimator), name) is not getattr(BaseWrapper, name):
            msg = f"{type(estimator).__name__} overrides {name}, which is not used; {instead}"
            raise TypeError(msg)


def arguments_of_function(estimator):
    """Names that the function which makes the network takes; None if it takes any."""
    function = estimator.model if estimator.model is not None else estimator.build_fn
    if function is None:
        function = getattr(estimator, "_keras_build_fn", None)
    if isinstance(function, keras.Model):
        return set()
    if not callable(function):
        msg = (
            f"{type(estimator).__name__} needs model, a function that returns a network or a "
            f"keras.Model; got {function!r}"
        )
        raise TypeError(msg)
    arguments = inspect.signature(function).parameters
    if any(argument.kind is argument.VAR_KEYWORD for argument in arguments.values()):
        return None
    return set(arguments) - {"meta", "compile_kwargs", "params"}
