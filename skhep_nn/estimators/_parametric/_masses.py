"""The masses of the signal, and those that background events are given."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import tensorflow as tf

from skhep_nn import _hypotheses
from skhep_nn.estimators._parametric import _assignment
from skhep_nn.estimators._parametric._groups import is_signal, weights_in_batches
from skhep_nn.networks._parametric import PARAMETER


def learn_masses(settings, learnt, events):
    """With the masses of the signal.

    A network that is trained on keeps the scaling of its first fit; the range in which it was
    trained grows.

    Parameters
    ----------
    settings : Settings
    learnt : Learnt
    events : Events
        For training.

    Returns
    -------
    Learnt

    Raises
    ------
    ValueError
        If there is no signal yet.
    """
    signal = is_signal(learnt, events)
    if not signal.any():
        if hasattr(learnt, "network_"):
            return learnt
        label = learnt.classes_.tolist()[learnt._signal_code]
        msg = (
            f"there are no events of class {label!r}, the signal; background gets its masses, so "
            "that some must be in the first call of partial_fit"
        )
        raise ValueError(msg)
    values = events.x[PARAMETER][signal].astype(float)
    masses = _assignment.Masses.of(values, weights_in_batches(events)[signal])
    if settings.assignment == "oversample":
        cure = 'use assignment="identical", which draws from them'
        _hypotheses.check_listed(masses.values, learnt.parameter_names_, cure)
    learnt = learnt.also(parameter_values_=masses.values, parameter_frequencies_=masses.frequencies)
    return _with_range(learnt, masses)


def assigned(settings, learnt, events, seed, stream):
    """`events` with masses for background.

    Parameters
    ----------
    settings : Settings
    learnt : Learnt
    events : Events
    seed : int
    stream : {TRAINING, VALIDATION}
        Of random numbers.
    """
    if settings.assignment == "oversample":
        drawn = stream == _assignment.TRAINING and settings.batch_sampler is not None
        return _oversampled(learnt, events, drawn=drawn)
    background = ~is_signal(learnt, events)
    values = events.x[PARAMETER].copy()
    draw = _drawer(settings, learnt)
    values[background] = draw(int(background.sum()), _assignment.random(seed, stream))
    return replace(events, x={**events.x, PARAMETER: values})


def redrawn(settings, learnt, events, seed):
    """`events`, whose masses of background are drawn anew before each epoch, unless they stay."""
    if settings.resample == "never" or settings.assignment == "oversample":
        return events
    draw = _drawer(settings, learnt)
    rows = np.flatnonzero(~is_signal(learnt, events))
    values = events.x[PARAMETER].copy()

    def redraw(epoch, source):
        generator = _assignment.random(seed, _assignment.TRAINING, epoch)
        values[rows] = draw(len(rows), generator)
        x, y, weights = source.data
        on_device = isinstance(x[PARAMETER], tf.Tensor)
        # TensorFlow may share the memory of an array, which is written to again
        new = tf.constant(values) if on_device else values.copy()
        source.data = ({**x, PARAMETER: new}, y, weights)

    return replace(events, redraw=redraw)


def _with_range(learnt, masses):
    """With the range of training, and in a first fit the one that the network scales by."""
    continued = hasattr(learnt, "network_")
    low, high = masses.low, masses.high
    if continued:
        low = np.minimum(low, learnt.parameter_range_[:, 0])
        high = np.maximum(high, learnt.parameter_range_[:, 1])
    found = np.stack([low, high], axis=1)
    if not continued:
        return learnt.also(parameter_range_=found, _parameter_scale=found)
    if np.array_equal(found, learnt.parameter_range_):
        return learnt
    return learnt.also(parameter_range_=found)


def _oversampled(learnt, events, *, drawn):
    """`events` with every background event at every mass.

    Parameters
    ----------
    learnt : Learnt
    events : Events
    drawn : bool
        Whether batches are drawn with equal numbers of events of each group.
    """
    signal = is_signal(learnt, events)
    rows, masses, share = _assignment.oversampled(signal, _masses(learnt))
    # more rows are drawn for an event that has more; else the loss is divided by their number, and
    # the mean weight is to stay what it was
    share *= np.bincount(rows)[rows] if drawn else len(rows) / len(signal)
    events = events.at(rows)
    values = events.x[PARAMETER]
    values = np.where(np.isnan(masses), values, masses).astype(values.dtype)
    return replace(events, x={**events.x, PARAMETER: values}, weights=events.weights * share)


def _drawer(settings, learnt):
    return _assignment.drawer(settings.assignment, _masses(learnt), _ranges(settings, learnt))


def _masses(learnt):
    return _assignment.Masses(learnt.parameter_values_, learnt.parameter_frequencies_)


def _ranges(settings, learnt):
    """`mass_range` with one pair per parameter, or None."""
    if settings.mass_range is None:
        return None
    n_parameters = learnt.parameter_values_.shape[1]
    given = _hypotheses.finite_numbers(settings.mass_range)
    known = (2,) if n_parameters == 1 else (n_parameters, 2)
    if given is not None and given.shape in (known, (n_parameters, 2)):
        given = given.reshape(n_parameters, 2)
        if (given[:, 0] < given[:, 1]).all():
            return given
    msg = (
        f"mass_range={settings.mass_range!r} must be (low, high) with low < high, finite numbers, "
        f"for each of {learnt.parameter_names_}"
    )
    raise ValueError(msg)
