"""Which events are trained on, and which are for validation."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from skhep_nn import _weights
from skhep_nn.estimators._fit import _weighing
from skhep_nn.estimators._fit._events import has_every_class, has_every_stratum
from skhep_nn.estimators._fit._sample import check_every_class

# From this number of events a validation sample is worth more than the events that it costs.
AUTO_EARLY_STOPPING = 1_000


def parts(settings, learnt, events, given, seed, member=None):
    """Training and validation events; the second may be None.

    Parameters
    ----------
    settings : Settings
    learnt : Learnt
    events : Events
    given : Events or None
        Validation events of the user's.
    seed : int
    member : Member, optional
        Of an ensemble, each of which has another part for validation.
    """
    if given is not None:
        return events, given
    fraction = settings.get("validation_split", 0.0)
    if fraction:
        train, held_out = tail(events, fraction)
        what = f"last events (validation_split={fraction})"
        check_every_class(held_out.codes, learnt.classes_, what)
        return train, held_out
    if not _splits(settings, events, learnt.classes_):
        return events, None
    if member is None:
        train, held_out = split(events, settings.validation_fraction, seed)
    else:
        train, held_out = fold(events, member.number, member.of)
    asked_for = settings.early_stopping != "auto" or held_out is None
    if asked_for or _may_split(settings, learnt, train, held_out):
        return train, held_out
    return events, None


def _splits(settings, events, classes):
    """Whether a validation sample is split off: not for a rate that falls to 0 by itself."""
    if settings.early_stopping == "auto" and settings.learning_rate_schedule == "cosine":
        return False
    return wants_split(settings.early_stopping, events.codes, classes)


def _may_split(settings, learnt, train, held_out):
    """Whether a split that nobody asked for leaves weight where both parts need some."""
    if not has_every_class(train, held_out) or train.strata is None:
        return has_every_class(train, held_out)
    weights = _weighing.treated(settings, learnt, train)
    return has_every_stratum(replace(train, weights=weights), held_out)


def wants_split(early_stopping, codes, classes):
    """Whether a validation sample is to be split off.

    Raises
    ------
    ValueError
        If it is asked for and a class cannot be split.
    """
    counts = np.bincount(codes, minlength=len(classes))
    rarest = int(np.argmin(counts))
    if early_stopping == "auto":
        return counts[rarest] >= 2 and len(codes) >= AUTO_EARLY_STOPPING
    if early_stopping and counts[rarest] < 2:
        msg = (
            "early_stopping=True needs at least two events of every class, one to train and one "
            f"to validate; class {classes.tolist()[rarest]!r} has {counts[rarest]}; give X_val and "
            "y_val, or early_stopping=False"
        )
        raise ValueError(msg)
    return bool(early_stopping)


def split(events, fraction, seed):
    """A stratified, shuffled split into training and validation events.

    Every class has events in both parts, even one that is rarer than ``1 / fraction``.

    Returns
    -------
    tuple of Events
    """
    held_out = _held_out(events, fraction, seed)
    return events.at(np.flatnonzero(~held_out)), events.at(np.flatnonzero(held_out))


def fold(events, number, of):
    """Training events, and one of several parts of every class that are all events together.

    The parts are the same whoever asks: they depend on the events' classes alone.

    Parameters
    ----------
    events : Events
    number, of : int
        The part, from 0, and how many there are.

    Returns
    -------
    tuple of Events
        The second is None where a class has too few events, or no positive weight in a part.
    """
    rng, part = np.random.default_rng(of), np.zeros(len(events), dtype=int)
    for code in np.unique(events.codes):
        rows = np.flatnonzero(events.codes == code)
        part[rng.permutation(rows)] = np.arange(len(rows)) % of
    both = [events.at(np.flatnonzero(part != number)), events.at(np.flatnonzero(part == number))]
    n_classes = int(events.codes.max()) + 1
    sums = [_weights.class_sums(p.codes, p.weights, n_classes) for p in both]
    present = np.bincount(events.codes, minlength=n_classes) > 0
    return tuple(both) if all((s[present] > 0).all() for s in sums) else (events, None)


def tail(events, fraction):
    """The last events as validation events, unshuffled, as Keras' ``validation_split``."""
    cut = int(len(events) * (1 - fraction))
    return events.at(slice(cut)), events.at(slice(cut, None))


def _held_out(events, fraction, seed):
    rng = np.random.default_rng(seed)
    held_out = np.zeros(len(events), dtype=bool)
    for code in np.unique(events.codes):
        rows = np.flatnonzero(events.codes == code)
        n_validation = min(max(1, round(fraction * len(rows))), len(rows) - 1)
        held_out[rng.permutation(rows)[:n_validation]] = True
    return held_out
