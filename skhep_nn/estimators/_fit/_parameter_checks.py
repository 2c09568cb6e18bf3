"""Whether the parameters of a classifier are ones that it has, and that Keras has."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import keras

from skhep_nn import _validation
from skhep_nn._keras_objects import is_keras_own
from skhep_nn._shown import shown
from skhep_nn.estimators import _parameters
from skhep_nn.estimators._fit import _metrics, _optimizer
from skhep_nn.networks._seeds import fresh, numbered

# Names that Keras' own compilation explains.
BY_OUTPUTS = {
    "loss": ("crossentropy", "ce"),
    "metrics": _metrics.BY_OUTPUTS,
}
KINDS = {
    "optimizer": ("optimizer", keras.optimizers),
    "loss": ("loss", keras.losses),
    "metrics": ("metric", keras.metrics),
    "activation": ("activation", keras.activations),
    "initializer": ("initializer", keras.initializers),
    "regularizer": ("regularizer", keras.regularizers),
}
# Parameters that do nothing but with one schedule.
ACTS_WITH = {
    "decay": "inverse_time",
    "plateau_factor": "plateau",
    "plateau_patience": "plateau",
}


@dataclass(frozen=True)
class Stated:
    """What a classifier says of its parameters.

    Parameters
    ----------
    rules : dict of str to list
        What each may be.
    names : set of str
        Arguments of the constructor.
    routed : list of str
        Further ones that are given, as ``"optimizer__clipnorm"``.
    prefixes : set of str
        What these may begin with.
    network : set of str or None
        What the function takes that makes the network; None if it takes anything.
    """

    rules: dict
    names: set
    routed: list
    prefixes: frozenset
    network: set | None


def check(stated, settings):
    """Raise for a parameter that a classifier does not have, or whose value is out of its range.

    Parameters
    ----------
    stated : Stated
    settings : Settings
        Its parameters as they hold in one call and phase.

    Raises
    ------
    TypeError
        Naming the parameter and the nearest one.
    ValueError
        Naming the parameter, the rule and the value.

    Warns
    -----
    UserWarning
        For a parameter that has no effect.
    """
    _check_values(stated.rules, settings)
    _check_names(settings)
    _check_routed(stated, settings)
    _warn_of_idle(settings)


def check_nested(estimator, parameters):
    """Raise for ``name__argument`` where the parameter `name` is no estimator with arguments.

    Raises
    ------
    ValueError
    """
    own = estimator.get_params(deep=False)
    for path in parameters:
        name, nested, argument = path.partition("__")
        if not nested or name not in own or estimator._is_routed(path):
            continue
        value = parameters.get(name, own[name])
        if not hasattr(value, "set_params") and not isinstance(value, dict):
            what = "an EventWeightBalancer(...)" if name == "balance" else "an estimator"
            msg = (
                f"{type(estimator).__name__} has no parameter {path!r}: {name}={shown(value)} has "
                f"no {argument!r} to set; pass {what} as {name} first"
            )
            raise ValueError(msg)


def check_constructed(estimator):
    """Raise for a subclass whose constructor leaves out that of its base.

    Raises
    ------
    TypeError
        Naming a parameter that it lacks therefore.
    """
    absent = _parameters.training_defaults(type(estimator)).keys() - vars(estimator).keys()
    if absent:
        name = type(estimator).__name__
        msg = f"{name} has no {min(absent)!r}; call super().__init__() in {name}.__init__"
        raise TypeError(msg)


def _check_values(rules, settings):
    values = {name: settings.get(name) for name in rules if name in settings.parameters}
    _validation.check_values(rules, values, settings.owner)


def _check_names(settings):
    """Raise for the name of something that Keras does not have."""
    for path, value in settings.every.items():
        name = path.rpartition("__")[2]
        if path in ("optimizer", "loss", "metrics"):
            kind = path
        elif settings.built and "_routed" not in path:
            kind = name.rpartition("_")[2]
        else:
            continue
        if kind == "initializer" and isinstance(value, (list, tuple)):
            _check_object(settings.owner, path, kind, value)
        for one in _each(value) if kind in KINDS else ():
            check_one = _check_name if isinstance(one, str) else _check_object
            check_one(settings.owner, path, kind, one)


def _each(value):
    """The names and objects in a value, which may be a list or dict of them."""
    if isinstance(value, dict) and "class_name" not in value:
        value = list(value.values())
    if not isinstance(value, (list, tuple)):
        return [value]
    return [one for part in value for one in _each(part)]


def _check_object(owner, path, kind, value):
    """Raise if `value` is neither an object of Keras' kind nor a function, class or nothing."""
    # an object as Keras serialises it
    is_one = isinstance(value, dict) or callable(value) or hasattr(value, "get_config")
    if value is None or (is_one and not _makes_no_callable(kind, value)):
        return
    msg = (
        f"{owner}.{path} must have names, functions or objects of Keras, got {value!r:.100} for "
        f"the {KINDS[kind][0]}"
    )
    raise TypeError(msg)


def _makes_no_callable(kind, value):
    """Whether `value` is a class, like ``int``, whose objects cannot be called as they have to."""
    if not isinstance(value, type) or kind in ("optimizer", "loss", "metrics"):
        return False
    return not any("__call__" in vars(base) for base in value.__mro__)


def _check_name(owner, path, kind, word):
    what, module = KINDS[kind]
    if word in BY_OUTPUTS.get(kind, ()) or (kind, word) in _OF_KERAS:
        return
    try:
        # Keras' own `get` would draw a seed for an initializer from Python's generator
        with numbered():
            found = fresh(word) if kind == "initializer" else module.get(word)
    except (ValueError, TypeError):
        found = None
    # Keras hands a name back that it cannot make anything of
    if found is None or isinstance(found, str):
        names = [n for n in vars(module) if not n.startswith("_") and n not in NOT_NAMES]
        hint = _parameters.nearest(word, names)
        msg = f"{owner}.{path}={word!r} is no {what} of Keras{hint}"
        raise ValueError(msg)
    if is_keras_own(found):
        _OF_KERAS.add((kind, word))


# Kinds and words that were found to be Keras' own: to find one may be to make it, which takes long.
_OF_KERAS = set()
NOT_NAMES = ("get", "serialize", "deserialize")


def _check_routed(stated, settings):
    by_prefix = {"model": stated.network}
    if stated.routed:
        by_prefix |= _parameters.routed_arguments(_optimizer.optimizer_class(settings.optimizer))
    for name in stated.routed:
        prefix, routed, argument = name.partition("__")
        if not routed:
            accepted = stated.network
        elif prefix in stated.prefixes:
            accepted = by_prefix.get(prefix)
        else:
            accepted = set()
        if accepted is not None and (argument or name) not in accepted:
            _refuse(stated, settings.owner, name, accepted)


def _refuse(stated, owner, name, accepted):
    """Raise: `name` is no parameter; `accepted` is what its prefix, if it has one, takes."""
    prefix, routed, argument = name.partition("__")
    if not routed:
        hint = _parameters.nearest(name, stated.names | accepted)
    elif accepted:
        hint = _parameters.instead_of(argument, accepted, f"{prefix}__{{}}")
        hint = hint or f"; {prefix}__ takes {sorted(accepted)}"
    else:
        hint = _parameters.nearest(argument, stated.names)
        hint = hint or _parameters.nearest(prefix, stated.prefixes, f"{{}}__{argument}")
    msg = f"{owner} has no parameter {name!r}{hint}"
    raise TypeError(msg)


def _warn_of_idle(settings):
    schedule = settings.learning_rate_schedule
    for name, wanted in ACTS_WITH.items():
        value = settings.get(name)
        if value != _parameters.TRAINING[name].default and schedule != wanted:
            warnings.warn(
                f"{name}={shown(value)} of {settings.owner} has no effect with "
                f"learning_rate_schedule={schedule!r}; it acts with {wanted!r}",
                UserWarning,
                stacklevel=4,
            )
