"""Sculpting: the shape of a variable in slices of the score, and the efficiency against it."""

from __future__ import annotations

import numpy as np

from skhep_nn import _choices, _composition
from skhep_nn.metrics import Sculpting, _shapes, sculpting
from skhep_nn.plotting import _events, _style, _words

# an outermost bin is drawn at most so much wider than its neighbour
_WIDEST = 3.0


@_words.shared
class SculptingDisplay:
    """Background before and after cuts on the score against a variable; the efficiencies below.

    Make it with :meth:`from_estimator`, :meth:`from_predictions` or :meth:`from_result`.

    Parameters
    ----------
    result : skhep_nn.metrics.Sculpting
    variable : str, default=""
        Label of the axis.

    Attributes
    ----------
    axes_ : list of matplotlib.axes.Axes
        Shapes, efficiencies.
    {ax_}
    figure_ : matplotlib.figure.Figure
    """

    def __init__(self, result, *, variable=""):
        self.result = result
        self.variable = variable

    @classmethod
    def from_result(cls, result, *, variable="", ax=None):
        """Draw a result of :func:`skhep_nn.metrics.sculpting`.

        Parameters
        ----------
        result : skhep_nn.metrics.Sculpting
        variable : str, default=""
        ax : Axes or sequence of two Axes, default=None

        Returns
        -------
        SculptingDisplay
        """
        return cls(result, variable=variable).plot(ax=ax)

    @classmethod
    def from_predictions(
        cls, y_true, y_score, by, *, sample_weight=None, variable="", ax=None, **options
    ):
        """Cut on scores and draw what becomes of a variable of the background.

        Parameters
        ----------
        y_true, y_score : array-like of shape (n_events,)
        by : array-like of shape (n_events,)
            The variable.
        sample_weight : array-like of shape (n_events,) or number, default=None
        variable : str, default=""
            Label of the axis.
        ax : Axes or sequence of two Axes, default=None
        **options
            For :func:`skhep_nn.metrics.sculpting`: ``signal``, ``efficiencies``, ``of``, ``bins``.

        Returns
        -------
        SculptingDisplay

        Raises
        ------
        ValueError, WeightError
            As :func:`skhep_nn.metrics.sculpting` does.

        Examples
        --------
        >>> import matplotlib.pyplot as plt
        >>> import numpy as np
        >>> from skhep_nn.plotting import SculptingDisplay
        >>> y, score = np.repeat([0, 1], 200), np.arange(400) % 7
        >>> mass = np.tile(np.arange(200.0), 2)
        >>> display = SculptingDisplay.from_predictions(y, score, mass, efficiencies=[0.5])
        >>> len(display.ax_.patches)
        2
        >>> plt.close(display.figure_)
        """
        result = sculpting(y_true, y_score, by, sample_weight, **options)
        return cls.from_result(result, variable=variable, ax=ax)

    @classmethod
    def from_estimator(
        cls,
        estimator,
        X,
        y,
        by,
        *,
        sample_weight=None,
        weight_column=None,
        signal=1,
        variable=None,
        ax=None,
        **options,
    ):
        """Cut on the score of a fitted classifier and draw what becomes of a variable.

        Parameters
        ----------
        {estimator}
        X : DataFrame, array or blocks
        y : array-like of shape (n_events,)
        by : str or array-like of shape (n_events,)
            A column of `X`, or the values of a variable.
        sample_weight : array-like of shape (n_events,) or number, default=None
        weight_column : str or int, default=None
        signal : label or list of labels, default=1
        variable : str, default=None
            Label of the axis; default the name of the column or Series.
        ax : Axes or sequence of two Axes, default=None
        **options
            As in :meth:`from_predictions`.

        Returns
        -------
        SculptingDisplay
        """
        weights = _events.weights_of(estimator, X, sample_weight, weight_column, cls.__name__)
        by, variable = _events.variable_of(X, by, variable, "by")
        scores = _composition.signal_score(estimator, X, signal)
        options |= {"sample_weight": weights, "signal": signal, "variable": variable}
        return cls.from_predictions(y, scores, by, ax=ax, **options)

    def plot(self, ax=None):
        """Draw the shapes, each of unit area, and the efficiency in each bin.

        Parameters
        ----------
        {two_axes}

        Returns
        -------
        SculptingDisplay
        """
        _choices.made_by(self.result, Sculpting, "result", "sculpting")
        with _style.styled() as plt:
            options = {"height_ratios": (3, 2), "sharex": True}
            self.axes_ = _style.grid(plt, ax, 2, 1, (6.4, 3.1), **options)
            self.ax_ = self.axes_[0]
            self.figure_ = self.ax_.figure
            self._draw_all()
            looks = _style.looks(len(self.result.kept))
            for at, look in enumerate(looks):
                self._draw_cut(at, look)
            self._frame()
        return self

    def _draw_all(self):
        density = self.result.total.fractions / np.diff(self.result.edges)
        style = {"fill": True, "color": "0.8", "label": "all background"}
        self.ax_.stairs(density, self.result.edges, **style)

    def _draw_cut(self, at, look):
        result, kept = self.result, self.result.kept[at]
        if not kept.sums.sum() > 0:
            return
        line = {"color": look.color, "linestyle": look.linestyle, "linewidth": 1.5}
        text = (
            f"score ≥ {result.thresholds[at]:.3g}: {100 * result.efficiencies[at]:.3g} % of "
            f"{result.of}, JSD {result.divergence[at]:.2g} ± {result.divergence_error[at]:.1g}"
        )
        self.ax_.stairs(kept.fractions / np.diff(result.edges), result.edges, label=text, **line)
        centers = _shapes.centers(result.edges)
        points = {"color": look.color, "marker": look.marker, "markersize": 4, "linestyle": "none"}
        self.axes_[1].errorbar(
            centers, result.efficiency[at], yerr=result.efficiency_error[at], **points
        )
        self.axes_[1].axhline(
            result.background_efficiency[at], zorder=1, **(line | {"linewidth": 1})
        )

    def _frame(self):
        top, bottom = self.axes_
        for panel in self.axes_:
            panel.set_xlim(*_ends(self.result.edges))
        top.set_ylim(min(0.0, 1.08 * top.dataLim.y0), 1.08 * top.dataLim.y1)
        bottom.set_ylim(min(0.0, bottom.dataLim.y0), 1.1 * max(bottom.dataLim.y1, 1e-12))
        top.set_ylabel("Density, unit area")
        bottom.set_ylabel("Background efficiency")
        bottom.set_xlabel(self.variable)
        top.tick_params(labelbottom=False)
        _style.legend_above(top, 1)


def _ends(edges):
    """Ends of the axis: of a long tail in the outermost bin only a part is seen."""
    widths = np.diff(edges)
    if len(widths) < 2:
        return edges[0], edges[-1]
    low = max(edges[0], edges[1] - _WIDEST * widths[1])
    return low, min(edges[-1], edges[-2] + _WIDEST * widths[-2])
