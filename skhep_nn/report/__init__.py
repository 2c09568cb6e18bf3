"""One self-contained HTML file that says what a model is, and how far to trust it."""

from __future__ import annotations

from skhep_nn import _lazy

__getattr__, __dir__, __all__ = _lazy.attach(
    __name__,
    {
        "._contents": ["Picture", "Measured", "Missing", "Numbers", "Table", "Text"],
        "._report": ["Report"],
        "._section_table": ["SECTIONS", "Section"],
    },
)
