"""Closure test in slices of a second variable, a panel per slice."""

from __future__ import annotations

from skhep_nn import _choices, _composition
from skhep_nn.metrics import ClosureTests, closure_tests
from skhep_nn.plotting import _events, _style, _words
from skhep_nn.plotting._closure import ClosureDisplay

_PANELS_PER_ROW = {1: 1, 2: 2, 4: 2}
_PANEL = {1: (6.4, 5.2), 2: (5.0, 4.2), 3: (4.2, 3.8)}


@_words.shared
class ClosurePanelsDisplay:
    """Selected events and all events weighted by the prediction, for slices of another variable.

    Make it with :meth:`from_estimator`, :meth:`from_predictions` or :meth:`from_tests`.

    Parameters
    ----------
    tests : skhep_nn.metrics.ClosureTests
    variable, within : str, default=""
        What the variable on the axis, and that of the slices, is called.

    Attributes
    ----------
    displays_ : list of ClosureDisplay
        One per slice.
    axes_ : list of matplotlib.axes.Axes
        Distributions and pulls of each slice in turn.
    {ax_}
    figure_ : matplotlib.figure.Figure
    """

    def __init__(self, tests, *, variable="", within=""):
        self.tests = tests
        self.variable = variable
        self.within = within

    @classmethod
    def from_tests(cls, tests, *, variable="", within="", ax=None, **options):
        """Draw a result of :func:`skhep_nn.metrics.closure_tests`.

        Parameters
        ----------
        tests : skhep_nn.metrics.ClosureTests
        variable, within : str, default=""
        ax : Axes, default=None
            Axes whose place the panels take.
        {options}

        Returns
        -------
        ClosurePanelsDisplay
        """
        return cls(tests, variable=variable, within=within).plot(ax=ax, **options)

    @classmethod
    def from_predictions(
        cls,
        y_true,
        probability,
        by,
        within,
        *,
        variable="",
        within_name="",
        ax=None,
        log=False,
        **test_options,
    ):
        """Test predicted probabilities and draw it.

        Parameters
        ----------
        y_true, probability, by : array-like of shape (n_events,)
            As of :meth:`ClosureDisplay.from_predictions`.
        within : array-like of shape (n_events,)
            The variable of the slices.
        variable, within_name : str, default=""
            What `by` and `within` are called, with their units.
        ax : Axes, default=None
        log : bool, default=False
        **test_options
            For :func:`skhep_nn.metrics.closure_tests`: ``bins``, ``within_bins``,
            ``sample_weight``, ``signal``, ``min_variance``.

        Returns
        -------
        ClosurePanelsDisplay

        Raises
        ------
        ValueError, WeightError
            As :func:`skhep_nn.metrics.closure_tests` does.

        Examples
        --------
        >>> import matplotlib.pyplot as plt
        >>> import numpy as np
        >>> from skhep_nn.plotting import ClosurePanelsDisplay
        >>> y, by, eta = np.tile([0, 1], 100), np.repeat([0.5, 1.5], 100), np.arange(200) % 4
        >>> display = ClosurePanelsDisplay.from_predictions(
        ...     y, np.full(200, 0.4), by, eta, bins=[0, 1, 2], within_bins=[0, 2, 4]
        ... )
        >>> len(display.displays_), len(display.axes_)
        (2, 4)
        >>> plt.close(display.figure_)
        """
        tests = closure_tests(y_true, probability, by, within, **test_options)
        return cls(tests, variable=variable, within=within_name).plot(ax=ax, log=log)

    @classmethod
    def from_estimator(
        cls,
        estimator,
        X,
        y,
        by,
        within,
        *,
        sample_weight=None,
        weight_column=None,
        signal=1,
        variable=None,
        within_name=None,
        **options,
    ):
        """Test the probabilities of a fitted classifier and draw it.

        Parameters
        ----------
        {estimator}
        X : DataFrame, array or blocks
            Events that neither trained nor stopped the network.
        y : array-like of shape (n_events,)
        by, within : str or array-like of shape (n_events,)
            Columns of `X`, or the values of a variable.
        sample_weight : array-like of shape (n_events,) or number, default=None
        weight_column : str or int, default=None
        signal : label or list of labels, default=1
        variable, within_name : str, default=None
            What they are called; default the names of the columns or Series.
        **options
            ``bins``, ``within_bins``, ``min_variance``, ``ax`` and those of :meth:`plot`.

        Returns
        -------
        ClosurePanelsDisplay
        """
        weights = _events.weights_of(estimator, X, sample_weight, weight_column, cls.__name__)
        by, variable = _events.variable_of(X, by, variable, "by")
        within, within_name = _events.variable_of(X, within, within_name, "within")
        probability = _composition.signal_score(estimator, X, signal)
        options |= {"sample_weight": weights, "signal": signal}
        options |= {"variable": variable, "within_name": within_name}
        return cls.from_predictions(y, probability, by, within, **options)

    def plot(self, ax=None, *, log=False):
        """Draw a panel per slice.

        Parameters
        ----------
        ax : Axes, default=None
            Axes whose place the panels take; default a new figure.
        {log}

        Returns
        -------
        ClosurePanelsDisplay
        """
        _choices.made_by(self.tests, ClosureTests, "tests", "closure_tests")
        n = len(self.tests.tests)
        n_columns = _PANELS_PER_ROW.get(n, 3)
        with _style.styled() as plt:
            panels = _style.grid(plt, ax, n, n_columns, _PANEL[n_columns])
            self.figure_ = panels[0].figure
            names = self._names()
            self.displays_ = [
                ClosureDisplay.from_test(
                    test, variable=self.variable, name=name, ax=panel, log=log, legend=False
                )
                for test, name, panel in zip(self.tests.tests, names, panels, strict=True)
            ]
            self.axes_ = [one for display in self.displays_ for one in display.axes_]
            self.ax_ = self.axes_[0]
            self._legend(own_figure=ax is None)
        return self

    def _names(self):
        word = _choices.text(self.within, "within")
        ends = list(zip(self.tests.edges[:-1], self.tests.edges[1:], strict=True))
        middle = f" ≤ {word} < " if word else " to "
        return [f"{low:.3g}{middle}{high:.3g}" for low, high in ends]

    def _legend(self, *, own_figure):
        handles, texts = self.ax_.get_legend_handles_labels()
        if own_figure:
            self.figure_.legend(handles, texts, loc="outside upper center", ncols=3)
        else:
            self.ax_.legend(handles, texts, loc="best", fontsize="small")
