"""Permutation importance: how much separation is lost if a feature tells nothing any more."""

from __future__ import annotations

import copy

import numpy as np

from skhep_nn import _choices, _composition, _floats, _samples, _weights
from skhep_nn._shown import shown
from skhep_nn._validation import check_random_state
from skhep_nn.metrics import _inputs, roc_auc
from skhep_nn.metrics._roc_auc_error import influence
from skhep_nn.robustness._random_pairs import Pairs
from skhep_nn.robustness._results import FeatureImportance
from skhep_nn.robustness._units import units_of, with_others


def feature_importance(
    model,
    X,
    y=None,
    *,
    sample_weight=None,
    signal=1,
    weight_column=None,
    groups=None,
    min_correlation=0.7,
    n_repeats=5,
    max_events=None,
    random_state=0,
):
    r"""Loss of the weighted AUC when a feature, a block or a group has the values of other events.

    Parameters
    ----------
    model : fitted classifier, Pipeline or search
    X : DataFrame, array or blocks
        Events that did not train the model. Of a DataFrame the model gets the columns that it was
        fitted with.
    y : array-like of shape (n_events,) or str, default=None
        Labels, or the column of `X` that holds them; None if `X` is (X, y) or (X, y,
        sample_weight).
    sample_weight : array-like of shape (n_events,) or number, default=None
        Event weights of either sign.
    signal : label or list of labels, default=1
    weight_column : str or int, default=None
        Column with the event weights; None is the model's own, if it has one. It is not permuted.
    groups : dict of str to list, "correlated", "blocks" or None, default=None
        What is permuted together. A dict names groups of columns, blocks or columns of blocks
        (``"jet[pt]"``); all others stay alone. ``"correlated"`` makes groups of features that rank
        correlations connect. None: each feature alone; of blocks, each column of a block of
        features (all of it with ``"blocks"``), and a sequence whole, with its mask and the tokens
        of its entries.
    min_correlation : float, default=0.7
        Absolute rank correlation from which on two features are in one group.
    n_repeats : int, default=5
        Permutations of each.
    max_events : int, default=None
        Use so many events, drawn at random; None is all.
    random_state : int or RandomState, default=0

    Returns
    -------
    FeatureImportance

    Raises
    ------
    ValueError
        If labels are missing, a class has no events, or a parameter makes no sense.
    ColumnError, WeightError
        If a column is missing, or a class sums to nothing or less.

    Notes
    -----
    The importance is :math:`A - \bar A_\pi`, the AUC less its mean over permutations. Values move
    between events, labels and weights stay (L. Breiman, Mach. Learn. 45 (2001) 5; scikit-learn's
    ``permutation_importance``, which moves the weight column too and has no statistical error).
    The influence of each event on the area and its mean influence on the areas of the permutations
    are subtracted, so that what is common cancels, squared and summed. Each permutation draws the
    values anew, so that the error holds what few permutations add. A part of the sum is the chance
    of single pairs of signal and background, which both sides have: for a feature of little
    importance it is most of it. It is in the variance once (W. Hoeffding, Ann. Math. Stat. 19
    (1948) 293, for statistics of two samples) and in the sum twice (B. Efron, C. Stein, Ann. Stat.
    9 (1981) 586), so once is taken off, as many random pairs have it.

    Of two features that tell the same each alone seems unimportant: permute them together.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from skhep_nn.robustness import feature_importance
    >>> rng = np.random.default_rng(0)
    >>> y = np.repeat([0, 1], 1000)
    >>> X = np.column_stack([rng.normal(y), rng.normal(size=2000)])
    >>> found = feature_importance(LogisticRegression().fit(X, y), X, y)
    >>> found.to_frame().round(3)
        importance  error
    x0        0.27  0.012
    x1        0.00  0.001
    """
    _check_numbers(n_repeats, min_correlation)
    rng = check_random_state(random_state)
    owner = "feature_importance"
    sample = _samples.read(model, X, y, sample_weight, weight_column=weight_column, owner=owner)
    sample = drawn(sample, max_events, rng)
    units = units_of(model, sample.X, groups, min_correlation, weight_column)
    # of a generator of their own: the permutations are those of `random_state`
    events = _Events(model, sample, signal, copy.deepcopy(rng))
    found = [events.importance(places, n_repeats, rng) for places in units.values()]
    return FeatureImportance(
        names=list(units),
        importance=np.array([importance for importance, _ in found]),
        error=np.array([error for _, error in found]),
        columns=[[place.column for place in places] for places in units.values()],
        quantity="Loss of AUC",
        auc=events.auc,
    )


class _Events:
    """The events with their scores as they are, and what permutations of them lose."""

    def __init__(self, model, sample, signal, rng):
        self._model = model
        self._X = sample.X
        self._signal = signal
        scores = _composition.signal_score(model, sample.X, signal)
        scores, self._mask, self._weights = _inputs.check_events(
            sample.y, scores, sample.weights, signal
        )
        _weights.check_squares(self._weights)
        self._scores = scores
        self._pairs = Pairs.drawn(self._mask, self._weights, rng)
        self.auc, self._influence = self._area(scores)

    def _area(self, scores):
        auc = roc_auc(self._mask, scores, self._weights, signal=True)
        return auc, influence(scores, self._mask, self._weights)

    def importance(self, places, n_repeats, rng):
        """(importance, error) of what is in `places`."""
        n_events = len(self._mask)
        losses, moved, order_of = [], np.zeros(n_events), self._pairs.order(self._scores)
        lost = np.zeros(len(order_of))
        for _ in range(n_repeats):
            order = rng.permutation(n_events)
            X = with_others(self._X, places, order)
            scores = _composition.signal_score(self._model, X, self._signal)
            auc, influences = self._area(scores)
            losses.append(self.auc - auc)
            moved += influences
            lost += (order_of - self._pairs.order(scores)) / n_repeats
        mean, loss = self._influence - moved / n_repeats, float(np.mean(losses))
        variance, of_pairs = np.sum(np.square(mean)), self._pairs.variance(lost, loss, mean)
        return loss, float(np.sqrt(max(variance - of_pairs, variance / 2)))


def drawn(sample, max_events, rng):
    """At most `max_events` of the events, in their order."""
    if max_events is not None and not (_choices.is_whole(max_events) and max_events >= 1):
        msg = f"max_events={max_events!r:.60}; it must be a whole number >= 1"
        raise ValueError(msg)
    if max_events is None or len(sample) <= max_events:
        return sample
    return sample.rows(np.sort(rng.choice(len(sample), max_events, replace=False)))


def _check_numbers(n_repeats, min_correlation):
    _choices.count(n_repeats, "n_repeats")
    if not 0 <= _floats.one(min_correlation, "min_correlation") <= 1:
        msg = f"min_correlation={shown(min_correlation)}; it must be between 0 and 1"
        raise ValueError(msg)
