"""Closure test: selected events against all events weighted by their predicted probability."""

from __future__ import annotations

import numpy as np

from skhep_nn import _choices, _composition
from skhep_nn.metrics import ClosureTest, _shapes, closure_test
from skhep_nn.plotting import _events, _style, _words

# pulls beyond are drawn at the edge of their panel, as arrows
_MOST_PULLS = 5.0
_POINTS = {"color": "black", "marker": "o", "markersize": 3.5, "linestyle": "none"}


@_words.shared
class ClosureDisplay:
    """Selected events as points, all events weighted by the prediction as a histogram, pulls below.

    Make it with :meth:`from_estimator`, :meth:`from_predictions` or :meth:`from_test`.

    Parameters
    ----------
    test : skhep_nn.metrics.ClosureTest
    variable : str, default=""
        Label of the axis.
    name : str, default=""
        Stands in the legend before the chi-square.

    Attributes
    ----------
    axes_ : list of matplotlib.axes.Axes
        Distributions, pulls.
    {ax_}
    figure_ : matplotlib.figure.Figure
    """

    def __init__(self, test, *, variable="", name=""):
        self.test = test
        self.variable = variable
        self.name = name

    @classmethod
    def from_test(cls, test, *, variable="", name="", ax=None, **options):
        """Draw a closure test.

        Parameters
        ----------
        test : skhep_nn.metrics.ClosureTest
        variable, name : str, default=""
        ax : Axes or sequence of two Axes, default=None
        {options}

        Returns
        -------
        ClosureDisplay
        """
        return cls(test, variable=variable, name=name).plot(ax=ax, **options)

    @classmethod
    def from_predictions(
        cls,
        y_true,
        probability,
        by,
        *,
        variable="",
        name="",
        ax=None,
        log=False,
        legend=True,
        **test_options,
    ):
        """Test predicted probabilities in bins of a variable and draw it.

        Parameters
        ----------
        y_true : array-like of shape (n_events,)
        probability : array-like of shape (n_events,)
            Predicted probability to be selected.
        by : array-like of shape (n_events,)
            The variable.
        variable, name : str, default=""
        ax : Axes or sequence of two Axes, default=None
        log, legend : bool
            As in :meth:`plot`.
        **test_options
            For :func:`skhep_nn.metrics.closure_test`: ``bins``, ``sample_weight``, ``signal``,
            ``min_variance``.

        Returns
        -------
        ClosureDisplay

        Raises
        ------
        ValueError, WeightError
            As :func:`skhep_nn.metrics.closure_test` does.

        Examples
        --------
        >>> import matplotlib.pyplot as plt
        >>> import numpy as np
        >>> from skhep_nn.plotting import ClosureDisplay
        >>> y, by = np.tile([0, 1], 100), np.repeat([0.5, 1.5], 100)
        >>> display = ClosureDisplay.from_predictions(y, np.full(200, 0.4), by, bins=[0, 1, 2])
        >>> np.round(display.test.pulls, 2).tolist()
        [2.04, 2.04]
        >>> plt.close(display.figure_)
        """
        test = closure_test(y_true, probability, by, **test_options)
        return cls.from_test(test, variable=variable, name=name, ax=ax, log=log, legend=legend)

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
        **options,
    ):
        """Test the probabilities of a fitted classifier and draw it.

        Parameters
        ----------
        {estimator}
        X : DataFrame, array or blocks
            Events that neither trained nor stopped the network.
        y : array-like of shape (n_events,)
        by : str or array-like of shape (n_events,)
            A column of `X`, or the values of a variable.
        sample_weight : array-like of shape (n_events,) or number, default=None
        weight_column : str or int, default=None
        signal : label or list of labels, default=1
            The label of selected events.
        variable : str, default=None
            Label of the axis; default the name of the column or Series.
        **options
            ``bins``, ``min_variance``, ``name``, ``ax`` and those of :meth:`plot`.

        Returns
        -------
        ClosureDisplay
        """
        weights = _events.weights_of(estimator, X, sample_weight, weight_column, cls.__name__)
        by, variable = _events.variable_of(X, by, variable, "by")
        probability = _composition.signal_score(estimator, X, signal)
        options |= {"sample_weight": weights, "signal": signal, "variable": variable}
        return cls.from_predictions(y, probability, by, **options)

    def plot(self, ax=None, *, log=False, legend=True):
        """Draw the distributions and the pulls.

        Parameters
        ----------
        {two_axes}
        {log}
        legend : bool, default=True
            False leaves only the title with the chi-square.

        Returns
        -------
        ClosureDisplay
        """
        _choices.made_by(self.test, ClosureTest, "test", "closure_test")
        log, legend = _choices.switch(log, "log"), _choices.switch(legend, "legend")
        with _style.styled() as plt:
            options = {"height_ratios": (3, 1), "sharex": True}
            self.axes_ = _style.grid(plt, ax, 2, 1, (6.4, 2.6), **options)
            self.ax_ = self.axes_[0]
            self.figure_ = self.ax_.figure
            self._draw_distributions()
            self._draw_pulls()
            self._frame(log)
            self._title(legend)
        return self

    def _draw_distributions(self):
        test, look = self.test, _style.looks(1)[0]
        self.ax_.stairs(test.total, test.edges, color="0.6", linestyle="--", label="all")
        style = {"fill": True, "facecolor": look.color, "edgecolor": look.color, "alpha": 0.45}
        self.ax_.stairs(test.expected, test.edges, label="weighted by prediction", **style)
        there = (test.n_events > 0) & ((test.counts != 0) | (test.expected != 0))
        centers, errors = _shapes.centers(test.edges)[there], np.sqrt(test.variance[there])
        self.ax_.errorbar(centers, test.counts[there], yerr=errors, label="selected", **_POINTS)

    def _draw_pulls(self):
        bottom, pulls = self.axes_[1], self.test.pulls
        for height, alpha in ((2, 0.15), (1, 0.25)):
            bottom.axhspan(-height, height, color="0.5", alpha=alpha, linewidth=0)
        centers, shown = _shapes.centers(self.test.edges), np.clip(pulls, -_MOST_PULLS, _MOST_PULLS)
        inside = self.test.tested & (np.abs(pulls) <= _MOST_PULLS)
        bottom.plot(centers[inside], shown[inside], **_POINTS)
        for sign, marker in ((1, "^"), (-1, "v")):
            beyond = self.test.tested & (sign * pulls > _MOST_PULLS)
            bottom.plot(centers[beyond], shown[beyond], **(_POINTS | {"marker": marker}))

    def _frame(self, log):
        top, bottom = self.axes_
        top.set_xlim(*self.test.edges[[0, -1]])
        bottom.set_xlim(*self.test.edges[[0, -1]])
        bottom.set_ylim(-1.1 * _MOST_PULLS, 1.1 * _MOST_PULLS)
        if log:
            top.set_yscale("log")
        else:
            top.set_ylim(min(0.0, 1.08 * top.dataLim.y0), 1.08 * max(top.dataLim.y1, 1e-12))
        top.set_ylabel("Events")
        bottom.set_ylabel("Pull")
        bottom.set_xlabel(_choices.text(self.variable, "variable"))
        top.tick_params(labelbottom=False)

    def _title(self, legend):
        bins = "bin" if self.test.n_bins == 1 else "bins"
        text = f"χ² = {self.test.chi2:.1f}, {self.test.n_bins} {bins}"
        name = _choices.text(self.name, "name")
        text = f"{name}: {text}" if name else text
        if legend:
            _style.legend_above(self.ax_, 3, title=text, alignment="left")
        else:
            self.ax_.set_title(text, loc="left", fontsize="small")
