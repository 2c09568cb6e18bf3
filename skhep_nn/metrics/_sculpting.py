"""Sculpting: does a cut on the score change the shape of a variable, such as the mass?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from skhep_nn import _choices, _floats, _weights
from skhep_nn.metrics import _cut_errors, _inputs, _shapes
from skhep_nn.metrics._divergence import Divergence, Move

_SIDES = ("background", "signal")
# a cut may move so far, as a part of what it keeps; from there its surroundings are seen
_NEAR = 0.2


def sculpting(
    y_true,
    y_score,
    by,
    sample_weight=None,
    *,
    signal=1,
    efficiencies=(0.5, 0.2, 0.1),
    of="background",
    bins=20,
):
    r"""Efficiency of the background against a variable, and its shape before and after cuts.

    A network that finds the mass of the signal in its inputs cuts a peak out of a smooth
    background, which then looks like signal.

    Parameters
    ----------
    y_true : array-like of shape (n_events,)
        Class labels of any type; every class other than `signal` is background.
    y_score : array-like of shape (n_events,)
        High for signal.
    by : array-like of shape (n_events,)
        The variable, e.g. an invariant mass. That of signal is not read.
    sample_weight : array-like of shape (n_events,) or number, default=None
        Event weights of either sign.
    signal : label or list of labels, default=1
    efficiencies : float or array-like of shape (n_cuts,), default=(0.5, 0.2, 0.1)
        Cuts on the score that keep these parts of the class `of`.
    of : {"background", "signal"}, default="background"
        Of which class the efficiencies are.
    bins : int or array-like of shape (n_bins + 1,), default=20
        Of the variable. A number is of bins of equal background, fewer if they would have less than
        ten effective events; with edges, events beyond are in the first and the last bin.

    Returns
    -------
    Sculpting

    Raises
    ------
    ValueError
        If lengths differ, a score or a value of background is NaN, or a parameter makes no sense.
    WeightError
        If the weights of signal or background sum to zero or less.

    Notes
    -----
    With :math:`p` the shape of all background in the bins, :math:`q` that of what passes and
    :math:`m = (p + q) / 2`, the Jensen-Shannon divergence is

    .. math:: \mathrm{JSD} = \tfrac12 \sum_i \left(p_i \log_2 \frac{p_i}{m_i}
              + q_i \log_2 \frac{q_i}{m_i}\right),

    0 for equal shapes, 1 for shapes without overlap (J. Lin, IEEE Trans. Inf. Theory 37 (1991)
    145; ATL-PHYS-PUB-2018-014). Fluctuations alone make it positive, to second order by
    :math:`\mathrm{tr}(A V)` with :math:`A = \mathrm{diag}(1 / (8 \ln 2\, m))` and the covariance
    :math:`V` of :math:`q - p`, in which both share events. This is ``noise``, and is taken off
    ``divergence``, which may become negative by chance. The variance of a quadratic form is
    :math:`4 \delta^T A V A \delta + 2\,\mathrm{tr}(A V A V)` (A. M. Mathai, S. B. Provost,
    Quadratic Forms in Random Variables, Dekker 1992), with :math:`\delta` the expected difference.
    The one that is seen makes the first term larger by :math:`4\,\mathrm{tr}(A V A V)` on average,
    which is taken off; half of the second term is left at least. That the cut of an efficiency
    moves with the events
    is part of it. Contents below zero count as zero in the divergence.

    The chi-square asks whether the efficiency is the same in all bins.

    Examples
    --------
    >>> import numpy as np
    >>> from skhep_nn.metrics import sculpting
    >>> rng = np.random.default_rng(0)
    >>> mass, y = rng.uniform(50, 150, 4000), np.repeat([0, 1], [3500, 500])
    >>> found = sculpting(y, rng.random(4000) + 0.004 * mass, mass, efficiencies=0.2)
    >>> found.divergence.round(3).tolist(), found.noise.round(4).tolist()
    ([0.083], [0.0037])
    >>> bool(found.p_values[0] < 1e-6)
    True
    """
    _choices.one_of(of, _SIDES, "of")
    scores, mask, weights = _inputs.check_events(y_true, y_score, sample_weight, signal)
    _weights.check_squares(weights)
    values, efficiencies = _variable(by, mask), _efficiencies(efficiencies)
    events = _Events(values, scores, weights, mask)
    edges = _shapes.edges_of(bins, (values[~mask], weights[~mask]))
    cuts = [events.cut(of, efficiency) for efficiency in efficiencies]
    return Sculpting(
        edges=edges,
        efficiencies=efficiencies,
        of=of,
        thresholds=np.array(cuts),
        total=events.counts(-np.inf, edges),
        kept=[events.counts(cut, edges) for cut in cuts],
        moves=[events.move(of, efficiency, edges) for efficiency in efficiencies],
    )


@dataclass(frozen=True, repr=False)
class Sculpting:
    """Result of :func:`sculpting`.

    Attributes
    ----------
    edges : ndarray of shape (n_bins + 1,)
    efficiencies : ndarray of shape (n_cuts,)
        That the cuts were asked to keep.
    of : str
        Of which class they are.
    thresholds : ndarray of shape (n_cuts,)
        The cuts.
    total : object
        ``sums`` and ``squares`` of the weights of all background per bin.
    kept : list of object
        The same of what passes each cut.
    moves : list of object
        How far each cut would move if the events were others, and what it would keep then.
    background_efficiency : ndarray of shape (n_cuts,)
        Of all background.
    efficiency, efficiency_error : ndarray of shape (n_cuts, n_bins)
        Of the background in each bin; NaN where there is none.
    divergence, divergence_error : ndarray of shape (n_cuts,)
        Jensen-Shannon divergence of the shapes of what passes and of all background, in bits, less
        `noise`.
    noise : ndarray of shape (n_cuts,)
        Divergence that fluctuations alone lead to expect.
    chi2 : ndarray of shape (n_cuts,)
        Of an efficiency that is the same in all bins.
    n_free : int
        Its degrees of freedom.
    p_values : ndarray of shape (n_cuts,)
        Probability of a larger chi-square by chance.
    """

    edges: np.ndarray
    efficiencies: np.ndarray
    of: str
    thresholds: np.ndarray
    total: object
    kept: list
    moves: list

    def __repr__(self):
        each = ", ".join(
            f"{d:.2g} ± {e:.1g} at {100 * at:.3g} %"
            for d, e, at in zip(
                self.divergence, self.divergence_error, self.efficiencies, strict=True
            )
        )
        return f"Sculpting(divergence {each} of {self.of})"

    @property
    def background_efficiency(self):
        """Of all background."""
        return np.array([kept.sums.sum() for kept in self.kept]) / self.total.sums.sum()

    @property
    def efficiency(self):
        """In each bin."""
        return np.array([_ratio(kept.sums, self._positive) for kept in self.kept])

    @property
    def efficiency_error(self):
        """Of a weighted binomial."""
        return np.array(
            [
                _cut_errors.efficiency_error(
                    efficiency, kept.squares, self._positive, self.total.squares
                )
                for efficiency, kept in zip(self.efficiency, self.kept, strict=True)
            ]
        )

    @property
    def divergence(self):
        """Between what passes and all, less the noise."""
        return np.array([each.value for each in self._divergences])

    @property
    def divergence_error(self):
        """Statistical."""
        return np.array([each.error for each in self._divergences])

    @property
    def noise(self):
        """Divergence by fluctuations alone."""
        return np.array([each.noise for each in self._divergences])

    @property
    def chi2(self):
        """Of an efficiency that is the same everywhere."""
        found = []
        for kept, e in zip(self.kept, self.background_efficiency, strict=True):
            # what passes may have other weights than what does not, in all bins alike
            passed = kept.squares.sum() / self.total.squares.sum()
            variance = ((1 - 2 * e) * passed + e**2) * self.total.squares
            off = kept.sums - e * self.total.sums
            found.append(np.sum(_ratio(off**2, np.where(variance > 0, variance, np.nan), 0.0)))
        return np.array(found)

    @property
    def n_free(self):
        """Bins with background, less one."""
        return int(max(np.count_nonzero(self.total.squares) - 1, 0))

    @property
    def p_values(self):
        """Probability of a larger chi-square by chance."""
        return _shapes.chi_square_probability(self.chi2, self.n_free)

    @property
    def _divergences(self):
        parts = zip(self.kept, self.moves, strict=True)
        return [Divergence(self.total, *part) for part in parts]

    @property
    def _positive(self):
        return np.where(self.total.sums > 0, self.total.sums, np.nan)

    def to_frame(self):
        """One row per cut.

        Returns
        -------
        DataFrame
        """
        import pandas as pd

        columns = {
            "threshold": self.thresholds,
            "background_efficiency": self.background_efficiency,
            "divergence": self.divergence,
            "error": self.divergence_error,
            "noise": self.noise,
            "chi2": self.chi2,
            "n_free": self.n_free,
            "p_value": self.p_values,
        }
        return pd.DataFrame(columns, index=pd.Index(self.efficiencies, name="efficiency"))


class _Events:
    """Values of the variable, scores, weights, and which events are signal."""

    def __init__(self, values, scores, weights, mask):
        self._values = values
        self._scores = scores
        self._weights = weights
        self._masks = {"signal": mask, "background": ~mask}

    def cut(self, of, efficiency):
        mask = self._masks[of]
        return _cut_errors.cut_of_efficiency(self._scores[mask], self._weights[mask], efficiency)

    def counts(self, low, edges, high=np.inf):
        """Background with low <= score < high."""
        mask = self._masks["background"] & (self._scores >= low)
        if high < np.inf:
            mask &= self._scores < high
        return _shapes.Counts.of(self._values[mask], self._weights[mask], edges)

    def move(self, of, efficiency, edges):
        high, low = (self.cut(of, min(1.0, efficiency * by)) for by in (1 - _NEAR, 1 + _NEAR))
        mask = self._masks[of]
        near = mask & (self._scores >= low) & (self._scores < high)
        density = self._weights[near].sum()
        lost = self.counts(low, edges, high).sums / density if density > 0 else 0 * edges[1:]
        if of == "background":
            return Move(lost, float(1 - efficiency), float(-efficiency), 0.0)
        squares = self._weights[mask] ** 2
        passed = squares[self._scores[mask] >= self.cut(of, efficiency)].sum()
        variance = (1 - 2 * efficiency) * passed + efficiency**2 * squares.sum()
        return Move(lost, 0.0, 0.0, max(float(variance), 0.0))


def _ratio(a, b, otherwise=np.nan):
    """a / b, `otherwise` where b is NaN."""
    return np.where(np.isnan(b), otherwise, a / np.where(np.isnan(b), 1.0, b))


def _variable(by, mask):
    values = _floats.real(by, "by")
    if values.shape != mask.shape:
        msg = f"by must have the shape {mask.shape}, one value per event, got {values.shape}"
        raise ValueError(msg)
    bad = ~np.isfinite(values[~mask])
    if bad.any():
        msg = f"by of {bad.sum()} of {len(bad)} background events is not finite"
        raise ValueError(msg)
    return values


def _efficiencies(efficiencies):
    found = np.atleast_1d(_floats.real(efficiencies, "efficiencies"))
    if found.ndim != 1 or not len(found) or not ((found > 0) & (found < 1)).all():
        msg = f"efficiencies={efficiencies!r:.60}; they must be between 0 and 1"
        raise ValueError(msg)
    return found
