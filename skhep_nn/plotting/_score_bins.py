"""Histograms of the bins of a score, every bin as wide as the others, and their uncertainties."""

from __future__ import annotations

import numpy as np

from skhep_nn.plotting import _style

_MOST_LABELS = 12
_BAND = {"facecolor": "none", "edgecolor": "0.3", "hatch": "////", "linewidth": 0}


def positions(n_bins):
    """Where the edges of the bins are drawn."""
    return np.arange(n_bins + 1) - 0.5


def draw_stack(ax, templates, error):
    """Backgrounds on each other, signal as a line over them, and a band of `error`.

    Parameters
    ----------
    ax : Axes
    templates : Templates
    error : ndarray of shape (n_bins,)
        Of all background.
    """
    at = positions(len(error))
    order = sorted(np.flatnonzero(~templates.is_signal), key=lambda k: templates.nominal[k].sum())
    signals = np.flatnonzero(templates.is_signal)
    looks = _style.looks(len(order) + len(signals))
    below = np.zeros(len(error))
    for k, look in zip(order, looks, strict=False):
        above = below + templates.nominal[k]
        # the line tells processes apart where colours do not
        style = {"facecolor": look.color, "edgecolor": "0.2", "linewidth": 0.6}
        ax.stairs(above, at, baseline=below, fill=True, label=templates.processes[k], **style)
        below = above
    for k, look in zip(signals, looks[len(order) :], strict=True):
        ax.stairs(
            templates.nominal[k],
            at,
            color=look.color,
            linewidth=2.0,
            linestyle="--",
            label=templates.processes[k],
        )
    ax.stairs(below + error, at, baseline=below - error, fill=True, label="uncertainty", **_BAND)


def logarithmic(ax, templates):
    """Yields over decades: from a third of the lowest that is drawn."""
    values = np.concatenate([templates.signal, templates.background])
    values = values[values > 0]
    ax.set_yscale("log")
    ax.set_ylim(values.min() / 3, values.max() * 3)
    ax.set_ylabel("Events per bin")


def name_edges(ax, edges):
    """Ticks at the edges, with their scores."""
    at = positions(len(edges) - 1)
    step = -(-len(edges) // _MOST_LABELS)
    ax.set_xlim(at[0], at[-1])
    ax.set_xticks(at[::step], [f"{edge:.3g}" for edge in edges[::step]])
    ax.set_xticks([], minor=True)
    ax.set_xlabel("Score (edges of the bins)")
