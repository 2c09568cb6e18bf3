"""Yields and significance of every bin of the score."""

from __future__ import annotations

import numpy as np

from skhep_nn.plotting import _score_bins, _style


def draw(axes, binned):
    """Draw a BinnedSignificance: yields above, the significance of each bin below."""
    top, bottom = axes
    templates = binned.templates
    relative = np.hypot(
        templates.systematic, binned.background_error / np.maximum(binned.background, 1e-300)
    )
    _score_bins.draw_stack(top, templates, relative * binned.background)
    _score_bins.logarithmic(top, templates)
    look = _style.looks(1)[0]
    at = _score_bins.positions(len(binned.edges) - 1)
    bottom.stairs(binned.bin_significance, at, fill=True, color=look.color, alpha=0.6)
    bottom.set_ylabel("Significance of the bin")
    bottom.set_ylim(
        min(0.0, 1.1 * binned.bin_significance.min()), 1.15 * binned.bin_significance.max()
    )
    _score_bins.name_edges(bottom, binned.edges)
    error = "" if np.isnan(binned.standard_error) else f" ± {binned.standard_error:.2g}"
    top.plot([], [], " ", label=f"all bins: {binned.significance:.4g}{error}")
    _style.legend_above(top, 2)
