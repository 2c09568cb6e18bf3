"""One look for all pictures: mplhep's, and told apart in colour, without red or green, and in grey.

The style holds inside a context only; the rcParams of the user are never changed. matplotlib makes
many ticks when a figure is drawn, after the context, so what they look like is set on the axes.
"""

from __future__ import annotations

import textwrap
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from skhep_nn import _extras

# M. A. Petroff, "Accessible color sequences for data visualization", arXiv:2107.02270
_PETROFF_6 = ["#5790fc", "#e42536", "#f89c20", "#964a8b", "#9c9ca1", "#7a21dd"]
_PETROFF_10 = [
    *["#3f90da", "#ffa90e", "#bd1f01", "#94a4a2", "#832db6"],
    *["#a96b59", "#e76300", "#b9ac70", "#717581", "#92dadd"],
]
_LINES = ["-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (8, 2))]
_MARKERS = ["o", "s", "^", "v", "D", "P", "X", "<", ">", "*"]
_HATCHES = ["", "////", "\\\\\\\\", "....", "xxxx", "++"]

# mplhep's sizes are for a square of 10 inches on a slide; these are for a column of a page
_SIZES = {
    "axes.linewidth": 1.0,
    "figure.figsize": (6.4, 5.0),
    "font.size": 12.0,
    "legend.fontsize": 11.0,
    "legend.handlelength": 2.2,
    "lines.linewidth": 1.6,
    "xtick.labelsize": 11.0,
    "ytick.labelsize": 11.0,
    "xtick.major.size": 6.0,
    "ytick.major.size": 6.0,
    "xtick.minor.size": 3.0,
    "ytick.minor.size": 3.0,
}
_FONT = "TeX Gyre Heros"  # codespell:ignore heros
_CHANCE = {"color": "0.45", "linewidth": 1.0, "linestyle": (0, (1, 2))}


@dataclass(frozen=True)
class Look:
    """How one class or curve is drawn."""

    color: str
    linestyle: object
    marker: str
    hatch: str


def looks(n):
    """`n` looks that differ in colour, line, marker and hatch."""
    colors = _PETROFF_6 if n <= len(_PETROFF_6) else _PETROFF_10
    cycles = (colors, _LINES, _MARKERS, _HATCHES)
    return [Look(*(cycle[at % len(cycle)] for cycle in cycles)) for at in range(n)]


def sheet():
    """The rcParams of the package's pictures."""
    hep = _extras.require("mplhep", "plot").style.ROOT
    kept = {name: hep[name] for name in hep if not name.startswith(("font.", "mathtext."))}
    return {**kept, **_SIZES, "font.family": _families()}


@contextmanager
def styled():
    """Context in which figures are made; gives pyplot."""
    plt = _extras.require("matplotlib.pyplot", "plot")
    with plt.style.context(sheet()):
        yield plt


def single(plt, ax, figsize=None, layout="constrained"):
    """`ax`, or the axes of a new figure."""
    if ax is not None:
        return _checked(ax)
    ax = plt.figure(figsize=figsize, layout=layout).add_subplot()
    fix_ticks(ax)
    return ax


def grid(plt, ax, n_panels, n_columns, panel, **options):
    """`n_panels` axes: in a new figure, in the place of `ax`, or the axes of the sequence `ax`.

    Parameters
    ----------
    plt : module
    ax : Axes, sequence of Axes or None
    n_panels, n_columns : int
    panel : tuple of float
        Width and height of one panel of a new figure, in inches.
    **options
        For ``subplots``, e.g. ``height_ratios`` and ``sharex``.

    Returns
    -------
    list of Axes

    Raises
    ------
    ValueError
        If `ax` is a sequence of another length.
    """
    if ax is not None and not hasattr(ax, "get_subplotspec"):
        return _given(ax, n_panels)
    n_rows = -(-n_panels // n_columns)
    if ax is None:
        figsize = (panel[0] * n_columns, panel[1] * n_rows)
        figure = plt.figure(figsize=figsize, layout="constrained")
        axes = figure.subplots(n_rows, n_columns, squeeze=False, **options).ravel()
    else:
        axes = _divided(ax, n_rows, n_columns, options)
    for panel_ax in axes[:n_panels]:
        fix_ticks(panel_ax)
    for unused in axes[n_panels:]:
        unused.remove()
    return list(axes[:n_panels])


def colormap(cmap):
    """A colormap of matplotlib, by its name or itself.

    Raises
    ------
    ValueError
        If it is none.
    """
    try:
        return _extras.require("matplotlib", "plot").colormaps.get_cmap(cmap)
    except (TypeError, ValueError) as error:
        msg = f"cmap={cmap!r:.60} is no colormap of matplotlib"
        raise ValueError(msg) from error


def fix_ticks(ax):
    """Write the ticks of the style on `ax`, for those that are made after the context."""
    both = {"direction": "in", "left": True, "right": True, "top": True, "bottom": True}
    both["labelfontfamily"] = _families()
    ax.tick_params(which="major", length=6, width=1, labelsize=_SIZES["xtick.labelsize"], **both)
    ax.tick_params(which="minor", length=3, width=0.8, **both)


def legend_above(ax, n_columns, **options):
    """A legend over the axes, where it hides nothing."""
    return ax.legend(
        loc="lower left",
        bbox_to_anchor=(0.0, 1.0, 1.0, 0.1),
        ncols=n_columns,
        borderaxespad=0.2,
        columnspacing=1.2,
        **options,
    )


def wrapped(text, width):
    """`text` in lines of at most so many characters."""
    return textwrap.fill(text, width)


def chance_line(ax, x, y):
    """A guessing classifier's line, once per axes."""
    if not any(line.get_gid() == "chance" for line in ax.lines):
        ax.plot(x, y, gid="chance", zorder=1, **_CHANCE)


def look_of_next(ax, gid):
    """Look of the next of several curves that are drawn with `gid` on the same axes."""
    drawn = sum(line.get_gid() == gid for line in ax.lines)
    return looks(max(drawn + 1, len(_PETROFF_6)))[drawn]


def _families():
    """mplhep's font where it is installed: matplotlib logs a line for each one that it lacks."""
    manager = _extras.require("matplotlib.font_manager", "plot")
    return [_FONT, "sans-serif"] if _FONT in manager.get_font_names() else ["sans-serif"]


def _checked(ax):
    if hasattr(ax, "get_subplotspec"):
        return ax
    msg = f"ax must be Axes of matplotlib, got {ax!r:.60}"
    raise TypeError(msg)


def _given(axes, n_panels):
    axes = [_checked(ax) for ax in axes.ravel()] if isinstance(axes, np.ndarray) else axes
    axes = [_checked(ax) for ax in axes] if np.iterable(axes) else [_checked(axes)]
    if len(axes) != n_panels:
        msg = f"ax has {len(axes)} axes, the picture has {n_panels} panels"
        raise ValueError(msg)
    return axes


def _divided(ax, n_rows, n_columns, options):
    ratios = {name: options[name] for name in ("height_ratios",) if name in options}
    ax.set_axis_off()
    inner = ax.get_subplotspec().subgridspec(n_rows, n_columns, **ratios)
    sharex = options.get("sharex", False)
    return inner.subplots(squeeze=False, sharex=sharex).ravel()
