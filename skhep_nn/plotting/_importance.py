"""Importance of features, blocks and groups, with errors: the most important on top."""

from __future__ import annotations

import textwrap

import numpy as np

from skhep_nn import _choices
from skhep_nn.plotting import _style, _words
from skhep_nn.robustness import FeatureImportance, feature_importance


@_words.shared
class ImportanceDisplay:
    """Bars of importance with error bars.

    Make it with :meth:`from_estimator` or :meth:`from_result`.

    Parameters
    ----------
    result : skhep_nn.robustness.FeatureImportance

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
    figure_ : matplotlib.figure.Figure
    """

    def __init__(self, result):
        self.result = result

    @classmethod
    def from_result(cls, result, *, ax=None, **options):
        """Draw a result of ``feature_importance`` or ``gradient_importance``.

        Parameters
        ----------
        result : skhep_nn.robustness.FeatureImportance
        ax : Axes, default=None
        {options}

        Returns
        -------
        ImportanceDisplay

        Examples
        --------
        >>> import matplotlib.pyplot as plt
        >>> import numpy as np
        >>> from sklearn.linear_model import LogisticRegression
        >>> from skhep_nn.plotting import ImportanceDisplay
        >>> X, y = np.column_stack([np.arange(90), np.arange(90) % 7]), np.repeat([0, 1], 45)
        >>> model = LogisticRegression(max_iter=1000).fit(X, y)
        >>> display = ImportanceDisplay.from_estimator(model, X, y)
        >>> [text.get_text() for text in display.ax_.get_yticklabels()]
        ['x0', 'x1']
        >>> plt.close(display.figure_)
        """
        return cls(result).plot(ax=ax, **options)

    @classmethod
    def from_estimator(cls, estimator, X, y=None, *, ax=None, n_most=20, **options):
        """Permute the features of a fitted classifier and draw what is lost.

        Parameters
        ----------
        estimator : fitted classifier, Pipeline or search
        X, y
            As in :func:`skhep_nn.robustness.feature_importance`.
        ax : Axes, default=None
        n_most : int, default=20
            As in :meth:`plot`.
        **options
            For :func:`skhep_nn.robustness.feature_importance`.

        Returns
        -------
        ImportanceDisplay
        """
        return cls.from_result(feature_importance(estimator, X, y, **options), ax=ax, n_most=n_most)

    def plot(self, ax=None, *, n_most=20):
        """Draw the bars.

        Parameters
        ----------
        ax : Axes, default=None
            Default a new figure.
        n_most : int, default=20
            Draw at most so many, the most important.

        Returns
        -------
        ImportanceDisplay
        """
        _choices.made_by(self.result, FeatureImportance, "result", "feature_importance")
        order = self.result.order[: _choices.count(n_most, "n_most")]
        with _style.styled() as plt:
            self.ax_ = _style.single(plt, ax, figsize=(6.4, 1.2 + 0.32 * max(len(order), 4)))
            self.figure_ = self.ax_.figure
            look = _style.looks(1)[0]
            places = np.arange(len(order))
            style = {"color": look.color, "alpha": 0.75, "height": 0.7}
            errors = {"ecolor": "black", "elinewidth": 1.2, "capsize": 2}
            importance, error = self.result.importance[order], self.result.error[order]
            self.ax_.barh(places, importance, xerr=error, error_kw=errors, **style)
            names = [textwrap.shorten(self.result.names[at], 40, placeholder="...") for at in order]
            self.ax_.set_yticks(places, names)
            self.ax_.tick_params(axis="y", which="both", length=0)
            self.ax_.invert_yaxis()
            self.ax_.minorticks_off()
            self.ax_.axvline(0.0, color="0.4", linewidth=1.0)
            self.ax_.set_xlabel(self.result.quantity)
        return self
