"""Kept fraction in bins of each variable: what a choice of events does to a measurement."""

from __future__ import annotations

import numpy as np

from skhep_nn import _choices
from skhep_nn.metrics import BiasStudy, _shapes, bias_study
from skhep_nn.plotting import _style, _words

_PANELS_PER_ROW = {1: 1, 2: 2, 4: 2}
_PANEL = {1: (6.4, 4.6), 2: (4.8, 3.6), 3: (4.0, 3.1)}
_OVERALL = {"color": "0.35", "linestyle": "--", "linewidth": 1.2, "zorder": 1}


@_words.shared
class BiasDisplay:
    """Kept fraction per bin of each variable as points, the fraction of all events as a line.

    The shape of the variable stands behind, in grey. Make it with :meth:`from_events` or
    :meth:`from_study`.

    Parameters
    ----------
    study : skhep_nn.metrics.BiasStudy

    Attributes
    ----------
    axes_ : dict of str to matplotlib.axes.Axes
        The panel of each variable.
    {ax_}
    figure_ : matplotlib.figure.Figure
    """

    def __init__(self, study):
        self.study = study

    @classmethod
    def from_study(cls, study, *, ax=None):
        """Draw a result of :func:`skhep_nn.metrics.bias_study`.

        Parameters
        ----------
        study : skhep_nn.metrics.BiasStudy
        ax : Axes or sequence of Axes, default=None

        Returns
        -------
        BiasDisplay
        """
        return cls(study).plot(ax=ax)

    @classmethod
    def from_events(cls, kept, events, variables=None, *, ax=None, **options):
        """Study the events that are kept and draw it.

        Parameters
        ----------
        kept : array-like of bool of shape (n_events,)
        events : DataFrame, array or blocks
        variables : str, list of str or dict of str to str, default=None
            A dict has a label with its unit for each column.
        ax : Axes or sequence of Axes, default=None
            One per variable, or one whose place they take.
        **options
            For :func:`skhep_nn.metrics.bias_study`: ``bins``, ``sample_weight``,
            ``weight_column``.

        Returns
        -------
        BiasDisplay

        Raises
        ------
        ValueError, ColumnError, WeightError
            As :func:`skhep_nn.metrics.bias_study` does.

        Examples
        --------
        >>> import matplotlib.pyplot as plt
        >>> import numpy as np
        >>> import pandas as pd
        >>> from skhep_nn.plotting import BiasDisplay
        >>> events = pd.DataFrame({"n_tracks": np.repeat([4, 6], 100)})
        >>> display = BiasDisplay.from_events(np.arange(200) % 4 > 0, events)
        >>> display.study.fraction
        0.75
        >>> plt.close(display.figure_)
        """
        return cls(bias_study(kept, events, variables, **options)).plot(ax=ax)

    def plot(self, ax=None):
        """Draw a panel per variable.

        Parameters
        ----------
        ax : Axes or sequence of Axes, default=None
            One per variable, or one whose place they take; default a new figure.

        Returns
        -------
        BiasDisplay
        """
        _choices.made_by(self.study, BiasStudy, "study", "bias_study")
        n = len(self.study.variables)
        n_columns = _PANELS_PER_ROW.get(n, 3)
        with _style.styled() as plt:
            axes = _style.grid(plt, ax, n, n_columns, _PANEL[n_columns])
            self.axes_ = dict(zip(self.study.variables, axes, strict=True))
            self.ax_ = axes[0]
            self.figure_ = self.ax_.figure
            for name, panel in self.axes_.items():
                self._draw(panel, name, self.study.variables[name])
            self._legend(own_figure=ax is None)
        return self

    def _draw(self, ax, name, one):
        look = _style.looks(1)[0]
        top = 1.08 * np.nanmax(np.append(one.fraction + one.error, self.study.fraction))
        low = min(0.0, 1.08 * np.nanmin(np.append(one.fraction - one.error, 0.0)))
        density = one.total / np.diff(one.edges)
        height = 0.9 * top / max(density.max(), 1e-300)
        style = {"fill": True, "color": "0.88", "zorder": 0}
        ax.stairs(height * density, one.edges, label="shape of all events", **style)
        ax.axhline(self.study.fraction, label="kept of all events", **_OVERALL)
        centers, half = _shapes.centers(one.edges), np.diff(one.edges) / 2
        points = {"color": look.color, "marker": look.marker, "markersize": 4}
        points |= {"linestyle": "none", "elinewidth": 1.2, "label": "kept in the bin"}
        ax.errorbar(centers, one.fraction, yerr=one.error, xerr=half, **points)
        ax.set_xlim(one.edges[0], one.edges[-1])
        ax.set_ylim(low, top)
        ax.set_xlabel(_choices.text(str(self.study.labels[name]), "label"))
        ax.set_ylabel("Kept fraction")
        if one.n_free:
            text = f"χ² = {one.chi2:.1f} / {one.n_free}, p = {one.p_value:.2g}"
            ax.set_title(text, loc="left", fontsize="small")

    def _legend(self, *, own_figure):
        handles, texts = self.ax_.get_legend_handles_labels()
        if own_figure:
            self.figure_.legend(handles, texts, loc="outside upper center", ncols=3)
        else:
            self.ax_.legend(handles, texts, loc="best")
