"""ROC curve of weighted events, in the three ways that it is drawn in the field."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from skhep_nn import _choices, _composition, _weights
from skhep_nn.metrics import _cut_errors, _inputs, _tail_sums, roc_auc
from skhep_nn.plotting import _events, _style, _words

# points of a curve that are drawn at most: a vector picture of a million events opens in a second
_MOST_POINTS = 4000
_GID = "skhep_nn.roc"


@dataclass(frozen=True)
class _Kind:
    """Axes of one way to draw a ROC curve, and where a guessing classifier is."""

    x_label: str
    y_label: str
    scale: str
    chance: object
    legend: str


KINDS = {
    "efficiency": _Kind(
        "Background efficiency", "Signal efficiency", "linear", lambda e: e, "lower right"
    ),
    "rejection": _Kind(
        "Signal efficiency",
        "Background rejection, 1 / efficiency",
        "log",
        lambda e: 1 / e,
        "upper right",
    ),
    "1-efficiency": _Kind(
        "Signal efficiency",
        "Background rejection, 1 − efficiency",
        "linear",
        lambda e: 1 - e,
        "lower left",
    ),
}


@_words.shared
class RocDisplay:
    """ROC curve of weighted events, with its statistical error.

    Make it with :meth:`from_estimator` or :meth:`from_predictions`.

    Parameters
    ----------
    signal_efficiency, background_efficiency : ndarray of shape (n_thresholds + 1,)
        From no event kept to all kept.
    signal_error, background_error : ndarray of shape (n_thresholds + 1,)
        Their standard errors, of a weighted binomial.
    auc : float
        Area under signal efficiency against background efficiency.
    name : str, default=None
        Name of the curve in the legend.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
    figure_ : matplotlib.figure.Figure
    line_ : matplotlib.lines.Line2D
    band_ : matplotlib collection or None
    """

    def __init__(
        self,
        signal_efficiency,
        background_efficiency,
        signal_error,
        background_error,
        auc,
        *,
        name=None,
    ):
        self.signal_efficiency = signal_efficiency
        self.background_efficiency = background_efficiency
        self.signal_error = signal_error
        self.background_error = background_error
        self.auc = auc
        self.name = name

    @classmethod
    def from_predictions(
        cls, y_true, y_score, *, sample_weight=None, signal=1, name=None, ax=None, **options
    ):
        """Draw the ROC curve of scores.

        Parameters
        ----------
        y_true : array-like of shape (n_events,)
            Labels of any type; every class other than `signal` is background.
        y_score : array-like of shape (n_events,)
            High for signal; any scale.
        sample_weight : array-like of shape (n_events,) or number, default=None
            Event weights; negative ones count as what they are, so that the curve need not be
            monotonous.
        signal : label or list of labels, default=1
        name : str, default=None
            Name of the curve in the legend.
        ax : Axes, default=None
            Axes to draw on, e.g. those of another curve.
        {options}

        Returns
        -------
        RocDisplay

        Raises
        ------
        ValueError
            If there is no signal or no background, a score is NaN, or lengths differ.
        WeightError
            If the weights of signal or background sum to nothing or less.

        Examples
        --------
        >>> import matplotlib.pyplot as plt
        >>> from skhep_nn.plotting import RocDisplay
        >>> display = RocDisplay.from_predictions(
        ...     [0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8], sample_weight=[3.0, 1.0, 1.0, 1.0]
        ... )
        >>> display.auc
        0.875
        >>> plt.close(display.figure_)
        """
        curve = cls._of_scores(y_true, y_score, sample_weight, signal, name)
        return curve.plot(ax=ax, **options)

    @classmethod
    def _of_scores(cls, y_true, y_score, sample_weight, signal=1, name=None):
        scores, is_signal, weights = _inputs.check_events(y_true, y_score, sample_weight, signal)
        weights = _weights.classes_of_moderate_scale(is_signal, weights)
        sums = _tail_sums.at_every_score(scores, is_signal, weights)
        signal_curve = _efficiency(sums.signal, sums.signal_squares)
        background_curve = _efficiency(sums.background, sums.background_squares)
        efficiencies, errors = zip(signal_curve, background_curve, strict=True)
        auc = roc_auc(is_signal, scores, weights, signal=True)
        return cls(*efficiencies, *errors, auc, name=name)

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
        name=None,
        ax=None,
        **options,
    ):
        """Draw the ROC curve of a fitted classifier.

        Parameters
        ----------
        {estimator}
        {events}
        signal : label or list of labels, default=1
            Of more than two classes the score is the probability of this one.
        name : str, default=None
        ax : Axes, default=None
        {options}

        Returns
        -------
        RocDisplay
        """
        weights = _events.weights_of(estimator, X, sample_weight, weight_column, cls.__name__)
        scores = _composition.signal_score(estimator, X, signal)
        return cls.from_predictions(
            y, scores, sample_weight=weights, signal=signal, name=name, ax=ax, **options
        )

    def plot(self, ax=None, *, kind="efficiency", band=True, name=None, **line):
        """Draw the curve.

        Parameters
        ----------
        ax : Axes, default=None
            Axes to draw on, e.g. those of another curve; default a new figure.
        kind : {"efficiency", "rejection", "1-efficiency"}, default="efficiency"
            Signal against background efficiency, as scikit-learn does; or against the signal
            efficiency the background rejection, as the inverse of the background efficiency on a
            logarithmic axis, or as one minus it.
        band : bool, default=True
            Show one standard deviation of what is on the vertical axis.
        name : str, default=None
            Instead of the display's own.
        **line
            For matplotlib's ``plot``, e.g. ``color``.

        Returns
        -------
        RocDisplay

        Raises
        ------
        ValueError
            If `kind` is none of these.
        """
        _choices.one_of(kind, KINDS, "kind")
        band = _choices.switch(band, "band")
        x, y, low, high = _thinned(*self._points(kind))
        with _style.styled() as plt:
            self.ax_ = _style.single(plt, ax)
            self.figure_ = self.ax_.figure
            self.ax_.set_yscale(KINDS[kind].scale)
            look = _style.look_of_next(self.ax_, _GID)
            _style.chance_line(self.ax_, *_chance(KINDS[kind]))
            line = {"color": look.color, "linestyle": look.linestyle, **line}
            self.line_ = self.ax_.plot(x, y, label=self._text(name), gid=_GID, **line)[0]
            self.band_ = _draw_band(self.ax_, x, low, high, self.line_) if band else None
            self._frame(KINDS[kind], y)
        return self

    def _points(self, kind):
        """x, y and the ends of the band on y."""
        signal, background = self.signal_efficiency, self.background_efficiency
        if kind == "efficiency":
            return background, signal, signal - self.signal_error, signal + self.signal_error
        low, high = background - self.background_error, background + self.background_error
        if kind == "1-efficiency":
            return signal, 1 - background, 1 - high, 1 - low
        # no background left, or a negative sum: there is no rejection to speak of
        return signal, *(_inverse(values) for values in (background, high, low))

    def _text(self, name):
        name = _choices.text(self.name if name is None else name, "name")
        return f"{name}, AUC = {self.auc:.4f}" if name else f"AUC = {self.auc:.4f}"

    def _frame(self, kind, y):
        ax = self.ax_
        ax.set_xlabel(kind.x_label)
        ax.set_ylabel(kind.y_label)
        ax.set_xlim(0, 1)
        if kind.scale == "log":
            top = 2 * np.nanmax(y, initial=1.0, where=np.isfinite(y))
            curves = [line for line in ax.lines if line.get_gid() == _GID]
            ax.set_ylim(1, top if len(curves) == 1 else max(top, ax.get_ylim()[1]))
        else:
            ax.set_ylim(0, 1.02)
        ax.legend(loc=kind.legend)


def _efficiency(kept, kept_squares):
    """Efficiency of each cut and its error, from no event kept to all."""
    efficiency = np.append(0.0, kept[::-1] / kept[0])
    squares = np.append(0.0, kept_squares[::-1])
    error = _cut_errors.efficiency_error(efficiency, squares, kept[0], kept_squares[0])
    # all kept is exactly one, whatever rounding left of the variance
    error[-1] = 0.0
    return efficiency, error


def _inverse(values):
    out = np.full(len(values), np.nan)
    # what is below has no inverse among floating-point numbers
    return np.divide(1.0, values, out=out, where=values >= np.finfo(float).tiny)


def _thinned(*curves):
    """At most `_MOST_POINTS` points of curves of the same points, dense where few events pass."""
    n = len(curves[0])
    if n <= _MOST_POINTS:
        return curves
    half = _MOST_POINTS // 2
    even, dense = np.linspace(0, n - 1, half), np.geomspace(1, n - 1, half)
    at = np.unique(np.concatenate([even, dense]).astype(int))
    return tuple(curve[at] for curve in curves)


def _chance(kind):
    efficiency = np.geomspace(1e-4, 1, 200) if kind.scale == "log" else np.array([0.0, 1.0])
    return efficiency, kind.chance(efficiency)


def _draw_band(ax, x, low, high, line):
    # where the error reaches down to no background the band has no upper end: out of the picture
    beyond = 100 * np.nanmax(low, initial=1.0)
    high = np.where(np.isfinite(low) & ~np.isfinite(high), beyond, high)
    return ax.fill_between(x, low, high, color=line.get_color(), alpha=0.25, linewidth=0)
