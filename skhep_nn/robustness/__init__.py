"""How a fitted model changes with its inputs: systematic variations, and what it relies on."""

from __future__ import annotations

from skhep_nn import _lazy

__getattr__, __dir__, __all__ = _lazy.attach(
    __name__,
    {
        "._gradients": ["gradient_importance"],
        "._importance": ["feature_importance"],
        "._results": ["FeatureImportance", "Variation", "Variations"],
        "._variations": ["evaluate_variations"],
    },
)
