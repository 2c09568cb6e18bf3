"""Groups within a class that are to weigh the same: the masses of the signal, the processes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from skhep_nn import _hypotheses
from skhep_nn.estimators._fit._events import numbered, sums_of_strata
from skhep_nn.estimators._parametric._batches import group_factors, groups_of
from skhep_nn.networks._parametric import PARAMETER

# Samplers that draw from groups.
BY_GROUP = ("mass", "process")


def is_signal(learnt, events):
    """Which events are signal."""
    return events.codes == learnt._signal_code


def strata_of(settings, learnt, events):
    """Number of the group of each event, or None if the batches know of no groups.

    Parameters
    ----------
    settings : Settings
    learnt : Learnt
    events : Events
        With the parameter among what the network reads.
    """
    if settings.batch_sampler not in BY_GROUP:
        return None
    _, masses = _hypotheses.distinct(events.x[PARAMETER][is_signal(learnt, events)])
    return groups_of(
        settings.batch_sampler, events.codes, learnt._signal_code, masses, events.processes
    )


def in_groups(settings, learnt, events, *, drawn, part=""):
    """`events` with weights such that the groups of a class, masses or processes, weigh alike.

    Parameters
    ----------
    settings : Settings
    learnt : Learnt
    events : Events
    drawn : bool
        Whether batches are drawn with equal numbers of events of each group, whose mean weight is
        then to be one; else it is the sums of weights that are to be equal.
    part : str
        Of which events, for error messages.
    """
    if events.strata is None:
        return events
    _check_groups(settings, learnt, events, drawn=drawn)
    groups = numbered(events.strata)
    name = _names(settings, learnt, events, groups)
    factors = group_factors(groups, events.weights, lambda group: name(group) + part)
    if not drawn:
        # the groups of a class share what the class has
        codes = events.codes[np.unique(groups, return_index=True)[1]]
        totals = np.bincount(events.codes, weights=events.weights)
        factors *= (totals / np.bincount(codes))[codes] / np.bincount(groups)
    return replace(events, weights=events.weights * factors[groups])


def weights_in_batches(events):
    """Weights as they count in an epoch: a group that is drawn more often counts more."""
    if events.strata is None:
        return events.weights
    return events.weights / sums_of_strata(events)[numbered(events.strata)]


def _check_groups(settings, learnt, events, *, drawn):
    """Raise if a class that is to be drawn has no events, or background has no process.

    Raises
    ------
    ValueError
    """
    counts = np.bincount(events.codes, minlength=len(learnt.classes_))
    if drawn and not counts.all():
        label = learnt.classes_.tolist()[int(np.argmin(counts))]
        msg = (
            f'batch_sampler="{settings.batch_sampler}" draws equal numbers of events of every '
            f"class, and class {label!r} has none"
        )
        raise ValueError(msg)
    if settings.batch_sampler != "process":
        return
    background = ~is_signal(learnt, events)
    missing = int(np.sum(events.processes[background] == ""))
    if missing:
        msg = (
            f"process_column={settings.process_column!r} has no value in {missing} of "
            f'{int(background.sum())} background events; batch_sampler="process" needs one for each'
        )
        raise ValueError(msg)


def _names(settings, learnt, events, groups):
    """A function from the number of a group to what an error calls it."""
    signal, first = is_signal(learnt, events), np.unique(groups, return_index=True)[1]

    def name(group):
        event = first[group]
        label = learnt.classes_[events.codes[event]]
        if signal[event]:
            value = events.x[PARAMETER][event].tolist()
            return f"signal at {dict(zip(learnt.parameter_names_, value, strict=True))}"
        by_process = settings.batch_sampler == "process"
        of = f", process {events.processes[event]!r}" if by_process else ""
        return f"class {label!r}{of}"

    return name
