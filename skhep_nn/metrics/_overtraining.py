"""Overtraining: do the scores of training and test events come from the same distributions?"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from skhep_nn import _floats, _weights
from skhep_nn._shown import shown
from skhep_nn._validation import check_random_state
from skhep_nn.exceptions import WeightError
from skhep_nn.metrics import _bootstrap, _cut_errors, _inputs, _shapes
from skhep_nn.metrics._kolmogorov_smirnov import weighted_ks
from skhep_nn.metrics._roc_auc import roc_auc

# below them training and test differ perhaps, and for certain (two and three standard deviations)
_PERHAPS, _CERTAIN = 0.0455, 0.0027
_CLASSES = ("signal", "background")


def overtraining_test(
    y_train,
    score_train,
    y_test,
    score_test,
    *,
    sample_weight_train=None,
    sample_weight_test=None,
    signal=1,
    threshold=None,
    efficiency=0.5,
    bins=20,
    n_bootstrap=200,
    random_state=0,
):
    r"""Compare the scores of training and test events in every way that is usual, with one verdict.

    Parameters
    ----------
    y_train, y_test : array-like of shape (n_events,)
        Class labels of any type; every class other than `signal` is background.
    score_train, score_test : array-like of shape (n_events,)
        High for signal.
    sample_weight_train, sample_weight_test : array-like or number, default=None
        Event weights of either sign, each class with a positive sum.
    signal : label or list of labels, default=1
    threshold : float, default=None
        The cut whose efficiencies are compared; events with score >= threshold pass. None: the cut
        that keeps `efficiency` of the signal in the test.
    efficiency : float, default=0.5
        Of the signal, in (0, 1).
    bins : int or array-like of shape (n_bins + 1,), default=20
        Of the chi-square. A number is of bins of equal content, fewer if they would have less than
        ten effective events in one of the samples.
    n_bootstrap : int, default=200
        Trials of the error of the difference of the areas.
    random_state : int or RandomState, default=0
        Of the trials.

    Returns
    -------
    OvertrainingTest

    Raises
    ------
    ValueError
        If there is no signal or no background, a score is NaN, lengths differ, or a parameter
        makes no sense.
    WeightError
        If the weights of signal or background sum to zero or less, or only one side has any.

    Notes
    -----
    Four questions are asked. Of each class: the Kolmogorov-Smirnov distance
    (:func:`weighted_ks`), and the chi-square of the difference of both histograms with the full
    covariance of their fractions, :math:`\sum w^2` in each bin. Of both: the difference of the
    areas under the ROC curve, whose error is that of trials in which each event counts a Poisson
    number of times; and of the efficiencies at the cut, with the error of a weighted binomial.

    The probability of the verdict is that of the least probable of these, times their number
    (Bonferroni), which is right however much they depend on one another.

    Examples
    --------
    >>> import numpy as np
    >>> from skhep_nn.metrics import overtraining_test
    >>> rng = np.random.default_rng(0)
    >>> y = np.repeat([0, 1], 1000)
    >>> train, test = rng.normal(y, 0.7), rng.normal(y, 1.0)
    >>> found = overtraining_test(y, train, y, test)
    >>> found.verdict
    'overtrained: training and test differ, and the AUC is larger in training by 0.072 ± 0.013'
    >>> overtraining_test(y, test, y, rng.normal(y, 1.0)).verdict
    'no sign of overtraining'
    """
    _check_both_weighted(sample_weight_train, sample_weight_test)
    train = Side.of(y_train, score_train, sample_weight_train, signal, "train")
    test = Side.of(y_test, score_test, sample_weight_test, signal, "test")
    _bootstrap.check_trials(n_bootstrap)
    cut = cut_of(threshold, efficiency, test.scores[test.mask], test.weights[test.mask])
    rows = [*_shape_rows(train, test, bins), _auc_row(train, test, n_bootstrap, random_state)]
    rows += [_efficiency_row(train, test, cut, name) for name in _CLASSES]
    return OvertrainingTest(rows, cut)


def _check_both_weighted(of_train, of_test):
    if (of_train is None) != (of_test is None):
        given, missing = ("train", "test") if of_test is None else ("test", "train")
        msg = (
            f"sample_weight_{given} is given and sample_weight_{missing} is not, so that weighted "
            f"events would be compared with unweighted ones; give both "
            f"(sample_weight_{missing}=1 counts each event once)"
        )
        raise WeightError(msg)


@dataclass(frozen=True)
class Comparison:
    """One line of the table: a quantity in training and test, and how probable the difference is.

    Attributes
    ----------
    test : str
        ``"KS"``, ``"chi2"``, ``"AUC"`` or ``"efficiency"``.
    of : str
        ``"signal"``, ``"background"`` or ``"both"``.
    train, test_value : float
        NaN for a test of shapes.
    difference : float
        Training minus test; for shapes, the distance or the chi-square.
    error : float
        Of the difference; NaN for a test of shapes.
    n_bins : float
        Degrees of freedom of a chi-square.
    p_value : float
        Probability of such a difference or a larger one by chance.
    """

    test: str
    of: str
    difference: float
    p_value: float
    train: float = np.nan
    test_value: float = np.nan
    error: float = np.nan
    n_bins: float = np.nan


@dataclass(frozen=True, repr=False)
class OvertrainingTest:
    """Result of :func:`overtraining_test`.

    Attributes
    ----------
    rows : list of Comparison
    threshold : float
        The cut whose efficiencies are compared.
    p_value : float
        Probability that the least probable of the tests is as improbable as it is, or more so.
    verdict : str
        What follows, in words.
    """

    rows: list = field(default_factory=list)
    threshold: float = np.nan

    def __repr__(self):
        return f"OvertrainingTest({self.verdict}, p = {self.p_value:.2g})"

    @property
    def p_value(self):
        """Of all tests together."""
        known = [row.p_value for row in self.rows if np.isfinite(row.p_value)]
        return float(min(1.0, len(known) * min(known))) if known else np.nan

    @property
    def verdict(self):
        """One line in words."""
        if not self.p_value < _PERHAPS:
            return "no sign of overtraining"
        auc = self["AUC", "both"]
        how = "larger" if auc.difference > 0 else "smaller"
        text = f"the AUC is {how} in training by {abs(auc.difference):.2g} ± {auc.error:.2g}"
        differ = "training and test differ"
        if self.p_value >= _CERTAIN:
            return f"perhaps overtrained: {differ} by two standard deviations or more; {text}"
        if auc.difference > 2 * auc.error:
            return f"overtrained: {differ}, and {text}"
        return f"{differ}, but not as by overtraining (a wrong split, other weights?): {text}"

    def __getitem__(self, key):
        """The row of a test and a class, e.g. ``result["KS", "signal"]``."""
        for row in self.rows:
            if (row.test, row.of) == key:
                return row
        raise KeyError(key)

    def to_frame(self):
        """One row per test and class.

        Returns
        -------
        DataFrame
        """
        import pandas as pd

        names = {"test_value": "test"}
        table = pd.DataFrame([vars(row) for row in self.rows]).set_index(["test", "of"])
        return table.rename(columns=names)[
            ["train", "test", "difference", "error", "n_bins", "p_value"]
        ]


@dataclass(frozen=True)
class Side:
    """Scores, which events are signal, and weights of one of the samples."""

    scores: np.ndarray
    mask: np.ndarray
    weights: np.ndarray

    @classmethod
    def of(cls, y, scores, weights, signal, name):
        """Checked events; an error says of which sample they are."""
        try:
            scores, mask, weights = _inputs.check_events(y, scores, weights, signal)
            _weights.check_squares(weights)
        except ValueError as error:
            msg = f"{name}: {error}"
            raise type(error)(msg) from error
        return cls(scores, mask, weights)

    def part(self, name):
        """(scores, weights) of signal or background."""
        mask = self.mask if name == "signal" else ~self.mask
        return self.scores[mask], self.weights[mask]

    def passed(self, name, cut):
        """(efficiency, variance) of a class at a cut."""
        scores, weights = self.part(name)
        kept, total = weights[scores >= cut], weights.sum()
        value = kept.sum() / total
        squares = np.sum(kept**2), np.sum(weights**2)
        return value, _cut_errors.efficiency_error(value, squares[0], total, squares[1]) ** 2


def cut_of(threshold, efficiency, scores, weights):
    """`threshold` if it is given, else the cut that keeps `efficiency` of these events.

    Raises
    ------
    ValueError
    """
    if threshold is not None:
        return _floats.one(threshold, "threshold")
    if not 0 < _floats.one(efficiency, "efficiency") < 1:
        msg = f"efficiency={shown(efficiency)}; it must be between 0 and 1"
        raise ValueError(msg)
    return _cut_errors.cut_of_efficiency(scores, weights, efficiency)


def normal_probability(difference, error):
    """Probability of a difference of this size or more, up or down, by a normal fluctuation."""
    from scipy.special import erfc

    if not error > 0:
        return 1.0 if difference == 0 else np.nan
    return float(erfc(abs(difference) / error / np.sqrt(2)))


def _shape_rows(train, test, bins):
    for name in _CLASSES:
        parts = train.part(name), test.part(name)
        (a, weights_a), (b, weights_b) = parts
        ks = weighted_ks(a, b, weights_a, weights_b)
        yield Comparison("KS", name, ks.statistic, ks.pvalue)
        edges = _shapes.edges_of(bins, *parts)
        chi2, n_bins = _shapes.chi_square(*(_shapes.Counts.of(*part, edges) for part in parts))
        p_value = _shapes.chi_square_probability(chi2, n_bins)
        yield Comparison("chi2", name, chi2, p_value, n_bins=n_bins)


def _auc_row(train, test, n_trials, random_state):
    sides = (train, test)
    rng = check_random_state(random_state)
    areas = [roc_auc(side.mask, side.scores, side.weights, signal=True) for side in sides]
    resampled = [_bootstrap.BootstrappedAUC(s.scores, s.mask, s.weights) for s in sides]
    trials = [
        np.subtract(*(one.of(rng.poisson(size=one.n_events)) for one in resampled))
        for _ in range(n_trials)
    ]
    difference, error = areas[0] - areas[1], _bootstrap.spread(trials)
    p_value = normal_probability(difference, error)
    return Comparison("AUC", "both", difference, p_value, *areas, error)


def _efficiency_row(train, test, cut, name):
    (a, variance_a), (b, variance_b) = (side.passed(name, cut) for side in (train, test))
    error = float(np.sqrt(variance_a + variance_b))
    p_value = normal_probability(a - b, error)
    return Comparison("efficiency", name, float(a - b), p_value, float(a), float(b), error)
