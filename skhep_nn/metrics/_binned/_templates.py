"""Templates: histograms of the score per process, with variations, and what follows from them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from skhep_nn import _floats
from skhep_nn._shown import shown
from skhep_nn.metrics import _inputs
from skhep_nn.metrics._binned import _filling, _impacts, _model, _pyhf, _root_histograms, _tables
from skhep_nn.metrics._binned._discovery import discovery
from skhep_nn.metrics._binned._events import binned_events
from skhep_nn.metrics._binned._filling import Cells
from skhep_nn.metrics._binned._limit import LEAST_LEVEL, expected_limit
from skhep_nn.metrics._binned._noise import noise_probabilities, warn_of_noise
from skhep_nn.metrics._binned._yields import yields_table
from skhep_nn.metrics._figure_of_merit import check_settings


@dataclass(frozen=True, repr=False)
class Templates:
    r"""Histograms of a score, of every process and variation, and what follows from them.

    Make them with :meth:`from_estimator` or :meth:`from_predictions`.

    Attributes
    ----------
    edges : ndarray of shape (n_bins + 1,)
    processes : tuple of str
    is_signal : ndarray of bool of shape (n_processes,)
    nominal : ndarray of shape (n_processes, n_bins)
        Expected events.
    squares : ndarray of shape (n_processes, n_bins)
        Sums of squared weights, the variances of `nominal`.
    variations : dict of str to tuple of ndarray
        (up, down) of each variation, of shape (n_processes, n_bins).
    noise : dict of str to tuple of ndarray
        Statistical variances of the differences between (up, down) and nominal; None of a side
        without noise, such as a factor.
    systematic : ndarray of shape (n_bins,)
        Relative uncertainty of the background, independent from bin to bin.
    simulation_error : bool
        Whether the likelihood knows the statistical error of the background's simulation.
    signal, background : ndarray of shape (n_bins,)
        Expected events of all processes of either kind.

    Notes
    -----
    The likelihood is that of :func:`binned_significance`.

    Examples
    --------
    >>> import numpy as np
    >>> from skhep_nn.metrics import Templates
    >>> y = np.repeat([0, 1], [80, 20])
    >>> score = np.r_[np.linspace(0, 0.8, 80), np.linspace(0.5, 1, 20)]
    >>> templates = Templates.from_predictions(
    ...     y, score, bins=[0, 0.6, 1], variations={"rate": (1.1, 0.9)}
    ... )
    >>> templates
    Templates(2 bins, processes ['signal', 'background'], variations ['rate'])
    >>> round(templates.significance(), 3), round(templates.limit().median, 3)
    (2.118, 0.89)
    """

    edges: np.ndarray
    processes: tuple
    is_signal: np.ndarray
    nominal: np.ndarray
    squares: np.ndarray
    variations: dict
    noise: dict
    systematic: np.ndarray
    simulation_error: bool

    def __repr__(self):
        return (
            f"Templates({len(self.edges) - 1} bins, processes {list(self.processes)}, "
            f"variations {list(self.variations)})"
        )

    @property
    def signal(self):
        """Expected signal events of every bin."""
        return self.nominal[self.is_signal].sum(axis=0)

    @property
    def background(self):
        """Expected background events of every bin."""
        return self.nominal[~self.is_signal].sum(axis=0)

    def _by_class(self, values):
        """Sum over the processes of signal and of background."""
        is_signal = self.is_signal
        return np.array([values[..., mask, :].sum(axis=-2) for mask in (is_signal, ~is_signal)])

    @cached_property
    def _used(self):
        """Bins that hold an event in any template."""
        shifts = (np.abs(one) for pair in self.variations.values() for one in pair)
        filled = [self.squares, *shifts]
        return np.sum(filled, axis=(0, 1)) > 0

    @cached_property
    def likelihood(self):
        """The likelihood of the bins that are not empty."""
        return self._likelihood_of(
            self._by_class(self.nominal),
            [tuple(map(self._by_class, pair)) for pair in self.variations.values()],
        )

    def _likelihood_of(self, nominal, pairs):
        used = self._used
        _model.check_bins(nominal, self.edges, used)
        return _model.likelihood_of(
            nominal[:, used],
            self._by_class(self.squares)[1, used],
            [(up[:, used], down[:, used]) for up, down in pairs],
            systematic=self.systematic[used],
            simulation_error=self.simulation_error,
        )

    @classmethod
    def from_predictions(
        cls,
        y_true,
        y_score,
        sample_weight=None,
        *,
        bins,
        variations=None,
        processes=None,
        signal=1,
        systematic=0.0,
        simulation_error=True,
        yields=None,
        luminosity=1.0,
    ):
        """Templates of scores.

        Parameters
        ----------
        y_true, y_score, sample_weight, bins, variations
            As in :func:`binned_significance`.
        processes : array-like of shape (n_events,), default=None
            Name of the process of each event; None knows signal and background.
        signal, systematic, simulation_error, yields, luminosity
            As in :func:`binned_significance`.

        Returns
        -------
        Templates

        Raises
        ------
        ValueError, WeightError
            As :func:`binned_significance` does, or if a process has signal and background.

        Warns
        -----
        TemplateNoiseWarning
            If a variation shifts the background by no more than the statistical noise of its
            templates, by a chi-square over the bins: its nuisance is then constrained by noise.
        """
        rules = {"systematic": systematic, "simulation_error": simulation_error}
        events = {"bins": bins, "variations": variations, "processes": processes}
        scale = {"signal": signal, "yields": yields, "luminosity": luminosity}
        return _made((y_true, y_score, sample_weight), {**events, **scale}, rules)

    @classmethod
    def from_estimator(
        cls,
        estimator,
        tables,
        y,
        *,
        bins,
        sample_weight=None,
        weight_column=None,
        processes=None,
        signal=1,
        systematic=0.0,
        simulation_error=True,
        yields=None,
        luminosity=1.0,
    ):
        """Templates of the score of a fitted classifier, on nominal and varied events.

        Parameters
        ----------
        estimator : fitted classifier, Pipeline or search
            Its own weight column, if it has one, holds the weights unless they are given here.
        tables : dict
            ``"nominal"`` and ``("tes", "up")``, ``("tes", "down")``, ... (or ``"tes_up"``) to the
            events: DataFrames, arrays or blocks with a row for each nominal event. Weights are
            read from each, so that they may vary too. A side that is not given mirrors the other.
        y : array-like of shape (n_events,)
        bins : array-like of shape (n_bins + 1,) or int
        sample_weight : array-like of shape (n_events,) or number, default=None
            Weights of nominal and varied events alike.
        weight_column : str or int, default=None
        processes, signal, systematic, simulation_error, yields, luminosity
            As in :meth:`from_predictions`.

        Returns
        -------
        Templates

        Raises
        ------
        ValueError, WeightError
            As :meth:`from_predictions` does, or if `tables` has no nominal events or a key that
            names no side.

        Warns
        -----
        TemplateNoiseWarning
            As :meth:`from_predictions` does.
        """
        nominal, variations = _tables.scored(
            estimator, tables, sample_weight, weight_column, signal
        )
        rules = {"systematic": systematic, "simulation_error": simulation_error}
        events = {"bins": bins, "variations": variations, "processes": processes}
        scale = {"signal": signal, "yields": yields, "luminosity": luminosity}
        scored = y, nominal["y_score"], nominal["sample_weight"]
        return _made(scored, {**events, **scale}, rules)

    def significance(self):
        """Median significance of a discovery, as :func:`binned_significance` has it.

        Returns
        -------
        float
        """
        return discovery(self.likelihood)[0]

    def limit(self, confidence_level=0.95):
        """Expected upper limit on the signal strength if there is no signal, by CLs.

        Parameters
        ----------
        confidence_level : float, default=0.95
            From 0.001, below which nothing is excluded, to below 1.

        Returns
        -------
        ExpectedLimit
            Median and bands, as multiples of the signal of the templates.

        Raises
        ------
        ValueError
            If `confidence_level` is not from 0.001 to below 1.

        Notes
        -----
        The asymptotic formulas of G. Cowan et al., arXiv:1007.1727, for the test statistic
        of upper limits with a signal strength that is not negative; CLs of A. L. Read, J. Phys. G
        28 (2002) 2693.
        """
        level = _floats.one(confidence_level, "confidence_level")
        if not LEAST_LEVEL <= level < 1:
            rule = "it must be from 0.001 to below 1, e.g. 0.95"
            msg = f"confidence_level={shown(confidence_level)}; {rule}"
            raise ValueError(msg)
        return expected_limit(self.likelihood, level)

    def impacts(self):
        """What each variation does to the measured signal strength and the significance.

        Returns
        -------
        DataFrame with a row per variation, and ``"bins"`` for the uncertainties of single bins
            ``constraint``: standard deviation of the nuisance after the fit of the expected data,
            1 if they know nothing of it. ``impact_up``, ``impact_down``: shift of the signal
            strength where the nuisance is held at plus and minus this value and all others are
            fitted. ``significance_without``: the significance if there were no such uncertainty.
            ``noise_up``, ``noise_down``: probability that noise alone shifts the background so
            much.
        """
        table = _impacts.impacts(self.likelihood, list(self.variations))
        for at, side in enumerate(("up", "down")):
            noise = {name: pair[at] for name, pair in noise_probabilities(self).items()}
            table[f"noise_{side}"] = table.index.map(noise).astype(float)
        return table

    def yields(self):
        """Expected events of every process and bin, with errors and variations.

        Returns
        -------
        DataFrame with a row per process and bin, and for their sums
            ``yield``, its statistical ``error`` sqrt(sum w^2), and ``"<variation> up"`` and
            ``"<variation> down"`` in events.
        """
        return yields_table(self)

    def to_pyhf(self, path=None, *, observed=None, channel="score"):
        """The likelihood as a HistFactory workspace in JSON, as pyhf and cabinetry read it.

        Parameters
        ----------
        path : path, default=None
            A JSON file to write.
        observed : array-like of shape (n_bins,), default=None
            Observed events; None is the expected data, signal included.
        channel : str, default="score"

        Returns
        -------
        dict
            One channel with a sample per process: ``normfactor`` "mu" on signal, ``staterror`` on
            background for the uncertainties of single bins, ``histosys`` for variations. Bins
            without any event are left out.

        Raises
        ------
        ValueError
            If `observed` has another length, or a variation the name of another parameter.
        StorageError
            If the file cannot be written.

        Notes
        -----
        A workspace does not say how to interpolate. For the same numbers as here take
        ``model(modifier_settings={"histosys": {"interpcode": "code0"}})``; pyhf's default is a
        smooth interpolation.
        """
        found = _pyhf.workspace(self, self._observed(observed), channel)
        if path is not None:
            _pyhf.write(found, path)
        return found

    def to_root(self, path, *, observed=None):
        """Write the templates as ROOT histograms, as Combine and cabinetry read them.

        Parameters
        ----------
        path : path
            A new file: ``<process>``, ``<process>_<variation>Up`` and ``Down``, and ``data_obs``.
            The independent uncertainty `systematic` of bin 3 is the variation
            ``systematic_bin3`` of all background; the statistical errors are in the histograms
            (those of varied ones are the nominal ones), for ``autoMCStats``.
        observed : array-like of shape (n_bins,), default=None
            Observed events; None is the expected data, signal included.

        Raises
        ------
        ValueError
            If `observed` has another length, or processes and variations have names that make
            two histograms of one name, or folders (``Z/jets``).
        MissingExtraError
            If uproot is not installed.
        StorageError
            If the file cannot be written.
        """
        _root_histograms.write(self, path, self._observed(observed))

    def _observed(self, observed):
        if observed is None:
            return None
        values = _floats.real(observed, "observed")
        n_bins = len(self.edges) - 1
        if values.shape != (n_bins,) or not ((values >= 0) & np.isfinite(values)).all():
            msg = f"observed={observed!r:.60}; it must be {n_bins} numbers of events >= 0"
            raise ValueError(msg)
        return values


def _made(scored, options, rules):
    """Templates of scored events, with a warning of noise at the line of the user."""
    found = templates_of(binned_events(*scored, **options), **rules)
    warn_of_noise(found, stacklevel=4)
    return found


def templates_of(events, *, systematic, simulation_error):
    """Templates of binned events.

    Parameters
    ----------
    events : BinnedEvents
    systematic : float or array-like of shape (n_bins,)
    simulation_error : bool
    """
    _inputs.check_flag(simulation_error, "simulation_error")
    nominal = events.nominal.sums()
    templates, noise = {}, {}
    for name, sides in events.variations.items():
        pair = [_sums(sides[side]) for side in sides]
        templates[name] = _filling.completed(nominal, *pair)
        noise[name] = tuple(_noise(events.nominal, sides[side]) for side in sides)
    return Templates(
        events.edges,
        events.processes,
        events.is_signal,
        nominal,
        events.nominal.squares(),
        templates,
        noise,
        _systematic(systematic, len(events.edges) - 1),
        simulation_error,
    )


def _sums(side):
    return side.sums() if isinstance(side, Cells) else side


def _noise(nominal, side):
    """Variance of the difference; none of a factor, and of a mirrored side that of the other."""
    return _filling.noise(nominal, side) if isinstance(side, Cells) else None


def _systematic(systematic, n_bins):
    values = _floats.real(systematic, "systematic")
    check_settings("asimov", values)
    if values.ndim and values.shape != (n_bins,):
        msg = (
            f"systematic={shown(systematic)}; it must be a number, or one for each of {n_bins} bins"
        )
        raise ValueError(msg)
    return np.broadcast_to(values, (n_bins,)).copy()
