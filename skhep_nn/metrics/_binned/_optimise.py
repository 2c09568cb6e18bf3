"""Edges of the bins of a score that maximise the expected significance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from skhep_nn import _choices, _floats, _weights
from skhep_nn.metrics import _inputs
from skhep_nn.metrics._binned import _bins, _candidates
from skhep_nn.metrics._binned._events import binned_events
from skhep_nn.metrics._binned._likelihood import discovery_deviance
from skhep_nn.metrics._binned._profiled_bins import ProfiledIntervals, best_profiled
from skhep_nn.metrics._binned._templates import templates_of
from skhep_nn.metrics._figure_of_merit import check_settings

_MOST_BINS = 20
# of the significance of the best binning, which the fewest bins must reach
_ENOUGH = 0.99
# sums of equal weights miss a whole number of events by rounding
_EXACT = 1 - 1e-9
_ROUNDING = 1e-13


def optimise_binning(
    y_true,
    y_score,
    sample_weight=None,
    *,
    n_bins="auto",
    min_effective_background=10.0,
    min_background=0.0,
    systematic=0.0,
    simulation_error=True,
    variations=None,
    candidates=100,
    signal=1,
    yields=None,
    luminosity=1.0,
):
    r"""Edges of the bins of a score that maximise the expected significance.

    Choose them on validation events and quote :func:`binned_significance` on test events: on the
    events that chose them the significance is optimistic.

    Parameters
    ----------
    y_true : array-like of shape (n_events,)
        Class labels of any type; every class other than `signal` is background.
    y_score : array-like of shape (n_events,)
        High for signal.
    sample_weight : array-like of shape (n_events,) or number, default=None
        Event weights of either sign, in expected events.
    n_bins : int or "auto", default="auto"
        So many bins, or the fewest that reach 99 % of the significance of the best number, 20 at
        most.
    min_effective_background : float, default=10.0
        Effective background events, (sum w)^2 / sum w^2, that every bin must hold.
    min_background : float, default=0.0
        Expected background events, in the units of the weights times `luminosity`, that every bin
        must hold.
    systematic : float, default=0.0
        Relative uncertainty of the background, independent from bin to bin.
    simulation_error : bool, default=True
        Whether the statistical error of the simulated background is an uncertainty too.
    variations : dict of str to tuple, default=None
        Systematic variations that are common to all bins, as of :func:`binned_significance`.
        A normalisation is a pair of factors: ``{"rate": (1.2, 0.8)}`` is one of 20 %, which bins
        of little signal measure.
    candidates : int or array-like, default=100
        Where inner edges may lie: so many quantiles of the scores, of signal and background in
        turn; or these scores.
    signal : label or list of labels, default=1
    yields : dict of label to number, default=None
        Full yield of each class, to which its weights are scaled.
    luminosity : float, default=1.0
        Factor on all weights (or `yields`).

    Returns
    -------
    ndarray of shape (n_bins + 1,)
        Edges; the outer ones are 0 and 1 if all scores are within, else the lowest and the
        highest score.

    Raises
    ------
    ValueError
        If no binning has so many bins that each hold enough background and no negative signal,
        there is no signal or no background, or a parameter makes no sense.
    WeightError
        If weights are not finite, or those of signal or background sum to zero or less.

    Notes
    -----
    Without `variations` the squared significance of :func:`binned_significance` is the sum over
    the bins of the squares of theirs, so that dynamic programming over the candidates finds the
    best edges: the best k bins below an edge are the best k - 1 below an earlier edge and one
    more (R. Bellman, Commun. ACM 4 (1961) 284). It is no greedy search; no other choice among the
    candidates is better.

    With `variations` it is the profile likelihood ratio, which is no sum over bins. It is one
    where nuisances are held: the best edges for these, and the best nuisances for those, are
    found in turn until they are each other's, and each edge is then moved as long as that is of
    use. No other place of a single edge is better.

    Examples
    --------
    >>> import numpy as np
    >>> from skhep_nn.metrics import optimise_binning
    >>> y = np.repeat([0, 1], [80, 20])
    >>> score = np.r_[np.linspace(0, 0.8, 80), np.linspace(0.5, 1, 20)]
    >>> optimise_binning(y, score, n_bins=2, candidates=[0.3, 0.6, 0.65, 0.9]).tolist()
    [0.0, 0.65, 1.0]
    """
    check_settings("asimov", systematic)
    systematic = _floats.one(systematic, "systematic")
    rules = _inputs.least_background(min_background, min_effective_background)
    _inputs.check_flag(simulation_error, "simulation_error")
    most = check_number(n_bins)
    given = {"signal": signal, "yields": yields, "luminosity": luminosity}
    scores = _inputs.check_scores(y_score)
    weights = _inputs.check_weights(sample_weight, len(scores))
    _inputs.check_lengths(_inputs.labels(y_true), scores)
    weights = _inputs.scale_to_yields(y_true, weights, yields, luminosity)
    scores, mask, weights = _inputs.check_events(y_true, scores, weights, signal)
    _weights.check_squares(weights)
    inner = _candidates.inner_edges(candidates, scores, mask, weights)
    sums = _interval_sums(scores, mask, weights, inner)
    allowed = _allowed(sums, rules)
    error = _error(sums, allowed, systematic, simulation_error)
    best = best_binnings(_gains(sums, allowed, error), min(most, len(inner) + 1))
    if variations is not None:
        wanted = range(1, len(best) + 1) if n_bins == "auto" else [most]
        templates = _variations((y_true, y_score, sample_weight), inner, variations, given)
        best = _profiled(best, wanted, ProfiledIntervals(sums, allowed, error, templates))
    chosen = _chosen(best, n_bins, most, sums, rules)
    low, high = _candidates.outer_edges(scores, inner[chosen])
    return np.array([low, *inner[chosen], high])


@dataclass(frozen=True)
class Intervals:
    """Sums between any two candidate edges, of shape (n_edges, n_edges), from row to column."""

    signal: np.ndarray
    background: np.ndarray
    squares: np.ndarray


def best_binnings(gains, most):
    """The best objective of k bins, and their edges, for k = 1 to `most`.

    Parameters
    ----------
    gains : ndarray of shape (n_edges, n_edges)
        What a bin from edge i to edge j adds; -inf where it may not be.
    most : int

    Returns
    -------
    list of (float, list of int)
        Objective, -inf where there is no such binning, and inner edges as positions, from 1 on.
    """
    last = len(gains) - 1
    best, origins, found = gains[0].copy(), [], []
    for _ in range(most):
        found.append((float(best[last]), _trace(origins, last)))
        totals = best[:, None] + gains
        origins.append(totals.argmax(axis=0))
        best = totals.max(axis=0)
    return found


def _trace(origins, at):
    edges = []
    for origin in reversed(origins):
        at = int(origin[at])
        edges.append(at)
    return edges[::-1]


def _interval_sums(scores, mask, weights, inner):
    edges = np.concatenate([[-np.inf], inner, [np.inf]])
    bins, n = _bins.bin_of(scores, edges), len(edges) - 1
    parts = (weights * mask, weights * ~mask, np.square(weights) * ~mask)
    running = [np.concatenate([[0.0], np.cumsum(np.bincount(bins, w, n))]) for w in parts]
    sums = (_differences(total, np.abs(w).sum()) for total, w in zip(running, parts, strict=True))
    return Intervals(*sums)


def _differences(running, scale):
    """Sums from row to column; what is left of a sum that cancels is nothing."""
    sums = running[None, :] - running[:, None]
    sums[np.abs(sums) < _ROUNDING * scale] = 0.0
    return sums


def _allowed(sums, rules):
    """Which intervals may be a bin."""
    background = sums.background
    enough = background >= max(rules["min_background"] * _EXACT, 0.0)
    least = rules["min_effective_background"] * _EXACT * sums.squares
    allowed = np.triu((background > 0) & enough & (background**2 >= least), 1)
    return allowed & (sums.signal >= 0)


def _error(sums, allowed, systematic, simulation_error):
    """Relative uncertainty of the background of every interval that may be a bin."""
    variance = np.maximum(sums.squares, 0.0) if simulation_error else np.zeros(allowed.shape)
    return np.hypot(systematic, np.sqrt(variance) / np.where(allowed, sums.background, 1.0))


def _gains(sums, allowed, error):
    """Squared significance of every interval that may be a bin, -inf of the others."""
    out = np.full(allowed.shape, -np.inf)
    parts = (values[allowed] for values in (sums.signal, sums.background, error))
    out[allowed] = discovery_deviance(*parts)
    return out


def _variations(events, inner, variations, given):
    """Slopes of the background of every interval, as of `ProfiledIntervals`."""
    scores = _inputs.check_scores(events[1])
    low, high = _candidates.outer_edges(scores, inner)
    found = binned_events(
        *events, bins=np.array([low, *inner, high]), variations=variations, processes=None, **given
    )
    templates = templates_of(found, systematic=0.0, simulation_error=False)
    if not templates.variations:
        return np.zeros((2, 0, len(inner) + 2, len(inner) + 2))
    nominal = templates.nominal[1]
    sides = [
        [sign * (pair[at][1] - nominal) for pair in templates.variations.values()]
        for at, sign in ((1, -1), (0, 1))
    ]
    running = np.insert(np.cumsum(sides, axis=-1), 0, 0.0, axis=-1)
    return running[..., None, :] - running[..., :, None]


def _profiled(best, wanted, intervals):
    """`best` with the best binnings of the numbers of bins that are `wanted`."""
    found = list(best)
    for n_bins in wanted:
        value, inner = best[n_bins - 1] if n_bins <= len(best) else (-np.inf, [])
        if value > -np.inf:
            found[n_bins - 1] = best_profiled(intervals, n_bins, tuple(inner), _best_path)
    return found


def _best_path(gains, n_bins):
    return tuple(best_binnings(gains, n_bins)[-1][1])


def _chosen(best, n_bins, most, sums, rules):
    """Positions among the inner candidates of the edges of the binning that is asked for."""
    values = np.array([value for value, _ in best])
    possible = np.flatnonzero(values > -np.inf) + 1
    wanted = n_bins != "auto"
    if not len(possible) or (wanted and most not in possible):
        raise ValueError(_impossible(n_bins, possible, sums, rules))
    fewest = int(np.flatnonzero(values >= _ENOUGH**2 * values.max())[0]) + 1
    number = most if wanted else fewest
    return np.array(best[number - 1][1], dtype=int) - 1


def _impossible(n_bins, possible, sums, rules):
    background, squares = sums.background[0, -1], sums.squares[0, -1]
    asked = ", ".join(f"{name}={value:g}" for name, value in rules.items())
    count = "no binning has" if n_bins == "auto" else f"no binning has n_bins={n_bins} with"
    most = f"; {max(possible)} bins are possible" if len(possible) else ""
    return (
        f"{count} {asked} and no negative yield in every bin: there are {background:.6g} expected "
        f"and {background**2 / squares:.6g} effective background events in all{most}. Use more "
        "events, fewer bins, or lower minima"
    )


def check_number(n_bins, name="n_bins"):
    """The most bins that `n_bins`, a number or "auto", allows."""
    if isinstance(n_bins, str) and n_bins == "auto":
        return _MOST_BINS
    if not _choices.is_whole(n_bins) or not 1 <= n_bins <= _candidates.MOST:
        msg = f'{name}={n_bins!r:.60}; it must be a number from 1 to {_candidates.MOST} or "auto"'
        raise ValueError(msg)
    return int(n_bins)
