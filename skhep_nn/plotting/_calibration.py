"""Calibration curve: fraction of signal against predicted probability, and their difference."""

from __future__ import annotations

import numpy as np

from skhep_nn import _choices, _composition
from skhep_nn.metrics import CalibrationCurve, calibration_curve, expected_calibration_error
from skhep_nn.plotting import _events, _style, _words

_GID = "skhep_nn.calibration"
# a logarithmic axis begins so far below the lowest point
_BELOW = 2.0
# the axes end at 1 if a point is so high, else above the highest point
_HIGH = 0.5
_MARGIN = 1.15
_DIAGONAL = np.append(0.0, np.geomspace(1e-12, 1, 100))


@_words.shared
class CalibrationDisplay:
    """Fraction of signal in bins of the predicted probability, and below fraction minus prediction.

    Make it with :meth:`from_estimator` or :meth:`from_predictions`.

    Parameters
    ----------
    curve : skhep_nn.metrics.CalibrationCurve
    calibration_error : skhep_nn.metrics.CalibrationError, default=None
        Stands in the legend.
    name : str, default=""
        Name of the curve in the legend.

    Attributes
    ----------
    axes_ : list of matplotlib.axes.Axes
        Fractions, differences.
    {ax_}
    figure_ : matplotlib.figure.Figure
    """

    def __init__(self, curve, calibration_error=None, *, name=""):
        self.curve = curve
        self.calibration_error = calibration_error
        self.name = name

    @classmethod
    def from_predictions(
        cls,
        y_true,
        probability,
        *,
        sample_weight=None,
        bins=10,
        min_effective_events=10.0,
        signal=1,
        name="",
        ax=None,
        **options,
    ):
        """Draw the calibration curve of predicted probabilities.

        Parameters
        ----------
        y_true : array-like of shape (n_events,)
            Labels of any type; every class other than `signal` is background.
        probability : array-like of shape (n_events,)
            Predicted probability of `signal`.
        sample_weight : array-like of shape (n_events,) or number, default=None
            Event weights of either sign, with a positive sum.
        bins, min_effective_events
            As in :func:`skhep_nn.metrics.calibration_curve`: a number of bins that adapt, or edges.
        signal : label or list of labels, default=1
        name : str, default=""
            Name of the curve in the legend.
        ax : Axes or sequence of two Axes, default=None
            E.g. ``axes_`` of another curve.
        {options}

        Returns
        -------
        CalibrationDisplay

        Raises
        ------
        ValueError, WeightError
            As :func:`skhep_nn.metrics.calibration_curve` does.

        Examples
        --------
        >>> import matplotlib.pyplot as plt
        >>> import numpy as np
        >>> from skhep_nn.plotting import CalibrationDisplay
        >>> y = np.repeat([1, 0, 1, 0], [10, 40, 30, 20])
        >>> p = np.repeat([0.25, 0.5], 50)
        >>> display = CalibrationDisplay.from_predictions(y, p, bins=2)
        >>> display.curve.fraction.tolist()
        [0.2, 0.6]
        >>> plt.close(display.figure_)
        """
        events = (y_true, probability, sample_weight)
        settings = {"min_effective_events": min_effective_events, "signal": signal}
        curve = calibration_curve(*events, bins=bins, **settings)
        error = expected_calibration_error(*events, bins=curve.edges, **settings)
        return cls(curve, error, name=name).plot(ax=ax, **options)

    @classmethod
    def from_estimator(
        cls,
        estimator,
        X,
        y,
        *,
        sample_weight=None,
        weight_column=None,
        signal=1,
        name="",
        ax=None,
        **options,
    ):
        """Draw the calibration curve of a fitted classifier.

        Parameters
        ----------
        {estimator}
        X : DataFrame, array or blocks
            Events that neither trained nor calibrated it.
        y : array-like of shape (n_events,)
        sample_weight : array-like of shape (n_events,) or number, default=None
        weight_column : str or int, default=None
        signal : label or list of labels, default=1
            Of more than two classes each has its curve.
        name : str, default=""
        ax : Axes or sequence of two Axes, default=None
        **options
            ``bins``, ``min_effective_events`` and those of :meth:`plot`.

        Returns
        -------
        CalibrationDisplay
        """
        weights = _events.weights_of(estimator, X, sample_weight, weight_column, cls.__name__)
        probability = _composition.signal_score(estimator, X, signal)
        options |= {"sample_weight": weights, "signal": signal, "name": name, "ax": ax}
        return cls.from_predictions(y, probability, **options)

    def plot(self, ax=None, *, log=False, name=None, **points):
        """Draw fractions with errors, and their differences to the prediction.

        Parameters
        ----------
        ax : Axes or sequence of two Axes, default=None
            Two, e.g. ``axes_`` of another curve, or one whose place they take; default a new
            figure.
        log : bool, default=False
            Logarithmic probabilities, for a signal that is rare.
        name : str, default=None
            Instead of the display's own.
        **points
            For matplotlib's ``errorbar``, e.g. ``color``.

        Returns
        -------
        CalibrationDisplay
        """
        _choices.made_by(self.curve, CalibrationCurve, "curve", "calibration_curve")
        log = _choices.switch(log, "log")
        name = _choices.text(self.name if name is None else name, "name")
        with _style.styled() as plt:
            options = {"height_ratios": (3, 1), "sharex": True}
            self.axes_ = _style.grid(plt, ax, 2, 1, (6.0, 3.2), **options)
            self.ax_ = self.axes_[0]
            self.figure_ = self.ax_.figure
            look = _style.look_of_next(self.ax_, _GID)
            _style.chance_line(self.ax_, _DIAGONAL, _DIAGONAL)
            _style.chance_line(self.axes_[1], [0, 1], [0, 0])
            looks = {"color": look.color, "marker": look.marker, "linestyle": look.linestyle}
            self._draw(
                {"markersize": 4, "linewidth": 1.0, "elinewidth": 1.3, **looks, **points}, name
            )
            self._frame(log)
        return self

    def _draw(self, style, name):
        curve, top, bottom = self.curve, *self.axes_
        text = self._text(name)
        drawn = top.errorbar(
            curve.probability, curve.fraction, yerr=curve.error, label=text, **style
        )
        drawn.lines[0].set_gid(_GID)
        off = curve.fraction - curve.probability
        bottom.errorbar(curve.probability, off, yerr=curve.error, **style)

    def _text(self, name):
        if self.calibration_error is None:
            return name or "_"
        found = self.calibration_error
        text = f"ECE = {found.value:.2g} ± {found.error:.1g}, {found.by_chance:.2g} by chance"
        return f"{name}, {text}" if name else text

    def _frame(self, log):
        top, bottom = self.axes_
        if log:
            self._logarithmic()
        elif top.get_xscale() == "linear":
            x, y = self._points()
            highest = max(x.max(), y.max())
            end = 1.0 if highest > _HIGH else _MARGIN * highest
            top.set_xlim(0, end)
            top.set_ylim(min(0.0, top.dataLim.y0), end if end < 1 else max(1.0, top.dataLim.y1))
        bottom.set_xlim(top.get_xlim())
        top.tick_params(labelbottom=False)
        top.set_ylabel("Fraction of signal")
        bottom.set_ylabel("Difference")
        bottom.set_xlabel("Predicted probability")
        _style.legend_above(top, 1)

    def _logarithmic(self):
        lowest = [np.min(found[found > 0], initial=1.0) for found in self._points()]
        top, bottom = self.axes_
        for ax in (top, bottom):
            ax.set_xscale("log")
        top.set_yscale("log")
        top.set_xlim(lowest[0] / _BELOW, 1)
        top.set_ylim(lowest[1] / _BELOW, 1)

    def _points(self):
        """Predictions and fractions of all curves on the axes."""
        curves = [line for line in self.ax_.lines if line.get_gid() == _GID]
        both = ([line.get_xdata() for line in curves], [line.get_ydata() for line in curves])
        found = [np.concatenate(values) for values in both]
        return [values[np.isfinite(values)] for values in found]
