"""Callbacks of a classifier, from its parameters: objects, classes, lists and dicts of these."""

from __future__ import annotations

from dataclasses import dataclass, field

import keras

from skhep_nn.estimators._fit._routing import made, routed_to

HOOKS = (
    "on_predict_begin",
    "on_predict_end",
    "on_predict_batch_begin",
    "on_predict_batch_end",
)


@dataclass
class Prediction:
    """Callbacks with something to do in a prediction, which is one batch."""

    callbacks: list = field(default_factory=list)
    network: object = None

    def around(self, predict, x):
        """``predict(x)`` with the callbacks called before and after."""
        if not self.callbacks:
            return predict(x)
        model = self.network.model
        called = keras.callbacks.CallbackList(self.callbacks, model=model, verbose=0)
        called.on_predict_begin()
        called.on_predict_batch_begin(0)
        outputs = predict(x)
        called.on_predict_batch_end(0, {"outputs": outputs})
        called.on_predict_end()
        return outputs


def of(parameters, owner, prefix="fit"):
    """Callbacks for a fit (or ``"predict"``), classes made with their arguments.

    Parameters
    ----------
    parameters : Mapping of str to object
        Of a classifier, routed ones by their whole names.
    owner : str
    prefix : {"fit", "predict"}

    Raises
    ------
    TypeError
        For what is no callback.
    """
    names = ("callbacks", f"{prefix}__callbacks")
    found = [callback for name in names for callback in _made(parameters, name)]
    _check(found, owner)
    return found


def for_prediction(parameters, owner, network, given=None):
    """The callbacks of a classifier, and those `given` for one call, that see predictions."""
    callbacks = of(parameters, owner, "predict")
    if given is not None:
        callbacks += [callback for callback in keras.tree.flatten(given) if callback is not None]
        _check(callbacks, owner)
    return Prediction([c for c in callbacks if _sees_predictions(c)], network)


def _made(parameters, name):
    if parameters.get(name) is None:
        return []
    found = keras.tree.flatten(made(parameters[name], routed_to(name, parameters)))
    return [callback for callback in found if callback is not None]


def _check(callbacks, owner):
    for callback in callbacks:
        if not isinstance(callback, keras.callbacks.Callback):
            msg = (
                f"{owner}.callbacks holds {callback!r}; it must be a keras.callbacks.Callback, its "
                "class, or a list or dict of these"
            )
            raise TypeError(msg)


def _sees_predictions(callback):
    base = keras.callbacks.Callback
    return any(getattr(type(callback), hook) is not getattr(base, hook) for hook in HOOKS)
