"""What a network is compiled with: optimizer, loss and metrics, made with their arguments."""

from __future__ import annotations

import keras

from skhep_nn.estimators._fit import _loss, _metrics, _optimizer
from skhep_nn.estimators._fit._routing import by_name, made, routed_to

# Arguments of a compilation that a classifier has as parameters.
COMPILED = ("optimizer", "loss", "metrics", "loss_weights", "weighted_metrics", "run_eagerly")


def check_free(settings):
    """Raise if a phase sets what a network that came compiled has decided.

    Raises
    ------
    ValueError
    """
    decided = [name for name in ("optimizer", "loss", "label_smoothing") if name in settings]
    if decided:
        msg = (
            f"{decided[0]} is given, but the network came compiled; return it from the function "
            "model without compiling it"
        )
        raise ValueError(msg)


def compiled(settings):
    """Arguments to compile a network with, all metrics weighted; the loss may be None.

    Parameters
    ----------
    settings : Settings

    Returns
    -------
    dict
    """
    routed = routed_to("optimizer", settings.parameters, strict=True)
    _optimizer.check_optimizer(settings, routed)
    arguments = arguments_of(settings)
    optimizer = _optimizer.optimizer_class(arguments["optimizer"])
    arguments["optimizer"] = _optimizer.configured(settings, optimizer, routed)
    arguments["loss"] = _loss.only_loss(arguments["loss"])
    # metrics see the event weights, as the loss does
    weighted = _metrics.weighted(arguments["metrics"], arguments.get("weighted_metrics"))
    return arguments | {"metrics": None, "weighted_metrics": weighted}


def arguments_of(settings):
    """What the parameters of `settings` say of a compilation; loss and metrics are made.

    Keras gives functions for names of losses, which take no arguments: where there are some,
    classes stand for these names.
    """
    parameters = settings.parameters
    arguments = {name: parameters[name] for name in COMPILED if name in parameters}
    arguments |= routed_to("compile", parameters)
    if any(name.startswith("loss__") for name in parameters):
        arguments["loss"] = by_name(arguments["loss"], _loss.loss_class)
    named = {"loss": keras.losses.get, "metrics": _metrics.metric_called}
    for kind, get in named.items():
        arguments[kind] = made(by_name(arguments[kind], get), routed_to(kind, parameters))
    return arguments


def arguments_for(settings, n_outputs):
    """Arguments to compile a network with that has so many outputs; the loss fits them.

    Raises
    ------
    ValueError
        If there is no optimizer.
    """
    arguments = compiled(settings)
    _optimizer.check_has_optimizer(settings, arguments["optimizer"])
    return arguments | {"loss": _loss.loss_of(settings, arguments["loss"], n_outputs)}
