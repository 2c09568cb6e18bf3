"""Columns that are called like an event number, and are used as features."""

from __future__ import annotations

import re

import numpy as np

from skhep_nn import _columns
from skhep_nn._warnings import warn
from skhep_nn.exceptions import FeatureWarning

# eventNumber, evt_id, EventID, entry, mc_event_number, and what pandas and ROOT call an index
NUMBER_LIKE = re.compile(
    r"(^|_|\.)(event|evt|entry|row)_?(number|num|no|nr|id|idx|index)?_*$"
    r"|^_*(index|id|idx|level_\d|unnamed: \d+|index_level_\d|rdfentry)_*$",
    re.IGNORECASE,
)
# events that are looked at: enough to tell a number of jets from a number of the event
SEEN = 100_000
# Of integers that were scaled, at least one of so many is there: single precision has a smallest
# difference, too, but hardly any of its numbers is in a sample.
STEPS_PER_VALUE, OFF_STEP = 20, 0.2


def warn_of_numbers(fitted, X):
    """Warn of a feature that is called like an event number, and differs from event to event.

    Parameters
    ----------
    fitted : FittedColumns
    X : DataFrame, array or EventBlocks
    """
    for at in named_as_numbers(fitted):
        name, values = fitted.names[at], np.asarray(_columns.take_at(_first_events(X), at))
        is_number = values.ndim == 1 and values.dtype.kind in "iuf"
        different = np.unique(values) if is_number else values[:0]
        n_different = len(different)
        if n_different > max(len(values) // 2, 1) and _may_count(values, different):
            warn(
                f"column {name!r} is used as a feature, and looks like the number of the event "
                f"({n_different} different values in {len(values)} events), from which a network "
                f"learns in which file an event was; leave it out by exclude=[{name!r}]",
                FeatureWarning,
            )


def named_as_numbers(fitted):
    """Positions of features that are called like an event number."""
    if fitted.names is None:
        return []
    return [at for at in fitted.required if NUMBER_LIKE.search(str(fitted.names[at]))]


def _may_count(values, different):
    """Whether values are integers, as they are or scaled, or rise or fall from event to event.

    A measured fraction (of refraction an index) does neither.
    """
    different = different[np.isfinite(different)]
    if len(different) < 2 or (different % 1 == 0).all():
        return True
    differences = np.diff(values.astype(float))
    return (differences > 0).all() or (differences < 0).all() or _are_spaced(different)


def _are_spaced(different):
    """Whether what lies between sorted values are small numbers of equal steps."""
    gaps = np.diff(different.astype(float))
    steps = np.rint(gaps / gaps.min())
    if steps.sum() > STEPS_PER_VALUE * len(different):
        return False
    return bool((np.abs(gaps * steps.sum() / gaps.sum() - steps) < OFF_STEP).all())


def _first_events(X):
    return _columns.rows(X, slice(SEEN))
