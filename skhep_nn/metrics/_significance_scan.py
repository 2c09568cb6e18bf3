"""Scan of a cut on the score: yields, efficiencies, figure of merit, and the best cut."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from skhep_nn import _choices, _floats, _labels, _weights
from skhep_nn._shown import shown
from skhep_nn.metrics import _inputs, _tail_sums
from skhep_nn.metrics._figure_of_merit import check_settings, figure_of_merit

_CHUNK = 1 << 16
_MOST_THRESHOLDS = 10_000_000


def significance_scan(
    y_true,
    y_score,
    sample_weight=None,
    *,
    kind="asimov",
    systematic=0.0,
    b_reg=10.0,
    signal=1,
    thresholds=None,
    score_range=None,
    min_background=0.0,
    min_effective_background=10.0,
    yields=None,
    luminosity=1.0,
    classes=None,
    node=None,
    argmax_only=False,
):
    """Yields and figure of merit of the events with score >= threshold, for many thresholds.

    Parameters
    ----------
    y_true : array-like of shape (n_events,)
        Class labels of any type; every class other than `signal` is background.
    y_score : array-like of shape (n_events,) or (n_events, n_classes)
        High for signal. With one column per class, the column of `node` is cut on.
    sample_weight : array-like of shape (n_events,) or number, default=None
        Event weights of either sign, in events, or in pb with `luminosity` in 1/pb.
        None counts each event once.
    kind, systematic, b_reg
        As in :func:`figure_of_merit`.
    signal : label or list of labels, default=1
    thresholds : int or array-like, default=None
        None: every distinct score. A number: so many, evenly spaced over `score_range`, both ends
        included. An array: these; sorted in the result.
    score_range : tuple of float, default=None
        Lowest and highest of a number of thresholds; None is the range of the scores.
    min_background : float, default=0.0
        Expected background events (in the units of the weights times `luminosity`) that a cut
        must keep to be the best one.
    min_effective_background : float, default=10.0
        Effective background events, (sum w)^2 / sum w^2, that a cut must keep to be the best one.
        Figures of merit grow without limit as the background runs out, so that without this rule
        an almost empty tail wins by a fluctuation. 10 keep the statistical error of the
        background below 32 %.
    yields : dict of label to number, default=None
        Full yield of each class, to which the weights of the class are scaled, for samples that
        hold a part of the events only.
    luminosity : float, default=1.0
        Factor on all weights (or `yields`).
    classes : array-like of shape (n_classes,), default=None
        Labels of the columns of `y_score`, an estimator's ``classes_``; None is the sorted labels
        of `y_true`.
    node : label, default=None
        Class whose column is cut on; None is `signal`.
    argmax_only : bool, default=False
        Keep only events for which `node` has the highest score of all classes. Efficiencies still
        refer to all events.

    Returns
    -------
    SignificanceScan

    Raises
    ------
    ValueError
        If there is no signal or no background, a score is NaN, lengths differ, or a parameter
        makes no sense.
    WeightError
        If weights are not finite, or those of signal or background sum to zero or less.

    Notes
    -----
    The scan of the cut is that of the CMS tutorial "NN in CMS", with its upper edge mended: there
    the best scores, equal to 1, were lost. All thresholds cost one sort and cumulative sums, N
    thresholds no sort. Choose the cut on validation events and quote its figure of merit on test
    events, ``significance_scan(test).at(significance_scan(validation).best_threshold)``.

    Examples
    --------
    >>> import numpy as np
    >>> from skhep_nn.metrics import significance_scan
    >>> y = np.repeat([0, 1], [80, 20])
    >>> score = np.r_[np.linspace(0, 0.8, 80), np.linspace(0.5, 1, 20)]
    >>> scan = significance_scan(y, score, kind="s/sqrt(b)")
    >>> best = scan.best
    >>> round(best.threshold, 3), best.signal, best.background, round(best.figure_of_merit, 3)
    (0.709, 12.0, 10.0, 3.795)
    """
    check_settings(kind, systematic, b_reg)
    settings = {"kind": kind, "systematic": _floats.one(systematic, "systematic"), "b_reg": b_reg}
    rules = _inputs.least_background(min_background, min_effective_background)
    _inputs.check_flag(argmax_only, "argmax_only")
    y = _inputs.labels(y_true)
    scores, kept = _scores(y, y_score, classes, signal if node is None else node, argmax_only)
    weights = _inputs.check_weights(sample_weight, len(scores))
    weights = _inputs.scale_to_yields(y, weights, yields, luminosity)
    scores, mask, weights = _inputs.check_events(y, scores, weights, signal)
    _weights.check_squares(weights)
    totals = float(weights.sum(where=mask)), float(weights.sum(where=~mask))
    if kept is not None:
        scores, mask, weights = scores[kept], mask[kept], weights[kept]
    sums = _sums(scores, mask, weights, thresholds, score_range)
    return SignificanceScan(
        thresholds=sums.thresholds,
        signal=sums.signal,
        background=sums.background,
        signal_squares=sums.signal_squares,
        background_squares=sums.background_squares,
        total_signal=totals[0],
        total_background=totals[1],
        every_score=thresholds is None,
        settings=settings,
        **rules,
    )


@dataclass(frozen=True)
class WorkingPoint:
    """A cut: its yields, efficiencies and figure of merit."""

    threshold: float
    signal: float
    background: float
    signal_error: float
    background_error: float
    signal_efficiency: float
    background_efficiency: float
    figure_of_merit: float


@dataclass(frozen=True, repr=False)
class SignificanceScan:
    """Result of :func:`significance_scan`; all arrays have one entry per threshold, ascending.

    Attributes
    ----------
    thresholds : ndarray of shape (n_thresholds,)
        Events with score >= threshold are kept.
    signal, background : ndarray of shape (n_thresholds,)
        Expected events kept, negative weights subtracted.
    signal_error, background_error : ndarray of shape (n_thresholds,)
        Their statistical errors, sqrt(sum w^2).
    effective_background : ndarray of shape (n_thresholds,)
        Effective number of background events kept.
    signal_efficiency, background_efficiency : ndarray of shape (n_thresholds,)
        Parts of all signal and all background.
    figure_of_merit : ndarray of shape (n_thresholds,)
        NaN where a cut keeps less background than the scan asks for.
    total_signal, total_background : float
        Expected events without a cut.
    best : WorkingPoint
        The cut of highest figure of merit; of equal ones the loosest.
    best_index : int
    best_threshold, best_value : float
        ValueError if no cut keeps enough background.
    """

    thresholds: np.ndarray
    signal: np.ndarray
    background: np.ndarray
    signal_squares: np.ndarray
    background_squares: np.ndarray
    total_signal: float
    total_background: float
    every_score: bool
    settings: dict
    min_background: float
    min_effective_background: float
    figure_of_merit: np.ndarray = field(init=False)

    def __post_init__(self):
        values = figure_of_merit(self.signal, self.background, **self.settings)
        for start in range(0, len(values), _CHUNK):
            part = slice(start, start + _CHUNK)
            values[part][~self._enough(part)] = np.nan
        object.__setattr__(self, "figure_of_merit", values)

    def __repr__(self):
        return (
            f"SignificanceScan({len(self.thresholds)} thresholds from {self.thresholds[0]:.6g} "
            f"to {self.thresholds[-1]:.6g}, {self.total_signal:.6g} signal and "
            f"{self.total_background:.6g} background events, {self.settings})"
        )

    def _enough(self, part):
        # sums of equal weights miss a whole number of events by rounding
        exact = 1 - 1e-9
        background, squares = self.background[part], self.background_squares[part]
        enough = background >= self.min_background * exact
        with np.errstate(over="ignore"):
            least = self.min_effective_background * exact * squares
        return enough & (background**2 >= least)

    @property
    def signal_error(self):
        """Statistical error of `signal`."""
        return np.sqrt(self.signal_squares)

    @property
    def background_error(self):
        """Statistical error of `background`."""
        return np.sqrt(self.background_squares)

    @property
    def effective_background(self):
        """Effective number of background events kept."""
        squares = self.background_squares
        return np.divide(self.background**2, squares, out=np.zeros_like(squares), where=squares > 0)

    @property
    def signal_efficiency(self):
        """Part of all signal that is kept."""
        return self.signal / self.total_signal

    @property
    def background_efficiency(self):
        """Part of all background that is kept."""
        return self.background / self.total_background

    @property
    def best_index(self):
        """Index of the best cut."""
        if np.isnan(self.figure_of_merit).all():
            msg = (
                f"no cut keeps min_background={self.min_background:g} events and "
                f"min_effective_background={self.min_effective_background:g} effective events of "
                f"background; the most are {self.background.max():.6g} and "
                f"{self.effective_background.max():.6g}. Use more events or lower the minimum"
            )
            raise ValueError(msg)
        return int(np.nanargmax(self.figure_of_merit))

    @property
    def best_threshold(self):
        """Threshold of the best cut."""
        return float(self.thresholds[self.best_index])

    @property
    def best_value(self):
        """Figure of merit of the best cut."""
        return float(self.figure_of_merit[self.best_index])

    @property
    def best(self):
        """The best cut as a WorkingPoint."""
        return self._point(self.best_threshold, self.best_index)

    def at(self, threshold):
        """Yields and figure of merit of one cut, e.g. on test events at the validation cut.

        Parameters
        ----------
        threshold : float
            Any value if the scan has every distinct score, otherwise one of its thresholds.

        Returns
        -------
        WorkingPoint
            Its figure of merit is computed from the yields even where they are below the
            scan's minimum, since the cut is given and not chosen here.

        Raises
        ------
        ValueError
            If the scan does not know the yields at `threshold`.
        """
        threshold = _floats.one(threshold, "threshold")
        index = int(np.searchsorted(self.thresholds, threshold, side="left"))
        if not self.every_score and threshold not in self.thresholds[index : index + 1]:
            msg = (
                f"threshold={shown(threshold)} is not one of the {len(self.thresholds)} thresholds "
                f"of the scan; scan with thresholds=[{threshold!r}], or with every score "
                "(thresholds=None)"
            )
            raise ValueError(msg)
        if np.isnan(threshold):
            msg = "threshold is NaN"
            raise ValueError(msg)
        return self._point(threshold, index)

    def _point(self, threshold, index):
        def value(values):
            # above the highest score nothing is kept
            return float(values[index]) if index < len(values) else 0.0

        signal, background = value(self.signal), value(self.background)
        return WorkingPoint(
            threshold,
            signal,
            background,
            value(self.signal_squares) ** 0.5,
            value(self.background_squares) ** 0.5,
            signal / self.total_signal,
            background / self.total_background,
            float(figure_of_merit(signal, background, **self.settings)),
        )

    def to_frame(self):
        """The scan as a DataFrame with one row per threshold, e.g. to save it as CSV."""
        import pandas as pd

        return pd.DataFrame({name: getattr(self, name) for name in _TABLE})


_TABLE = (
    "thresholds",
    "signal",
    "background",
    "signal_error",
    "background_error",
    "effective_background",
    "signal_efficiency",
    "background_efficiency",
    "figure_of_merit",
)


def _scores(y, y_score, classes, node, argmax_only):
    """The scores to cut on, and which events have their arg max there (None: not asked)."""
    scores = _floats.real(y_score, "y_score")
    scores = scores if scores.ndim == 2 else _inputs.check_scores(scores)
    _inputs.check_lengths(y, scores)
    if scores.ndim == 2:
        return _node(y, y_score, classes, node, argmax_only)
    if argmax_only:
        msg = f"argmax_only needs y_score with one column per class, got shape {scores.shape}"
        raise ValueError(msg)
    return scores, None


def _node(y, y_score, classes, node, argmax_only):
    columns = _inputs.columns_of(y, classes)
    scores = _floats.real(_inputs.in_order(y_score, columns), "y_score")
    _inputs.check_no_nan(scores)
    if len(columns) != scores.shape[1]:
        msg = (
            f"y_score has {scores.shape[1]} columns for the {len(columns)} classes {columns}; "
            "pass classes=estimator.classes_"
        )
        raise ValueError(msg)
    if _labels.one(node, "node") not in columns:
        msg = f"node={shown(node)} is not one of the classes {columns} of the columns of y_score"
        raise ValueError(msg)
    at = columns.index(node)
    if not argmax_only:
        return scores[:, at], None
    kept = scores.argmax(axis=1) == at
    if not kept.any():
        msg = f"argmax_only=True, but no event has its highest score in node={shown(node)}"
        raise ValueError(msg)
    return scores[:, at], kept


def _sums(scores, mask, weights, thresholds, score_range):
    if thresholds is None and score_range is None:
        return _tail_sums.at_every_score(scores, mask, weights)
    grid = _grid(thresholds, score_range, scores)
    return _tail_sums.at_thresholds(scores, mask, weights, grid)


def _grid(thresholds, score_range, scores):
    if _choices.is_whole(thresholds):
        return _even_grid(thresholds, score_range, scores)
    if score_range is not None:
        given = shown(thresholds)
        msg = f"score_range={shown(score_range)} goes with a number of thresholds, got {given}"
        raise ValueError(msg)
    grid = np.unique(_floats.real(thresholds, "thresholds"))
    if not len(grid) or not np.isfinite(grid).all():
        msg = f"thresholds must be a number or finite values, got {shown(thresholds)}"
        raise ValueError(msg)
    return grid


def _pair(score_range):
    values = _floats.real(score_range, "score_range")
    if values.shape != (2,):
        msg = f"score_range={shown(score_range)}; it must be the lowest and the highest threshold"
        raise ValueError(msg)
    return values


def _even_grid(number, score_range, scores):
    low, high = (scores.min(), scores.max()) if score_range is None else _pair(score_range)
    if (
        not 2 <= number <= _MOST_THRESHOLDS
        or not (np.isfinite(low) and np.isfinite(high))
        or low > high
    ):
        msg = (
            f"{number} thresholds over ({low:.6g}, {high:.6g}); a grid needs at least 2, at "
            f"most {_MOST_THRESHOLDS}, and a finite, ascending score_range"
        )
        raise ValueError(msg)
    return np.unique(np.linspace(low, high, number))
