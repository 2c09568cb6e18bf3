"""Bootstrap of event weights: each event counts a Poisson number of times, anew in each trial."""

from __future__ import annotations

import numpy as np

from skhep_nn import _choices

_MOST_TRIALS = 1_000_000


class BootstrappedAUC:
    """The AUC of resampled events, from one sort.

    Parameters
    ----------
    scores, mask, weights : ndarray of shape (n_events,)
        Checked: scores without NaN, which events are signal, weights.
    """

    def __init__(self, scores, mask, weights):
        order = np.argsort(scores)
        ordered = scores[order]
        self.n_events = len(order)
        self._order = order
        self._ends = np.flatnonzero(np.append(ordered[1:] != ordered[:-1], True))
        self._sides = [np.where(side[order], weights[order], 0.0) for side in (mask, ~mask)]

    def of(self, counts):
        """The AUC if each event counts so often; NaN where a class sums to nothing or less.

        Parameters
        ----------
        counts : ndarray of shape (n_events,)
        """
        drawn = counts[self._order]
        signal, background = (np.cumsum(side * drawn)[self._ends] for side in self._sides)
        if not (signal[-1] > 0 and background[-1] > 0):
            return np.nan
        below = np.append(0.0, background)
        area = np.diff(signal, prepend=0.0) @ (below[:-1] + below[1:]) / 2
        return float(area / (signal[-1] * background[-1]))


def check_trials(n_trials):
    """Raise unless a number of trials is one that gives a spread.

    Raises
    ------
    ValueError
    """
    is_number = _choices.is_whole(n_trials)
    if not (is_number and 2 <= n_trials <= _MOST_TRIALS):
        msg = f"n_bootstrap={n_trials!r:.60}; it must be a number of trials, at least 2"
        raise ValueError(msg)


def spread(values):
    """Standard deviation of trials, without those that have no value."""
    values = np.asarray(values)
    values = values[np.isfinite(values)]
    return float(values.std(ddof=1)) if len(values) > 1 else np.nan
