"""Files of events in, tables out: ROOT, Parquet, Feather, HDF5, CSV and npz."""

from __future__ import annotations

from skhep_nn import _lazy

__getattr__, __dir__, __all__ = _lazy.attach(
    __name__,
    {
        "._match": ["label_selected"],
        "._open": ["open_events"],
        "._read": ["iterate_events", "read_events"],
    },
)
