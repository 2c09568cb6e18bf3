"""Masses for background events, which have none: the signal's, a range, or every one.

"Mass" stands for whatever parameter of the signal a network takes; it may be several numbers per
event, which are then drawn together, as they occur in the signal.

What is drawn depends on the seed and the epoch's number alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from skhep_nn._hypotheses import distinct

ASSIGNMENTS = ("identical", "uniform", "oversample")
# Streams of random numbers beside that of the order of the events, which is (seed, epoch).
TRAINING, VALIDATION = 101, 102


@dataclass(frozen=True)
class Masses:
    """What the signal of a fit has.

    Parameters
    ----------
    values : ndarray of shape (n_values, n_parameters)
        Distinct masses, sorted.
    frequencies : ndarray of shape (n_values,)
        Fraction of the sum of weights of the signal at each; not negative, sum one.
    """

    values: np.ndarray
    frequencies: np.ndarray

    @classmethod
    def of(cls, masses, weights):
        """The masses of signal events and their weighted frequencies.

        Where negative weights leave a mass with a negative sum, its frequency is zero.

        Parameters
        ----------
        masses : ndarray of shape (n_signal, n_parameters)
        weights : ndarray of shape (n_signal,)
        """
        values, codes = distinct(masses)
        sums = np.maximum(np.bincount(codes, weights=weights, minlength=len(values)), 0.0)
        total = sums.sum()
        # nothing to go by: classes with such sums are refused elsewhere
        frequencies = sums / total if total > 0 else np.full(len(sums), 1 / len(sums))
        return cls(values, frequencies)

    @property
    def low(self):
        """Lowest value of each parameter."""
        return self.values.min(axis=0)

    @property
    def high(self):
        """Highest value of each parameter."""
        return self.values.max(axis=0)


def drawer(assignment, masses, mass_range=None):
    """The function that draws masses: ``draw(n_events, rng)`` of shape (n_events, n_parameters).

    Parameters
    ----------
    assignment : {"identical", "uniform"}
        ``"identical"`` draws whole rows of `masses` with the frequencies that they have there;
        ``"uniform"`` draws each parameter by itself from its range.
    masses : Masses
    mass_range : sequence of (low, high), optional
        Of each parameter; default is the signal's.
    """
    if assignment == "uniform":
        low, high = (masses.low, masses.high) if mass_range is None else np.transpose(mass_range)
        return lambda n_events, rng: rng.uniform(low, high, (n_events, len(low)))
    if np.all(masses.frequencies == masses.frequencies[0]):
        # equal frequencies need no search, which takes long among many distinct masses
        n_values = len(masses.values)
        return lambda n_events, rng: masses.values[rng.integers(n_values, size=n_events)]
    edges = np.cumsum(masses.frequencies)
    edges /= edges[-1]

    def draw(n_events, rng):
        # sorted numbers are found several times faster among many distinct masses
        chosen = np.searchsorted(edges, _sorted_uniform(n_events, rng), side="right")
        return masses.values[rng.permutation(chosen)]

    return draw


def _sorted_uniform(n, rng):
    """`n` uniform random numbers in ascending order: sums of exponential ones."""
    sums = np.cumsum(rng.standard_exponential(n + 1))
    return sums[:-1] / sums[-1]


def random(seed, stream, epoch=0):
    """The generator of one epoch."""
    return np.random.default_rng((seed, stream, epoch))


def oversampled(is_signal, masses):
    """Every background event at every mass, which share its weight by the signal's frequencies.

    Parameters
    ----------
    is_signal : ndarray of bool of shape (n_events,)
    masses : Masses
        Those of frequency zero are left out.

    Returns
    -------
    rows : ndarray of int
        Event numbers, those of background repeated.
    assigned : ndarray of shape (n_rows, n_parameters)
        Masses of the background rows; NaN for signal.
    share : ndarray of shape (n_rows,)
        Factor on the weight.
    """
    used = masses.frequencies > 0
    values, frequencies = masses.values[used], masses.frequencies[used]
    copies = np.where(is_signal, 1, len(values))
    rows = np.repeat(np.arange(len(is_signal)), copies)
    assigned = np.full((len(rows), values.shape[1]), np.nan)
    share = np.ones(len(rows))
    background, n_background = ~is_signal[rows], int(np.sum(~is_signal))
    assigned[background] = np.tile(values, (n_background, 1))
    share[background] = np.tile(frequencies, n_background)
    return rows, assigned, share
