"""Training on TensorFlow: batches, weights, the compiled epoch, best epoch, progress.

Nothing here knows scikit-learn's estimators; :mod:`skhep_nn.estimators` puts them on the outside.
"""

from __future__ import annotations

import skhep_nn._tensorflow  # noqa: F401  (before anything that imports it with its notes)
from skhep_nn import _lazy

__getattr__, __dir__, __all__ = _lazy.attach(
    __name__,
    {
        "._checkpoint": ["Checkpoint", "digest"],
        "._engine": ["Engine"],
        "._jit": ["Blueprint", "choose"],
        "._loop": ["train"],
        "._plan": ["Outcome", "Plan", "auto_epochs"],
        "._pool": ["POOL", "EnginePool"],
        "._schedule": ["Cosine", "Plateau", "inverse_time"],
        "._source": ["ArraySource"],
        "._stream": ["StreamSource"],
    },
)
