"""Whether the scores of the networks of a cross-fit may be taken for those of one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from skhep_nn import _floats, _integers, _weights
from skhep_nn._shown import shown
from skhep_nn.metrics import _inputs, _shapes, _tail_sums
from skhep_nn.metrics._roc_auc import roc_auc
from skhep_nn.metrics._roc_auc_error import standard_error

QUANTITIES = (
    "mean score of signal",
    "mean score of background",
    "AUC",
    "signal efficiency",
    "background efficiency",
)
# folds differ if it is no accident and large enough, relative to the mean, to matter in an analysis
P_VALUE, TOLERANCE = 1e-3, 0.05
# effective events of a class in a fold from which its errors can be believed
LEAST_EVENTS = 10


@dataclass(frozen=True)
class FoldSpread:
    """How far the scores of the folds of a cross-fit are apart; `fold_spread` makes it.

    Parameters
    ----------
    signals : list
        The class that each row takes for signal.
    quantities : list of str
        What each row is: the mean score of signal and of background, the AUC, the efficiencies
        of signal and background at the cut.
    values : ndarray of shape (n_rows, n_folds)
        NaN where a fold has no positive sum of weights of a class.
    errors : ndarray of shape (n_rows, n_folds)
        Standard errors, of the statistics of the events in the fold.
    p_values : ndarray of shape (n_rows,)
        Of the hypothesis that the folds are alike; NaN where a class has less than ten effective
        events in a fold, or a fold no error.
    excess : ndarray of shape (n_rows,)
        Standard deviation between folds beyond the statistics of the events.
    thresholds : list of float
        The cut on the score of each row, the same in all folds.
    """

    signals: list
    quantities: list
    values: np.ndarray
    errors: np.ndarray
    p_values: np.ndarray
    excess: np.ndarray
    thresholds: list

    @property
    def comparable(self):
        """Whether the folds may share one histogram and one cut.

        They may not where a quantity has a p-value below 0.001 and an excess above 5 % of its mean.
        """
        return not self._differ().any()

    @property
    def n_folds(self):
        """Number of folds."""
        return self.values.shape[1]

    def to_frame(self):
        """A table with a row for each quantity.

        Returns
        -------
        DataFrame
            Columns ``"signal"``, ``"quantity"``, ``"threshold"``, ``"mean"`` (over the folds, by
            their errors), ``"chi2"``, ``"n_dof"``, ``"p_value"``, ``"excess"``, and for each fold
            ``"fold 0"``, ``"error 0"`` and so on.
        """
        import pandas as pd

        mean, chi2 = _mean_and_chi2(self.values, self.errors)
        table = pd.DataFrame(
            {"signal": self.signals, "quantity": self.quantities, "threshold": self.thresholds}
        )
        table = table.assign(mean=mean, chi2=chi2, n_dof=self.n_folds - 1)
        table = table.assign(p_value=self.p_values, excess=self.excess)
        for fold in range(self.n_folds):
            table[f"fold {fold}"] = self.values[:, fold]
            table[f"error {fold}"] = self.errors[:, fold]
        return table

    def __str__(self):
        lines = [
            f"{quantity}{self._of(at)}: "
            + ", ".join(f"{v:.4f} +- {e:.4f}" for v, e in zip(values, errors, strict=True))
            + f" (p = {self.p_values[at]:.3g}, excess {self.excess[at]:.4f})"
            for at, (quantity, values, errors) in enumerate(
                zip(self.quantities, self.values, self.errors, strict=True)
            )
        ]
        return "\n".join(lines)

    def differences(self):
        """One line on each quantity by which the folds are not comparable.

        Returns
        -------
        list of str
        """
        lines = str(self).split("\n")
        return [lines[at] for at in np.flatnonzero(self._differ())]

    def _differ(self):
        mean = np.abs(_mean_and_chi2(self.values, self.errors)[0])
        return (self.p_values < P_VALUE) & (self.excess > TOLERANCE * mean)

    def _of(self, at):
        several = len(set(self.signals)) > 1
        return f" ({self.signals[at]!r} as signal)" if several else ""


def fold_spread(
    y_true, y_score, folds, *, sample_weight=None, signal=1, classes=None, efficiency=0.5
):
    r"""Compare the scores of the folds of a cross-fit: means, AUC, efficiencies at one cut.

    Each fold is scored by another network. Where these differ by more than the statistics of the
    events, a cut on the score has another efficiency in each fold, and a histogram of all folds is
    wider than that of one network.

    Parameters
    ----------
    y_true : array-like of shape (n_events,)
        Class labels of any type.
    y_score : array-like of shape (n_events,) or (n_events, n_classes)
        Score of each event by the network of its fold.
    folds : array-like of shape (n_events,)
        Number of the fold of each event, from 0.
    sample_weight : array-like of shape (n_events,) or number, default=None
        Event weights of either sign.
    signal : label or list of labels, default=1
        Of one score per event; every other class is background.
    classes : list of labels, default=None
        The classes that the columns of `y_score` belong to, if it has several: each is signal in
        turn.
    efficiency : float, default=0.5
        The cut is the one that keeps this part of the signal of all folds.

    Returns
    -------
    FoldSpread

    Raises
    ------
    ValueError
        If there is no signal or background, a score is NaN, lengths differ, or there are less
        than two folds.

    Notes
    -----
    Errors are those of weighted means, with n / (n - 1), and of `roc_auc_error`. With the mean m
    over folds by the errors, :math:`\chi^2 = \sum_k (v_k - m)^2 / \sigma_k^2` has one degree of
    freedom less than there are folds. The excess is the square root of the variance between folds
    of R. DerSimonian and N. Laird, Controlled Clinical Trials 7 (1986) 177, 0 if there is none:
    with many events a small p-value alone says little.

    Examples
    --------
    >>> import numpy as np
    >>> from skhep_nn.metrics import fold_spread
    >>> rng = np.random.default_rng(0)
    >>> y, folds = rng.integers(0, 2, 4000), rng.integers(0, 4, 4000)
    >>> score = rng.normal(0.4 + 0.2 * y, 0.1)
    >>> fold_spread(y, score, folds).comparable
    True
    >>> found = fold_spread(y, score + 0.1 * (folds == 3), folds)
    >>> found.comparable, found.quantities[0], found.values[0].round(1).tolist()
    (False, 'mean score of signal', [0.6, 0.6, 0.6, 0.7])
    """
    part = _floats.one(efficiency, "efficiency")
    if not 0 < part < 1:
        msg = f"efficiency={shown(efficiency)}; it must be a number between 0 and 1"
        raise ValueError(msg)
    if classes is None:
        return _joined_spreads([_of_one(y_true, y_score, folds, sample_weight, signal, part)])
    scores = _floats.real(y_score, "y_score")
    if scores.ndim != 2 or scores.shape[1] != len(classes):
        msg = (
            f"y_score has the shape {scores.shape}; it must have one column for each of the "
            f"{len(classes)} classes"
        )
        raise ValueError(msg)
    return _joined_spreads(
        [
            _of_one(y_true, scores[:, at], folds, sample_weight, label, part)
            for at, label in enumerate(classes)
        ]
    )


def _of_one(y_true, y_score, folds, sample_weight, signal, efficiency):
    scores = _inputs.check_scores(y_score)
    mask = _inputs.signal_mask(y_true, signal)
    _inputs.check_lengths(mask, scores)
    weights = _inputs.check_weights(sample_weight, len(scores))
    members = _members(folds, len(scores))
    threshold = _threshold(scores, mask, weights, efficiency)
    values, errors, enough = np.empty((2, len(QUANTITIES), len(members))), [], []
    for number, rows in enumerate(members):
        part = scores[rows], mask[rows], weights[rows]
        values[:, :, number] = np.transpose(_measured(*part, threshold))
        enough.append(_has_enough(*part[1:]))
    values, errors = values
    _, chi2 = _mean_and_chi2(values, errors)
    n_free = len(members) - 1 if all(enough) else 0
    p_values = _shapes.chi_square_probability(chi2, n_free)
    excess = _excess(chi2, errors)
    n = len(QUANTITIES)
    return FoldSpread(
        [signal] * n, [*QUANTITIES], values, errors, p_values, excess, [threshold] * n
    )


def _joined_spreads(spreads):
    def values_of(name):
        return np.concatenate([getattr(one, name) for one in spreads])

    def listed(name):
        return [entry for one in spreads for entry in getattr(one, name)]

    return FoldSpread(
        listed("signals"),
        listed("quantities"),
        values_of("values"),
        values_of("errors"),
        values_of("p_values"),
        values_of("excess"),
        listed("thresholds"),
    )


def _members(folds, n_events):
    """Numbers of the events of each fold."""
    folds = _integers.exact(folds, "folds", signed=True)
    if folds.shape != (n_events,):
        msg = f"folds has the shape {folds.shape}; it must have one number for each event"
        raise ValueError(msg)
    found = np.unique(folds)
    if len(found) < 2:
        msg = f"folds has the values {found.tolist()}; a comparison needs two at least"
        raise ValueError(msg)
    return [np.flatnonzero(folds == number) for number in found]


def _threshold(scores, mask, weights, efficiency):
    """The highest cut that keeps the wanted part of the signal; NaN if that has no yield."""
    if not weights[mask].sum() > 0:
        return np.nan
    weights = _weights.classes_of_moderate_scale(mask, weights)
    sums = _tail_sums.at_every_score(scores, mask, weights)
    kept = sums.signal >= efficiency * sums.signal[0]
    return float(sums.thresholds[np.flatnonzero(kept)[-1]])


def _measured(scores, mask, weights, threshold):
    """(value, error) of each quantity in one fold."""
    weights = _weights.classes_of_moderate_scale(mask, weights)
    passed = (scores >= threshold).astype(float)
    sides = [(mask, weights[mask]), (~mask, weights[~mask])]
    means = [_mean(scores[side], w) for side, w in sides]
    efficiencies = [_mean(passed[side], w) for side, w in sides]
    if not all(w.sum() > 0 for _, w in sides):
        return [*means, (np.nan, np.nan), *efficiencies]
    area = roc_auc(mask, scores, weights, signal=True)
    return [*means, (area, standard_error(scores, mask, weights)), *efficiencies]


def _mean(values, weights):
    """The weighted mean, and its error."""
    total, n_events = weights.sum(), np.count_nonzero(weights)
    if not total > 0 or n_events < 2:
        return np.nan, np.nan
    # an infinite score has no mean, and a very large one no square
    with np.errstate(invalid="ignore", over="ignore"):
        mean = np.dot(weights, values) / total
        squares = np.sum(np.square(weights * (values - mean))) / total**2
    return mean, np.sqrt(squares * n_events / (n_events - 1))


def _has_enough(mask, weights):
    sides = (weights[mask], weights[~mask])
    return all(w.sum() > 0 and _weights.effective_events(w) >= LEAST_EVENTS for w in sides)


def _mean_and_chi2(values, errors):
    """The mean over folds by the errors, and the chi-square of the folds around it."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        inverse = 1 / np.square(errors)
        mean = np.sum(values * inverse, axis=1) / np.sum(inverse, axis=1)
        chi2 = np.sum(np.square(values - mean[:, None]) * inverse, axis=1)
    # e.g. a network that separates the classes completely: all folds are at 1, without an error
    alike = (values == values[:, :1]).all(axis=1)
    return np.where(alike, values[:, 0], mean), np.where(alike, 0.0, chi2)


def _excess(chi2, errors):
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        inverse = 1 / np.square(errors)
        total = inverse.sum(axis=1)
        scale = total - np.square(inverse).sum(axis=1) / total
        variance = (chi2 - (errors.shape[1] - 1)) / scale
    return np.sqrt(np.fmax(variance, 0.0))
