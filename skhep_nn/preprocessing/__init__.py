"""Transformers between the table of events and the network: scaling and event weights."""

from __future__ import annotations

from skhep_nn import _lazy

__getattr__, __dir__, __all__ = _lazy.attach(
    __name__,
    {
        "._balancer": ["EventWeightBalancer"],
        "._minmax": ["MinMaxScaler"],
    },
)
