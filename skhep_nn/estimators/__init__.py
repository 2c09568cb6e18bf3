"""Classifiers: scikit-learn on the outside, networks and training inside."""

from __future__ import annotations

from skhep_nn import _lazy

__getattr__, __dir__, __all__ = _lazy.attach(
    __name__,
    {
        "._base": ["KerasClassifier"],
        "._dense": ["DenseClassifier"],
    },
    first="skhep_nn._tensorflow",
)
