"""Systematic variations: the shape of the score relative to the nominal one, per class."""

from __future__ import annotations

import numpy as np

from skhep_nn import _choices
from skhep_nn.plotting import _style, _words
from skhep_nn.robustness import Variations, evaluate_variations

_CLASSES = ("signal", "background")
# ratios further from one are out of the picture
_MOST = 2.0


@_words.shared
class VariationsDisplay:
    """Ratio of the shape of the score to the nominal one, per variation, for signal and background.

    Make it with :meth:`from_estimator` or :meth:`from_result`.

    Parameters
    ----------
    result : skhep_nn.robustness.Variations

    Attributes
    ----------
    axes_ : list of matplotlib.axes.Axes
        Signal, background.
    {ax_}
    figure_ : matplotlib.figure.Figure
    """

    def __init__(self, result):
        self.result = result

    @classmethod
    def from_result(cls, result, *, ax=None):
        """Draw a result of :func:`skhep_nn.robustness.evaluate_variations`.

        Parameters
        ----------
        result : skhep_nn.robustness.Variations
        ax : Axes or sequence of two Axes, default=None

        Returns
        -------
        VariationsDisplay

        Examples
        --------
        >>> import matplotlib.pyplot as plt
        >>> import numpy as np
        >>> from sklearn.linear_model import LogisticRegression
        >>> from skhep_nn.plotting import VariationsDisplay
        >>> from skhep_nn.robustness import evaluate_variations
        >>> X, y = np.linspace(-1, 1, 200)[:, None], np.arange(200) % 3 > 0
        >>> model = LogisticRegression().fit(X, y)
        >>> result = evaluate_variations(model, {"nominal": X, "up": X + 0.05}, y)
        >>> display = VariationsDisplay.from_result(result)
        >>> display.axes_[0].texts[0].get_text()
        'signal'
        >>> plt.close(display.figure_)
        """
        return cls(result).plot(ax=ax)

    @classmethod
    def from_estimator(cls, estimator, variations, y=None, *, ax=None, **options):
        """Evaluate variations of a fitted classifier's inputs and draw them.

        Parameters
        ----------
        estimator : fitted classifier, Pipeline or search
        variations, y
            As in :func:`skhep_nn.robustness.evaluate_variations`.
        ax : Axes or sequence of two Axes, default=None
        **options
            For :func:`skhep_nn.robustness.evaluate_variations`.

        Returns
        -------
        VariationsDisplay
        """
        return cls.from_result(evaluate_variations(estimator, variations, y, **options), ax=ax)

    def plot(self, ax=None):
        """Draw the ratios; the errors know that the same events are in both.

        Parameters
        ----------
        {two_axes}

        Returns
        -------
        VariationsDisplay
        """
        _choices.made_by(self.result, Variations, "result", "evaluate_variations")
        with _style.styled() as plt:
            self.axes_ = _style.grid(plt, ax, 2, 1, (6.4, 2.9), sharex=True)
            self.ax_ = self.axes_[0]
            self.figure_ = self.ax_.figure
            for panel, name in zip(self.axes_, _CLASSES, strict=True):
                self._draw(panel, name)
            self.axes_[1].set_xlabel("Score")
            # two entries with their numbers do not fit beside one another if the names are long
            longest = max(map(len, self.result.variations))
            _style.legend_above(self.axes_[0], 2 if longest < 4 else 1)
        return self

    def _draw(self, ax, name):
        edges = self.result.edges
        others = [v for v in self.result.variations if v != self.result.nominal]
        ax.axhline(1.0, color="0.4", linewidth=1.0, zorder=1)
        for variation, look in zip(others, _style.looks(len(others)), strict=True):
            one = self.result[variation]
            ratio, error = one.shape_ratio[name], one.shape_ratio_error[name]
            line = {"color": look.color, "linestyle": look.linestyle, "linewidth": 1.5}
            ax.stairs(ratio, edges, baseline=None, label=self._text(variation), **line)
            band = {"step": "post", "color": look.color, "alpha": 0.2, "linewidth": 0}
            low, high = (np.append(ends, ends[-1:]) for ends in (ratio - error, ratio + error))
            ax.fill_between(edges, low, high, **band)
        low, high = np.clip(ax.dataLim.intervaly, 0.0, _MOST)
        room = 0.12 * max(high - low, 0.01)
        ax.set_ylim(min(low, 1.0) - room, max(high, 1.0) + 2 * room)
        ax.set_xlim(*edges[[0, -1]])
        ax.axvline(self.result.threshold, color="0.35", linestyle=":", linewidth=1.2, zorder=1)
        ax.set_ylabel("Shape / nominal")
        ax.text(0.02, 0.95, name, transform=ax.transAxes, ha="left", va="top", gid="class")

    def _text(self, variation):
        one = self.result[variation]
        return f"{variation}, ΔAUC {one.auc_difference:+.2g} ± {one.auc_difference_error:.1g}"
