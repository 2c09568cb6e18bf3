"""AUC against the mass, of several networks in one picture."""

from __future__ import annotations

from skhep_nn.metrics import _by_parameter as _tables
from skhep_nn.plotting._by_parameter import ByParameterDisplay, named


class AUCByParameterDisplay(ByParameterDisplay):
    """Weighted AUC against the mass, with statistical errors, of one or several networks.

    Make it with :meth:`from_estimators`, :meth:`from_predictions` or :meth:`from_tables`.

    Parameters
    ----------
    tables : dict of str to DataFrame
        Results of :func:`skhep_nn.metrics.auc_by_parameter` by name of the network.
    parameter_name : str, default=None
        Label of the axis; default the name in the tables.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
    figure_ : matplotlib.figure.Figure
    curves_ : dict of str to matplotlib ErrorbarContainer
    """

    _gid = "skhep_nn.auc_by_parameter"

    @classmethod
    def from_estimators(
        cls,
        estimators,
        X,
        y,
        *,
        parameter=None,
        hypotheses=None,
        signal=1,
        sample_weight=None,
        weight_column=None,
        parameter_name=None,
        ax=None,
        **line,
    ):
        """Draw the AUC at each mass of fitted classifiers.

        Parameters
        ----------
        estimators : dict of str to fitted classifier, Pipeline or search; or one of them
            Of those that were fitted without the mass, the same score counts at every mass.
        X : DataFrame, array or blocks
            Of a DataFrame each classifier gets the columns that it was fitted with.
        y : array-like of shape (n_events,)
        parameter : str, int, list of them or array of values, default=None
            As in :func:`skhep_nn.metrics.auc_by_parameter`; None takes the first classifier's that
            has one.
        hypotheses : array-like, default=None
            Those to look at; None is every one of the signal in `X`.
        signal : label, default=1
        sample_weight : array-like of shape (n_events,) or number, default=None
            Event weights. If there are none, and no `weight_column`, those of the first classifier
            with a weight column count for all.
        weight_column : str or int, default=None
        parameter_name : str, default=None
        ax : Axes, default=None
        **line
            For :meth:`plot`.

        Returns
        -------
        AUCByParameterDisplay

        Raises
        ------
        ValueError, WeightError, ColumnError
            As :func:`skhep_nn.metrics.auc_by_parameter` does.
        """
        samples = cls._estimators(
            estimators, X, y, signal, sample_weight, weight_column, parameter, hypotheses
        )
        tables = {name: _tables.auc_table(*sample) for name, sample in samples.items()}
        return cls(tables, parameter_name=parameter_name).plot(ax=ax, **line)

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
        parameter_name=None,
        ax=None,
        **line,
    ):
        """Draw the AUC at each mass of scores.

        Parameters
        ----------
        y_true : array-like of shape (n_events,)
        y_score : array-like, or dict of str to array-like, of shape (n_events[, n_hypotheses])
            A column for each hypothesis, or one score for all; of one network or of several.
        parameter : array-like of shape (n_events[, n_parameters])
            Of signal events; that of background is not read.
        sample_weight : array-like of shape (n_events,) or number, default=None
        hypotheses : array-like, default=None
        signal : label or list of labels, default=1
        parameter_name : str, default=None
        ax : Axes, default=None
        **line
            For :meth:`plot`.

        Returns
        -------
        AUCByParameterDisplay

        Raises
        ------
        ValueError, WeightError
            As :func:`skhep_nn.metrics.auc_by_parameter_from_scores` does.

        Examples
        --------
        >>> import matplotlib.pyplot as plt
        >>> from skhep_nn.plotting import AUCByParameterDisplay
        >>> y, mass = [0, 0, 1, 1, 1, 1], [0, 0, 500, 500, 750, 750]
        >>> display = AUCByParameterDisplay.from_predictions(y, [1, 2, 1, 3, 4, 5], mass)
        >>> display.tables[""]["auc"].tolist()
        [0.625, 1.0]
        >>> plt.close(display.figure_)
        """
        samples = cls._predictions(y_true, y_score, parameter, sample_weight, hypotheses, signal)
        tables = {name: _tables.auc_table(*sample) for name, sample in samples.items()}
        return cls(tables, parameter_name=parameter_name).plot(ax=ax, **line)

    @classmethod
    def from_tables(cls, tables, *, parameter_name=None, ax=None, **line):
        """Draw tables of :func:`skhep_nn.metrics.auc_by_parameter`.

        Parameters
        ----------
        tables : dict of str to DataFrame, or DataFrame
            They need not have the same masses: e.g. of networks that never saw the mass.
        parameter_name : str, default=None
        ax : Axes, default=None
        **line
            For :meth:`plot`.

        Returns
        -------
        AUCByParameterDisplay
        """
        return cls(named(tables), parameter_name=parameter_name).plot(ax=ax, **line)

    def plot(self, ax=None, **line):
        """Draw the curves.

        Parameters
        ----------
        ax : Axes, default=None
            Axes to draw on, e.g. those of other curves; default a new figure.
        **line
            For matplotlib's ``errorbar``, e.g. ``linestyle="none"``.

        Returns
        -------
        AUCByParameterDisplay
        """
        self._draw(ax, "auc", "standard_error", line)
        self.ax_.set_ylabel("AUC")
        return self
