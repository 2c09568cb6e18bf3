"""Distributions of the score at each mass: signal of that mass and background, panel by panel."""

from __future__ import annotations

from skhep_nn import _choices, _class_names, _weights
from skhep_nn.metrics import _by_parameter as _tables
from skhep_nn.metrics import roc_auc
from skhep_nn.plotting import _events, _histograms, _scores, _style, _words


@_words.shared
class ScoreByParameterDisplay:
    """Distributions of the score under each hypothesis, of its signal and of all background.

    Make it with :meth:`from_estimator` or :meth:`from_predictions`.

    Parameters
    ----------
    histograms : dict of str to dict of label to hist.Hist
        Of each class, by the text of the hypothesis, e.g. ``mass=500``.
    auc : dict of str to float
        Weighted AUC under each hypothesis.
    score_name : str, default="Score"
        Label of the axes.
    class_names : dict of label to str, default=None
        What a class is called in the legend.

    Attributes
    ----------
    axes_ : list of matplotlib.axes.Axes
        A panel per hypothesis.
    {ax_}
    figure_ : matplotlib.figure.Figure
    """

    def __init__(self, histograms, auc, *, score_name="Score", class_names=None):
        self.histograms = histograms
        self.auc = auc
        self.score_name = score_name
        self.class_names = class_names

    @classmethod
    def from_estimator(
        cls,
        estimator,
        X,
        y,
        *,
        parameter=None,
        hypotheses=None,
        signal=1,
        sample_weight=None,
        weight_column=None,
        bins=40,
        score_name="Score",
        class_names=None,
        ax=None,
        **options,
    ):
        """Draw the scores that a fitted classifier gives at each mass.

        Parameters
        ----------
        estimator, X, y, parameter, hypotheses, signal, sample_weight, weight_column
            As in :func:`skhep_nn.metrics.auc_by_parameter`.
        bins : int or edges, default=40
            A number of bins covers [0, 1] if all scores are there, else all of them.
        score_name : str, default="Score"
        class_names : dict of label to str or list of str, default=None
            A list is in the order of ``classes_``; None is what the classifier was given.
        ax : Axes or sequence of Axes, default=None
        {options}

        Returns
        -------
        ScoreByParameterDisplay

        Raises
        ------
        ValueError, WeightError, ColumnError
            As :func:`skhep_nn.metrics.auc_by_parameter` does, or if the weights of one of several
            background classes sum to nothing or less.
        """
        owner = cls.__name__
        sample = _tables.read_sample(
            estimator, X, y, parameter, hypotheses, signal, sample_weight, weight_column, owner
        )
        class_names = _class_names.for_picture(estimator, class_names)
        names = {"score_name": score_name, "class_names": class_names or None}
        return cls._of(*sample, bins, names).plot(ax=ax, **options)

    @classmethod
    def from_predictions(
        cls,
        y_true,
        y_score,
        parameter,
        *,
        sample_weight=None,
        hypotheses=None,
        signal=1,
        bins=40,
        score_name="Score",
        class_names=None,
        ax=None,
        **options,
    ):
        """Draw scores at each mass.

        Parameters
        ----------
        y_true, y_score, parameter, sample_weight, hypotheses, signal
            As in :func:`skhep_nn.metrics.auc_by_parameter_from_scores`.
        bins : int or edges, default=40
        score_name : str, default="Score"
        class_names : dict of label to str, default=None
        ax : Axes or sequence of Axes, default=None
        {options}

        Returns
        -------
        ScoreByParameterDisplay

        Examples
        --------
        >>> import matplotlib.pyplot as plt
        >>> from skhep_nn.plotting import ScoreByParameterDisplay
        >>> display = ScoreByParameterDisplay.from_predictions(
        ...     [0, 0, 1, 1], [0.1, 0.6, 0.4, 0.9], [0, 0, 500, 750], bins=2
        ... )
        >>> display.histograms["parameter=750"][1].values().tolist()
        [0.0, 1.0]
        >>> plt.close(display.figure_)
        """
        sample = _tables.sample_of_scores(
            y_true, y_score, parameter, sample_weight, hypotheses, signal
        )
        names = {"score_name": score_name, "class_names": class_names}
        return cls._of(*sample, bins, names).plot(ax=ax, **options)

    @classmethod
    def _of(cls, points, scores, bins, names):
        bins = _histograms.check_bins(bins)
        _weights.check_squares(points.weights)
        found = [(points.label(at), rows, score) for at, rows, score in scores]
        edges = _scores.edges_of([score for _, _, score in found], bins)
        histograms, auc = {}, {}
        for at, (label, rows, score) in enumerate(found):
            y, weights = points.y[rows], points.weights[rows]
            with _tables.named(points, at):
                masks = _events.class_masks(y, weights, _classes(y, points.is_signal[rows]))
                auc[label] = roc_auc(points.is_signal[rows], score, weights, signal=True)
            histograms[label] = {
                name: _histograms.filled(score[mask], weights[mask], edges)
                for name, mask in masks.items()
            }
        return cls(histograms, auc, **names)

    def plot(self, ax=None, *, n_columns=3, log=False):
        """Draw the distributions, each normalised to unit area; signal as points with errors.

        Parameters
        ----------
        ax : Axes or sequence of Axes, default=None
            A panel per hypothesis, or one whose place they take; default a new figure.
        n_columns : int, default=3
        {log}

        Returns
        -------
        ScoreByParameterDisplay
        """
        n_panels = len(self.histograms)
        n_columns = min(_choices.count(n_columns, "n_columns"), n_panels)
        log = _choices.switch(log, "log")
        with _style.styled() as plt:
            self.axes_ = _style.grid(plt, ax, n_panels, n_columns, (4.2, 3.6))
            self.ax_ = self.axes_[0]
            self.figure_ = self.ax_.figure
            for at, label in enumerate(self.histograms):
                handles = self._draw_panel(self.axes_[at], label, log)
                last_of_its_column = at + n_columns >= n_panels
                self.axes_[at].set_xlabel(self.score_name if last_of_its_column else "")
                self.axes_[at].set_ylabel("" if at % n_columns else "Density")
            frame = {"frameon": True, "framealpha": 0.85, "edgecolor": "none"}
            self.ax_.legend(*zip(*handles, strict=True), loc="best", **frame)
        return self

    def _draw_panel(self, ax, label, log):
        classes = self.histograms[label]
        looks = _style.looks(len(classes))
        handles = []
        for at, (name, histogram) in enumerate(classes.items()):
            if at == len(classes) - 1:
                handle = _scores._draw_points(ax, histogram, looks[at])
            else:
                filled = len(classes) == 2
                handle = _scores._draw_filled(ax, histogram, looks[at], filled=filled)
            handles.append((handle, _events.title_of(name, self.class_names)))
        edges = histogram.axes[0].edges
        ax.set_xlim(edges[0], edges[-1])
        ax.set_yscale("log" if log else "linear")
        if not log:
            ax.set_ylim(min(0.0, 1.08 * ax.dataLim.y0), 1.08 * ax.dataLim.y1)
        ax.set_title(f"{label}, AUC = {self.auc[label]:.3f}", fontsize="medium", loc="left")
        return handles


def _classes(y, is_signal):
    """Background classes, then the signal."""
    return [*_events.classes_of(y[~is_signal]), *_events.classes_of(y[is_signal])]
