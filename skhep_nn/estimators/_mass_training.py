"""What a parametric classifier does to its events before and during training."""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np
import tensorflow as tf

from skhep_nn.estimators import _mass_assignment as assignment
from skhep_nn.estimators._events import Events
from skhep_nn.estimators._mass_batches import group_factors, groups_of
from skhep_nn.estimators._mass_columns import check_hypotheses
from skhep_nn.estimators._mass_leak import mass_leak
from skhep_nn.exceptions import MassLeakWarning
from skhep_nn.networks._parametric import PARAMETER

BY_GROUP = ("mass", "process")
# Where the processes travel with the inputs until they become groups.
PROCESS = "process"
FINITE_SIGNAL = "every signal event needs its mass; background events need none"


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
    learn_masses(estimator, train)
    train = assigned(estimator, train, seed, assignment.TRAINING)
    warn_of_leak(estimator, train, seed)
    if held_out is not None:
        held_out = in_groups(estimator, held_out, drawn=False)
        held_out = assigned(estimator, held_out, seed, assignment.VALIDATION)
    return train, held_out


def unweighted(x, codes):
    """Events that all weigh the same."""
    return Events(x, codes, np.ones(len(codes)))


def is_signal(estimator, events):
    """Which events are signal."""
    return events.codes == estimator._signal_code


def learn_masses(estimator, events):
    """Note the masses of the signal; a network that is trained on keeps the range that it has."""
    signal = is_signal(estimator, events)
    continued = estimator.__sklearn_is_fitted__()
    if continued and not signal.any():
        return
    masses = events.x[PARAMETER][signal].astype(float)
    learnt = assignment.Masses.of(masses, weights_in_batches(estimator, events)[signal])
    estimator.parameter_values_ = learnt.values
    estimator.parameter_frequencies_ = learnt.frequencies
    if not continued:
        estimator.parameter_range_ = np.stack([learnt.low, learnt.high], axis=1)


def masses_of(estimator):
    """The masses of the signal in fit."""
    return assignment.Masses(estimator.parameter_values_, estimator.parameter_frequencies_)


def in_groups(estimator, events, *, drawn):
    """`events` with weights such that the groups of a class, masses or processes, weigh alike.

    Parameters
    ----------
    estimator : ParametricClassifier
    events : Events
    drawn : bool
        Whether batches are drawn with equal numbers of events of each group, whose mean weight is
        then to be one; else it is the sums of weights that are to be equal.
    """
    if PROCESS in events.x:
        inputs = {name: array for name, array in events.x.items() if name != PROCESS}
        events = replace(events, x=inputs, groups=events.x[PROCESS])
    if estimator.batch_sampler not in BY_GROUP:
        return events
    groups, name = groups_and_names(estimator, events)
    factors = group_factors(groups, events.weights, name)
    if not drawn:
        # the groups of a class share what the class has
        codes = events.codes[np.unique(groups, return_index=True)[1]]
        totals = np.bincount(events.codes, weights=events.weights)
        factors *= (totals / np.bincount(codes))[codes] / np.bincount(groups)
    return replace(events, weights=events.weights * factors[groups])


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
    if drawn:
        # more rows are drawn for an event that has more
        share *= np.bincount(rows)[rows]
    events = events.at(rows)
    values = events.x[PARAMETER]
    values = np.where(np.isnan(masses), values, masses).astype(values.dtype)
    return replace(events, x={**events.x, PARAMETER: values}, weights=events.weights * share)


def ranges(estimator):
    """`mass_range` with one pair per parameter, or None."""
    if estimator.mass_range is None:
        return None
    n_parameters = estimator.parameter_values_.shape[1]
    given = np.asarray(estimator.mass_range, dtype=float).reshape(-1, 2)
    if len(given) != n_parameters or not (given[:, 0] < given[:, 1]).all():
        msg = (
            f"mass_range={estimator.mass_range!r} must be (low, high) with low < high for each of "
            f"{estimator.parameter_names_}"
        )
        raise ValueError(msg)
    return given


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
    codes = assignment.distinct(events.x[PARAMETER][signal])[1]
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
    warnings.warn(
        f"{estimator.parameter_names_} alone separate signal from background: the likelihood ratio "
        f"of their values has an AUC of {leak.auc:.3f} (0.5 without a leak, tolerated are "
        f"{leak.threshold:.3f}). Signal has {n_values} distinct values, and background got others "
        f"by assignment={estimator.assignment!r}: the network can learn where signal was "
        'simulated instead of what it looks like. assignment="identical" gives background the '
        "masses of the signal with their frequencies; so does smearing the mass of the signal "
        "over the range",
        MassLeakWarning,
        stacklevel=2,
    )
