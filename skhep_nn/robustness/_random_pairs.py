"""Random pairs of signal and background: what an area under the ROC curve owes to single pairs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_MOST = 1 << 17


@dataclass(frozen=True)
class Pairs:
    """Pairs that are drawn with the squared weights of both events; make them with :meth:`drawn`.

    Parameters
    ----------
    signal, background : ndarray of shape (n_pairs,)
        Positions of their events.
    of_signal, of_background : ndarray of shape (n_pairs,)
        Sum of weights of the class over the weight of the event.
    scale : float
        Variance of a sum over all pairs, of one whose terms are independent with variance 1.
    """

    signal: np.ndarray
    background: np.ndarray
    of_signal: np.ndarray
    of_background: np.ndarray
    scale: float

    @classmethod
    def drawn(cls, mask, weights, rng):
        """Those of events.

        Parameters
        ----------
        mask : ndarray of bool of shape (n_events,)
        weights : ndarray of shape (n_events,)
            With a positive sum in each class.
        rng : RandomState
        """
        parts = [_drawn(np.flatnonzero(side), weights, rng) for side in (mask, ~mask)]
        (signal, of_signal, one), (background, of_background, other) = parts
        return cls(signal, background, of_signal, of_background, one * other)

    def order(self, scores):
        """1 where the signal has the higher score, 0 where the background has; ties one half."""
        signal, background = scores[self.signal], scores[self.background]
        return (signal > background) + 0.5 * (signal == background)

    def variance(self, values, mean, influences):
        """Of a mean of `values` of all pairs, without what the events by themselves explain.

        Parameters
        ----------
        values : ndarray of shape (n_pairs,)
        mean : float
        influences : ndarray of shape (n_events,)
            What each event moves the mean by.
        """
        explained = influences[self.signal] * self.of_signal
        explained += influences[self.background] * self.of_background
        return float(self.scale * np.mean(np.square(values - mean - explained)))


def _drawn(places, weights, rng):
    """(positions of events, sum of weights over each weight, sum of squares over squared sum)."""
    own = weights[places]
    total, squares = own.sum(), np.square(own / np.abs(own).max())
    n_pairs = min(_MOST, max(64 * len(weights), 1024))
    chosen = rng.choice(len(places), n_pairs, p=squares / squares.sum())
    relative = np.sum(np.square(own / total))
    return places[chosen], total / own[chosen], relative
