"""Training in phases: what a phase may change, and the classifier as it is in a phase."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field

from skhep_nn._validation import validate_parameter_constraints
from skhep_nn.estimators import _compile, _parameters
from skhep_nn.estimators._parameters import Interval, Real

# What a phase may set: parameters of the classifier, and the smoothing of labels.
KEYS = (
    "learning_rate",
    "optimizer",
    "label_smoothing",
    "epochs",
    "patience",
    "batch_size",
    "loss",
)
RULES = {"label_smoothing": [Interval(Real, 0, 1, closed="left")]}
# Prefixes under which scikeras' users may give the same parameter.
PREFIXES = ("fit", "compile")


@dataclass(frozen=True)
class Phase:
    """One phase of a fit.

    Parameters
    ----------
    settings : dict
        Parameters that differ from the classifier's.
    number, of : int
        This phase, from 1, and how many there are; 0 phases are the plain fit.
    """

    settings: dict = field(default_factory=dict)
    number: int = 1
    of: int = 0

    @property
    def note(self):
        """Words for a title: ``", phase 1 of 2"``, or nothing in a plain fit."""
        return f", phase {self.number} of {self.of}" if self.of else ""

    @contextlib.contextmanager
    def applied(self, estimator):
        """`estimator` with the parameters of this phase."""
        settings = dict(self.settings)
        smoothing = settings.pop("label_smoothing", None)
        with changed(estimator, settings), _compile.smoothing(estimator, smoothing):
            yield


PLAIN = Phase()


@contextlib.contextmanager
def changed(estimator, arguments):
    """`estimator` with some parameters changed for a while, also where they are routed."""
    arguments = {routed(estimator, name): value for name, value in arguments.items()}
    before = {name: getattr(estimator, name) for name in arguments}
    vars(estimator).update(arguments)
    try:
        yield
    finally:
        vars(estimator).update(before)


def routed(estimator, name):
    """The name under which `estimator` has a parameter: ``fit__epochs`` stands above ``epochs``."""
    names = (f"{prefix}__{name}" for prefix in PREFIXES)
    return next((n for n in names if n in vars(estimator)), name)


def checked(estimator):
    """The phases of `estimator`, which can be trained as far as can be told without the network.

    Parameters
    ----------
    estimator : KerasClassifier

    Returns
    -------
    list of Phase
        One without settings if it has no ``phases``.

    Raises
    ------
    TypeError, ValueError
        For what is no list of dicts, an unknown key, a value out of range or a contradiction.
    """
    given = estimator.phases
    if given is None:
        return [PLAIN]
    _check_list(given, type(estimator).__name__)
    phases = [Phase(settings, number, len(given)) for number, settings in enumerate(given, 1)]
    for phase in phases:
        _check(estimator, phase)
    return phases


def check_networks(estimator, phases, x):
    """Raise for a phase that cannot train the network that there is, before any is trained."""
    for phase in (phase for phase in phases if phase is not PLAIN):
        with named(phase), phase.applied(estimator):
            estimator._check_phase(x, phase.settings)


@contextlib.contextmanager
def named(phase):
    """Errors say in which phase they are."""
    try:
        yield
    except (TypeError, ValueError) as error:
        msg = f"phase {phase.number} of {phase.of}: {error}"
        # scikit-learn's own, of a value out of range, is both
        kind = ValueError if isinstance(error, ValueError) else TypeError
        raise kind(msg) from error


def _check_list(given, owner):
    if not isinstance(given, (list, tuple)) or not given:
        msg = (
            f"{owner}.phases must be a list of dicts, one per phase, or None for one phase; got "
            f"{given!r}"
        )
        raise (ValueError if isinstance(given, (list, tuple)) else TypeError)(msg)
    for number, settings in enumerate(given, 1):
        if not isinstance(settings, dict):
            msg = f"{owner}.phases must be a list of dicts; phase {number} is {settings!r}"
            raise TypeError(msg)
        _check_keys(settings, number, owner)


def _check_keys(settings, number, owner):
    for key in settings:
        if key not in KEYS:
            near = _parameters.nearest(str(key), KEYS)
            msg = (
                f"phase {number} of {owner}.phases has the key {key!r}; a phase may set "
                f"{', '.join(KEYS)}{near}"
            )
            raise ValueError(msg)


def _check(estimator, phase):
    """Raise for a value out of range or a contradiction in one phase."""
    rules = estimator._parameter_constraints | RULES
    rules = {name: rules[name] for name in phase.settings if name in rules}
    values = {name: phase.settings[name] for name in rules}
    with named(phase):
        validate_parameter_constraints(rules, values, caller_name=type(estimator).__name__)
        _check_schedule(estimator, phase)
        with phase.applied(estimator):
            estimator._check_parameters()
            arguments = estimator._get_compile_kwargs()
            # one output or several: either cross-entropy can be smoothed
            _compile.loss_of(estimator, arguments["loss"], 1)


def _check_schedule(estimator, phase):
    rate = phase.settings.get("learning_rate")
    if rate is not None and not isinstance(estimator.learning_rate_schedule, str):
        msg = (
            f"learning_rate={rate} together with a schedule object as learning_rate_schedule, "
            "which has learning rates of its own"
        )
        raise ValueError(msg)
