"""From templates to their likelihood."""

from __future__ import annotations

import numpy as np

from skhep_nn.metrics._binned import _bins
from skhep_nn.metrics._binned._likelihood import BinnedLikelihood


def likelihood_of(nominal, squares, pairs, *, systematic, simulation_error):
    """The likelihood of templates of signal and background.

    Parameters
    ----------
    nominal : ndarray of shape (2, n_bins)
        Signal, background.
    squares : ndarray of shape (n_bins,)
        Sums of squared weights of the background.
    pairs : list of (up, down), ndarrays of shape (2, n_bins)
    systematic : ndarray of shape (n_bins,)
    simulation_error : bool
    """
    signal, background = nominal
    slopes = np.zeros((2, len(pairs), *nominal.shape))
    for at, (up, down) in enumerate(pairs):
        slopes[1, at], slopes[0, at] = up - nominal, nominal - down
    error = np.hypot(systematic, np.sqrt(squares) / background if simulation_error else 0.0)
    return BinnedLikelihood(signal, background, error, slopes[:, :, 0], slopes[:, :, 1])


def check_bins(nominal, edges, used):
    """Raise if a bin has no positive background or a negative expectation.

    Parameters
    ----------
    nominal : ndarray of shape (2, n_bins)
        Signal, background.
    edges : ndarray of shape (n_bins + 1,)
    used : ndarray of bool of shape (n_bins,)

    Raises
    ------
    ValueError
        Naming the bin.
    """
    signal, background = nominal
    bad = np.flatnonzero(used & ~(background > 0))
    if len(bad):
        at = bad[0]
        msg = (
            f"{_bins.name_of(edges, at)} has {background[at]:.6g} background events and "
            f"{signal[at]:.6g} signal events; every bin needs a positive background: join it with "
            "its neighbour, or take bins=optimise_binning(...)"
        )
        raise ValueError(msg)
    bad = np.flatnonzero(signal + background < 0)
    if len(bad):
        at = bad[0]
        msg = (
            f"{_bins.name_of(edges, at)} has {signal[at]:.6g} signal events on "
            f"{background[at]:.6g} of background, a negative sum; join it with its neighbour"
        )
        raise ValueError(msg)
