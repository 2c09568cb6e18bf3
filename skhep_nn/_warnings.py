"""Warnings that point to the line of the user, however deep inside they arise."""

from __future__ import annotations

import sys
import warnings

# Packages whose lines say nothing to the user.
INSIDE = ("skhep_nn", "sklearn", "joblib")


def warn(message, category=UserWarning):
    """Warn at the line that called into the package, however deep it is called from."""
    level, frame = 2, sys._getframe(1)
    while frame is not None and frame.f_globals.get("__name__", "").partition(".")[0] in INSIDE:
        level, frame = level + 1, frame.f_back
    # the first level counted is that of this function
    warnings.warn(message, category, stacklevel=level - 1 if frame is None else level)
