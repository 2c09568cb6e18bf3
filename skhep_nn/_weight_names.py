"""Columns that are called like event weights, and are taken for features."""

from __future__ import annotations

import re

from skhep_nn._warnings import warn

# Names of columns that hold event weights rather than features.
WEIGHT_LIKE = re.compile(r"(^|_)weights?$", re.IGNORECASE)


def warn_of_weights(fitted, message):
    """Warn of each feature that is called like a weight.

    Parameters
    ----------
    fitted : FittedColumns
    message : str
        What is done to it and what to do, with ``{name!r}`` in the place of its name.
    """
    for at in fitted.required if fitted.names is not None else ():
        name = fitted.names[at]
        if WEIGHT_LIKE.search(str(name)):
            warn(message.format(name=name))
