"""Optimizer and learning rate from the plain parameters of a classifier."""

from __future__ import annotations

import functools
import inspect
from numbers import Real

import keras

from skhep_nn._keras_objects import config_of, is_keras_own, rebuilt
from skhep_nn.estimators._fit._routing import made
from skhep_nn.training._callbacks import sets_rates
from skhep_nn.training._schedule import Cosine, Plateau, inverse_time

# Schedules that start from a number, which the optimizer has.
FROM_ONE_RATE = ("constant", "cosine", "plateau")
# Arguments of an optimizer that follow from plain parameters.
ALWAYS = ("learning_rate", "weight_decay", "use_ema", "ema_momentum", "name")
# What the name "adamw" stands for where the network is the package's own.
ADAMW = {"learning_rate": 2e-3, "weight_decay": 0.02, "beta_2": 0.95}


def check_has_optimizer(settings, optimizer):
    """Raise if a network is to be compiled without an optimizer.

    Raises
    ------
    ValueError
    """
    if optimizer is None:
        msg = (
            f"{settings.owner}.optimizer is None; give an optimizer, or, as model of a "
            "KerasClassifier, a network that comes compiled"
        )
        raise ValueError(msg)


def check_optimizer(settings, routed):
    """Raise where the learning rate or the weight decay is said twice.

    Parameters
    ----------
    settings : Settings
    routed : dict
        Its ``optimizer__`` arguments.

    Raises
    ------
    ValueError
    """
    for name in ("learning_rate", "weight_decay"):
        given = settings.get(name)
        if given is not None and name in routed:
            msg = (
                f"{name}={given} and optimizer__{name}={routed[name]} are both given; give one of "
                "them"
            )
            raise ValueError(msg)
    given, decay = settings.learning_rate, settings.weight_decay
    scheduled = not from_one_rate(settings)
    if isinstance(settings.optimizer, keras.optimizers.Optimizer) and (
        given is not None or scheduled or decay is not None
    ):
        what = f"learning_rate={given}" if given is not None else "learning_rate_schedule"
        what = f"weight_decay={decay}" if decay is not None else what
        its = "weight decay" if decay is not None else "learning rate"
        msg = (
            f"{what} together with the optimizer object {settings.optimizer.name!r}, which has a "
            f"{its} of its own; give the optimizer by name"
        )
        raise ValueError(msg)
    _check_has_rate(settings)


def _check_has_rate(settings):
    """Raise if a schedule is to start from the rate of an optimizer that wraps others."""
    optimizer, schedule = settings.optimizer, settings.learning_rate_schedule
    if not isinstance(optimizer, keras.optimizers.Optimizer):
        return
    if "learning_rate" in config_of(optimizer):
        return
    if not hasattr(optimizer, "inner_optimizer"):
        msg = f"optimizer {optimizer.name!r} wraps several; give one of them"
        raise ValueError(msg)
    if schedule != "constant":
        msg = (
            f"optimizer {optimizer.name!r} wraps another and has no learning rate, from which "
            f"learning_rate_schedule={schedule!r} starts; give the optimizer inside of it, or take "
            'learning_rate_schedule="constant"'
        )
        raise ValueError(msg)


def from_one_rate(settings):
    """Whether the optimizer's rate is a number, from which the schedule, if any, starts."""
    schedule = settings.learning_rate_schedule
    return isinstance(schedule, str) and schedule in FROM_ONE_RATE


def learning_rate_of(settings, default):
    """The rate or schedule that the optimizer is given, or None for its own.

    Parameters
    ----------
    settings : Settings
    default : float
        The optimizer's own learning rate.
    """
    schedule, rate = settings.learning_rate_schedule, settings.learning_rate
    if schedule == "inverse_time":
        return inverse_time(default if rate is None else rate, settings.decay)
    return rate if from_one_rate(settings) else schedule


def configured(settings, optimizer, routed):
    """A new optimizer of a class, or like an object, with what the classifier asks for.

    New, because an optimizer object serves one network only, and a fit must not change it.

    Parameters
    ----------
    settings : Settings
    optimizer : keras.optimizers.Optimizer or its class
    routed : dict
        Its ``optimizer__`` arguments.
    """
    if _takes_all_at_once(settings, optimizer, routed):
        # a name of its own would have each compiled anew what makes its variables
        named = {"name": optimizer.__name__.lower()} | routed
        return made(optimizer, named | _asked(settings, routed, None))
    new = made(optimizer, routed)
    if new is None:
        return None
    changes = _asked(settings, routed, config_of(new).get("learning_rate"))
    return new if new is not optimizer and not changes else rebuilt(new, **changes)


def _takes_all_at_once(settings, optimizer, routed):
    """Whether it is a class of Keras' whose arguments are all known before one is made."""
    return (
        inspect.isclass(optimizer)
        and is_keras_own(optimizer)
        and from_one_rate(settings)
        and _arguments_of(optimizer).issuperset({*ALWAYS, *routed})
    )


@functools.lru_cache
def _arguments_of(cls):
    return frozenset(inspect.signature(cls.__init__).parameters)


def _asked(settings, routed, default):
    """Arguments of an optimizer that plain parameters say, beside those that are routed to it."""
    changes = _own_defaults(settings, routed)
    rate = learning_rate_of(settings, changes.get("learning_rate", default))
    # Keras takes no other number
    rate = float(rate) if isinstance(rate, Real) else rate
    asked = {"learning_rate": rate, "weight_decay": settings.weight_decay}
    changes |= {name: value for name, value in asked.items() if value is not None}
    if settings.ema is not None:
        changes |= {"use_ema": True, "ema_momentum": settings.ema}
    return changes


def _own_defaults(settings, routed):
    name, own = settings.optimizer, settings.built
    if not own or not isinstance(name, str) or name.lower() != "adamw":
        return {}
    return {key: value for key, value in ADAMW.items() if key not in routed}


def set_learning_rate(settings, optimizer):
    """Give the optimizer of a network that came compiled the rate or schedule, if one is asked for.

    Raises
    ------
    ValueError
        If the optimizer follows a schedule already.
    """
    if settings.learning_rate is None and settings.learning_rate_schedule in (
        "constant",
        "cosine",
    ):
        return
    config = config_of(optimizer)
    if not isinstance(config.get("learning_rate"), float):
        msg = (
            f"learning_rate={settings.learning_rate}, learning_rate_schedule="
            f"{settings.learning_rate_schedule!r}, but the network came compiled with a schedule "
            "of its own; leave these out, or compile with compile_kwargs['optimizer']"
        )
        raise ValueError(msg)
    rate = learning_rate_of(settings, config["learning_rate"])
    if rate is not None:
        optimizer.learning_rate = rate


def plateau_of(settings):
    """The plateau schedule that the classifier asks for, or None."""
    if settings.learning_rate_schedule != "plateau":
        return None
    return Plateau(settings.plateau_factor, settings.plateau_patience)


def cosine_of(settings, network, epochs, callbacks):
    """The cosine that the classifier asks for; None also if the optimizer has its own schedule.

    Parameters
    ----------
    settings : Settings
    network : PooledNetwork or UserNetwork
    epochs : int
        Over which it falls.
    callbacks : list of keras.callbacks.Callback

    Raises
    ------
    ValueError
        If a callback sets the rate, too.
    """
    if settings.learning_rate_schedule != "cosine" or network.learning_rate is None:
        return None
    others = sets_rates(callbacks)
    if others:
        msg = (
            f'{others[0]} sets the learning rate, and so does learning_rate_schedule="cosine"; '
            'take learning_rate_schedule="constant" with it'
        )
        raise ValueError(msg)
    return Cosine(epochs)


def optimizer_class(optimizer):
    """The class of an optimizer given by Keras' name; anything else as it is."""
    if not isinstance(optimizer, str):
        return optimizer
    classes = {n.lower(): c for n, c in vars(keras.optimizers).items() if inspect.isclass(c)}
    return classes.get(optimizer.lower(), optimizer)
