"""Statistical errors of what a cut achieves, from the sums of squared weights on either side."""

from __future__ import annotations

import numpy as np

from skhep_nn.metrics._figure_of_merit import figure_of_merit

# step of a numerical derivative, in standard errors
_STEP = 1e-3


def propagated_error(function, values, squares):
    """Linear error of ``function(*values)`` for independent sums of weights.

    Parameters
    ----------
    function : callable
    values : sequence of float
        Sums of weights of disjoint sets of events.
    squares : sequence of float
        Their sums of squared weights, which are their variances.
    """
    values, errors = np.asarray(values, dtype=float), np.sqrt(np.maximum(squares, 0.0))
    slopes = []
    for step in _STEP * np.diag(errors):
        slopes.append((function(*(values + step)) - function(*(values - step))) / (2 * _STEP))
    return float(np.sqrt(np.sum(np.square(slopes))))


def efficiency_error(efficiency, passed_squares, total, total_squares):
    """Standard error of the weighted efficiency sum of weights passed / `total`.

    The variance is [(1 - 2 e) sum_passed w^2 + e^2 sum_all w^2] / (sum_all w)^2, the binomial one
    e (1 - e) / n for unit weights.
    """
    variance = (1 - 2 * efficiency) * passed_squares + efficiency**2 * total_squares
    return np.sqrt(np.maximum(variance, 0.0)) / total


def cut_of_efficiency(scores, weights, efficiency):
    """The cut that keeps this part of the weights, as well as the scores allow.

    Of several cuts, which negative weights make possible, the highest that keeps as much.

    Parameters
    ----------
    scores, weights : ndarray of shape (n_events,)
        With a positive sum of weights.
    efficiency : float
        In (0, 1].
    """
    order = np.argsort(scores)[::-1]
    ordered = scores[order]
    last = np.append(ordered[1:] != ordered[:-1], True)
    kept = np.cumsum(weights[order])[last] / weights.sum()
    enough = kept >= efficiency * (1 - 1e-12)
    enough[-1] = True
    at = int(enough.argmax())
    # the cut before may be the nearer one
    before = at > 0 and efficiency - kept[at - 1] < kept[at] - efficiency
    return float(ordered[last][at - 1 if before else at])


def merit_error(scan, at=slice(None)):
    """Statistical error of the figure of merit, from the errors of signal and background.

    Linear propagation of sqrt(sum of squared weights) of each; the two are independent.

    Parameters
    ----------
    scan : SignificanceScan
    at : int, slice or array, default=all
        Cuts of the scan.

    Returns
    -------
    ndarray of shape (n_cuts,), or a number
        NaN where the figure of merit is.
    """
    s, b = scan.signal[at], scan.background[at]

    def slope(step_s, step_b):
        up = figure_of_merit(s + step_s, b + step_b, **scan.settings)
        down = figure_of_merit(s - step_s, b - step_b, **scan.settings)
        return (up - down) / (2 * _STEP)

    of_signal = slope(_STEP * scan.signal_error[at], 0.0)
    of_background = slope(0.0, _STEP * scan.background_error[at])
    error = np.hypot(of_signal, of_background)
    return np.where(np.isnan(scan.figure_of_merit[at]), np.nan, error)


def best_significance_ratio(scan, squares, *, equal_yields=False):
    r"""(ratio, error, threshold) of the cut of highest significance ratio.

    .. math:: \frac{s / \sqrt{s + b}}{s_{tot} / \sqrt{s_{tot}}}

    It is 1 for a cut that keeps all signal and no background, and never more unless weights are
    negative. It does not diverge as the background runs out, so no minimum is asked for.

    Parameters
    ----------
    scan : SignificanceScan
    squares : tuple of float
        Sums of squared weights of all signal and of all background.
    equal_yields : bool, default=False
        Scale the background to the sum of the signal's weights.
    """
    totals = scan.total_signal, scan.total_background
    scale = totals[0] / totals[1] if equal_yields else 1.0
    b = scale * scan.background
    defined = (scan.signal > 0) & (b >= 0)
    if not defined.any():
        return np.nan, np.nan, np.nan
    values = np.full(len(b), -np.inf)
    values[defined] = scan.signal[defined] / np.sqrt(
        (scan.signal[defined] + b[defined]) * totals[0]
    )
    at = int(values.argmax())
    kept = scan.signal[at], scan.background[at]
    kept_squares = scan.signal_squares[at], scan.background_squares[at]
    error = propagated_error(
        _ratio_of_equal_yields if equal_yields else _ratio,
        (*kept, *np.subtract(totals, kept)),
        (*kept_squares, *np.subtract(squares, kept_squares)),
    )
    return float(values[at]), error, float(scan.thresholds[at])


def _ratio(s, b, rejected_s, rejected_b):
    return s / np.sqrt((s + b) * (s + rejected_s))


def _ratio_of_equal_yields(s, b, rejected_s, rejected_b):
    return _ratio(s, b * (s + rejected_s) / (b + rejected_b), rejected_s, rejected_b)
