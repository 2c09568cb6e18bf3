"""Training in phases: what a phase may change, and the settings that hold in it."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field

from skhep_nn._validation import check_values
from skhep_nn.estimators import _parameters
from skhep_nn.estimators._fit import _compile, _loss, _parameter_checks
from skhep_nn.estimators._fit._settings import Settings
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


@dataclass(frozen=True)
class Phase:
    """One phase of a fit.

    Parameters
    ----------
    settings : Settings
        The parameters that hold in it.
    changes : dict
        Those that differ from the classifier's.
    number, of : int
        This phase, from 1, and how many there are; 0 phases are the plain fit.
    """

    settings: Settings
    changes: dict = field(default_factory=dict)
    number: int = 1
    of: int = 0

    @property
    def note(self):
        """Words for a title: ``", phase 1 of 2"``, or nothing in a plain fit."""
        return f", phase {self.number} of {self.of}" if self.of else ""

    @property
    def is_plain(self):
        """Whether this is all of a fit that has no phases."""
        return not self.of


def checked(stated, settings):
    """The phases of a fit, which can be trained as far as can be told without the network.

    Parameters
    ----------
    stated : Stated
        What the classifier says of its parameters.
    settings : Settings
        Of the call.

    Returns
    -------
    list of Phase
        One without changes if there are no ``phases``.

    Raises
    ------
    TypeError, ValueError
        For what is no list of dicts, an unknown key, a value out of range or a contradiction.
    """
    given = settings.phases
    if given is None:
        return [Phase(settings)]
    _check_list(given, settings.owner)
    phases = [
        Phase(settings.changed(changes), changes, number, len(given))
        for number, changes in enumerate(given, 1)
    ]
    for phase in phases:
        _check(stated, phase)
    return phases


def with_recipes(phases, recipe_of, learnt, x):
    """The phases, each with how the network for features like `x` is trained on in it.

    Returns
    -------
    list of (Phase, Recipe)
    """
    found = []
    for phase in phases:
        with named(phase):
            found.append((phase, recipe_of(phase.settings, learnt, x)))
    return found


def check_networks(phases, network):
    """Raise for a phase that cannot train the network that there is, before any is trained."""
    for phase, recipe in phases:
        if not phase.is_plain:
            with named(phase):
                network.check_phase(recipe, phase.changes)


@contextlib.contextmanager
def named(phase):
    """Errors say in which phase they are, if there are any."""
    if phase.is_plain:
        yield
        return
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


def _check(stated, phase):
    """Raise for a value out of range or a contradiction in one phase."""
    rules = stated.rules | RULES
    rules = {name: rules[name] for name in phase.changes if name in rules}
    values = {name: phase.changes[name] for name in rules}
    with named(phase):
        check_values(rules, values, phase.settings.owner)
        _check_schedule(phase)
        _parameter_checks.check(stated, phase.settings)
        arguments = _compile.compiled(phase.settings)
        # one output or several: either cross-entropy can be smoothed
        _loss.loss_of(phase.settings, arguments["loss"], 1)


def _check_schedule(phase):
    rate = phase.changes.get("learning_rate")
    if rate is not None and not isinstance(phase.settings.learning_rate_schedule, str):
        msg = (
            f"learning_rate={rate} together with a schedule object as learning_rate_schedule, "
            "which has learning rates of its own"
        )
        raise ValueError(msg)
