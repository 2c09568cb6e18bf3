"""Templates: histograms of the score per process, with variations, and what follows from them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from skhep_nn import _floats
from skhep_nn.metrics import _inputs
from skhep_nn.metrics._binned import _filling, _model
from skhep_nn.metrics._binned._discovery import discovery
from skhep_nn.metrics._binned._filling import Cells


@dataclass(frozen=True, repr=False)
class Templates:
    """Histograms of a score, of every process and variation.

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
        Statistical variances of the differences between (up, down) and nominal.
    systematic : ndarray of shape (n_bins,)
        Relative uncertainty of the background, independent from bin to bin.
    simulation_error : bool
        Whether the likelihood knows the statistical error of the background's simulation.
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

    def significance(self):
        """Median significance of a discovery, as :func:`binned_significance` has it."""
        return discovery(self.likelihood)[0]


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
    good = values.ndim == 0 or values.shape == (n_bins,)
    if not (good and (values >= 0).all() and np.isfinite(values).all()):
        msg = (
            f"systematic={systematic!r:.60}; it must be a finite number >= 0, or one for each of "
            f"the {n_bins} bins"
        )
        raise ValueError(msg)
    return np.broadcast_to(values, (n_bins,)).copy()
