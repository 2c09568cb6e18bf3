r"""The likelihood of a histogram: Poisson bins, signal strength, nuisance parameters.

In each bin the expected events are

.. math:: \nu = \mu\, s(\theta) + \gamma\, b(\theta), \qquad
          b(\theta) = b + \sum_k \theta_k \cdot \begin{cases}
          b^{up}_k - b & \theta_k \ge 0 \\ b - b^{down}_k & \theta_k < 0 \end{cases}

(and s likewise), with one Gaussian nuisance :math:`\gamma` of mean 1 and width `relative_error` in
each bin, and one :math:`\theta_k` of mean 0 and width 1 per variation, common to all bins. In the
words of HistFactory and pyhf: ``normfactor``, ``staterror`` on the background, ``histosys`` with
interpolation code 0.

K. Cranmer et al., HistFactory, CERN-OPEN-2012-016; R. Barlow and C. Beeston, Comput. Phys. Commun.
77 (1993) 219, in the light form of J. S. Conway, arXiv:1103.0354.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

# of the nominal background, below which no variation takes that of a bin
LEAST = 1e-6
_SERIES_END = 0.3
_ARTANH = 1 / np.arange(3, 31, 2)


@dataclass(frozen=True)
class BinnedLikelihood:
    """Expected events of every bin and what is uncertain about them.

    Parameters
    ----------
    signal, background : ndarray of shape (n_bins,)
        Background > 0.
    relative_error : ndarray of shape (n_bins,)
        Of the background, independent from bin to bin.
    signal_slopes, background_slopes : ndarray of shape (2, n_variations, n_bins)
        Change per unit of each nuisance, where it is negative and where it is positive.
    """

    signal: np.ndarray
    background: np.ndarray
    relative_error: np.ndarray
    signal_slopes: np.ndarray
    background_slopes: np.ndarray

    @property
    def n_variations(self):
        """Number of nuisance parameters that are common to all bins."""
        return self.signal_slopes.shape[1]

    @cached_property
    def has_kink(self):
        """Which nuisances have different slopes on their two sides."""
        pairs = (self.signal_slopes, self.background_slopes)
        differ = [~np.isclose(down, up, rtol=1e-6, atol=0.0).all(axis=1) for down, up in pairs]
        return np.logical_or(*differ)

    def slopes(self, positive):
        """(signal, background) slopes on the sides that `positive` tells of each nuisance."""
        at = positive.astype(int), np.arange(self.n_variations)
        return self.signal_slopes[at], self.background_slopes[at]

    def deviance(self, data, mu, theta, slopes):
        """-2 ln of the likelihood over that of a perfect model, and its slopes.

        The nuisances of the bins are profiled in closed form.

        Returns
        -------
        value, slope_mu : float
        slope_theta : ndarray of shape (n_variations,)
        """
        of_signal, of_background = slopes
        signal = self.signal + theta @ of_signal
        background = self.background + theta @ of_background
        least = LEAST * self.background
        free = background > least
        background = np.where(free, background, least)
        value, pull, gamma = profiled(data, mu * signal, background, self.relative_error)
        slope_theta = (mu * of_signal + gamma * free * of_background) @ pull + 2 * theta
        return value.sum() + theta @ theta, signal @ pull, slope_theta


def profiled(data, signal, background, relative_error):
    """Deviance of bins with the nuisance of each at its best, with 2 (1 - n / nu) and gamma.

    The best gamma solves a quadratic equation, whose root is taken where nothing cancels.

    Parameters
    ----------
    data, signal, background, relative_error : ndarray of shapes that broadcast
        Background > 0, data >= 0.
    """
    width = (relative_error * background) ** 2
    gap = signal + background - width
    root = np.hypot(gap, 2 * np.sqrt(data * width))
    with np.errstate(divide="ignore", invalid="ignore"):
        nu = np.where(gap > 0, (gap + root) / 2, 2 * data * width / (root - gap))
    # gamma >= 0; and a rate that a variation of the signal drives below zero stays above
    nu = np.fmax(nu, np.maximum(signal, LEAST * background))
    gamma = np.where(width > 0, (nu - signal) / background, 1.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        penalty = np.where(width > 0, ((gamma - 1) / relative_error) ** 2, 0.0)
    return poisson_deviance(data, nu) + penalty, 2 * (1 - data / nu), gamma


def poisson_deviance(data, nu):
    """2 (nu - n + n ln(n / nu)) for n >= 0 and nu > 0, without cancellation for n near nu."""
    change = data / nu - 1
    z = change / (2 + change)
    near = np.abs(change) < _SERIES_END
    # (1 + x) ln(1 + x) - x, with ln(1 + x) = 2 artanh(z) whose first term is taken out by hand
    z2 = np.where(near, z * z, 0.0)
    series = z * change + 2 * (1 + change) * z * z2 * np.polyval(_ARTANH[::-1], z2)
    with np.errstate(divide="ignore", invalid="ignore"):
        plain = np.where(data > 0, (1 + change) * np.log(data / nu) - change, 1.0)
    return 2 * nu * np.where(near, series, plain)


def discovery_deviance(signal, background, relative_error):
    """q0 of each bin by itself for the expected data s + b, without variations."""
    return profiled(signal + background, 0.0, background, relative_error)[0]
