"""Overtraining: scores of training over those of test, per class, with the verdict."""

from __future__ import annotations

import numpy as np

from skhep_nn import _choices, _composition
from skhep_nn.metrics import OvertrainingTest, _shapes, overtraining_test
from skhep_nn.metrics._overtraining import Side
from skhep_nn.plotting import _events, _scores, _style, _words

_CLASSES = ("background", "signal")


@_words.shared
class OvertrainingDisplay:
    """Scores in training (filled) and test (points), their ratio below, and the verdict above.

    Make it with :meth:`from_estimator` or :meth:`from_predictions`.

    Parameters
    ----------
    test : skhep_nn.metrics.OvertrainingTest
    edges : ndarray of shape (n_bins + 1,)
        Bins of the score.
    counts : dict of str to tuple
        Of ``"signal"`` and ``"background"``, the contents in training and in test.
    score_name : str, default="Score"

    Attributes
    ----------
    axes_ : list of matplotlib.axes.Axes
        Distributions, ratios.
    {ax_}
    figure_ : matplotlib.figure.Figure
    """

    def __init__(self, test, edges, counts, *, score_name="Score"):
        self.test = test
        self.edges = edges
        self.counts = counts
        self.score_name = score_name

    @classmethod
    def from_predictions(
        cls,
        y_train,
        score_train,
        y_test,
        score_test,
        *,
        sample_weight_train=None,
        sample_weight_test=None,
        signal=1,
        bins=20,
        score_name="Score",
        test=None,
        ax=None,
        **test_options,
    ):
        """Test scores for overtraining and draw them.

        Parameters
        ----------
        y_train, score_train, y_test, score_test, sample_weight_train, sample_weight_test, signal
            As in :func:`skhep_nn.metrics.overtraining_test`.
        bins : int or array-like of shape (n_bins + 1,), default=20
            A number is of bins of equal width in the picture, and of equal content in the
            chi-square.
        score_name : str, default="Score"
        test : skhep_nn.metrics.OvertrainingTest, default=None
            Of these events, if it is there already.
        ax : Axes or sequence of two Axes, default=None
        **test_options
            ``threshold``, ``efficiency``, ``n_bootstrap``, ``random_state``.

        Returns
        -------
        OvertrainingDisplay

        Raises
        ------
        ValueError, WeightError
            As :func:`skhep_nn.metrics.overtraining_test` does.

        Examples
        --------
        >>> import matplotlib.pyplot as plt
        >>> import numpy as np
        >>> from skhep_nn.plotting import OvertrainingDisplay
        >>> y, score = np.tile([0, 1], 200), np.linspace(0, 1, 400)
        >>> display = OvertrainingDisplay.from_predictions(y, score, y, score)
        >>> display.test.verdict
        'no sign of overtraining'
        >>> plt.close(display.figure_)
        """
        weights = {
            "sample_weight_train": sample_weight_train,
            "sample_weight_test": sample_weight_test,
        }
        if test is None:
            test = overtraining_test(
                y_train, score_train, y_test, score_test, signal=signal, bins=bins, **weights,
                **test_options,
            )  # fmt: skip
        sides = (
            Side.of(y_train, score_train, sample_weight_train, signal, "train"),
            Side.of(y_test, score_test, sample_weight_test, signal, "test"),
        )
        edges = _scores.edges_of([side.scores for side in sides], bins)
        counts = {
            name: tuple(_shapes.Counts.of(*side.part(name), edges) for side in sides)
            for name in _CLASSES
        }
        return cls(test, edges, counts, score_name=score_name).plot(ax=ax)

    @classmethod
    def from_estimator(
        cls,
        estimator,
        X_train,
        y_train,
        X_test,
        y_test,
        *,
        sample_weight_train=None,
        sample_weight_test=None,
        weight_column=None,
        signal=1,
        ax=None,
        **options,
    ):
        """Test a fitted classifier for overtraining and draw it.

        Parameters
        ----------
        {estimator}
        X_train, X_test : DataFrame, array or blocks
        y_train, y_test : array-like of shape (n_events,)
        sample_weight_train, sample_weight_test : array-like or number, default=None
        weight_column : str or int, default=None
        signal : label or list of labels, default=1
        ax : Axes or sequence of two Axes, default=None
        **options
            As in :meth:`from_predictions`.

        Returns
        -------
        OvertrainingDisplay
        """
        owner = cls.__name__
        given = ((X_train, sample_weight_train), (X_test, sample_weight_test))
        weights = [_events.weights_of(estimator, X, w, weight_column, owner) for X, w in given]
        scores = [_composition.signal_score(estimator, X, signal) for X, _ in given]
        return cls.from_predictions(
            y_train,
            scores[0],
            y_test,
            scores[1],
            sample_weight_train=weights[0],
            sample_weight_test=weights[1],
            signal=signal,
            ax=ax,
            **options,
        )

    def plot(self, ax=None):
        """Draw the distributions, each of unit area, and test over training.

        Parameters
        ----------
        {two_axes}

        Returns
        -------
        OvertrainingDisplay
        """
        _choices.made_by(self.test, OvertrainingTest, "test", "overtraining_test")
        with _style.styled() as plt:
            options = {"height_ratios": (3, 1), "sharex": True}
            self.axes_ = _style.grid(plt, ax, 2, 1, (6.4, 2.7), **options)
            self.ax_ = self.axes_[0]
            self.figure_ = self.ax_.figure
            for name, look in zip(_CLASSES, _style.looks(2), strict=True):
                self._draw(name, *self.counts[name], look)
            self._frame()
        return self

    def _draw(self, name, train, test, look):
        widths = np.diff(self.edges)
        centers = _shapes.centers(self.edges)
        line = {"color": look.color, "linestyle": look.linestyle}
        density, error = _density(train, widths)
        self.ax_.stairs(density, self.edges, label=f"{name}, training", linewidth=1.4, **line)
        fill = {"fill": True, "alpha": 0.25, "color": look.color}
        self.ax_.stairs(density, self.edges, **fill)
        points = {"color": look.color, "marker": look.marker, "markersize": 4, "linestyle": "none"}
        points |= {"markeredgecolor": "black", "markeredgewidth": 0.5, "elinewidth": 1.2}
        of_test, of_test_error = _density(test, widths)
        self.ax_.errorbar(centers, of_test, yerr=of_test_error, label=f"{name}, test", **points)
        there = (density > 2 * error) & (of_test > 2 * of_test_error)
        ratio = of_test[there] / density[there]
        relative = error[there] / density[there], of_test_error[there] / of_test[there]
        errors = ratio * np.hypot(*relative)
        aside = 0.12 * widths[there] * (1 if name == "signal" else -1)
        self.axes_[1].errorbar(centers[there] + aside, ratio, yerr=errors, **points)

    def _frame(self):
        top, bottom = self.axes_
        for panel in self.axes_:
            panel.set_xlim(*self.edges[[0, -1]])
        top.set_ylim(min(0.0, 1.08 * top.dataLim.y0), 1.08 * top.dataLim.y1)
        bottom.axhline(1.0, color="0.4", linewidth=1.0, zorder=1)
        bottom.set_ylim(0.5, 1.5)
        top.set_ylabel("Density, unit area")
        bottom.set_ylabel("Test / training")
        bottom.set_xlabel(self.score_name)
        top.tick_params(labelbottom=False)
        title = _style.wrapped(f"{self.test.verdict} (p = {self.test.p_value:.2g})", 62)
        _style.legend_above(top, 2, title=title, alignment="left")


def _density(counts, widths):
    scale = counts.sums.sum() * widths
    # infinite scores have no density
    scale = np.where(np.isfinite(scale), scale, np.inf)
    return counts.sums / scale, np.sqrt(counts.squares) / np.abs(scale)
