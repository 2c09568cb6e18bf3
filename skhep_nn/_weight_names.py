"""Columns that are called like event weights, and are taken for features."""

from __future__ import annotations

import re

from skhep_nn._warnings import warn
from skhep_nn.exceptions import FeatureWarning

# Names of columns that hold event weights rather than features.
WEIGHT_LIKE = re.compile(r"(^|_)weights?$", re.IGNORECASE)


def warn_of_weights(fitted, message, *, meant=()):
    """Warn of each feature that is called like a weight.

    Parameters
    ----------
    fitted : FittedColumns
    message : str
        What is done to it and what to do, with ``{name!r}`` in the place of its name.
    meant : collection of str
        Names of features that the user has named as such.
    """
    for at in fitted.required if fitted.names is not None else ():
        name = fitted.names[at]
        if WEIGHT_LIKE.search(str(name)) and name not in meant:
            warn(message.format(name=name), FeatureWarning)
