"""Functions that build Keras networks: what comes in and hyper-parameters, to a ``keras.Model``."""

from __future__ import annotations

import skhep_nn._tensorflow  # noqa: F401  (before anything that imports it with its notes)
from skhep_nn import _lazy

__getattr__, __dir__, __all__ = _lazy.attach(
    __name__,
    {
        "._blocks": ["blocks"],
        "._dense": ["dense"],
        "._parametric": ["parametric"],
    },
)
