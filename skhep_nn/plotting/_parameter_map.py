"""Two parameters as a map: AUC, significance or another quantity at each point of m1 and m2."""

from __future__ import annotations

import numpy as np

from skhep_nn import _choices, _extras, _floats
from skhep_nn.metrics import _by_parameter as _tables
from skhep_nn.plotting import _style, _words
from skhep_nn.plotting._by_parameter import ByParameterDisplay

_NAMES = {"auc": "AUC", "significance_ratio": "Significance ratio", "significance": "Significance"}
_DRAWING = {"values", "cmap"}


@_words.shared
class ParameterMapDisplay:
    """A quantity at each point of two parameters, as colours with its value written on them.

    Make it with :meth:`from_estimator`, :meth:`from_predictions` or :meth:`from_table`.

    Parameters
    ----------
    table : DataFrame
        Result of :func:`skhep_nn.metrics.auc_by_parameter` or
        :func:`skhep_nn.metrics.significance_by_parameter`, whose index are two parameters.
    quantity : str, default="auc"
        Column of `table`.
    parameter_names : sequence of two str, default=None
        Labels of the axes, with units; default the names in the index.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
    figure_ : matplotlib.figure.Figure
    points_ : matplotlib collection
    """

    def __init__(self, table, quantity="auc", *, parameter_names=None):
        self.table = table
        self.quantity = quantity
        self.parameter_names = parameter_names

    @classmethod
    def from_table(cls, table, *, quantity="auc", parameter_names=None, ax=None, **options):
        """Draw a table of :mod:`skhep_nn.metrics`.

        Parameters
        ----------
        table : DataFrame
        quantity : str, default="auc"
        parameter_names : sequence of two str, default=None
        ax : Axes, default=None
        {options}

        Returns
        -------
        ParameterMapDisplay

        Raises
        ------
        TypeError, ValueError
            If it is no such table, has not two parameters, or lacks the column.
        """
        return cls(table, quantity, parameter_names=parameter_names).plot(ax=ax, **options)

    @classmethod
    def from_estimator(
        cls,
        estimator,
        X,
        y,
        *,
        quantity="auc",
        parameter=None,
        hypotheses=None,
        signal=1,
        sample_weight=None,
        weight_column=None,
        parameter_names=None,
        ax=None,
        **options,
    ):
        """Draw the AUC, or the significance of the best cut, of a fitted classifier at each point.

        Parameters
        ----------
        estimator : fitted classifier, Pipeline or search
        X : DataFrame, array or blocks
        y : array-like of shape (n_events,)
        quantity : str, default="auc"
            ``"auc"``, or a column of :func:`skhep_nn.metrics.significance_by_parameter`.
        parameter, hypotheses, signal, sample_weight, weight_column
            As in :func:`skhep_nn.metrics.auc_by_parameter`.
        parameter_names : sequence of two str, default=None
        ax : Axes, default=None
        **options
            ``values`` and ``cmap`` of :meth:`plot`; others, for any `quantity` but the AUC, are
            those of :func:`skhep_nn.metrics.significance_by_parameter`, as ``systematic``.

        Returns
        -------
        ParameterMapDisplay

        Raises
        ------
        ValueError, WeightError, ColumnError
            As :func:`skhep_nn.metrics.auc_by_parameter` does, or if there are not two parameters.
        """
        samples = ByParameterDisplay._estimators(
            {"": estimator}, X, y, signal, sample_weight, weight_column, parameter, hypotheses
        )
        table, options = _table_with(quantity, samples[""], options)
        return cls(table, quantity, parameter_names=parameter_names).plot(ax=ax, **options)

    @classmethod
    def from_predictions(
        cls,
        y_true,
        y_score,
        parameter,
        *,
        quantity="auc",
        sample_weight=None,
        hypotheses=None,
        signal=1,
        parameter_names=None,
        ax=None,
        **options,
    ):
        """Draw the AUC, or the significance of the best cut, of scores at each point.

        Parameters
        ----------
        y_true : array-like of shape (n_events,)
        y_score : array-like of shape (n_events[, n_hypotheses])
        parameter : array-like of shape (n_events, 2)
            Of signal events; those of background are not read.
        quantity : str, default="auc"
        sample_weight : array-like of shape (n_events,) or number, default=None
        hypotheses : array-like, default=None
        signal : label or list of labels, default=1
        parameter_names : sequence of two str, default=None
        ax : Axes, default=None
        **options
            ``values`` and ``cmap`` of :meth:`plot`; others, for any `quantity` but the AUC, are
            those of :func:`skhep_nn.metrics.significance_by_parameter`, as ``systematic``.

        Returns
        -------
        ParameterMapDisplay

        Examples
        --------
        >>> import matplotlib.pyplot as plt
        >>> import numpy as np
        >>> from skhep_nn.plotting import ParameterMapDisplay
        >>> y = np.repeat([0, 1], 8)
        >>> masses = np.array([[500, 100], [500, 200], [750, 100], [750, 200]] * 4)
        >>> display = ParameterMapDisplay.from_predictions(y, np.arange(16), masses)
        >>> display.table["auc"].tolist()
        [1.0, 1.0, 1.0, 1.0]
        >>> plt.close(display.figure_)
        """
        sample = _tables.sample_of_scores(
            y_true, y_score, parameter, sample_weight, hypotheses, signal
        )
        table, options = _table_with(quantity, sample, options)
        return cls(table, quantity, parameter_names=parameter_names).plot(ax=ax, **options)

    def plot(self, ax=None, *, values=True, cmap="viridis"):
        """Draw the map: a column and a row for each value, of equal width.

        Parameters
        ----------
        ax : Axes, default=None
            Default a new figure.
        values : bool, default=True
            Write the numbers on the map.
        cmap : str, default="viridis"
            A colormap of matplotlib.

        Returns
        -------
        ParameterMapDisplay
        """
        x, y, z = self._values()
        values, cmap = _choices.switch(values, "values"), _style.colormap(cmap)
        with _style.styled() as plt:
            self.ax_ = _style.single(plt, ax)
            self.figure_ = self.ax_.figure
            self._draw(x, y, z, cmap, plt)
            if values:
                self._write(x, y, z)
            self._frame(x, y)
        return self

    def _values(self):
        index = getattr(self.table, "index", None)
        if getattr(index, "nlevels", 0) != 2 or not hasattr(self.table, "columns"):
            msg = (
                "table must be a DataFrame of auc_by_parameter or significance_by_parameter of two "
                f"parameters, got {type(self.table).__name__} with the index "
                f"{list(getattr(index, 'names', []))}"
            )
            raise ValueError(msg)
        if not isinstance(self.quantity, str) or self.quantity not in self.table.columns:
            msg = f"quantity={self.quantity!r:.60} is no column, these are {[*self.table.columns]}"
            raise ValueError(msg)
        if list(self.table.columns).count(self.quantity) > 1:
            msg = f"table has several columns {self.quantity!r}; which is meant, nobody can say"
            raise ValueError(msg)
        points = (np.asarray(index.get_level_values(k), dtype=float) for k in (0, 1))
        return (*points, _floats.real(self.table[self.quantity], f"table[{self.quantity!r}]"))

    def _draw(self, x, y, z, cmap, plt):
        columns, rows = np.unique(x), np.unique(y)
        self.columns_, self.rows_ = columns, rows
        grid = np.full((len(rows), len(columns)), np.nan)
        grid[np.searchsorted(rows, y), np.searchsorted(columns, x)] = z
        # every value has a column and a row of the same width, wherever on its axis it is
        self.points_ = self.ax_.pcolormesh(
            np.arange(len(columns) + 1) - 0.5, np.arange(len(rows) + 1) - 0.5, grid, cmap=cmap
        )
        bar = self.figure_.colorbar(self.points_, ax=self.ax_, pad=0.02)
        bar.set_label(_NAMES.get(self.quantity, self.quantity.replace("_", " ").capitalize()))
        bar.ax.tick_params(direction="in", which="both")

    def _write(self, x, y, z):
        at = np.searchsorted(self.columns_, x), np.searchsorted(self.rows_, y)
        size = 11 if len(self.columns_) <= 6 else 8
        effects = _extras.require("matplotlib.patheffects", "plot")
        halo = [effects.withStroke(linewidth=2.0, foreground="white")]
        for column, row, value in zip(*at, z, strict=True):
            if np.isfinite(value):
                text = {"ha": "center", "va": "center", "fontsize": size, "path_effects": halo}
                self.ax_.text(column, row, f"{value:.3g}", **text)

    def _frame(self, x, y):
        names = self.parameter_names
        names = [str(name) for name in self.table.index.names] if names is None else names
        if not isinstance(names, (list, tuple)) or len(names) != 2:
            msg = f"parameter_names={self.parameter_names!r:.60}; they must be two names"
            raise ValueError(msg)
        self.ax_.set_xlabel(_choices.text(names[0], "parameter_names"))
        self.ax_.set_ylabel(_choices.text(names[1], "parameter_names"))
        for axis, values in ((self.ax_.xaxis, self.columns_), (self.ax_.yaxis, self.rows_)):
            axis.set_ticks(np.arange(len(values)), [f"{value:g}" for value in values])
        self.ax_.tick_params(which="both", length=0, top=False, right=False)
        self.ax_.minorticks_off()
        if len(self.columns_) > 8:
            self.ax_.tick_params(axis="x", rotation=45)


def _table_with(quantity, sample, options):
    """The table with this column, and what of the options is for the drawing."""
    if isinstance(quantity, str) and quantity == "auc":
        return _tables.auc_table(*sample), options
    drawing = {name: options[name] for name in _DRAWING & {*options}}
    scan = {name: value for name, value in options.items() if name not in drawing}
    return _tables.significance_table(*sample, **scan), drawing
