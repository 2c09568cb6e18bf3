"""Fitted models at work: scoring files of any length."""

from __future__ import annotations

from skhep_nn import _lazy

__getattr__, __dir__, __all__ = _lazy.attach(__name__, {"._apply": ["ApplySummary", "apply"]})
