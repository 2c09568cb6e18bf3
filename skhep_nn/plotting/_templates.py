"""Templates before the fit: processes on each other, and what each variation does to them."""

from __future__ import annotations

import numpy as np

from skhep_nn import _choices
from skhep_nn.metrics import Templates
from skhep_nn.plotting import _score_bins, _style, _words


@_words.shared
class TemplatesDisplay:
    """Histograms of all processes with their uncertainty, and each variation as a ratio below.

    Make it with :meth:`from_templates`.

    Parameters
    ----------
    templates : skhep_nn.metrics.Templates

    Attributes
    ----------
    axes_ : list of matplotlib.axes.Axes
        Yields, ratio of the varied background to the nominal one.
    {ax_}
    figure_ : matplotlib.figure.Figure
    error_ : ndarray of shape (n_bins,)
        Uncertainty of all background before a fit: of bins and variations, in quadrature.
    """

    def __init__(self, templates):
        self.templates = templates

    @classmethod
    def from_templates(cls, templates, *, ax=None):
        """Draw templates.

        Parameters
        ----------
        templates : skhep_nn.metrics.Templates
        ax : Axes or sequence of two Axes, default=None

        Returns
        -------
        TemplatesDisplay

        Examples
        --------
        >>> import matplotlib.pyplot as plt
        >>> import numpy as np
        >>> from skhep_nn.metrics import Templates
        >>> from skhep_nn.plotting import TemplatesDisplay
        >>> y, score = np.repeat([0, 1], [80, 20]), np.r_[np.linspace(0, 0.8, 80), np.ones(20)]
        >>> templates = Templates.from_predictions(
        ...     y, score, bins=[0, 0.6, 1], variations={"rate": (1.1, 0.9)}
        ... )
        >>> display = TemplatesDisplay.from_templates(templates)
        >>> display.axes_[1].get_ylabel()
        'Varied / nominal'
        >>> plt.close(display.figure_)
        """
        return cls(templates).plot(ax=ax)

    def plot(self, ax=None):
        """Draw the templates.

        Parameters
        ----------
        {two_axes}

        Returns
        -------
        TemplatesDisplay
        """
        _choices.made_by(self.templates, Templates, "templates", "Templates.from_predictions")
        self.error_ = _error(self.templates)
        with _style.styled() as plt:
            options = {"height_ratios": (3, 2), "sharex": True}
            self.axes_ = _style.grid(plt, ax, 2, 1, (6.4, 3.4), **options)
            self.ax_ = self.axes_[0]
            self.figure_ = self.ax_.figure
            _score_bins.draw_stack(self.ax_, self.templates, self.error_)
            _score_bins.logarithmic(self.ax_, self.templates)
            _style.legend_above(self.ax_, 3)
            self._draw_ratios(self.axes_[1])
        return self

    def _draw_ratios(self, ax):
        at = _score_bins.positions(len(self.error_))
        nominal = _positive(self.templates.background)
        relative = self.error_ / nominal
        ax.stairs(1 + relative, at, baseline=1 - relative, fill=True, color="0.85", linewidth=0)
        looks = _style.looks(max(1, len(self.templates.variations)))
        for look, (name, pair) in zip(looks, self.templates.variations.items(), strict=False):
            for values, linestyle in zip(pair, ("-", "--"), strict=True):
                ratio = values[~self.templates.is_signal].sum(axis=0) / nominal
                label = name if linestyle == "-" else None
                ax.stairs(ratio, at, color=look.color, linestyle=linestyle, label=label)
        ax.axhline(1.0, color="0.35", linewidth=1.0, linestyle=":")
        ax.set_ylim(bottom=max(0.0, ax.get_ylim()[0]))
        ax.set_ylabel("Varied / nominal")
        _score_bins.name_edges(ax, self.templates.edges)
        if self.templates.variations:
            for side, linestyle in (("up", "-"), ("down", "--")):
                ax.plot([], [], linestyle, color="0.3", label=side)
            _style.legend_above(ax, 4)


def _error(templates):
    """Uncertainty of all background in each bin."""
    background = ~templates.is_signal
    nominal = templates.background
    parts = [templates.systematic * nominal]
    if templates.simulation_error:
        parts.append(np.sqrt(templates.squares[background].sum(axis=0)))
    for up, down in templates.variations.values():
        parts.append((up - down)[background].sum(axis=0) / 2)
    return np.sqrt(np.sum(np.square(parts), axis=0))


def _positive(values):
    return np.where(values > 0, values, np.nan)
