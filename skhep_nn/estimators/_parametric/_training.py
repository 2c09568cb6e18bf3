"""What a parametric classifier does to its events before and during training."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import tensorflow as tf

from skhep_nn import _hypotheses
from skhep_nn.estimators._fit import _events
from skhep_nn.estimators._parametric import _assignment as assignment
from skhep_nn.estimators._parametric import _warnings as _mass_warnings
from skhep_nn.estimators._parametric._batches import group_factors, groups_of
from skhep_nn.estimators._parametric._columns import FINITE_SIGNAL, check_hypotheses
from skhep_nn.estimators._parametric._leak import mass_leak
from skhep_nn.exceptions import MassLeakWarning
from skhep_nn.networks._parametric import PARAMETER

BY_GROUP = ("mass", "process")
# Where the processes travel with the inputs until they become groups.
PROCESS = "process"


def prepare(estimator, train, held_out, seed):
    """Training and validation events with masses for background, in balanced groups.

    Parameters
    ----------
    estimator : ParametricClassifier
    train, held_out : Events
        With the weights that the losses see; `held_out` may be None.
    seed : int

    Returns
    -------
    tuple of Events
    """
    parts = [(train, "signal events"), (held_out, "signal events of validation")]
    for events, which in parts:
        if events is not None:
            signal = events.x[PARAMETER][is_signal(estimator, events)]
            check_hypotheses(signal, estimator.parameter_names_, which, FINITE_SIGNAL)
    train = in_groups(estimator, train, drawn=True)
    if held_out is not None:
        held_out = in_groups(estimator, held_out, drawn=False, part=" of validation")
    learn_masses(estimator, train)
    train = assigned(estimator, train, seed, assignment.TRAINING)
    warn_of_leak(estimator, train, seed)
    if held_out is not None:
        held_out = assigned(estimator, held_out, seed, assignment.VALIDATION)
    return train, held_out


def may_split(estimator, train, held_out):
    """Whether every group that is to weigh as much as others has weight in both parts.

    Parameters
    ----------
    estimator : ParametricClassifier
    train, held_out : Events
        As they were read.
    """
    if estimator.batch_sampler not in BY_GROUP:
        return True
    weights = _events.treated_weights(
        train, estimator.classes_, estimator.balancer_, estimator.negative_weights
    )
    parts = [replace(train, weights=weights), held_out]
    return all(has_every_group(estimator, with_processes(part)) for part in parts)


def has_every_group(estimator, events):
    """Whether the weights of each group that has events have a positive sum."""
    groups, _ = groups_and_names(estimator, events)
    return bool((np.bincount(groups, weights=events.weights) > 0).all())


def with_processes(events):
    """`events` whose processes, which were read as an input, are their groups."""
    if PROCESS not in events.x:
        return events
    inputs = {name: array for name, array in events.x.items() if name != PROCESS}
    return replace(events, x=inputs, groups=events.x[PROCESS])


def is_signal(estimator, events):
    """Which events are signal."""
    return events.codes == estimator._signal_code


def learn_masses(estimator, events):
    """Note the masses of the signal.

    A network that is trained on keeps the scaling of its first fit; the range in which it was
    trained grows.

    Raises
    ------
    ValueError
        If there is no signal yet.
    """
    signal = is_signal(estimator, events)
    continued = estimator.__sklearn_is_fitted__()
    if not signal.any():
        if continued:
            return
        label = estimator.classes_.tolist()[estimator._signal_code]
        msg = (
            f"there are no events of class {label!r}, the signal; background gets its masses, so "
            "that some must be in the first call of partial_fit"
        )
        raise ValueError(msg)
    masses = events.x[PARAMETER][signal].astype(float)
    learnt = assignment.Masses.of(masses, weights_in_batches(estimator, events)[signal])
    estimator.parameter_values_ = learnt.values
    estimator.parameter_frequencies_ = learnt.frequencies
    if estimator.assignment == "oversample":
        cure = 'use assignment="identical", which draws from them'
        _hypotheses.check_listed(learnt.values, estimator.parameter_names_, cure)
    learn_range(estimator, learnt, continued=continued)


def learn_range(estimator, masses, *, continued):
    """Note the range of training, and in a first fit the one that the network scales by."""
    low, high = masses.low, masses.high
    if continued:
        low = np.minimum(low, estimator.parameter_range_[:, 0])
        high = np.maximum(high, estimator.parameter_range_[:, 1])
    found = np.stack([low, high], axis=1)
    if continued and np.array_equal(found, estimator.parameter_range_):
        return
    estimator.parameter_range_ = found
    _mass_warnings.forget(estimator)
    if not continued:
        estimator._parameter_scale = found


def masses_of(estimator):
    """The masses of the signal in fit."""
    return assignment.Masses(estimator.parameter_values_, estimator.parameter_frequencies_)


def in_groups(estimator, events, *, drawn, part=""):
    """`events` with weights such that the groups of a class, masses or processes, weigh alike.

    Parameters
    ----------
    estimator : ParametricClassifier
    events : Events
    drawn : bool
        Whether batches are drawn with equal numbers of events of each group, whose mean weight is
        then to be one; else it is the sums of weights that are to be equal.
    part : str
        Of which events, for error messages.
    """
    events = with_processes(events)
    if estimator.batch_sampler not in BY_GROUP:
        return events
    check_groups(estimator, events, drawn=drawn)
    groups, name = groups_and_names(estimator, events)
    factors = group_factors(groups, events.weights, lambda group: name(group) + part)
    if not drawn:
        # the groups of a class share what the class has
        codes = events.codes[np.unique(groups, return_index=True)[1]]
        totals = np.bincount(events.codes, weights=events.weights)
        factors *= (totals / np.bincount(codes))[codes] / np.bincount(groups)
    return replace(events, weights=events.weights * factors[groups])


def check_groups(estimator, events, *, drawn):
    """Raise if a class that is to be drawn has no events, or background has no process.

    Raises
    ------
    ValueError
    """
    counts = np.bincount(events.codes, minlength=len(estimator.classes_))
    if drawn and not counts.all():
        label = estimator.classes_.tolist()[int(np.argmin(counts))]
        msg = (
            f'batch_sampler="{estimator.batch_sampler}" draws equal numbers of events of every '
            f"class, and class {label!r} has none"
        )
        raise ValueError(msg)
    if estimator.batch_sampler != "process":
        return
    background = ~is_signal(estimator, events)
    missing = int(np.sum(events.groups[background] == ""))
    if missing:
        msg = (
            f"process_column={estimator.process_column!r} has no value in {missing} of "
            f'{int(background.sum())} background events; batch_sampler="process" needs one for each'
        )
        raise ValueError(msg)


def assigned(estimator, events, seed, stream):
    """`events` with masses for background."""
    if estimator.assignment == "oversample":
        drawn = stream == assignment.TRAINING and estimator.batch_sampler is not None
        return oversampled(estimator, events, drawn=drawn)
    background = ~is_signal(estimator, events)
    values = events.x[PARAMETER].copy()
    draw = assignment.drawer(estimator.assignment, masses_of(estimator), ranges(estimator))
    values[background] = draw(int(background.sum()), assignment.random(seed, stream))
    return replace(events, x={**events.x, PARAMETER: values})


def oversampled(estimator, events, *, drawn):
    """`events` with every background event at every mass; `drawn` as in :func:`in_groups`."""
    signal = is_signal(estimator, events)
    rows, masses, share = assignment.oversampled(signal, masses_of(estimator))
    # more rows are drawn for an event that has more; else the loss is divided by their number, and
    # the mean weight is to stay what it was
    share *= np.bincount(rows)[rows] if drawn else len(rows) / len(signal)
    events = events.at(rows)
    values = events.x[PARAMETER]
    values = np.where(np.isnan(masses), values, masses).astype(values.dtype)
    return replace(events, x={**events.x, PARAMETER: values}, weights=events.weights * share)


def ranges(estimator):
    """`mass_range` with one pair per parameter, or None."""
    if estimator.mass_range is None:
        return None
    n_parameters = estimator.parameter_values_.shape[1]
    given = _hypotheses.finite_numbers(estimator.mass_range)
    known = (2,) if n_parameters == 1 else (n_parameters, 2)
    if given is not None and given.shape in (known, (n_parameters, 2)):
        given = given.reshape(n_parameters, 2)
        if (given[:, 0] < given[:, 1]).all():
            return given
    msg = (
        f"mass_range={estimator.mass_range!r} must be (low, high) with low < high, finite numbers, "
        f"for each of {estimator.parameter_names_}"
    )
    raise ValueError(msg)


def redraw(estimator, events, seed):
    """What draws masses anew before each epoch, or None if they stay."""
    if estimator.resample == "never" or estimator.assignment == "oversample":
        return None
    draw = assignment.drawer(estimator.assignment, masses_of(estimator), ranges(estimator))
    rows = np.flatnonzero(~is_signal(estimator, events))
    values = events.x[PARAMETER].copy()

    def redrawn(epoch, source):
        values[rows] = draw(len(rows), assignment.random(seed, assignment.TRAINING, epoch))
        x, y, weights = source.data
        on_device = isinstance(x[PARAMETER], tf.Tensor)
        # TensorFlow may share the memory of an array, which is written to again
        new = tf.constant(values) if on_device else values.copy()
        source.data = ({**x, PARAMETER: new}, y, weights)

    return redrawn


def groups_and_names(estimator, events):
    """Group number of each event, and a function from a group to its name."""
    signal = is_signal(estimator, events)
    codes = _hypotheses.distinct(events.x[PARAMETER][signal])[1]
    processes = events.groups if estimator.batch_sampler == "process" else None
    groups = groups_of(
        estimator.batch_sampler, events.codes, estimator._signal_code, codes, processes
    )
    first = np.unique(groups, return_index=True)[1]

    def name(group):
        event = first[group]
        label = estimator.classes_[events.codes[event]]
        if signal[event]:
            value = events.x[PARAMETER][event].tolist()
            return f"signal at {dict(zip(estimator.parameter_names_, value, strict=True))}"
        of = "" if processes is None else f", process {processes[event]!r}"
        return f"class {label!r}{of}"

    return groups, name


def weights_in_batches(estimator, events):
    """Weights as they count in an epoch: a group that is drawn more often counts more."""
    if estimator.batch_sampler not in BY_GROUP:
        return events.weights
    groups, _ = groups_and_names(estimator, events)
    return events.weights / np.bincount(groups, weights=events.weights)[groups]


def warn_of_leak(estimator, events, seed):
    """Warn if the mass alone separates signal from background."""
    signal = is_signal(estimator, events)
    if signal.all() or not signal.any():
        # some calls of partial_fit
        return
    weights = weights_in_batches(estimator, events)
    leak = mass_leak(events.x[PARAMETER], signal, weights, seed)
    estimator.mass_leak_ = leak.auc
    if not leak.found:
        return
    n_values = len(estimator.parameter_values_)
    _mass_warnings.warn(
        f"{estimator.parameter_names_} alone separate signal from background: the likelihood ratio "
        f"of their values has an AUC of {leak.auc:.3f} (0.5 without a leak, tolerated are "
        f"{leak.threshold:.3f}). Signal has {n_values} distinct values, and background got others "
        f"by assignment={estimator.assignment!r}: the network can learn where signal was "
        'simulated instead of what it looks like. assignment="identical" gives background the '
        "masses of the signal with their frequencies; so does smearing the mass of the signal "
        "over the range",
        MassLeakWarning,
    )
