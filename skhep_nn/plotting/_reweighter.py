"""Events before and after they are reweighted, against the target that they are to look like."""

from __future__ import annotations

import numpy as np

from skhep_nn import _choices, _floats
from skhep_nn.metrics import ReweightingTest, _inputs, _reweighting_test, _shapes, reweighting_test
from skhep_nn.plotting import _events, _style, _words

_POINTS = {"color": "black", "marker": "o", "markersize": 3.5, "linestyle": "none"}
# the lower panel shows ratios to the target up to this far from one
_WIDEST = 1.0
# of the ratio, to either side of 1, at least
_NARROWEST = 1e-3


@_words.shared
class ReweighterDisplay:
    """The target as points, events before and after as histograms, their ratio to the target below.

    Make it with :meth:`from_estimator`, :meth:`from_weights` or :meth:`from_test`.

    Parameters
    ----------
    test : skhep_nn.metrics.ReweightingTest
    variable : str, default=""
        Label of the axis.

    Attributes
    ----------
    axes_ : list of matplotlib.axes.Axes
        Shapes, ratios.
    {ax_}
    figure_ : matplotlib.figure.Figure
    """

    def __init__(self, test, *, variable=""):
        self.test = test
        self.variable = variable

    @classmethod
    def from_test(cls, test, *, variable="", ax=None, **options):
        """Draw a test of reweighted events.

        Parameters
        ----------
        test : skhep_nn.metrics.ReweightingTest
        variable : str, default=""
        ax : Axes or sequence of two Axes, default=None
        {options}

        Returns
        -------
        ReweighterDisplay
        """
        return cls(test, variable=variable).plot(ax=ax, **options)

    @classmethod
    def from_weights(
        cls,
        source,
        target,
        weights_after,
        *,
        weights_before=None,
        weights_target=None,
        bins=20,
        variable="",
        ax=None,
        **options,
    ):
        """Test reweighted events and draw it.

        Parameters
        ----------
        source, target : array-like of shape (n_events,)
            A variable of the events that are reweighted, and of the target.
        weights_after : array-like of shape (n_source,)
            Reweighted weights of the source.
        weights_before, weights_target : array-like of shape (n_events,) or number, default=None
        bins : int or array-like of shape (n_bins + 1,), default=20
            As in :func:`skhep_nn.metrics.reweighting_test`.
        variable : str, default=""
        ax : Axes or sequence of two Axes, default=None
        {options}

        Returns
        -------
        ReweighterDisplay

        Raises
        ------
        ValueError, WeightError
            As :func:`skhep_nn.metrics.reweighting_test` does.

        Examples
        --------
        >>> import matplotlib.pyplot as plt
        >>> from skhep_nn.plotting import ReweighterDisplay
        >>> source, target = [0.5] * 50 + [1.5] * 50, [0.5] * 20 + [1.5] * 60
        >>> display = ReweighterDisplay.from_weights(
        ...     source, target, [0.5] * 50 + [1.5] * 50, bins=[0, 1, 2]
        ... )
        >>> display.test.chi2_after
        0.0
        >>> plt.close(display.figure_)
        """
        weights = {"weights_before": weights_before, "weights_target": weights_target}
        test = reweighting_test(source, target, weights_after, bins=bins, **weights)
        return cls.from_test(test, variable=variable, ax=ax, **options)

    @classmethod
    def from_estimator(
        cls,
        ratio,
        X,
        y,
        by,
        *,
        sample_weight=None,
        weight_column=None,
        bins=20,
        variable=None,
        ax=None,
        **options,
    ):
        """Reweight events with a likelihood ratio and draw them against the target.

        Parameters
        ----------
        ratio : skhep_nn.LikelihoodRatio
            The weight column of its model, if it has one, holds the weights unless they are given.
        X : DataFrame, array or blocks
            Events of source and target that did not train the model.
        y : array-like of shape (n_events,)
            Their classes.
        by : str or array-like of shape (n_events,)
            A column of `X`, or the values of a variable.
        sample_weight : array-like of shape (n_events,) or number, default=None
        weight_column : str or int, default=None
        bins : int or array-like of shape (n_bins + 1,), default=20
        variable : str, default=None
            Label of the axis; default the name of the column or Series.
        ax : Axes or sequence of two Axes, default=None
        {options}

        Returns
        -------
        ReweighterDisplay
        """
        weights = _events.weights_of(ratio.model, X, sample_weight, weight_column, cls.__name__)
        by, variable = _events.variable_of(X, by, variable, "by")
        signal = ratio.model.classes_[1] if ratio.signal is None else ratio.signal
        signal = signal.item() if isinstance(signal, np.generic) else signal
        is_target, by = _inputs.signal_mask(y, signal), _floats.real(by, "by")
        for name, values in (("by", by), ("y", is_target)):
            if values.shape != weights.shape:
                msg = (
                    f"{name} must have the shape {weights.shape}, one value per event, got "
                    f"{values.shape}"
                )
                raise ValueError(msg)
        by = _reweighting_test.finite(by, "by")
        after = ratio.predict(X) * weights
        return cls.from_weights(
            by[~is_target],
            by[is_target],
            after[~is_target],
            weights_before=weights[~is_target],
            weights_target=weights[is_target],
            bins=bins,
            variable=variable,
            ax=ax,
            **options,
        )

    def plot(self, ax=None, *, log=False):
        """Draw shapes, and their ratios to the target.

        Parameters
        ----------
        {two_axes}
        log : bool, default=False
            Logarithmic fractions.

        Returns
        -------
        ReweighterDisplay
        """
        _choices.made_by(self.test, ReweightingTest, "test", "reweighting_test")
        log = _choices.switch(log, "log")
        with _style.styled() as plt:
            options = {"height_ratios": (3, 1), "sharex": True}
            self.axes_ = _style.grid(plt, ax, 2, 1, (6.4, 2.8), **options)
            self.ax_ = self.axes_[0]
            self.figure_ = self.ax_.figure
            self._draw_shapes()
            self._draw_ratios()
            self._frame(log)
        return self

    def _draw_shapes(self):
        test, widths = self.test, np.diff(self.test.edges)
        before, after = _style.looks(2)
        texts = [f"{name}, χ² / bin = {value:.3g}" for name, value in self._chi2()]
        line = {"color": before.color, "linestyle": "--"}
        self.ax_.stairs(test.before / widths, test.edges, label=texts[0], **line)
        fill = {"fill": True, "facecolor": after.color, "edgecolor": after.color, "alpha": 0.4}
        self.ax_.stairs(test.after / widths, test.edges, label=texts[1], **fill)
        points = test.target / widths, test.target_error / widths
        self.ax_.errorbar(
            _shapes.centers(test.edges), points[0], yerr=points[1], label="target", **_POINTS
        )

    def _chi2(self):
        test = self.test
        return [("before", test.chi2_per_bin_before), ("after", test.chi2_per_bin_after)]

    def _draw_ratios(self):
        test, bottom = self.test, self.axes_[1]
        bottom.axhline(1.0, color="0.45", linewidth=1.0)
        filled = test.target > 0
        for name, look in zip(("before", "after"), _style.looks(2), strict=True):
            found, error = getattr(test, name), getattr(test, f"{name}_error")
            ratio, target = found[filled] / test.target[filled], test.target[filled]
            error = np.hypot(error[filled] / target, ratio * test.target_error[filled] / target)
            style = {"color": look.color, "marker": look.marker, "linestyle": "none"}
            bottom.errorbar(
                _shapes.centers(test.edges)[filled], ratio, yerr=error, markersize=3.5, **style
            )

    def _frame(self, log):
        top, bottom = self.axes_
        for ax in self.axes_:
            ax.set_xlim(*self.test.edges[[0, -1]])
        if log:
            top.set_yscale("log")
        else:
            top.set_ylim(min(0.0, 1.08 * top.dataLim.y0), 1.08 * top.dataLim.y1)
        far = [bottom.dataLim.y0 - 1, bottom.dataLim.y1 - 1]
        reach = min(max(1.1 * max(map(abs, far)), _NARROWEST), _WIDEST)
        bottom.set_ylim(1 - reach, 1 + reach)
        top.set_ylabel("Density")
        bottom.set_ylabel("Ratio to target")
        bottom.set_xlabel(self.variable)
        top.tick_params(labelbottom=False)
        _style.legend_above(top, 2)
