"""Curves against the mass, one per network: what the displays of several quantities share."""

from __future__ import annotations

import numpy as np

from skhep_nn import _choices, _composition, _extras
from skhep_nn.metrics import _by_parameter as _tables
from skhep_nn.metrics import _by_parameter_scores as _scores
from skhep_nn.plotting import _style

# distance of the points of neighbouring curves at the same mass, in points
_DODGE = 3.0


class ByParameterDisplay:
    """Curves against a parameter, one per network; subclasses say which column of which table."""

    _gid = None

    def __init__(self, tables, *, parameter_name=None):
        self.tables = tables
        self.parameter_name = parameter_name

    @classmethod
    def from_estimator(cls, estimator, X, y, *, name=None, **options):
        """Draw the curve of one fitted classifier.

        Parameters
        ----------
        estimator : fitted classifier, Pipeline or search
        X : DataFrame, array or blocks
        y : array-like of shape (n_events,)
        name : str, default=None
            Name of the curve in the legend; None draws no legend.
        **options
            For ``from_estimators``, which draws several classifiers.

        Returns
        -------
        display
        """
        return cls.from_estimators({_choices.text(name, "name"): estimator}, X, y, **options)

    @classmethod
    def _estimators(cls, models, X, y, signal, sample_weight, weight_column, parameter, hypotheses):
        """(points, scores) of each model, all with the same weights and hypotheses."""
        models = named(models)
        parameter = _parameter(models, parameter)
        weights = _weights(models, X, sample_weight, weight_column, cls.__name__)
        common = (parameter, hypotheses, signal, weights, None, cls.__name__)
        return {name: _tables.read_sample(model, X, y, *common) for name, model in models.items()}

    @classmethod
    def _predictions(cls, y_true, y_score, parameter, sample_weight, hypotheses, signal):
        common = (parameter, sample_weight, hypotheses, signal)
        return {
            name: _tables.sample_of_scores(y_true, score, *common)
            for name, score in named(y_score).items()
        }

    def _draw(self, ax, column, error, line):
        self.curves_ = {}
        _check_tables(self.tables, column, error)
        with _style.styled() as plt:
            self.ax_ = _style.single(plt, ax)
            self.figure_ = self.ax_.figure
            axis = _Axis(self.tables)
            if not axis.is_number:
                # neighbours on the axis are not neighbours in several parameters
                line = {"linestyle": "none", **line}
            for name, table in self.tables.items():
                look = _style.look_of_next(self.ax_, self._gid)
                self.curves_[name] = self._curve(
                    axis.places(table), table[column], table[error], name, look, line
                )
            axis.label(self.ax_, self.parameter_name)
            if any(self.tables):
                self.ax_.legend(loc="best")
        return self

    def _curve(self, places, values, errors, name, look, line):
        order = np.argsort(places)
        style = {"color": look.color, "linestyle": look.linestyle, "marker": look.marker}
        style |= {"markersize": 5, "elinewidth": 1.2, "capsize": 0, **line}
        curve = self.ax_.errorbar(
            places[order],
            values.to_numpy()[order],
            yerr=errors.to_numpy()[order],
            label=name or None,
            **style,
        )
        shifted = self._shifted()
        curve.lines[0].set_gid(self._gid)
        # only now, so that the axes find their limits in the data
        for artist in (curve.lines[0], *curve.lines[1], *curve.lines[2]):
            artist.set_transform(shifted)
        return curve

    def _shifted(self):
        """Data coordinates, a little aside for each further curve."""
        drawn = sum(line.get_gid() == self._gid for line in self.ax_.lines)
        aside = (1 - 2 * (drawn % 2)) * ((drawn + 1) // 2) * _DODGE / 72
        transforms = _extras.require("matplotlib.transforms", "plot")
        inches = self.figure_.dpi_scale_trans
        return self.ax_.transData + transforms.ScaledTranslation(aside, 0, inches)


class _Axis:
    """Where the hypotheses of some tables are on the axis."""

    def __init__(self, tables):
        self.index = next(iter(tables.values())).index
        for table in tables.values():
            self.index = self.index.union(table.index)

    @property
    def is_number(self):
        return self.index.nlevels == 1

    def places(self, table):
        """The values of one parameter; of several, the numbers of their points."""
        if self.is_number:
            return table.index.to_numpy(dtype=np.float64)
        return self.index.get_indexer(table.index)

    def label(self, ax, name):
        name = _choices.text(name, "parameter_name")
        ax.set_xlabel(name or ", ".join(str(part) for part in self.index.names))
        if not self.is_number:
            text = [", ".join(f"{value:g}" for value in point) for point in self.index]
            ax.set_xticks(np.arange(len(text)), text, rotation=45, ha="right")
            ax.tick_params(axis="x", which="minor", bottom=False, top=False)


def _check_tables(tables, *columns):
    for table in tables.values():
        if not hasattr(table, "iloc") or not {*columns} <= {*getattr(table, "columns", ())}:
            msg = f"tables must be DataFrames with the columns {list(columns)}, got {table!r:.60}"
            raise TypeError(msg)


def named(models):
    """A dict of names; what has none is drawn without a legend."""
    if not isinstance(models, dict):
        return {"": models}
    if not models:
        msg = "there is no network to draw: the dict of names is empty"
        raise ValueError(msg)
    return models


def _parameter(models, parameter):
    """`parameter`, or that of the first model that has one."""
    first, *_ = models.values()
    own = (_composition.parameter(model) for model in models.values())
    given = parameter if parameter is not None else next((p for p in own if p is not None), None)
    return _scores.parameter_of(first, given)


def _weights(models, X, sample_weight, weight_column, owner):
    """Event weights as given, or of the first model that has a weight column, or ones."""
    for model in models.values():
        weights = _composition.weights_of(model, X, sample_weight, weight_column, owner)
        if weights is not None:
            return weights
    return 1.0
