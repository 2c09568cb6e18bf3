"""Scores of test and training events per class, overlaid: separation and overtraining at a look."""

from __future__ import annotations

from skhep_nn import _choices, _composition, _extras, _labels
from skhep_nn.metrics import weighted_ks
from skhep_nn.plotting import _events, _histograms, _style, _words


@_words.shared
class ScoreDisplay:
    """Distribution of the score per class: test events as points, training events filled.

    Make it with :meth:`from_estimator` or :meth:`from_predictions`.

    Parameters
    ----------
    test : dict of label to hist.Hist
        Sums of weights and of squared weights per class.
    train : dict of label to hist.Hist, default=None
        The same of training events.
    p_values : dict of label to float, default=None
        Weighted Kolmogorov-Smirnov test of the unbinned scores, test against training, per class.
    score_name : str, default="Score"
        Label of the axis.
    class_names : dict of label to str, default=None
        What a class is called in the legend.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
    figure_ : matplotlib.figure.Figure
    """

    def __init__(self, test, train=None, p_values=None, *, score_name="Score", class_names=None):
        self.test = test
        self.train = train
        self.p_values = p_values
        self.score_name = score_name
        self.class_names = class_names

    @classmethod
    def from_predictions(
        cls,
        y_true,
        y_score,
        *,
        sample_weight=None,
        y_train=None,
        score_train=None,
        sample_weight_train=None,
        bins=40,
        score_name="Score",
        class_names=None,
        ax=None,
        **options,
    ):
        """Draw scores of test events, and of training events over them.

        Parameters
        ----------
        y_true : array-like of shape (n_events,)
            Classes of the test events, or names of processes.
        y_score : array-like of shape (n_events,)
            Their scores.
        sample_weight : array-like of shape (n_events,) or number, default=None
            Their weights, negative ones included. Each class needs a positive sum.
        y_train, score_train, sample_weight_train : default=None
            The same of the training events, which must have the same classes.
        bins : int or edges, default=40
            A number of bins covers [0, 1] if all scores are there, else all of them.
        score_name : str, default="Score"
        class_names : dict of label to str, default=None
        ax : Axes, default=None
        {options}

        Returns
        -------
        ScoreDisplay

        Raises
        ------
        ValueError
            If lengths differ, a score is not finite, a class has no events in one of the samples,
            or only one of `y_train` and `score_train` is given.
        WeightError
            If the weights of a class sum to nothing or less.

        Examples
        --------
        >>> import matplotlib.pyplot as plt
        >>> from skhep_nn.plotting import ScoreDisplay
        >>> display = ScoreDisplay.from_predictions(
        ...     [0, 0, 1, 1], [0.1, 0.4, 0.6, 1.0], sample_weight=[2.0, 1.0, 1.0, 3.0], bins=2
        ... )
        >>> display.test[1].values().tolist()
        [0.0, 4.0]
        >>> plt.close(display.figure_)
        """
        test = _Sample.of(y_true, y_score, sample_weight, "y_true", "y_score")
        _events.check_both("y_train", y_train, "score_train", score_train)
        classes, train = test.classes, None
        if y_train is not None:
            train = _Sample.of(y_train, score_train, sample_weight_train, "y_train", "score_train")
            classes = list(dict.fromkeys([*classes, *train.classes]))
        edges = edges_of([sample.scores for sample in (test, train) if sample], bins)
        test.split(classes, "y_true")
        if train is None:
            display = cls(test.fill(edges), score_name=score_name, class_names=class_names)
        else:
            train.split(classes, "y_train")
            display = cls(
                test.fill(edges),
                train.fill(edges),
                _p_values(test, train),
                score_name=score_name,
                class_names=class_names,
            )
        return display.plot(ax=ax, **options)

    @classmethod
    def _of_scores(cls, y_true, y_score, weights, *, bins, score_name, class_names):
        """Of test events alone, not drawn yet."""
        test = _Sample.of(y_true, y_score, weights, "y_true", "y_score")
        edges = edges_of([test.scores], bins)
        test.split(test.classes, "y_true")
        return cls(test.fill(edges), score_name=score_name, class_names=class_names)

    @classmethod
    def from_estimator(
        cls,
        estimator,
        X,
        y,
        *,
        X_train=None,
        y_train=None,
        sample_weight=None,
        sample_weight_train=None,
        weight_column=None,
        signal=1,
        score_name=None,
        ax=None,
        **options,
    ):
        """Draw the scores that a fitted classifier gives.

        Parameters
        ----------
        {estimator}
        X : DataFrame, array or blocks
            Test events.
        y : array-like of shape (n_events,)
            Their classes.
        X_train, y_train : default=None
            Training events, to be drawn over the test events.
        sample_weight, sample_weight_train : array-like or number, default=None
        weight_column : str or int, default=None
            Column of `X` and `X_train` with the weights.
        signal : label or list of labels, default=1
            The class whose probability is the score.
        score_name : str, default=None
            Label of the axis; default ``Score`` of the signal.
        ax : Axes, default=None
        **options
            ``bins``, ``class_names`` (None: what the classifier was given) and those of
            :meth:`plot`.

        Returns
        -------
        ScoreDisplay

        Raises
        ------
        ValueError
            If only one of `X_train` and `y_train` is given, and as :meth:`from_predictions` does.
        """
        _events.check_both("X_train", X_train, "y_train", y_train)
        owner, options = cls.__name__, _events.named(estimator, options)
        weights = _events.weights_of(estimator, X, sample_weight, weight_column, owner)
        train = {}
        if X_train is not None:
            train["y_train"] = y_train
            train["score_train"] = _composition.signal_score(estimator, X_train, signal)
            train["sample_weight_train"] = _events.weights_of(
                estimator, X_train, sample_weight_train, weight_column, owner
            )
        if score_name is None:
            score_name = _score_name(estimator, signal, options["class_names"])
        scores = _composition.signal_score(estimator, X, signal)
        return cls.from_predictions(
            y, scores, sample_weight=weights, score_name=score_name, ax=ax, **train, **options
        )

    def plot(self, ax=None, *, log=False):
        """Draw the distributions, each normalised to unit area.

        The legend has the yield of the test events of each class, the sum of their weights.

        Parameters
        ----------
        ax : Axes, default=None
            Default a new figure.
        {log}

        Returns
        -------
        ScoreDisplay
        """
        log = _choices.switch(log, "log")
        with _style.styled() as plt:
            self.ax_ = _style.single(plt, ax)
            self.figure_ = self.ax_.figure
            handles = [
                self._draw_class(label, look)
                for label, look in zip(self.test, _style.looks(len(self.test)), strict=True)
            ]
            self._frame(log)
            self._legend(handles)
        return self

    def _draw_class(self, label, look):
        drawn = []
        if self.train is not None:
            many = len(self.train) > 2
            drawn.append(_draw_filled(self.ax_, self.train[label], look, filled=not many))
        drawn.append(_draw_points(self.ax_, self.test[label], look))
        return tuple(drawn), self._text(label)

    def _text(self, label):
        text = with_yield(label, self.test[label], self.class_names)
        if self.p_values is None:
            return text
        return f"{text} (KS p = {self.p_values[label]:.2g})"

    def _frame(self, log):
        edges = next(iter(self.test.values())).axes[0].edges
        self.ax_.set_xlim(edges[0], edges[-1])
        if log:
            self.ax_.set_yscale("log")
        else:
            self.ax_.set_ylim(min(0.0, 1.08 * self.ax_.dataLim.y0), 1.08 * self.ax_.dataLim.y1)
        self.ax_.set_xlabel(self.score_name)
        self.ax_.set_ylabel("Density, unit area per class")

    def _legend(self, handles):
        if self.train is not None:
            handles = [*handles, *_sample_keys(len(self.train) > 2)]
        drawn, texts = zip(*handles, strict=True)
        handler = _extras.require("matplotlib.legend_handler", "plot").HandlerTuple
        _style.legend_above(
            self.ax_, 2, handles=drawn, labels=texts, handler_map={tuple: handler(ndivide=None)}
        )


class _Sample:
    """Labels, scores and weights of one sample, split by class."""

    def __init__(self, y, scores, weights):
        self.y = y
        self.scores = scores
        self.weights = weights
        self.classes = _events.classes_of(y)

    @classmethod
    def of(cls, y, scores, weights, y_name, score_name):
        weight_name = "sample_weight" if y_name == "y_true" else "sample_weight_train"
        y, weights = _events.labels_and_weights(y, weights, y_name, weight_name)
        return cls(y, _events.scores_of(scores, len(y), score_name), weights)

    def split(self, classes, name):
        self.masks = _events.class_masks(self.y, self.weights, classes, name)

    def part(self, label):
        mask = self.masks[label]
        return self.scores[mask], self.weights[mask]

    def fill(self, edges):
        return {label: _histograms.filled(*self.part(label), edges) for label in self.masks}


def with_yield(label, histogram, class_names):
    """What a class is called, and the yield of its events, which a density does not show."""
    found = histogram.sum().value
    shown = f"{found:,.0f}" if 1000 <= abs(found) < 1e9 else f"{found:.4g}"
    return f"{_events.title_of(label, class_names)}, yield {shown}"


def _p_values(test, train):
    values = {}
    for label in test.masks:
        (a, weights_a), (b, weights_b) = test.part(label), train.part(label)
        values[label] = float(weighted_ks(a, b, weights_a, weights_b).pvalue)
    return values


def edges_of(samples, bins):
    """Edges of bins of equal width for arrays of scores: of [0, 1] if all are there."""
    bins = _histograms.check_bins(bins)
    if not isinstance(bins, int):
        return bins
    low = min(float(scores.min()) for scores in samples)
    high = max(float(scores.max()) for scores in samples)
    if low >= 0 and high <= 1:
        low, high = 0.0, 1.0
    return _histograms.even_edges(low, high if high > low else low + 1.0, bins)


def _score_name(estimator, signal, class_names):
    if isinstance(signal, (list, tuple)):
        signal = " + ".join(_events.title_of(label, class_names) for label in signal)
    named = _choices.names(class_names, "class_names")
    classes = _composition.check_classifier(estimator).classes_
    if len(classes) == 2 and _labels.one(signal) not in named:
        return "Score"
    return f"Score of {_events.title_of(signal, class_names)}"


def _draw_filled(ax, histogram, look, *, filled):
    contents, _ = _histograms.shape(histogram, density=True)
    edges = histogram.axes[0].edges
    line = {"color": look.color, "linestyle": look.linestyle, "linewidth": 1.4}
    ax.stairs(contents, edges, **line)
    if not filled:
        return ax.plot([], [], **line)[0]
    style = {"fill": True, "hatch": look.hatch, "facecolor": look.color, "edgecolor": look.color}
    ax.stairs(contents, edges, alpha=0.35, linewidth=0, **style)
    patches = _extras.require("matplotlib.patches", "plot")
    return patches.Patch(alpha=0.35, **style)


def _draw_points(ax, histogram, look):
    contents, errors = _histograms.shape(histogram, density=True)
    there = histogram.variances() > 0
    style = {"color": look.color, "marker": look.marker, "markersize": 4.5, "linestyle": "none"}
    # a dark rim keeps the points apart from a filled histogram of the same colour
    style |= {"markeredgecolor": "black", "markeredgewidth": 0.5, "elinewidth": 1.2}
    centers = histogram.axes[0].centers
    return ax.errorbar(centers[there], contents[there], yerr=errors[there], **style)


def _sample_keys(lines):
    """Legend entries that say which drawing is which sample."""
    patches = _extras.require("matplotlib.patches", "plot")
    line = _extras.require("matplotlib.lines", "plot").Line2D
    train = line([], [], color="0.4") if lines else patches.Patch(facecolor="0.6", alpha=0.6)
    test = line([], [], color="0.4", marker="o", linestyle="none", markersize=4.5)
    return [((train,), "training"), ((test,), "test")]
