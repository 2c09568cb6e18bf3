"""The axis of a cut on the score: all of it, the region of the optimum, or its logit."""

from __future__ import annotations

import numpy as np

from skhep_nn import _choices
from skhep_nn.metrics import _inputs

SCALES = ("auto", "linear", "zoom", "logit")
# of the best figure of merit, what still belongs to the region of the optimum
_HALF = 0.5
# that region as a part of the axis, below which "auto" zooms, or takes the logit
_NARROW, _VERY_NARROW = 0.25, 0.02
# the ends of a logit axis, where scores are 0 or 1
_NEAREST = 1e-6


def scale_of(scale, scan, cut):
    """The scale that was asked for; "auto" decided.

    Raises
    ------
    ValueError
        If it is none, or scores are no probabilities and the scale is logit.
    """
    _choices.one_of(scale, SCALES, "scale")
    can_logit = _are_probabilities(scan)
    if scale == "logit" and not can_logit:
        low, high = _ends(scan.thresholds)
        msg = f"scale='logit' needs scores in [0, 1], these are from {low:.6g} to {high:.6g}"
        raise ValueError(msg)
    if scale != "auto":
        return scale
    low, high = region(scan, cut)
    first, last = _ends(scan.thresholds)
    part = (high - low) / (last - first) if last > first else 1.0
    if part < _VERY_NARROW and can_logit:
        return "logit"
    return "zoom" if part < _NARROW else "linear"


def region(scan, cut):
    """Ends of the region of the optimum, with a margin, and with `cut` inside."""
    first, last = _ends(scan.thresholds)
    values = scan.figure_of_merit
    if np.isnan(values).all() or not np.nanmax(values) > 0:
        return first, last
    if not np.isfinite(scan.thresholds).any():
        return first, last
    good = np.flatnonzero(values >= _HALF * np.nanmax(values))
    best = int(np.nanargmax(values))
    # the stretch around the best cut: another bump elsewhere is another region
    breaks = np.flatnonzero(np.diff(good) > 1)
    parts = np.split(good, breaks + 1)
    here = next(part for part in parts if part[0] <= best <= part[-1])
    low, high = scan.thresholds[here[0]], scan.thresholds[here[-1]]
    ends = [v for v in (low, high, cut) if np.isfinite(v)]
    low, high = min(ends), max(ends)
    margin = max(0.15 * (high - low), 1e-9 * max(abs(first), abs(last)))
    return max(first, low - margin), min(last, high + margin)


def set_scale(ax, scale, scan, cut, ends):
    """Give an axis its scale and its ends."""
    if scale == "logit":
        inside = scan.thresholds[(scan.thresholds > 0) & (scan.thresholds < 1)]
        low, high = (inside.min(), inside.max()) if len(inside) else (_NEAREST, 1 - _NEAREST)
        ax.set_xscale("logit", nonpositive="mask")
        ax.set_xlim(max(low, _NEAREST), min(high, 1 - _NEAREST))
        ax.xaxis.set_minor_formatter(_nothing())
        return
    low, high = region(scan, cut) if scale == "zoom" else ends
    ax.set_xlim(low, high if high > low else low + 1)


def yields_at(process, y_true, y_score, sample_weight, cut, options):
    """Yield of each process with score >= `cut`, and its error.

    Raises
    ------
    ValueError
        If there is not one process per event, or the scores have a column per class.
    """
    process = _inputs.labels(process, "process")
    scores = _inputs.check_scores(y_score)
    if len(process) != len(scores):
        msg = (
            f"process has {len(process)} events, but y_score has {len(scores)}; it is that of the "
            "first events, not of test events beside them"
        )
        raise ValueError(msg)
    weights = _inputs.check_weights(sample_weight, len(scores))
    scaling = options.get("yields"), options.get("luminosity", 1.0)
    weights = _inputs.scale_to_yields(_inputs.labels(y_true), weights, *scaling)
    kept, found = scores >= cut, {}
    for name in _inputs.classes_of(process):
        mask = kept & _inputs.equals(process, name)
        found[str(name)] = float(weights[mask].sum()), float(np.sqrt(np.sum(weights[mask] ** 2)))
    return found


def _nothing():
    from matplotlib.ticker import NullFormatter

    return NullFormatter()


def _ends(thresholds):
    finite = thresholds[np.isfinite(thresholds)]
    return (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 0.0)


def _are_probabilities(scan):
    low, high = _ends(scan.thresholds)
    return low >= 0 and high <= 1 and bool(np.isfinite(scan.thresholds).all())
