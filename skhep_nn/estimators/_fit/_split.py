"""Which events are trained on, and which are for validation."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from skhep_nn import _weights
from skhep_nn._pieces import pieces
from skhep_nn.estimators._fit import _weighing
from skhep_nn.estimators._fit._events import has_every_stratum
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
    asked_for = settings.early_stopping != "auto"
    if member is None:
        inside = drawn(events, settings.validation_fraction, seed)
    else:
        inside = in_fold(events, member.number, member.of)
        asked_for = asked_for and has_weights(events, inside)
    if asked_for or _may_split(settings, learnt, events, inside):
        return events.parted(inside)
    return events, None


def _splits(settings, events, classes):
    """Whether a validation sample is split off: not for a rate that falls to 0 by itself."""
    if settings.early_stopping == "auto" and settings.learning_rate_schedule == "cosine":
        return False
    return wants_split(settings.early_stopping, events.codes, classes)


def _may_split(settings, learnt, events, inside):
    """Whether a split that nobody asked for leaves weight where both parts need some."""
    if not has_weights(events, inside) or events.strata is None:
        return has_weights(events, inside)
    train, held_out = events.parted(inside)
    weights = _weighing.treated(settings, learnt, train)
    return has_every_stratum(replace(train, weights=weights), held_out)


def wants_split(early_stopping, codes, classes):
    """Whether a validation sample is to be split off.

    Raises
    ------
    ValueError
        If it is asked for and a class cannot be split.
    """
    counts = _weights.class_counts(codes, len(classes))
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


def drawn(events, fraction, seed):
    """A mask of validation events, drawn from everywhere.

    Every class has events inside and outside, even one that is rarer than ``1 / fraction``.
    """
    rng = np.random.default_rng(seed)
    inside = np.zeros(len(events), dtype=bool)
    counts = _weights.class_counts(events.codes, int(events.codes.max()) + 1)
    wanted = np.minimum(np.maximum(1, np.round(fraction * counts)), counts - 1).astype(int)
    seen, done = np.zeros_like(counts), np.zeros_like(counts)
    for piece, code, rows in _by_class(events.codes, counts):
        seen[code] += len(rows)
        # in whole numbers of Python's, which have no largest one
        now = int(wanted[code]) * int(seen[code]) // int(counts[code])
        inside[piece][rng.permutation(rows)[: now - done[code]]] = True
        done[code] = now
    return inside


def in_fold(events, number, of):
    """A mask of one of several parts of every class, which are all events together.

    The parts are the same whoever asks: they depend on the events' classes alone.

    Parameters
    ----------
    events : Events
    number, of : int
        The part, from 0, and how many there are.
    """
    rng, inside = np.random.default_rng(of), np.zeros(len(events), dtype=bool)
    counts = _weights.class_counts(events.codes, int(events.codes.max()) + 1)
    dealt = np.zeros_like(counts)
    for piece, code, rows in _by_class(events.codes, counts):
        part = (dealt[code] + np.arange(len(rows))) % of
        inside[piece][rng.permutation(rows)] = part == number
        dealt[code] += len(rows)
    return inside


def has_weights(events, inside):
    """Whether each class has a positive sum of weights inside and outside of a mask."""
    counts = _weights.class_counts(events.codes, int(events.codes.max()) + 1)
    sums = np.zeros((2, len(counts)))
    for piece in pieces(len(inside)):
        for side in (0, 1):
            here = inside[piece] == side
            codes, weights = events.codes[piece][here], events.weights[piece][here]
            sums[side] += _weights.class_sums(codes, weights, len(counts))
    return bool((sums[:, counts > 0] > 0).all())


def tail(events, fraction):
    """The last events as validation events, unshuffled, as Keras' ``validation_split``."""
    cut = int(len(events) * (1 - fraction))
    return events.at(slice(cut)), events.at(slice(cut, None))


def _by_class(codes, counts):
    """Pieces of the events, and the events of each class in them: (piece, class, numbers)."""
    for piece in pieces(len(codes)):
        here = codes[piece]
        for code in np.flatnonzero(counts):
            yield piece, code, np.flatnonzero(here == code)
