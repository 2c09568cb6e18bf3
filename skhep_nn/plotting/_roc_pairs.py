"""ROC curves of every class against each other, in one call."""

from __future__ import annotations

import numpy as np

from skhep_nn import _choices, _labels
from skhep_nn.plotting import _events, _style, _words
from skhep_nn.plotting._probabilities import FromProbabilities, probabilities_of
from skhep_nn.plotting._roc import KINDS, RocDisplay

_SCORES = ("ratio", "probability")
_PANEL = {1: (6.4, 5.0), 2: (5.4, 4.4), 3: (4.6, 3.9)}


@_words.shared
class RocPairsDisplay(FromProbabilities):
    """ROC curves of every class against each of the others: a panel per signal class.

    Make it with :meth:`from_estimator` or :meth:`from_predictions`.

    Parameters
    ----------
    curves : dict of label to dict of label to RocDisplay
        Of each class as signal, by the class that is its background.
    class_names : dict of label to str, default=None
        What a class is called in titles and legends.

    Attributes
    ----------
    axes_ : dict of label to matplotlib.axes.Axes
        The panel of each signal class.
    {ax_}
    figure_ : matplotlib.figure.Figure
    """

    def __init__(self, curves, *, class_names=None):
        self.curves = curves
        self.class_names = class_names

    @classmethod
    def from_predictions(
        cls,
        y_true,
        y_score,
        *,
        sample_weight=None,
        classes=None,
        signals=None,
        score="ratio",
        class_names=None,
        ax=None,
        **options,
    ):
        """Draw the ROC curves of probabilities.

        Parameters
        ----------
        y_true : array-like of shape (n_events,)
        y_score : array-like of shape (n_events, n_classes)
            Probabilities, a column per class.
        sample_weight : array-like of shape (n_events,) or number, default=None
            Event weights, negative ones included. Each class needs a positive sum.
        classes : array-like of shape (n_classes,), default=None
            Labels of the columns, an estimator's ``classes_``; None is the sorted labels of
            `y_true`.
        signals : label or list of labels, default=None
            Classes that get a panel; None is all.
        score : {"ratio", "probability"}, default="ratio"
            What separates classes a and b: p_a / (p_a + p_b), which is the best that the
            probabilities can do between these two, or p_a alone.
        class_names : dict of label to str, default=None
        ax : Axes or sequence of Axes, default=None
            One per panel, or one whose place they take.
        {options}

        Returns
        -------
        RocPairsDisplay

        Raises
        ------
        ValueError
            If there are less than two classes, columns and classes differ in number, lengths
            differ, a class has no events, or a probability is negative or NaN.
        WeightError
            If the weights of a class sum to nothing or less.

        Examples
        --------
        >>> import matplotlib.pyplot as plt
        >>> import numpy as np
        >>> from skhep_nn.plotting import RocPairsDisplay
        >>> y, p = np.arange(60) % 3, np.random.default_rng(0).dirichlet([1, 1, 1], 60)
        >>> display = RocPairsDisplay.from_predictions(y, p)
        >>> list(display.axes_), list(display.curves[0])
        ([0, 1, 2], [1, 2])
        >>> plt.close(display.figure_)
        """
        _choices.one_of(score, _SCORES, "score")
        y, weights = _events.labels_and_weights(y_true, sample_weight)
        p, columns = probabilities_of(y_score, y, classes)
        masks = _events.class_masks(y, weights, columns)
        panels = columns if signals is None else _labels.listed(signals)
        for label in panels:
            _events.check_signal(label, columns, "y_score")
        curves = {
            a: {
                b: _curve(
                    p[:, columns.index(a)],
                    p[:, columns.index(b)],
                    masks[a],
                    masks[b],
                    weights,
                    score,
                )
                for b in columns
                if b != a
            }
            for a in panels
        }
        return cls(curves, class_names=class_names).plot(ax=ax, **options)

    def plot(self, ax=None, *, kind="rejection", band=True):
        """Draw the curves.

        Parameters
        ----------
        ax : Axes or sequence of Axes, default=None
            One per panel, or one whose place they take; default a new figure.
        kind : {"rejection", "efficiency", "1-efficiency"}, default="rejection"
            As of :meth:`RocDisplay.plot`; the rejection has a logarithmic axis.
        band : bool, default=True
            Show one standard deviation.

        Returns
        -------
        RocPairsDisplay
        """
        _choices.one_of(kind, KINDS, "kind")
        n_columns = min(len(self.curves), 3)
        with _style.styled() as plt:
            axes = _style.grid(plt, ax, len(self.curves), n_columns, _PANEL[n_columns])
            self.axes_ = dict(zip(self.curves, axes, strict=True))
            self.ax_ = axes[0]
            self.figure_ = self.ax_.figure
        for label, panel in self.axes_.items():
            for other, curve in self.curves[label].items():
                name = f"against {_events.title_of(other, self.class_names)}"
                curve.plot(panel, kind=kind, band=band, name=name)
            if KINDS[kind].scale == "log":
                # room for the legend above the curves
                panel.set_ylim(1, panel.get_ylim()[1] ** 1.3)
            panel.set_title(
                f"Signal: {_events.title_of(label, self.class_names)}",
                loc="left",
                fontsize="medium",
            )
        return self

    def auc(self):
        """Area under each curve.

        Returns
        -------
        DataFrame
            A row per signal class, a column per background class.
        """
        import pandas as pd

        rows = {a: {b: c.auc for b, c in of.items()} for a, of in self.curves.items()}
        names = list(dict.fromkeys([*rows, *(b for of in rows.values() for b in of)]))
        return pd.DataFrame.from_dict(rows, orient="index").reindex(columns=names)


def _curve(p, other, signal, background, weights, score):
    both = signal | background
    values = p[both]
    if score == "ratio":
        total = values + other[both]
        values = np.divide(values, total, out=np.full_like(values, 0.5), where=total > 0)
    return RocDisplay._of_scores(signal[both].astype(int), values, weights[both])
