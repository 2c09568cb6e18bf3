"""Scores of several classes: a panel per node of the network, the events of every class in each."""

from __future__ import annotations

from skhep_nn import _choices, _labels
from skhep_nn.plotting import _events, _style, _words
from skhep_nn.plotting._probabilities import FromProbabilities, probabilities_of
from skhep_nn.plotting._scores import ScoreDisplay, with_yield

_PANELS_PER_ROW = {2: 2, 4: 2}
_PANEL = {2: (5.4, 4.2), 3: (4.6, 3.7)}


@_words.shared
class ScorePanelsDisplay(FromProbabilities):
    """Distributions of the probability of each class, of the events of every class.

    Make it with :meth:`from_estimator` or :meth:`from_predictions`.

    Parameters
    ----------
    displays : dict of label to ScoreDisplay
        Of each node, by its class.
    class_names : dict of label to str, default=None
        What a class is called.

    Attributes
    ----------
    axes_ : dict of label to matplotlib.axes.Axes
        The panel of each node.
    {ax_}
    figure_ : matplotlib.figure.Figure
    """

    def __init__(self, displays, *, class_names=None):
        self.displays = displays
        self.class_names = class_names

    @classmethod
    def from_predictions(
        cls,
        y_true,
        y_score,
        *,
        sample_weight=None,
        classes=None,
        nodes=None,
        bins=40,
        class_names=None,
        ax=None,
        **options,
    ):
        """Draw probabilities.

        Parameters
        ----------
        y_true : array-like of shape (n_events,)
            Classes of the events.
        y_score : array-like of shape (n_events, n_classes)
            Probabilities, a column per class.
        sample_weight : array-like of shape (n_events,) or number, default=None
            Event weights, negative ones included. Each class needs a positive sum.
        classes : array-like of shape (n_classes,), default=None
            Labels of the columns, an estimator's ``classes_``; None is the sorted labels of
            `y_true`.
        nodes : label or list of labels, default=None
            Classes whose probability gets a panel; None is all.
        bins : int or edges, default=40
        class_names : dict of label to str, default=None
        ax : Axes or sequence of Axes, default=None
            One per node, or one whose place they take.
        {options}

        Returns
        -------
        ScorePanelsDisplay

        Raises
        ------
        ValueError, WeightError
            As :meth:`RocPairsDisplay.from_predictions` does.

        Examples
        --------
        >>> import matplotlib.pyplot as plt
        >>> import numpy as np
        >>> from skhep_nn.plotting import ScorePanelsDisplay
        >>> y, p = np.arange(60) % 3, np.random.default_rng(0).dirichlet([1, 1, 1], 60)
        >>> display = ScorePanelsDisplay.from_predictions(y, p, class_names={0: "ttbar"})
        >>> display.ax_.get_xlabel()
        'Score of ttbar'
        >>> plt.close(display.figure_)
        """
        y, weights = _events.labels_and_weights(y_true, sample_weight)
        p, columns = probabilities_of(y_score, y, classes)
        wanted = columns if nodes is None else _labels.listed(nodes, "nodes")
        for node in wanted:
            _events.check_signal(node, columns, "y_score")
        displays = {
            node: ScoreDisplay._of_scores(
                y,
                p[:, columns.index(node)],
                weights,
                bins=bins,
                score_name=f"Score of {_events.title_of(node, class_names)}",
                class_names=class_names,
            )
            for node in wanted
        }
        return cls(displays, class_names=class_names).plot(ax=ax, **options)

    def plot(self, ax=None, *, log=True):
        """Draw the distributions, each normalised to unit area.

        Parameters
        ----------
        ax : Axes or sequence of Axes, default=None
            One per node, or one whose place they take; default a new figure.
        log : bool, default=True
            Logarithmic contents, where the tails of the other classes are seen.

        Returns
        -------
        ScorePanelsDisplay
        """
        log = _choices.switch(log, "log")
        n_columns = _PANELS_PER_ROW.get(len(self.displays), 3)
        n_columns = min(n_columns, max(len(self.displays), 2))
        with _style.styled() as plt:
            axes = _style.grid(plt, ax, len(self.displays), n_columns, _PANEL[n_columns])
        self.axes_ = dict(zip(self.displays, axes, strict=True))
        self.ax_, self.figure_ = axes[0], axes[0].figure
        for node, panel in self.axes_.items():
            self.displays[node].plot(panel, log=log)
            panel.get_legend().remove()
        with _style.styled():
            self._legend(own_figure=ax is None)
        return self

    def _legend(self, *, own_figure):
        points = [container for container in self.ax_.containers if len(container) == 3]
        first = next(iter(self.displays.values()))
        named = self.class_names
        texts = [with_yield(label, events, named) for label, events in first.test.items()]
        where = self.figure_ if own_figure else self.ax_
        place = "outside upper center" if own_figure else "best"
        where.legend(points, texts, loc=place, ncols=min(len(texts), 4) if own_figure else 1)
