"""Expected significance of a histogram of the score, with systematic uncertainties."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from skhep_nn import _choices
from skhep_nn._validation import check_random_state
from skhep_nn.metrics._binned import _bootstrap
from skhep_nn.metrics._binned._discovery import discovery, discovery_at
from skhep_nn.metrics._binned._events import binned_events
from skhep_nn.metrics._binned._likelihood import discovery_deviance
from skhep_nn.metrics._binned._noise import warn_of_noise
from skhep_nn.metrics._binned._templates import Templates, templates_of

_MOST_REPLICAS = 100_000


def binned_significance(
    y_true,
    y_score,
    sample_weight=None,
    *,
    bins,
    systematic=0.0,
    simulation_error=True,
    variations=None,
    signal=1,
    yields=None,
    luminosity=1.0,
    n_bootstrap=100,
    random_state=0,
):
    r"""Expected (Asimov) significance of signal in a histogram of the score.

    Parameters
    ----------
    y_true : array-like of shape (n_events,)
        Class labels of any type; every class other than `signal` is background.
    y_score : array-like of shape (n_events,)
        High for signal.
    sample_weight : array-like of shape (n_events,) or number, default=None
        Event weights of either sign, in events, or in pb with `luminosity` in 1/pb.
        None counts each event once.
    bins : array-like of shape (n_bins + 1,) or int
        Edges, e.g. of :func:`optimise_binning` on other events; or a number of bins of equal
        width over the scores. A score that equals an edge is in the bin above it, scores beyond
        the edges are in the first and the last bin, and empty bins do not count.
    systematic : float or array-like of shape (n_bins,), default=0.0
        Relative uncertainty of the background, independent from bin to bin.
    simulation_error : bool, default=True
        Whether the finite number of simulated background events is an uncertainty, by its sum of
        squared weights.
    variations : dict of str to tuple, default=None
        (up, down), or a dict of ``"up"`` and ``"down"``, of each systematic variation that is
        common to all bins. A side is an array of the varied scores of the same events; or a dict
        of ``"y_score"`` and ``"sample_weight"`` where weights vary, with ``"y_true"`` if these
        are other events; or a number, a factor on all weights; or None, which mirrors the other
        side.
    signal : label or list of labels, default=1
    yields : dict of label to number, default=None
        Full yield of each class, to which its weights are scaled; varied weights are scaled by
        the same factors.
    luminosity : float, default=1.0
        Factor on all weights (or `yields`).
    n_bootstrap : int, default=100
        Replicas for the statistical error of the result; 0 makes none.
    random_state : int, RandomState or None, default=0
        Seed of the replicas.

    Returns
    -------
    BinnedSignificance

    Raises
    ------
    ValueError
        If a bin has signal but no positive background, there is no signal or no background, a
        score is NaN, lengths differ, or a parameter makes no sense.
    WeightError
        If weights are not finite, or those of signal or background sum to zero or less.

    Warns
    -----
    TemplateNoiseWarning
        If a variation shifts the background by no more than the statistical noise of its
        templates, which constrains falsely.

    Notes
    -----
    The significance is :math:`\sqrt{q_0}` of the profile likelihood ratio for the expected data
    of signal and background (G. Cowan et al., arXiv:1007.1727), with the likelihood

    .. math:: \prod_b \mathrm{Pois}(n_b | \mu s_b(\theta) + \gamma_b b_b(\theta))\,
              \mathrm{Gauss}(\gamma_b | 1, \delta_b) \prod_k \mathrm{Gauss}(\theta_k | 0, 1).

    :math:`\delta_b^2` is `systematic` squared plus the relative statistical variance of the
    simulated background: one nuisance per bin, the light form of R. Barlow and C. Beeston, Comput.
    Phys. Commun. 77 (1993) 219, profiled exactly. The nuisances of `variations` move all bins
    linearly, up from nominal to up and down from nominal to down. This is ``staterror`` and
    ``histosys`` with interpolation code 0 of HistFactory (CERN-OPEN-2012-016) and pyhf. As in pyhf
    a nuisance is pulled by 5 standard deviations at most; a significance with one of `pulls` there
    hangs on that.

    Without uncertainties and variations :math:`Z^2` is the sum over the bins of the squares of
    :func:`figure_of_merit`. With `systematic` it is larger by a percent or two, more where the
    uncertainty is large: the background is known from a Gaussian, not from a Poisson measurement.

    Examples
    --------
    >>> import numpy as np
    >>> from skhep_nn.metrics import binned_significance, figure_of_merit
    >>> y = np.repeat([0, 1], [80, 20])
    >>> score = np.r_[np.linspace(0, 0.8, 80), np.linspace(0.5, 1, 20)]
    >>> found = binned_significance(y, score, bins=[0, 0.6, 1], simulation_error=False)
    >>> found.signal.tolist(), found.background.tolist(), round(found.significance, 3)
    ([4.0, 16.0], [60.0, 20.0], 3.253)
    >>> in_bins = figure_of_merit(found.signal, found.background)
    >>> bool(np.isclose(found.significance, np.sqrt(np.sum(in_bins**2))))
    True
    """
    n_bootstrap = _count(n_bootstrap)
    events = binned_events(
        y_true,
        y_score,
        sample_weight,
        bins=bins,
        variations=variations,
        processes=None,
        signal=signal,
        yields=yields,
        luminosity=luminosity,
    )
    templates = templates_of(events, systematic=systematic, simulation_error=simulation_error)
    warn_of_noise(templates, stacklevel=3)
    significance, theta = discovery(templates.likelihood)
    # of a seed of its own: events that were drawn with the same seed must not know the replicas
    rng = np.random.default_rng(check_random_state(random_state).randint(2**31 - 1))
    # the nuisances stay: where the deviance is least it does not depend on them to first order
    values = [
        discovery_at(templates._likelihood_of(*replica), theta)
        for replica in _bootstrap.replicas(events, n_bootstrap, rng)
    ]
    return BinnedSignificance(
        significance=significance,
        standard_error=_bootstrap.spread(values),
        pulls=dict(zip(templates.variations, theta.tolist(), strict=True)),
        templates=templates,
    )


@dataclass(frozen=True, repr=False)
class BinnedSignificance:
    """Result of :func:`binned_significance`.

    Attributes
    ----------
    significance : float
        Median significance of a discovery, in standard deviations.
    standard_error : float
        Its statistical error from the simulated events, by bootstrap; NaN without replicas.
    pulls : dict of str to float
        Where the fit without signal puts the nuisance of each variation, in standard deviations.
    templates : Templates
    edges : ndarray of shape (n_bins + 1,)
    signal, background : ndarray of shape (n_bins,)
        Expected events.
    signal_error, background_error : ndarray of shape (n_bins,)
        Their statistical errors, sqrt(sum w^2).
    bin_significance : ndarray of shape (n_bins,)
        Of each bin by itself, without variations; negative where the signal is.
    """

    significance: float
    standard_error: float
    pulls: dict
    templates: Templates

    def __repr__(self):
        return (
            f"BinnedSignificance({self.significance:.4g} +- {self.standard_error:.2g}, "
            f"{len(self.edges) - 1} bins, {self.signal.sum():.6g} signal and "
            f"{self.background.sum():.6g} background events, variations {list(self.pulls)})"
        )

    @property
    def edges(self):
        """Edges of the bins."""
        return self.templates.edges

    @property
    def signal(self):
        """Expected signal events of every bin."""
        return self.templates.signal

    @property
    def background(self):
        """Expected background events of every bin."""
        return self.templates.background

    @property
    def signal_error(self):
        """Statistical error of `signal`."""
        return np.sqrt(self.templates._by_class(self.templates.squares)[0])

    @property
    def background_error(self):
        """Statistical error of `background`."""
        return np.sqrt(self.templates._by_class(self.templates.squares)[1])

    @property
    def bin_significance(self):
        """Significance of each bin by itself."""
        likelihood, out = self.templates.likelihood, np.zeros(len(self.edges) - 1)
        signal, background = likelihood.signal, likelihood.background
        q0 = discovery_deviance(signal, background, likelihood.relative_error)
        out[self.templates._used] = np.sign(signal) * np.sqrt(np.maximum(q0, 0.0))
        return out

    def to_frame(self):
        """A DataFrame with one row per bin."""
        import pandas as pd

        return pd.DataFrame(
            {
                "low": self.edges[:-1],
                "high": self.edges[1:],
                **{name: getattr(self, name) for name in _TABLE},
            }
        )


_TABLE = ("signal", "background", "signal_error", "background_error", "bin_significance")


def _count(n_bootstrap):
    if not _choices.is_whole(n_bootstrap) or not 0 <= n_bootstrap <= _MOST_REPLICAS:
        msg = (
            f"n_bootstrap={n_bootstrap!r:.60}; it must be a number of replicas, 0 to "
            f"{_MOST_REPLICAS}"
        )
        raise ValueError(msg)
    return int(n_bootstrap)
