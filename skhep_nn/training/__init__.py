"""Training on TensorFlow: batches, weights, the compiled epoch, best epoch, progress.

Nothing here knows scikit-learn's estimators; :mod:`skhep_nn.estimators` puts them on the outside.
Little of it is public: what trains is a classifier.
"""

from __future__ import annotations

import skhep_nn._tensorflow  # noqa: F401  (before anything that imports it with its notes)
from skhep_nn import _lazy

__getattr__, __dir__, __all__ = _lazy.attach(
    __name__,
    {
        "._pool": ["clear_pool"],
        "._pruning": ["PruningCallback"],
        "._schedule": ["inverse_time"],
    },
)
