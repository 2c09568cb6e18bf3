"""Jensen-Shannon divergence of weighted histograms that share events, and its error."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Move:
    """What the cut of a given efficiency keeps less of, when more events of its class are above it.

    Parameters
    ----------
    lost : ndarray of shape (n_bins,)
        Background per bin, for each unit of weight of the class that is above the cut too many.
    by_passed, by_failed : float
        How many are too many, for a unit of background that passes or fails.
    variance : float
        Of what is too many for other reasons: the signal, where the efficiency is its.
    """

    lost: np.ndarray
    by_passed: float
    by_failed: float
    variance: float


class Divergence:
    """Jensen-Shannon divergence of all background and of the part that passes.

    Parameters
    ----------
    total, kept : Counts
        Where nothing passes there is no divergence: it is NaN.
    move : Move
    """

    def __init__(self, total, kept, move):
        self._is_defined = kept.sums.sum() > 0
        if not self._is_defined:
            return
        self._p, self._q = (_clipped(counts) for counts in (total, kept))
        self._middle = (self._p + self._q) / 2
        n = len(self._p)
        # of the fractions p and q, by what passes per bin, what fails, and the signal
        unit, every = np.eye(n), np.ones((1, n))
        of_p = (unit - self._p[:, None]) / total.sums.sum()
        of_q = (unit - self._q[:, None]) / kept.sums.sum()
        lost = of_q @ move.lost[:, None]
        self._of_p = of_p, of_p, np.zeros((n, 1))
        self._of_q = of_q - move.by_passed * lost @ every, -move.by_failed * lost @ every, -lost
        failed = np.maximum(total.squares - kept.squares, 0.0)
        self._variances = kept.squares, failed, np.array([move.variance])
        self._curved = self._curvature()[:, None] * self._covariance()

    @property
    def noise(self):
        """What fluctuations alone lead to expect."""
        return float(np.trace(self._curved)) if self._is_defined else np.nan

    @property
    def value(self):
        """Less the noise."""
        if not self._is_defined:
            return np.nan
        p, q, m = self._p, self._q, self._middle
        return float(np.sum(p * _log(p, m) + q * _log(q, m)) / 2) - self.noise

    @property
    def error(self):
        """Of the linear and the quadratic term."""
        if not self._is_defined:
            return np.nan
        quadratic = float(np.sum(self._curved * self._curved.T))
        # noise alone makes the linear term four of these. By chance it makes less; how much less is
        # chance too, so that half of what noise alone has is left
        return float(np.sqrt(max(self._linear() - 2 * quadratic, quadratic)))

    def _curvature(self):
        filled = np.where(self._middle > 0, self._middle, np.inf)
        return 1 / (8 * np.log(2) * filled)

    def _covariance(self):
        """Of the difference of the shapes."""
        parts = zip(self._of_p, self._of_q, self._variances, strict=True)
        return sum(((of_q - of_p) * v) @ (of_q - of_p).T for of_p, of_q, v in parts)

    def _linear(self):
        by_p, by_q = _log(self._p, self._middle) / 2, _log(self._q, self._middle) / 2
        parts = zip(self._of_p, self._of_q, self._variances, strict=True)
        return float(sum(np.sum((by_p @ of_p + by_q @ of_q) ** 2 * v) for of_p, of_q, v in parts))


def _clipped(counts):
    """The shape without contents below zero."""
    sums = np.maximum(counts.sums, 0.0)
    return sums / sums.sum()


def _log(part, middle):
    there = part > 0
    return np.log2(np.divide(part, middle, out=np.ones_like(part), where=there))
