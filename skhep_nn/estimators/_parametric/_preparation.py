"""What a parametric classifier does to its events before training."""

from __future__ import annotations

from skhep_nn._warnings import warn
from skhep_nn.estimators._parametric._assignment import TRAINING, VALIDATION
from skhep_nn.estimators._parametric._columns import FINITE_SIGNAL, check_hypotheses
from skhep_nn.estimators._parametric._groups import in_groups, is_signal, weights_in_batches
from skhep_nn.estimators._parametric._leak import mass_leak
from skhep_nn.estimators._parametric._masses import assigned, learn_masses, redrawn
from skhep_nn.exceptions import MassLeakWarning
from skhep_nn.networks._parametric import PARAMETER


def prepared(settings, learnt, train, held_out, seed):
    """Training and validation events with masses for background, in balanced groups.

    Parameters
    ----------
    settings : Settings
    learnt : Learnt
    train, held_out : Events
        With the weights that the losses see; `held_out` may be None.
    seed : int

    Returns
    -------
    tuple of (Learnt, Events, Events or None)
    """
    for events, which in ((train, "signal events"), (held_out, "signal events of validation")):
        if events is not None:
            signal = events.x[PARAMETER][is_signal(learnt, events)]
            check_hypotheses(signal, learnt.parameter_names_, which, FINITE_SIGNAL)
    train = in_groups(settings, learnt, train, drawn=True)
    if held_out is not None:
        held_out = in_groups(settings, learnt, held_out, drawn=False, part=" of validation")
    learnt = learn_masses(settings, learnt, train)
    train = assigned(settings, learnt, train, seed, TRAINING)
    learnt = _with_leak(settings, learnt, train, seed)
    if held_out is not None:
        held_out = assigned(settings, learnt, held_out, seed, VALIDATION)
    return learnt, redrawn(settings, learnt, train, seed), held_out


def _with_leak(settings, learnt, events, seed):
    """With how well the mass alone separates signal from background; warns if it does."""
    signal = is_signal(learnt, events)
    if signal.all() or not signal.any():
        # some calls of partial_fit
        return learnt
    leak = mass_leak(events.x[PARAMETER], signal, weights_in_batches(events), seed)
    if leak.found:
        _warn(settings, learnt, leak)
    return learnt.also(mass_leak_=leak.auc)


def _warn(settings, learnt, leak):
    n_values = len(learnt.parameter_values_)
    warn(
        f"{learnt.parameter_names_} alone separate signal from background: the likelihood ratio "
        f"of their values has an AUC of {leak.auc:.3f} (0.5 without a leak, tolerated are "
        f"{leak.threshold:.3f}). Signal has {n_values} distinct values, and background got others "
        f"by assignment={settings.assignment!r}: the network can learn where signal was "
        'simulated instead of what it looks like. assignment="identical" gives background the '
        "masses of the signal with their frequencies; so does smearing the mass of the signal "
        "over the range",
        MassLeakWarning,
    )
