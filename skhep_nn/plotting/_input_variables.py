"""Input variables: one panel per variable, one normalised distribution per class."""

from __future__ import annotations

import textwrap
from functools import partial

import numpy as np
import pandas as pd

from skhep_nn import (
    _choices,
    _columns,
    _composition,
    _extras,
    _floats,
    _frames,
    _labels,
    _masks,
    _weights,
)
from skhep_nn.exceptions import ColumnError
from skhep_nn.plotting import _events, _histograms, _style, _words

_NOTE = (
    "Each class is normalised to one. Bands: statistical error, from the sum of squared weights."
)
_NOTE_ENDS = " First and last bins include the events beyond the axis."
_PANELS_PER_ROW = {1: 1, 2: 2, 4: 2, 3: 3, 5: 3, 6: 3}
_PANEL = {1: (6.4, 5.0), 2: (5.0, 4.2), 3: (4.0, 3.4), 4: (2.9, 2.5), 5: (2.6, 2.3)}


@_words.shared
class InputVariablesDisplay:
    """Distributions of the input variables, per class, weighted and normalised.

    Make it with :meth:`from_data` or :meth:`from_estimator`.

    Parameters
    ----------
    histograms : dict of str to dict of label to hist.Hist
        Per variable and class the sums of weights and of squared weights. Events beyond the axis
        are in the first and the last bin.
    classes : list
        The classes (or processes), in the order of drawing.
    missing : dict of str to dict of label to float
        Per variable and class the share of the weights of events that have no value.
    folded : dict of str to bool
        Whether a variable has events beyond its axis.
    labels : dict of str to str, default=None
        Axis label per variable, with its unit.
    class_names : dict of label to str, default=None
        What a class is called in the legend.

    Attributes
    ----------
    axes_ : list of matplotlib.axes.Axes
        One per variable.
    {ax_}
    figure_ : matplotlib.figure.Figure
    """

    def __init__(self, histograms, classes, missing, folded, *, labels=None, class_names=None):
        self.histograms = histograms
        self.classes = classes
        self.missing = missing
        self.folded = folded
        self.labels = labels
        self.class_names = class_names

    @classmethod
    def from_data(
        cls,
        X,
        y,
        *,
        sample_weight=None,
        weight_column=None,
        columns=None,
        exclude=(),
        bins=30,
        missing_value=None,
        labels=None,
        class_names=None,
        ax=None,
        **options,
    ):
        """Draw the columns of a table.

        Parameters
        ----------
        X : DataFrame or array of shape (n_events, n_variables)
        y : array-like of shape (n_events,)
            Classes, or names of processes.
        sample_weight : array-like of shape (n_events,) or number, default=None
            Event weights, negative ones included. Each class needs a positive sum.
        weight_column : str or int, default=None
            Column of `X` that holds the event weights instead; it is not drawn.
        columns : list of str or int, default=None
            Which columns to draw, default all but the weights.
        exclude : list of str or int, default=()
            Which columns not to draw.
        bins : int, edges, or dict of column name to either, default=30
            With a number, the axis leaves out the outermost 0.5 % of a variable with tails, whose
            events are counted in the end bins, and whole numbers get bins centred on them.
        missing_value : float, default=None
            Value that stands for a missing one, e.g. -999, beside NaN.
        labels : dict of str to str, default=None
            Axis label per column, e.g. ``{"pt": "$p_T$ [GeV]"}``.
        class_names : dict of label to str, default=None
            What a class is called, e.g. ``{0: "background"}``.
        ax : Axes or sequence of Axes, default=None
            One per variable, or one whose place they take.
        {options}

        Returns
        -------
        InputVariablesDisplay

        Raises
        ------
        ValueError
            If `X` is not a table, a class has no events, or `bins` are not bins.
        ColumnError
            If a column is not there, or holds no numbers.
        WeightError
            If weights are given twice, or those of a class sum to nothing or less.

        Examples
        --------
        >>> import matplotlib.pyplot as plt
        >>> import pandas as pd
        >>> from skhep_nn.plotting import InputVariablesDisplay
        >>> X = pd.DataFrame({"n_jets": [2, 3, 2, 4], "weight": [1.0, 3.0, 2.0, 2.0]})
        >>> display = InputVariablesDisplay.from_data(X, [0, 0, 1, 1], weight_column="weight")
        >>> display.histograms["n_jets"][0].values().tolist()
        [1.0, 3.0, 0.0]
        >>> plt.close(display.figure_)
        """
        X = _columns.table(X)
        X = _masks.unmasked(X, "X")
        X = _floats.as_array(X, "X") if isinstance(X, (list, tuple)) else X
        _check_table(X)
        weights = _events.weights_of(None, X, sample_weight, weight_column, cls.__name__)
        y, weights = _events.labels_and_weights(y, weights, name="y")
        _check_lengths(X, y)
        masks = _events.class_masks(y, weights, _events.classes_of(y), name="y")
        table = _chosen(X, columns, [*_columns.as_list(exclude), *_columns.as_list(weight_column)])
        if missing_value is not None:
            missing_value = _floats.one(missing_value, "missing_value")
        fills = {}
        for name, values in table.items():
            fills[name] = _fill(name, values, weights, masks, _bins_for(name, bins), missing_value)
        parts = [{name: fill[at] for name, fill in fills.items()} for at in range(3)]
        display = cls(
            parts[0], list(masks), parts[1], parts[2], labels=labels, class_names=class_names
        )
        return display.plot(ax=ax, **options)

    @classmethod
    def from_estimator(
        cls,
        estimator,
        X,
        y,
        *,
        transformed=False,
        sample_weight=None,
        weight_column=None,
        exclude=(),
        **options,
    ):
        """Draw the inputs of an estimator, as given or as its last step receives them.

        Parameters
        ----------
        estimator : estimator, Pipeline or fitted search
            Its own weight column, if it has one, holds the weights unless they are given here.
        X : DataFrame or array of shape (n_events, n_variables)
        y : array-like of shape (n_events,)
        transformed : bool, default=False
            Apply the steps before the last one of a Pipeline.
        sample_weight, weight_column, exclude
            As in :meth:`from_data`; the weights are taken before any step.
        **options
            Further arguments of :meth:`from_data`; ``class_names=None`` is what the classifier was
            given.

        Returns
        -------
        InputVariablesDisplay
        """
        X = _columns.table(X)
        weights = _events.weights_of(estimator, X, sample_weight, weight_column, cls.__name__)
        own = _composition.columns_named(estimator, "weight_column")
        hidden = [*_columns.as_list(weight_column), *own]
        hidden = [*_columns.as_list(exclude), *hidden]
        drawn = _before_last(estimator, X) if transformed else X
        hidden = [name for name in dict.fromkeys(hidden) if _columns.has(drawn, name)]
        options = _events.named(estimator, options, _events.classes_of(_labels.check(y)))
        return cls.from_data(drawn, y, sample_weight=weights, exclude=hidden, **options)

    def plot(self, ax=None, *, log=False):
        """Draw the distributions.

        Parameters
        ----------
        ax : Axes or sequence of Axes, default=None
            One per variable, or one whose place they take; default a new figure.
        {log}

        Returns
        -------
        InputVariablesDisplay
        """
        n_panels = len(self.histograms)
        n_columns = _PANELS_PER_ROW.get(n_panels, 4 if n_panels <= 24 else 5)
        log = _choices.switch(log, "log")
        with _style.styled() as plt:
            panel = _PANEL[n_columns]
            self.axes_ = _style.grid(plt, ax, n_panels, n_columns, panel)
            self.ax_ = self.axes_[0]
            self.figure_ = self.ax_.figure
            for panel_ax, name in zip(self.axes_, self.histograms, strict=True):
                self._draw(panel_ax, name, log)
            self._explain(own_figure=ax is None)
        return self

    def _draw(self, ax, name, log):
        for label, look in zip(self.classes, _style.looks(len(self.classes)), strict=True):
            histogram = self.histograms[name][label]
            # a class may have no value at all of this variable, or negative weights cancel
            if histogram.values().sum() > 0:
                _draw_shape(ax, histogram, look, _events.title_of(label, self.class_names))
        edges = next(iter(self.histograms[name].values())).axes[0].edges
        ax.set_xlim(edges[0], edges[-1])
        ax.set_yscale("log" if log else "linear")
        if not log:
            ax.set_ylim(*_room(ax))
        self._label(ax, name, _scale_ticks(ax, edges))
        _few_ticks(ax, log, integer=bool((edges % 1 == 0.5).all()))

    def _label(self, ax, name, power):
        text = str(_choices.names(self.labels, "labels").get(name, name))
        size = 11 if len(text) <= 20 else 10
        text = textwrap.fill(text, 24)
        ax.set_xlabel(text + (rf" / $10^{{{power}}}$" if power else ""), fontsize=size)
        note = _missing_note(list(self.missing[name].values()))
        if note:
            ax.set_title(note, loc="right", fontsize=9, pad=3)

    def _explain(self, *, own_figure):
        handles, texts = _all_handles(self.axes_)
        if not own_figure:
            self.ax_.legend(handles, texts, fontsize=9)
            return
        columns = _legend_columns(texts, self.figure_.get_figwidth())
        self.figure_.legend(handles, texts, loc="outside upper center", ncols=columns, fontsize=12)
        note = _NOTE + (_NOTE_ENDS if any(self.folded.values()) else "")
        width = int(13 * self.figure_.get_figwidth())
        self.figure_.supxlabel(textwrap.fill(note, width), fontsize=10)
        self.figure_.supylabel("Fraction of events per bin", fontsize=12)


def _draw_shape(ax, histogram, look, name):
    contents, errors = _histograms.shape(histogram)
    edges = histogram.axes[0].edges
    # not mplhep's histplot: its older releases take the dashes of a line for a list of lines
    style = {"color": look.color, "linestyle": look.linestyle, "linewidth": 1.5}
    ax.stairs(contents, edges, label=name, **style)
    band = {"baseline": contents - errors, "fill": True, "color": look.color, "alpha": 0.25}
    ax.stairs(contents + errors, edges, **band)


def _room(ax):
    low, high = ax.dataLim.intervaly
    return min(0.0, 1.1 * low), 1.12 * high if high > 0 else 1.0


def _scale_ticks(ax, edges):
    """Take a large or small power of ten out of the numbers on the axis, and give it."""
    ticker = _extras.require("matplotlib.ticker", "plot")
    power = int(np.floor(np.log10(np.abs(edges).max())))
    if -3 <= power <= 3:
        return 0
    ax.xaxis.set_major_formatter(ticker.FuncFormatter(partial(_without, power)))
    return power


def _without(power, value, _position):
    return f"{value / 10**power:g}"


def _few_ticks(ax, log, integer):
    ticker = _extras.require("matplotlib.ticker", "plot")
    ax.xaxis.set_major_locator(ticker.MaxNLocator(4, integer=integer, min_n_ticks=1))
    if integer:
        ax.xaxis.set_minor_locator(ticker.NullLocator())
    if not log:
        ax.yaxis.set_major_locator(ticker.MaxNLocator(3))


def _all_handles(axes):
    """Legend entries of all panels: a class may be absent from one of them."""
    found = {}
    for ax in axes:
        for handle, text in zip(*ax.get_legend_handles_labels(), strict=True):
            found.setdefault(text, handle)
    return list(found.values()), list(found)


def _legend_columns(texts, width):
    """As many columns as fit, in rows of the same length; an entry is a line and about its text."""
    entry = 0.8 + 0.095 * max(map(len, texts), default=0)
    fitting = max(1, int(width / entry))
    n_rows = -(-len(texts) // fitting)
    return max(1, -(-len(texts) // max(1, n_rows)))


def _missing_note(shares):
    percents = [100 * share for share in shares]
    if not any(percents):
        return ""
    low, high = min(percents), max(percents)
    if high - low < 1:
        return f"missing {high:.0f} %" if high >= 10 else f"missing {high:.2g} %"
    if len(percents) == 2:
        return f"missing {percents[0]:.0f} %, {percents[1]:.0f} %"
    return f"missing {low:.0f} to {high:.0f} %"


def _check_table(X):
    if _columns.is_blocks(X) or np.ndim(X) != 2:
        shape = list(X.keys()) if _columns.is_blocks(X) else np.shape(X)
        msg = f"X must be a table of shape (n_events, n_variables), got {shape}"
        raise ValueError(msg)


def _check_lengths(X, y):
    if _weights.len_of(X) != len(y):
        msg = f"X has {_weights.len_of(X)} events, y has {len(y)}"
        raise ValueError(msg)


def _chosen(X, columns, excluded):
    """The columns to draw as a dict of name to values."""
    names = _columns.names(X) or [f"x{at}" for at in range(_columns.n_columns(X))]
    hidden = {_columns.position(X, column, role="exclude") for column in excluded}
    wanted = range(len(names)) if columns is None else _columns.as_list(columns)
    at = [_columns.position(X, column, role="columns") for column in wanted]
    chosen = [position for position in at if position not in hidden]
    if not chosen:
        msg = "no column of X is left to draw, see columns and exclude"
        raise ColumnError(msg)
    return {str(names[position]): _numbers(X, position, names[position]) for position in chosen}


def _numbers(X, position, name):
    values = X.iloc[:, position] if _columns.is_frame(X) else _columns.take_at(X, position)
    try:
        return _frames.as_floats(pd.Series(values))
    except (TypeError, ValueError) as error:
        msg = f"column {name!r} does not hold numbers; name it in exclude"
        raise ColumnError(msg) from error


def _bins_for(name, bins):
    return bins.get(name, 30) if isinstance(bins, dict) else bins


def _fill(name, values, weights, masks, bins, missing_value):
    """Histogram and missing share per class, and whether events are beyond the axis."""
    there = ~np.isnan(values)
    if missing_value is not None:
        there &= values != missing_value
    edges = _histograms.edges_of(values[there], _equal_classes(weights, masks)[there], bins)
    histograms, missing = {}, {}
    for label, mask in masks.items():
        kept = mask & there
        histograms[label] = _histograms.filled(values[kept], weights[kept], edges)
        missing[label] = _share(np.abs(weights[mask & ~there]), np.abs(weights[mask]))
    folded = (values[there] < edges[0]) | (values[there] > edges[-1])
    return histograms, missing, bool(folded.any())


def _share(part, whole):
    return float(part.sum() / whole.sum())


def _equal_classes(weights, masks):
    """Absolute weights in which every class counts the same: the axis must suit a rare signal."""
    equal = np.zeros(len(weights))
    for mask in masks.values():
        equal[mask] = np.abs(weights[mask]) / np.abs(weights[mask]).sum()
    return equal


def _before_last(estimator, X):
    *steps, last = _composition.steps(estimator)
    if not steps:
        msg = f"transformed=True needs a Pipeline with transformers, got {type(last).__name__}"
        raise ValueError(msg)
    return _composition.transformed(steps, X)
