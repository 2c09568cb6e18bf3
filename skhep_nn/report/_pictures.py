"""Figures as SVG that needs nothing else and names no address."""

from __future__ import annotations

import io

from skhep_nn import _extras

# text as outlines: it looks the same wherever the file is opened
_RC = {"svg.fonttype": "path", "svg.hashsalt": "skhep_nn"}
_NO_METADATA = dict.fromkeys(("Creator", "Date", "Format", "Type"))


def svg_of(figure):
    """The SVG of a figure, which is closed; the background is that of the page."""
    plt = _extras.require("matplotlib.pyplot", "plot")
    file = io.BytesIO()
    with plt.rc_context(_RC):
        figure.savefig(file, format="svg", transparent=True, metadata=_NO_METADATA)
    plt.close(figure)
    return file.getvalue()
