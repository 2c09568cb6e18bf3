"""Significance: figure of merit and efficiencies against the cut on the score, or in bins."""

from __future__ import annotations

import math
from functools import partial

import numpy as np

from skhep_nn import _choices, _composition
from skhep_nn.metrics import (
    BinnedSignificance,
    SignificanceScan,
    _cut_errors,
    binned_significance,
    significance_scan,
)
from skhep_nn.plotting import _events, _score_axis, _significance_bins, _style, _words

_MOST_POINTS = 4000
_NAMES = {
    "asimov": "Asimov significance",
    "s/sqrt(b)": "S / √B",
    "s/sqrt(s+b)": "S / √(S + B)",
    "s/sqrt(s+b+sigma_b^2)": "S / √(S + B + σ²)",
    "ams": "AMS",
}
_HAS_SYSTEMATIC = ("asimov", "s/sqrt(s+b+sigma_b^2)")


@_words.shared
class SignificanceDisplay:
    """Figure of merit against the cut, the best cut, and the efficiencies below; or the bins.

    Make it with :meth:`from_estimator`, :meth:`from_predictions`, :meth:`from_scan` or
    :meth:`from_binned`.

    Parameters
    ----------
    scan : skhep_nn.metrics.SignificanceScan or skhep_nn.metrics.BinnedSignificance
    other : skhep_nn.metrics.SignificanceScan, default=None
        Scan of other events, which is drawn over the first: the test events, where the cut is
        chosen on validation events.
    yields : dict of str to (float, float), default=None
        Yield of each process at the cut, and its error, which the legend names.

    Attributes
    ----------
    axes_ : list of matplotlib.axes.Axes
        Figure of merit, efficiencies; of bins the yields and the significance of each.
    {ax_}
    figure_ : matplotlib.figure.Figure
    cut_ : skhep_nn.metrics.WorkingPoint
        The cut that is marked; None of bins.
    errors_ : ndarray of shape (n_thresholds,)
        Statistical error of the figure of merit, from the sums of squared weights; of bins the
        error of their significance as a whole.
    scale_ : {"linear", "zoom", "logit"}
        What the axis of the cut is.
    """

    def __init__(self, scan, *, other=None, yields=None):
        self.scan = scan
        self.other = other
        self.yields = yields

    @classmethod
    def from_scan(cls, scan, *, other=None, yields=None, ax=None, cut=None, scale="auto"):
        """Draw a scan.

        Parameters
        ----------
        scan : skhep_nn.metrics.SignificanceScan
        other : skhep_nn.metrics.SignificanceScan, default=None
            Of test events, where `scan` is of validation events: both are drawn, and the figure of
            merit of the test events at the cut of the validation events is named.
        yields : dict of str to (float, float), default=None
            Yield of each process at the cut, and its error.
        ax : Axes or sequence of two Axes, default=None
        cut, scale
            As in :meth:`plot`.

        Returns
        -------
        SignificanceDisplay

        Examples
        --------
        >>> import matplotlib.pyplot as plt
        >>> import numpy as np
        >>> from skhep_nn.metrics import significance_scan
        >>> from skhep_nn.plotting import SignificanceDisplay
        >>> y, score = np.repeat([0, 1], [80, 20]), np.r_[np.linspace(0, 0.8, 80), np.ones(20)]
        >>> scan = significance_scan(y, score, kind="s/sqrt(b)", thresholds=11)
        >>> display = SignificanceDisplay.from_scan(scan)
        >>> display.cut_.threshold == scan.best_threshold
        True
        >>> plt.close(display.figure_)
        """
        return cls(scan, other=other, yields=yields).plot(ax=ax, cut=cut, scale=scale)

    @classmethod
    def from_binned(cls, binned, *, ax=None):
        """Draw yields and significance of the bins of a score.

        Parameters
        ----------
        binned : skhep_nn.metrics.BinnedSignificance
        ax : Axes or sequence of two Axes, default=None

        Returns
        -------
        SignificanceDisplay

        Examples
        --------
        >>> import matplotlib.pyplot as plt
        >>> import numpy as np
        >>> from skhep_nn.metrics import binned_significance
        >>> from skhep_nn.plotting import SignificanceDisplay
        >>> y, score = np.repeat([0, 1], [80, 20]), np.r_[np.linspace(0, 0.8, 80), np.ones(20)]
        >>> found = binned_significance(y, score, bins=[0, 0.6, 1])
        >>> display = SignificanceDisplay.from_binned(found)
        >>> display.ax_.get_ylabel(), display.axes_[1].get_ylabel()
        ('Events per bin', 'Significance of the bin')
        >>> plt.close(display.figure_)
        """
        _choices.made_by(binned, BinnedSignificance, "binned", "binned_significance")
        return cls(binned).plot(ax=ax)

    @classmethod
    def from_predictions(
        cls,
        y_true,
        y_score,
        *,
        sample_weight=None,
        y_test=None,
        score_test=None,
        sample_weight_test=None,
        bins=None,
        process=None,
        cut=None,
        scale="auto",
        ax=None,
        **scan_options,
    ):
        """Scan the cut on scores, or fill the bins, and draw it.

        Parameters
        ----------
        y_true : array-like of shape (n_events,)
        y_score : array-like of shape (n_events,) or (n_events, n_classes)
        sample_weight : array-like of shape (n_events,) or number, default=None
            Event weights, in expected events.
        y_test, score_test, sample_weight_test : default=None
            The same of test events, where the first are validation events on which the cut is
            chosen: both are drawn, and what test events have at that cut is named.
        bins : array-like or int, default=None
            Bins of the score instead of a scan, as in :func:`skhep_nn.metrics.binned_significance`.
        process : array-like of shape (n_events,), default=None
            Process of each of the first events, not of the test events; the legend has the yield
            of each at the cut.
        cut, scale
            As in :meth:`plot`.
        ax : Axes or sequence of two Axes, default=None
        **scan_options
            For :func:`skhep_nn.metrics.significance_scan`: ``kind``, ``systematic``, ``signal``,
            ``thresholds``, ``yields``, ``luminosity``, ``min_effective_background``, ...; with
            `bins` for :func:`skhep_nn.metrics.binned_significance`.

        Returns
        -------
        SignificanceDisplay

        Raises
        ------
        ValueError, WeightError
            As :func:`skhep_nn.metrics.significance_scan` does, or if no cut keeps enough
            background to be the best one; if only one of `y_test` and `score_test` is given, or
            there are bins and test events.
        """
        _events.check_both("y_test", y_test, "score_test", score_test)
        if bins is not None:
            _check_no_cut(cut)
            _check_no_test(y_test)
            found = binned_significance(y_true, y_score, sample_weight, bins=bins, **scan_options)
            return cls.from_binned(found, ax=ax)
        scan = significance_scan(y_true, y_score, sample_weight, **scan_options)
        yields = None
        if process is not None:
            point = scan.best if cut is None else scan.at(cut)
            yields = _score_axis.yields_at(
                process, y_true, y_score, sample_weight, point.threshold, scan_options
            )
        other = None
        if y_test is not None:
            other = significance_scan(y_test, score_test, sample_weight_test, **scan_options)
        return cls.from_scan(scan, other=other, yields=yields, ax=ax, cut=cut, scale=scale)

    @classmethod
    def from_estimator(
        cls,
        estimator,
        X,
        y,
        *,
        X_test=None,
        y_test=None,
        sample_weight=None,
        sample_weight_test=None,
        weight_column=None,
        signal=1,
        bins=None,
        cut=None,
        ax=None,
        **scan_options,
    ):
        """Scan the cut on the score of a fitted classifier, or fill the bins, and draw it.

        Parameters
        ----------
        {estimator}
        X : DataFrame, array or blocks
        y : array-like of shape (n_events,)
        X_test, y_test : default=None
            Test events, where `X` and `y` are validation events on which the cut is chosen: both
            are drawn, and what test events have at that cut is named.
        sample_weight, sample_weight_test : array-like or number, default=None
        weight_column : str or int, default=None
            Column of `X` and `X_test` with the weights.
        signal : label or list of labels, default=1
        bins : array-like or int, default=None
            As in :meth:`from_predictions`.
        cut : float, default=None
            As in :meth:`plot`.
        ax : Axes or sequence of two Axes, default=None
        **scan_options
            As in :meth:`from_predictions`.

        Returns
        -------
        SignificanceDisplay
        """
        _events.check_both("X_test", X_test, "y_test", y_test)
        owner = cls.__name__
        weights = _events.weights_of(estimator, X, sample_weight, weight_column, owner)
        if scan_options.get("argmax_only") or "node" in scan_options:
            scan_options = {"classes": estimator.classes_, **scan_options}
            score = estimator.predict_proba
        else:
            score = partial(_composition.signal_score, estimator, signal=signal)
        test = {}
        if X_test is not None:
            test["y_test"], test["score_test"] = y_test, score(X_test)
            test["sample_weight_test"] = _events.weights_of(
                estimator, X_test, sample_weight_test, weight_column, owner
            )
        return cls.from_predictions(
            y,
            score(X),
            sample_weight=weights,
            **test,
            signal=signal,
            bins=bins,
            cut=cut,
            ax=ax,
            **scan_options,
        )

    def plot(self, ax=None, *, cut=None, scale="auto"):
        """Draw the scan.

        Parameters
        ----------
        {two_axes}
        cut : float, default=None
            The cut to mark, e.g. one that was chosen on validation events; default the best of
            this scan.
        scale : {"auto", "linear", "zoom", "logit"}, default="auto"
            Axis of the cut: all of it; the region of the optimum, where the figure of merit is
            more than half of the best; or logit(cut), which spreads the ends of probabilities.
            "auto" is a zoom where that region is less than a quarter of the axis, and a logit
            axis where it is less than a fiftieth and the scores are probabilities.

        Returns
        -------
        SignificanceDisplay

        Raises
        ------
        ValueError
            If `scale` is none of these; if no cut keeps enough background to be the best one, the
            scan does not have `cut`, or there are bins and a cut.
        """
        if isinstance(self.scan, BinnedSignificance):
            _check_no_cut(cut)
            return self._plot_bins(ax)
        _choices.made_by(self.scan, SignificanceScan, "scan", "significance_scan")
        self.cut_ = self.scan.best if cut is None else self.scan.at(cut)
        self.errors_ = _cut_errors.merit_error(self.scan)
        self.scale_ = _score_axis.scale_of(scale, self.scan, self.cut_.threshold)
        with _style.styled() as plt:
            options = {"height_ratios": (3, 2), "sharex": True}
            self.axes_ = _style.grid(plt, ax, 2, 1, (6.4, 3.1), **options)
            self.ax_ = self.axes_[0]
            self.figure_ = self.ax_.figure
            at = _drawn(self.scan)
            self._draw_merit(at, "best cut" if cut is None else "cut")
            self._draw_efficiencies(at)
            if self.other is not None:
                self._draw_other()
            self._name_yields()
            self._frame(ax)
        return self

    def _plot_bins(self, ax):
        self.cut_, self.errors_ = None, self.scan.standard_error
        with _style.styled() as plt:
            options = {"height_ratios": (3, 2), "sharex": True}
            self.axes_ = _style.grid(plt, ax, 2, 1, (6.4, 3.1), **options)
            self.ax_ = self.axes_[0]
            self.figure_ = self.ax_.figure
            _significance_bins.draw(self.axes_, self.scan)
        return self

    def _draw_merit(self, at, name):
        look = _style.looks(1)[0]
        cuts, values = self.scan.thresholds[at], self.scan.figure_of_merit[at]
        error = self.errors_[at]
        self.ax_.plot(cuts, values, color=look.color)
        self.ax_.fill_between(
            cuts, values - error, values + error, color=look.color, alpha=0.3, linewidth=0
        )
        point = self.cut_
        name = name if self.other is None else f"validation events, {name}"
        text = (
            f"{name}: score ≥ {point.threshold:.4g}\n"
            f"figure of merit {_with_error(self.scan, point, self.errors_)}"
        )
        self.ax_.plot(
            [point.threshold],
            [point.figure_of_merit],
            label=text,
            color="black",
            marker="*",
            markersize=11,
            linestyle=":",
            linewidth=1.2,
        )

    def _draw_other(self):
        """The scan of the other events, and what they have at the cut."""
        _choices.made_by(self.other, SignificanceScan, "other", "significance_scan")
        look, at = _style.looks(2)[1], _drawn(self.other)
        cuts, values = self.other.thresholds[at], self.other.figure_of_merit[at]
        errors = _cut_errors.merit_error(self.other)
        error, point = errors[at], self.other.at(self.cut_.threshold)
        text = f"test events, {_with_error(self.other, point, errors)} at the cut"
        line = {"color": look.color, "linestyle": look.linestyle}
        self.ax_.plot(cuts, values, label=text, **line)
        self.ax_.fill_between(
            cuts, values - error, values + error, color=look.color, alpha=0.2, linewidth=0
        )
        for side, side_look in zip(("signal", "background"), _style.looks(2)[::-1], strict=True):
            efficiency, _ = (part[at] for part in _efficiency(self.other, side))
            thin = {"color": side_look.color, "linestyle": ":", "linewidth": 1.2}
            self.axes_[1].plot(cuts, efficiency, **thin)
        self.axes_[1].plot([], [], color="0.35", linestyle=":", label="test events")

    def _name_yields(self):
        parts = [f"{name} {_yield(n, error)}" for name, (n, error) in (self.yields or {}).items()]
        for start in range(0, len(parts), 2):
            text = ", ".join(parts[start : start + 2])
            self.ax_.plot([], [], " ", label=text if start else f"at the cut:\n{text}")

    def _draw_efficiencies(self, at):
        cuts = self.scan.thresholds[at]
        for side, look in zip(("signal", "background"), _style.looks(2)[::-1], strict=True):
            efficiency, error = (part[at] for part in _efficiency(self.scan, side))
            text = f"{side}, {getattr(self.cut_, f'{side}_efficiency'):.3g} at the cut"
            line = {"color": look.color, "linestyle": look.linestyle}
            self.axes_[1].plot(cuts, efficiency, label=text, **line)
            self.axes_[1].fill_between(
                cuts,
                efficiency - error,
                efficiency + error,
                color=look.color,
                alpha=0.3,
                linewidth=0,
            )

    def _frame(self, given):
        top, bottom = self.axes_
        for ax in self.axes_:
            ax.axvline(self.cut_.threshold, color="0.35", linestyle=":", linewidth=1.2, zorder=1)
        low, high = _range(np.append(self.scan.thresholds, self.cut_.threshold))
        for ax in self.axes_:
            _score_axis.set_scale(ax, self.scale_, self.scan, self.cut_.threshold, (low, high))
        top.set_ylim(0, 1.1 * max(top.dataLim.y1, 1e-12))
        self._limit_efficiencies(bottom)
        top.set_ylabel(_merit_name(self.scan.settings).replace(", ", ",\n"))
        bottom.set_ylabel("Efficiency")
        bottom.set_xlabel("Cut on the score")
        _style.legend_above(top, 1)
        _style.legend_above(bottom, 2)

    def _limit_efficiencies(self, ax):
        """In the region of the optimum little background is left: decades instead of parts."""
        if not np.isfinite(ax.dataLim.get_points()).all():
            # there is no finite score
            return
        if self.scale_ == "linear":
            ax.set_ylim(min(0.0, ax.dataLim.y0), 1.05 * min(1.3, ax.dataLim.y1))
            return
        low, high = ax.get_xlim()
        inside = (self.scan.thresholds >= low) & (self.scan.thresholds <= high)
        left = self.scan.background_efficiency[inside]
        ax.set_yscale("log")
        ax.set_ylim(0.5 * min(left[left > 0], default=0.1), 2.0)


def _with_error(scan, point, errors):
    """Figure of merit at a working point, and its error where the scan has that."""
    index = np.searchsorted(scan.thresholds, point.threshold)
    known = index < len(scan.thresholds) and np.isfinite(errors[index])
    return f"{point.figure_of_merit:.4g}" + (f" ± {errors[index]:.2g}" if known else "")


def _yield(n, error):
    """A yield with as many digits as give its error two of them."""
    digits = max(0, 1 - math.floor(math.log10(error))) if error > 0 else 0
    if digits > 6 or not max(abs(n), error) < 1e7:
        return f"{n:.4g} ± {error:.2g}"
    return f"{n:.{digits}f} ± {error:.{digits}f}"


def _check_no_cut(cut):
    if cut is not None:
        msg = f"cut={cut!r:.60}, but bins have none; draw the scan of the cut without bins"
        raise ValueError(msg)


def _check_no_test(y_test):
    if y_test is not None:
        msg = "bins and test events are given; leave out bins, or draw the bins of one sample"
        raise ValueError(msg)


def _efficiency(scan, side):
    kept, total = getattr(scan, side), getattr(scan, f"total_{side}")
    squares = getattr(scan, f"{side}_squares")
    efficiency = kept / total
    # the loosest cut keeps all; where it does not, what it lost has weights like those it kept
    all_squares = squares[0] * total / kept[0] if kept[0] > 0 else squares[0]
    return efficiency, _cut_errors.efficiency_error(efficiency, squares, total, all_squares)


def _range(cuts):
    """The ends of the axis, of the cuts that are finite: scores may be infinite."""
    finite = cuts[np.isfinite(cuts)]
    low, high = (finite.min(), finite.max()) if len(finite) else (0.0, 0.0)
    return low, high if high > low else low + 1


def _drawn(scan):
    """Which thresholds are drawn: all, or evenly many of them and the best."""
    n = len(scan.thresholds)
    if n <= _MOST_POINTS:
        return np.arange(n)
    even = np.linspace(0, n - 1, _MOST_POINTS).astype(int)
    best = [] if np.isnan(scan.figure_of_merit).all() else [scan.best_index]
    return np.unique([*even, *best])


def _merit_name(settings):
    name = _NAMES[settings["kind"]]
    if settings["kind"] in _HAS_SYSTEMATIC and np.ndim(settings["systematic"]) == 0:
        return f"{name}, {100 * settings['systematic']:.3g} % systematic"
    return name
