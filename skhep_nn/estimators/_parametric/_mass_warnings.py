"""Warnings of parametric networks."""

from __future__ import annotations

import weakref

import numpy as np

from skhep_nn._warnings import warn
from skhep_nn.estimators._parametric import _columns as _mass_columns
from skhep_nn.exceptions import ExtrapolationWarning

# Classifiers that have warned of a mass outside their range, with that range.
_WARNED = weakref.WeakKeyDictionary()


def warn_outside(classifier, values, what):
    """Warn, once per range, of hypotheses outside that in which the network was trained.

    Parameters
    ----------
    classifier : ParametricClassifier
    values : ndarray of shape (n, n_parameters)
    what : str
        What has these values, e.g. ``"events"``.
    """
    trained = classifier.parameter_range_
    low, high = trained.T
    counts = _mass_columns.outside(_mass_columns.as_read(values), low, high)
    # each fit notes a range anew, so that after it there is a warning again
    if not counts.any() or _WARNED.get(classifier) is trained:
        return
    _WARNED[classifier] = trained
    at = int(np.argmax(counts > 0))
    column = _mass_columns.as_read(values)[:, at]
    first = column[(column < low[at]) | (column > high[at])][0]
    warn(
        f"{classifier.parameter_names_[at]!r} is outside the range of training, "
        f"[{low[at]:g}, {high[at]:g}], in {counts[at]} of {len(values)} {what}, "
        f"the first at {first:g}: "
        f"{type(classifier).__name__} extrapolates (this warning comes once)",
        ExtrapolationWarning,
    )
