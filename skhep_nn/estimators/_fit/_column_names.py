"""Columns that are called like an event weight or an event number, and are used as features."""

from __future__ import annotations

import re

import numpy as np

from skhep_nn import _columns
from skhep_nn._warnings import warn

# Names of columns that hold event weights rather than features.
WEIGHT_LIKE = re.compile(r"(^|_)weights?$", re.IGNORECASE)
# eventNumber, evt_id, EventID, entry, mc_event_number, and what pandas and ROOT call an index
NUMBER_LIKE = re.compile(
    r"(^|_|\.)(event|evt|entry|row)_?(number|num|no|nr|id|idx|index)?_*$"
    r"|^_*(index|id|idx|level_\d|unnamed: \d+|index_level_\d|rdfentry)_*$",
    re.IGNORECASE,
)
# events that are looked at: enough to tell a number of jets from a number of the event
SEEN = 100_000


def warn_of_weights(fitted):
    """Warn of a feature that is called like a weight: it may give the labels away.

    Parameters
    ----------
    fitted : FittedColumns
    """
    for at in _features(fitted, WEIGHT_LIKE):
        name = fitted.names[at]
        warn(
            f"column {name!r} is used as a feature; if it holds event weights, say so by "
            f"weight_column={name!r}, if it is not for training by exclude=[{name!r}]"
        )


def warn_of_numbers(fitted, X):
    """Warn of a feature that is called like an event number, and differs from event to event.

    Parameters
    ----------
    fitted : FittedColumns
    X : DataFrame, array or EventBlocks
    """
    for at in _features(fitted, NUMBER_LIKE):
        name, values = fitted.names[at], np.asarray(_columns.take_at(_first_events(X), at))
        is_number = values.ndim == 1 and values.dtype.kind in "iuf"
        n_different = len(np.unique(values)) if is_number else 0
        if n_different > max(len(values) // 2, 1):
            warn(
                f"column {name!r} is used as a feature, and looks like the number of the event "
                f"({n_different} different values in {len(values)} events), from which a network "
                f"learns in which file an event was; leave it out by exclude=[{name!r}]"
            )


def _features(fitted, pattern):
    """Positions of the features of such a name."""
    if fitted.names is None:
        return []
    return [at for at in fitted.required if pattern.search(str(fitted.names[at]))]


def _first_events(X):
    return _columns.rows(X, slice(SEEN))
