"""What a choice of events does to their variables: the kept fraction in bins of each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from skhep_nn import _choices, _columns, _floats, _masks, _weights
from skhep_nn.exceptions import ColumnError, WeightError
from skhep_nn.metrics import _cut_errors, _shapes


def bias_study(kept, events, variables=None, *, bins=10, sample_weight=None, weight_column=None):
    r"""Kept fraction of events per bin of each variable, with errors.

    Does a choice of events (those worth a simulation, those that pass a cut on the score) change
    what will be measured? If it does not, the kept fraction is the same in every bin.

    Parameters
    ----------
    kept : array-like of bool of shape (n_events,)
        Which events are kept, e.g. ``score >= threshold``.
    events : DataFrame, array or blocks of n_events
        The events that ought to be kept, e.g. those that pass the skim.
    variables : str, list of str or dict of str to str, default=None
        Columns of `events`; a dict has a label with its unit for each. None is every column of
        numbers but the weights.
    bins : int, edges, or dict of column to either, default=10
        A number of bins of about equal content, fewer where effective events are few, or one for
        each value where these are few; events beyond edges are in the first and the last bin.
    sample_weight : array-like of shape (n_events,) or number, default=None
        Event weights of either sign. None counts each event once.
    weight_column : str or int, default=None
        Column of `events` with them instead.

    Returns
    -------
    BiasStudy

    Raises
    ------
    ValueError
        If `kept` is not one boolean per event, there are no variables, or `bins` are no bins.
    ColumnError
        If a column is not there, or holds no numbers.
    WeightError
        If weights are given twice, or sum to zero or less.

    Notes
    -----
    The fraction is the sum of weights kept, :math:`k`, divided by that of all, :math:`n`, of a bin,
    and its error that of a weighted binomial, from the variance
    :math:`[(1 - 2 f) \sum_{kept} w^2 + f^2 \sum w^2] / n^2`. Where none or all of a bin are kept
    this is zero; there the error is that of a flat prior (D. Casadei, JINST 7 (2012) P08021),
    :math:`\sqrt{p (1 - p) / (n_e + 3)}` with :math:`p = (k_e + 1) / (n_e + 2)` and the effective
    numbers of events. The chi-square of a variable compares all bins with the overall fraction.
    An event without a value (NaN) of a variable is left out of that variable, and counted.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from skhep_nn.metrics import bias_study
    >>> events = pd.DataFrame({"n_tracks": np.repeat([4, 6], 100)})
    >>> kept = np.r_[np.arange(100) < 90, np.arange(100) < 70]
    >>> study = bias_study(kept, events, bins=[3, 5, 7])
    >>> study.to_frame()[["variable", "low", "high", "fraction", "error"]].round(4)
       variable  low  high  fraction   error
    0  n_tracks  3.0   5.0       0.9  0.0300
    1  n_tracks  5.0   7.0       0.7  0.0458
    >>> study.summary()[["chi2", "n_free", "p_value"]].round(4)
                chi2  n_free  p_value
    variable
    n_tracks  12.5       1   0.0004
    """
    kept = _kept(kept)
    events = _masks.unmasked(_columns.table(events), "events")
    labels = _labels_of(events, variables, weight_column)
    n_events = _weights.len_of(events)
    if len(kept) != n_events:
        msg = f"kept has {len(kept)} entries, but there are {n_events} events"
        raise ValueError(msg)
    _check_names(bins, labels)
    weights = _weights.resolve(events, sample_weight, weight_column, "bias_study")
    weights = np.ones(n_events) if weights is None else _weights.check(weights, n_events)
    _check(weights)
    tables = {
        name: _of_variable(_values(events, name), kept, weights, _bins(bins, name), name)
        for name in labels
    }
    every = _Fractions(
        *(_shapes.Counts.of(np.zeros(n_events), w, [0, 1]) for w in (weights * kept, weights))
    )
    return BiasStudy(tables, labels, float(every.fraction[0]), float(every.error[0]), n_events)


@dataclass(frozen=True)
class _Fractions:
    """Sums of kept and of all weights per bin."""

    passed: object
    total: object

    @property
    def fraction(self):
        positive = np.where(self.total.sums > 0, self.total.sums, np.nan)
        return self.passed.sums / positive

    @property
    def error(self):
        squares, positive = self.total.squares, np.where(self.total.sums > 0, self.total.sums, 1)
        error = _cut_errors.efficiency_error(self.fraction, self.passed.squares, positive, squares)
        effective = np.divide(positive**2, squares, out=np.zeros_like(squares), where=squares > 0)
        p = (self.fraction.clip(0, 1) * effective + 1) / (effective + 2)
        flat = np.sqrt(p * (1 - p) / (effective + 3))
        extreme = (self.passed.squares == 0) | (self.passed.squares == squares)
        return np.where(extreme & np.isfinite(self.fraction), flat, error)

    def variance_at(self, e):
        """Of the kept sum, if the fraction is `e` everywhere."""
        # what is kept may have other weights than what is not, in all bins alike
        passed = self.passed.squares.sum() / self.total.squares.sum()
        return ((1 - 2 * e) * passed + e**2) * self.total.squares


@dataclass(frozen=True)
class VariableBias:
    """The bins of one variable in a :class:`BiasStudy`.

    Attributes
    ----------
    edges : ndarray of shape (n_bins + 1,)
    n_events : ndarray of shape (n_bins,)
        Numbers of events.
    total, kept : ndarray of shape (n_bins,)
        Sums of weights of all events and of those kept.
    fraction, error : ndarray of shape (n_bins,)
        NaN where there are no events.
    chi2 : float
        Of a fraction that is the same in all bins.
    n_free : int
        Its degrees of freedom.
    p_value : float
        Probability of a larger chi-square by chance; NaN of one bin.
    n_missing : int
        Events without a value.
    """

    edges: np.ndarray
    n_events: np.ndarray
    total: np.ndarray
    kept: np.ndarray
    fraction: np.ndarray
    error: np.ndarray
    chi2: float
    n_free: int
    p_value: float
    n_missing: int


@dataclass(frozen=True, repr=False)
class BiasStudy:
    """Result of :func:`bias_study`.

    Attributes
    ----------
    variables : dict of str to VariableBias
        Bins, fractions and errors of each variable.
    labels : dict of str to str
        What a variable is called, with its unit.
    fraction, error : float
        Kept fraction of all events.
    n_events : int
    """

    variables: dict
    labels: dict
    fraction: float
    error: float
    n_events: int

    def __repr__(self):
        return (
            f"BiasStudy({100 * self.fraction:.3g} ± {100 * self.error:.2g} % of {self.n_events} "
            f"events kept, {len(self.variables)} variables, smallest p = {self._smallest:.2g})"
        )

    @property
    def _smallest(self):
        values = [v.p_value for v in self.variables.values() if np.isfinite(v.p_value)]
        return min(values, default=np.nan)

    def to_frame(self):
        """One row per variable and bin.

        Returns
        -------
        DataFrame
        """
        import pandas as pd

        names = ("n_events", "total", "kept", "fraction", "error")
        parts = []
        for name, one in self.variables.items():
            ends = {"variable": name, "low": one.edges[:-1], "high": one.edges[1:]}
            parts.append(pd.DataFrame(ends | {n: getattr(one, n) for n in names}))
        return pd.concat(parts, ignore_index=True)

    def summary(self):
        """One row per variable: is the kept fraction the same everywhere.

        Returns
        -------
        DataFrame
        """
        import pandas as pd

        names = ("chi2", "n_free", "p_value", "n_missing")
        rows = {name: [getattr(one, n) for n in names] for name, one in self.variables.items()}
        table = pd.DataFrame.from_dict(rows, orient="index", columns=list(names))
        return table.rename_axis("variable")


def _of_variable(values, kept, weights, bins, name):
    there = ~np.isnan(values)
    n_missing = int((~there).sum())
    values, kept, weights = values[there], kept[there], weights[there]
    _check(weights, f" with a value of {name!r}")
    edges = _edges(bins, values, weights)
    parts = [_shapes.Counts.of(values, w, edges) for w in (weights * kept, weights)]
    fractions = _Fractions(*parts)
    chi2, n_free = _chi_square(fractions)
    return VariableBias(
        edges=edges,
        n_events=np.bincount(_shapes.bins_of(values, edges), minlength=len(edges) - 1),
        total=parts[1].sums,
        kept=parts[0].sums,
        fraction=fractions.fraction,
        error=fractions.error,
        chi2=chi2,
        n_free=n_free,
        p_value=_shapes.chi_square_probability(chi2, n_free),
        n_missing=n_missing,
    )


def _edges(bins, values, weights):
    distinct = np.unique(values)
    is_number = _choices.is_whole(bins)
    if is_number and 1 < len(distinct) <= bins:
        middles = distinct[:-1] / 2 + distinct[1:] / 2
        ends = 2 * distinct[[0, -1]] - middles[[0, -1]]
        return np.concatenate([ends[:1], middles, ends[1:]])
    return _shapes.edges_of(bins, (values, weights))


def _chi_square(fractions):
    total, passed = fractions.total, fractions.passed
    e = passed.sums.sum() / total.sums.sum()
    variance = fractions.variance_at(e)
    filled = total.squares > 0
    off = (passed.sums - e * total.sums)[filled & (variance > 0)]
    chi2 = float(np.sum(off**2 / variance[filled & (variance > 0)]))
    return chi2, int(max(filled.sum() - 1, 0))


def _kept(kept):
    values = _floats.as_array(_masks.unmasked(kept, "kept"), "kept")
    if values.dtype == bool and values.ndim == 1:
        return values
    numbers = _floats.real(kept, "kept")
    if numbers.ndim != 1 or not np.isin(numbers, (0, 1)).all():
        msg = (
            f"kept must be True or False for each event, e.g. score >= threshold, got {kept!r:.60}"
        )
        raise ValueError(msg)
    return numbers == 1


def _labels_of(events, variables, weight_column):
    """Label of each variable, by its name or position."""
    if isinstance(variables, dict):
        labels = variables
    elif variables is None:
        labels = {name: str(name) for name in _columns_of_numbers(events, weight_column)}
    else:
        labels = {name: str(name) for name in _columns.as_list(variables)}
    if not labels:
        msg = f"variables={variables!r:.60}: there is no variable to look at"
        raise ValueError(msg)
    return labels


def _check_names(bins, labels):
    unknown = [name for name in bins if name not in labels] if isinstance(bins, dict) else []
    if unknown:
        msg = f"bins has {unknown[0]!r}, which is none of the variables {list(labels)}"
        raise ColumnError(msg)


def _columns_of_numbers(events, weight_column):
    names = _columns.names(events)
    given = range(_columns.n_columns(events)) if names is None else names
    weights = None if weight_column is None else _columns.position(events, weight_column)
    return [
        name
        for at, name in enumerate(given)
        if at != weights
        and getattr(_columns.take_at(events, at).dtype, "kind", "O") in "biuf"
        and _columns.take_at(events, at).ndim == 1
    ]


def _values(events, name):
    values = _columns.take(events, name, role="variables")
    values = _floats.real(values, f"variable {name!r}", ColumnError)
    if values.ndim != 1:
        msg = f"variable {name!r} must have one value per event, it has shape {values.shape}"
        raise ColumnError(msg)
    if np.isinf(values).any():
        msg = f"variable {name!r} of {np.isinf(values).sum()} of {len(values)} events is infinite"
        raise ColumnError(msg)
    return values


def _bins(bins, name):
    if not isinstance(bins, dict):
        return bins
    if name not in bins:
        msg = f"bins names {list(bins)}, and not the variable {name!r}"
        raise ValueError(msg)
    return bins[name]


def _check(weights, what=""):
    _weights.check_squares(weights)
    if not weights.sum() > 0:
        msg = (
            f"sample_weight of the events{what} sums to {weights.sum():.6g}; a fraction needs a "
            "positive sum"
        )
        raise WeightError(msg)
