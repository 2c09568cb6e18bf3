"""Best significance, or its ratio to the best possible one, against the mass."""

from __future__ import annotations

from skhep_nn import _choices
from skhep_nn.metrics import _by_parameter as _tables
from skhep_nn.plotting import _significance
from skhep_nn.plotting._by_parameter import ByParameterDisplay, named

_ERRORS = {"figure_of_merit": "standard_error", "significance_ratio": "ratio_error"}


class SignificanceByParameterDisplay(ByParameterDisplay):
    """Best significance or significance ratio against the mass, of one or several networks.

    Make it with :meth:`from_estimators`, :meth:`from_predictions` or :meth:`from_tables`.

    Parameters
    ----------
    tables : dict of str to DataFrame
        Results of :func:`skhep_nn.metrics.significance_by_parameter` by name of the network.
    parameter_name : str, default=None
        Label of the axis; default the name in the tables.
    settings : dict, default=None
        ``kind`` and ``systematic`` of the figure of merit, for the label.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
    figure_ : matplotlib.figure.Figure
    curves_ : dict of str to matplotlib ErrorbarContainer
    """

    _gid = "skhep_nn.significance_by_parameter"

    def __init__(self, tables, *, parameter_name=None, settings=None):
        super().__init__(tables, parameter_name=parameter_name)
        self.settings = settings

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
        quantity="figure_of_merit",
        parameter_name=None,
        ax=None,
        **scan_options,
    ):
        """Draw the best significance at each mass of fitted classifiers.

        Parameters
        ----------
        estimators, X, y, parameter, hypotheses, signal, sample_weight, weight_column
            As in :meth:`AUCByParameterDisplay.from_estimators`; weights in expected events.
        quantity : {"figure_of_merit", "significance_ratio"}, default="figure_of_merit"
        parameter_name : str, default=None
        ax : Axes, default=None
        **scan_options
            For :func:`skhep_nn.metrics.significance_by_parameter`: ``kind``, ``systematic``,
            ``yields``, ``min_effective_background``, ``equal_yields``, ...

        Returns
        -------
        SignificanceByParameterDisplay

        Raises
        ------
        ValueError, WeightError, ColumnError
            As :func:`skhep_nn.metrics.significance_by_parameter` does, or if `quantity` is unknown.
        """
        samples = cls._estimators(
            estimators, X, y, signal, sample_weight, weight_column, parameter, hypotheses
        )
        return cls._of(samples, scan_options, parameter_name).plot(ax=ax, quantity=quantity)

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
        quantity="figure_of_merit",
        parameter_name=None,
        ax=None,
        **scan_options,
    ):
        """Draw the best significance at each mass of scores.

        Parameters
        ----------
        y_true, y_score, parameter, sample_weight, hypotheses, signal
            As in :meth:`AUCByParameterDisplay.from_predictions`.
        quantity : {"figure_of_merit", "significance_ratio"}, default="figure_of_merit"
        parameter_name : str, default=None
        ax : Axes, default=None
        **scan_options
            For :func:`skhep_nn.metrics.significance_by_parameter`.

        Returns
        -------
        SignificanceByParameterDisplay

        Examples
        --------
        >>> import matplotlib.pyplot as plt
        >>> import numpy as np
        >>> from skhep_nn.plotting import SignificanceByParameterDisplay
        >>> y, mass = np.repeat([0, 1], 25), np.repeat([0, 500], 25)
        >>> display = SignificanceByParameterDisplay.from_predictions(
        ...     y, y + 0.0, mass, quantity="significance_ratio"
        ... )
        >>> display.tables[""]["significance_ratio"].tolist()
        [1.0]
        >>> plt.close(display.figure_)
        """
        samples = cls._predictions(y_true, y_score, parameter, sample_weight, hypotheses, signal)
        return cls._of(samples, scan_options, parameter_name).plot(ax=ax, quantity=quantity)

    @classmethod
    def from_tables(
        cls,
        tables,
        *,
        quantity="figure_of_merit",
        settings=None,
        parameter_name=None,
        ax=None,
    ):
        """Draw tables of :func:`skhep_nn.metrics.significance_by_parameter`.

        Parameters
        ----------
        tables : dict of str to DataFrame, or DataFrame
        quantity : {"figure_of_merit", "significance_ratio"}, default="figure_of_merit"
        settings : dict, default=None
            ``kind`` and ``systematic`` of the figure of merit, for the label.
        parameter_name : str, default=None
        ax : Axes, default=None

        Returns
        -------
        SignificanceByParameterDisplay
        """
        display = cls(named(tables), parameter_name=parameter_name, settings=settings)
        return display.plot(ax=ax, quantity=quantity)

    @classmethod
    def _of(cls, samples, scan_options, parameter_name):
        tables = {
            name: _tables.significance_table(*sample, **scan_options)
            for name, sample in samples.items()
        }
        settings = {"kind": "asimov", "systematic": 0.0}
        settings |= {name: scan_options[name] for name in settings if name in scan_options}
        return cls(tables, parameter_name=parameter_name, settings=settings)

    def plot(self, ax=None, *, quantity="figure_of_merit", **line):
        """Draw the curves.

        Parameters
        ----------
        ax : Axes, default=None
            Axes to draw on, e.g. those of other curves; default a new figure.
        quantity : {"figure_of_merit", "significance_ratio"}, default="figure_of_merit"
            The best figure of merit; or the best s / sqrt(s + b), divided by its maximum.
        **line
            For matplotlib's ``errorbar``.

        Returns
        -------
        SignificanceByParameterDisplay

        Raises
        ------
        ValueError
            If `quantity` is none of these.
        """
        _choices.one_of(quantity, _ERRORS, "quantity")
        self._draw(ax, quantity, _ERRORS[quantity], line)
        self.ax_.set_ylabel(self._label(quantity))
        self.ax_.set_ylim(bottom=0)
        return self

    def _label(self, quantity):
        if quantity == "significance_ratio":
            return "Best S / √(S + B), relative to its maximum"
        if self.settings is None:
            return "Best figure of merit"
        return f"Best {_significance._merit_name(self.settings)}"
