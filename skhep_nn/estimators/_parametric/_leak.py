"""Whether the mass alone tells signal from background, so that a network need learn nothing else.

The area under the ROC curve of the mass itself cannot see it: five discrete values of signal
against a uniform background give 0.5, though "is the mass one of the five" separates perfectly.
The statistic here is that of the likelihood ratio of the mass, learnt on other events than it is
tested on.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from skhep_nn._hypotheses import distinct
from skhep_nn._weights import effective_events

N_FOLDS = 5
# Bins between which a continuous mass is compared.
N_QUANTILES = 20
# Of the threshold above 0.5. Weights that cancel leave hardly an effective event, yet an AUC never
# exceeds 1.
LEAST, STANDARD_ERRORS, MOST = 0.02, 4.0, 0.45


@dataclass(frozen=True)
class Leak:
    """How well the mass alone separates.

    Parameters
    ----------
    auc : float
        Cross-fitted weighted area under the ROC curve of the likelihood ratio; 0.5 is no leak.
    threshold : float
        0.5 + max(0.02, 4 standard errors), at most 0.95.
    """

    auc: float
    threshold: float

    @property
    def found(self):
        """Whether the mass alone separates signal from background."""
        return self.auc > self.threshold


def mass_leak(masses, is_signal, weights, seed=0):
    """How well the masses alone separate signal from background.

    Parameters
    ----------
    masses : ndarray of shape (n_events, n_parameters)
        Several parameters are compared jointly, and each by itself.
    is_signal : ndarray of bool of shape (n_events,)
    weights : ndarray of shape (n_events,)
    seed : int, default=0
        Of the folds.

    Returns
    -------
    Leak
    """
    folds = np.random.default_rng(seed).integers(N_FOLDS, size=len(masses))
    views = [masses[:, [column]] for column in range(masses.shape[1])]
    views += [masses] if len(views) > 1 else []
    auc = max(
        _cross_fitted_auc(_bins(view, is_signal, weights), is_signal, weights, folds)
        for view in views
    )
    error = _standard_error(is_signal, weights)
    return Leak(auc, 0.5 + min(MOST, max(LEAST, STANDARD_ERRORS * error)))


def _bins(masses, is_signal, weights):
    """Bin of each event: a value that signal has more than once, or the gap that the mass is in.

    A value of one single event is no bin: a continuous mass is different in every event.
    """
    values, counts = np.unique(masses[is_signal], axis=0, return_counts=True)
    atoms = values[counts > 1]
    rows, codes = distinct(np.concatenate([atoms, masses]))
    bins = np.full(len(rows), -1)
    bins[codes[: len(atoms)]] = np.arange(len(atoms))
    bins = bins[codes[len(atoms) :]]
    in_gap = bins < 0
    gaps = _gaps(masses, is_signal) if masses.shape[1] == 1 else _cells(masses, is_signal, weights)
    bins[in_gap] = len(atoms) + gaps[in_gap]
    return bins


def _gaps(masses, is_signal):
    """Number of the gap between values (or quantiles) of the signal that each mass is in."""
    signal = masses[is_signal, 0]
    values = np.unique(signal)
    if len(values) > N_QUANTILES:
        values = np.unique(np.quantile(signal, np.linspace(0, 1, N_QUANTILES + 1)))
    return np.searchsorted(values, masses[:, 0])


def _cells(masses, is_signal, weights):
    """Number of the cell of a grid over the quantiles of each parameter that a point is in.

    The cells grow finer with the number of events as those of a histogram in so many dimensions.
    """
    n_events, n_parameters = effective_events(np.abs(weights[is_signal])), masses.shape[1]
    n_bins = int(np.clip(n_events ** (1 / (n_parameters + 2)), 2, N_QUANTILES))
    edges = np.quantile(masses[is_signal], np.arange(1, n_bins) / n_bins, axis=0)
    places = [np.searchsorted(e, column) for e, column in zip(edges.T, masses.T, strict=True)]
    cells = np.ravel_multi_index(places, (n_bins,) * n_parameters)
    return np.unique(cells, return_inverse=True)[1].reshape(-1)


def _cross_fitted_auc(bins, is_signal, weights, folds):
    """Mean over the folds of the AUC of the likelihood ratio that the other folds give."""
    n_bins = int(bins.max()) + 1
    signal, background = (
        _histograms(bins[of], weights[of], folds[of], n_bins) for of in (is_signal, ~is_signal)
    )
    found = [
        _auc(signal[fold], background[fold], ratio)
        for fold in range(N_FOLDS)
        if signal[fold].sum() > 0 and background[fold].sum() > 0
        for ratio in [_ratio(*(h.sum(axis=0) - h[fold] for h in (signal, background)))]
    ]
    return float(np.mean(found)) if found else 0.5


def _histograms(bins, weights, folds, n_bins):
    sums = np.bincount(folds * n_bins + bins, weights=weights, minlength=N_FOLDS * n_bins)
    # sums of negative weights say nothing of a likelihood
    return np.maximum(sums, 0.0).reshape(N_FOLDS, n_bins)


def _ratio(signal, background):
    """Likelihood ratio of each bin; 1 where there are no events."""
    total_signal, total_background = signal.sum() or 1.0, background.sum() or 1.0
    smallest = 1e-9
    return (signal / total_signal + smallest) / (background / total_background + smallest)


def _auc(signal, background, ratio):
    """Area under the ROC curve of bins ordered by `ratio`; bins of equal ratio are one."""
    _, codes = np.unique(ratio, return_inverse=True)
    signal, background = (np.bincount(codes, weights=h) for h in (signal, background))
    below = np.cumsum(background) - background / 2
    return float(signal @ below / (signal.sum() * background.sum()))


def _standard_error(is_signal, weights):
    """Of an AUC of 0.5 (Mann and Whitney), with effective numbers of events."""
    counts = [effective_events(weights[of]) for of in (is_signal, ~is_signal)]
    return float(np.sqrt(sum(1 / max(n, 1.0) for n in counts) / 12))
