"""Memory-mapped arrays on disk, for training samples larger than memory."""

from __future__ import annotations

from skhep_nn import _lazy

__getattr__, __dir__, __all__ = _lazy.attach(
    __name__,
    {
        "._append": ["append_to_cache"],
        "._build": ["build_cache"],
        "._memmap_cache": ["MemmapCache"],
        "._open": ["open_cache"],
        "._smartbkg": ["open_smartbkg_memmap"],
    },
)
