"""Systematic variations of the inputs: what they do to a model's separation, cut and shape."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from skhep_nn import _choices, _composition, _samples, _weights
from skhep_nn.metrics import _inputs, _shapes, roc_auc
from skhep_nn.metrics._overtraining import cut_of
from skhep_nn.metrics._roc_auc_error import influence
from skhep_nn.robustness._results import CLASSES, Variation, Variations
from skhep_nn.robustness._same_events import Pairs, spread


def evaluate_variations(
    model,
    variations,
    y=None,
    *,
    sample_weight=None,
    signal=1,
    weight_column=None,
    nominal=None,
    threshold=None,
    efficiency=0.5,
    bins=10,
    paired=True,
    event_number=None,
):
    r"""AUC, efficiencies at the working point and shape of the score in systematic variations.

    Parameters
    ----------
    model : fitted classifier, Pipeline or search
    variations : dict of str to sample
        For instance ``{"nominal": X, "jes_up": X_up, "jes_down": X_down}``. A sample is a table,
        with `y` for all, or (X, y) or (X, y, sample_weight) of its own. Of a DataFrame the model
        gets the columns that it was fitted with.
    y : array-like of shape (n_events,) or str, default=None
        Labels of the events of all samples, or the column of each table that holds them.
    sample_weight : array-like of shape (n_events,) or number, default=None
        Event weights of all samples, of either sign.
    signal : label or list of labels, default=1
    weight_column : str or int, default=None
        Column with the event weights; None is the model's own, if it has one. Each sample has its
        own: a variation may be one of the weights.
    nominal : str, default=None
        What the others are compared with; None is ``"nominal"``, or the first if there is none.
    threshold : float, default=None
        The working point; events with score >= threshold pass. None: the cut that keeps
        `efficiency` of the nominal signal.
    efficiency : float, default=0.5
        Of the nominal signal, in (0, 1).
    bins : int or array-like of shape (n_bins + 1,), default=10
        Of the score. A number is of bins of equal nominal content.
    paired : bool, default=True
        Whether the samples hold the same events, whose fluctuations are then common to all. False
        for simulations that are independent of one another.
    event_number : str, int or list of them, default=None
        Columns that say which event a row is, e.g. run and event number, for variations that some
        events leave or enter. None: row by row, for which the samples must be of equal length.

    Returns
    -------
    Variations

    Raises
    ------
    ValueError
        If there is no nominal sample, labels are missing, or samples of the same events differ in
        length or labels without `event_number`.
    ColumnError, WeightError
        If a column is missing, or a class sums to nothing or less.

    Notes
    -----
    Errors are linear: each event has an influence on the area, on an efficiency, on a fraction, and
    the variance is the sum of the squares of what each event has. Of a difference it is the sum
    over events of the square of the difference of both influences, so that what the same event does
    in both samples cancels. It is the limit of a bootstrap that draws the same events for all
    samples, without its noise. The working point and the edges of the bins count as given.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from skhep_nn.robustness import evaluate_variations
    >>> rng = np.random.default_rng(0)
    >>> y = np.repeat([0, 1], 500)
    >>> X = rng.normal(loc=y[:, None], size=(1000, 2))
    >>> model = LogisticRegression().fit(X, y)
    >>> found = evaluate_variations(model, {"nominal": X, "up": X * [1.03, 1]}, y)
    >>> row = found["up"]
    >>> round(row.efficiency["signal"], 3), round(row.efficiency_error["signal"], 3)
    (0.508, 0.022)
    >>> round(row.efficiency_difference["signal"], 3)
    0.008
    >>> round(row.efficiency_difference_error["signal"], 4)
    0.004
    """
    samples = _read(model, variations, y, sample_weight, weight_column)
    nominal = _nominal(nominal, samples)
    pairs = Pairs.of(samples, nominal, paired, event_number)
    scored = {name: _Scored.of(model, sample, signal, name) for name, sample in samples.items()}
    reference = scored[nominal]
    cut = cut_of(threshold, efficiency, *reference.part("signal"))
    edges = _shapes.edges_of(bins, (reference.scores, reference.balanced))
    found = {
        name: _compared(one, reference, pairs.of_sample(name), cut, edges)
        for name, one in scored.items()
    }
    return Variations(found, nominal, cut, edges)


class _Scored:
    """Scores, which events are signal, and weights."""

    def __init__(self, scores, mask, weights):
        self.scores = scores
        self.mask = mask
        self.weights = weights

    @classmethod
    def of(cls, model, sample, signal, name):
        try:
            scores = _composition.signal_score(model, sample.X, signal)
            checked = _inputs.check_events(sample.y, scores, sample.weights, signal)
            _weights.check_squares(checked[2])
        except ValueError as error:
            msg = f"variation {name!r}: {error}"
            raise type(error)(msg) from error
        return cls(*checked)

    @property
    def balanced(self):
        """Weights of which each class has the same sum."""
        signal, background = (self.weights.sum(where=side) for side in (self.mask, ~self.mask))
        return self.weights / np.where(self.mask, signal, background)

    def side(self, name):
        """Weights of one class, zero for the others."""
        return np.where(self.mask if name == "signal" else ~self.mask, self.weights, 0.0)

    def part(self, name):
        mask = self.mask if name == "signal" else ~self.mask
        return self.scores[mask], self.weights[mask]

    def passed(self, name, passing):
        """(efficiency, influences) of a class, `passing` being which events do."""
        weights = self.side(name)
        value = weights @ passing / weights.sum()
        return float(value), weights * (passing - value) / weights.sum()


def _compared(one, nominal, pairs, cut, edges):
    """One variation beside the nominal sample."""
    auc = [roc_auc(s.mask, s.scores, s.weights, signal=True) for s in (one, nominal)]
    of_auc = [influence(s.scores, s.mask, s.weights) for s in (one, nominal)]
    values = {
        "auc": auc[0],
        "auc_error": spread(of_auc[0]),
        "auc_difference": auc[0] - auc[1],
        "auc_difference_error": pairs.error(*of_auc),
    }
    by_class = {name: _of_class(name, one, nominal, pairs, cut, edges) for name in CLASSES}
    for key in by_class["signal"]:
        values[key] = {name: found[key] for name, found in by_class.items()}
    return Variation(**values)


def _of_class(name, one, nominal, pairs, cut, edges):
    (e, of_e), (e0, of_e0) = (s.passed(name, s.scores >= cut) for s in (one, nominal))
    sums = [s.side(name).sum() for s in (one, nominal)]
    shape, ratio, error = _shapes_of(name, one, nominal, pairs, edges)
    of_sums = (s.side(name) / total for s, total in zip((one, nominal), sums, strict=True))
    return {
        "efficiency": e,
        "efficiency_error": spread(of_e),
        "efficiency_difference": e - e0,
        "efficiency_difference_error": pairs.error(of_e, of_e0),
        "yield_ratio": float(sums[0] / sums[1]),
        "yield_ratio_error": float(sums[0] / sums[1]) * pairs.error(*of_sums),
        "shape": shape,
        "shape_ratio": ratio,
        "shape_ratio_error": error,
    }


def _shapes_of(name, one, nominal, pairs, edges):
    """(fractions, their ratio to the nominal ones, its error) in each bin."""
    bins = [_shapes.bins_of(s.scores, edges) for s in (one, nominal)]
    found = []
    for at in range(len(edges) - 1):
        (f, of_f), (f0, of_f0) = (
            s.passed(name, where == at) for s, where in zip((one, nominal), bins, strict=True)
        )
        ratio = f / f0 if f0 > 0 else np.nan
        error = pairs.error(of_f, ratio * of_f0) / f0 if f0 > 0 else np.nan
        found.append((f, ratio, error))
    return tuple(np.array(column) for column in zip(*found, strict=True))


def _read(model, variations, y, sample_weight, weight_column):
    if not isinstance(variations, Mapping) or not variations:
        msg = (
            f"variations={variations!r:.60}; it must be a dict of names and samples, e.g. "
            '{"nominal": X, "jes_up": X_up}'
        )
        raise ValueError(msg)
    common = {"weight_column": weight_column, "owner": "evaluate_variations"}
    return {
        name: _samples.read(model, X, y, sample_weight, name=f"variation {name!r}", **common)
        for name, X in variations.items()
    }


def _nominal(nominal, samples):
    if nominal is None:
        return "nominal" if "nominal" in samples else next(iter(samples))
    if not _choices.has_key(samples, nominal):
        msg = f"nominal={nominal!r:.60} is not among the variations {list(samples)}"
        raise ValueError(msg)
    return nominal
