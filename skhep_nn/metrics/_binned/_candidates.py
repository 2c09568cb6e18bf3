"""Where the edges of bins may lie: quantiles of the scores, and the ends."""

from __future__ import annotations

import numpy as np

from skhep_nn import _choices, _floats
from skhep_nn._shown import shown

MOST = 2000


def inner_edges(candidates, scores, mask, weights):
    """Inner edges to choose from, ascending, each with events below and above."""
    if _choices.is_whole(candidates):
        found = _quantiles(int(candidates), scores, mask, weights)
    else:
        found = _floats.real(candidates, "candidates").reshape(-1)
        if not np.isfinite(found).all():
            msg = f"candidates={shown(candidates)}; they must be a number or finite scores"
            raise ValueError(msg)
    if len(found) > MOST:
        msg = f"candidates has {len(found)} scores; at most {MOST} are tried"
        raise ValueError(msg)
    found = np.unique(found)
    return found[(found > scores.min()) & (found <= scores.max())]


def _quantiles(number, scores, mask, weights):
    if not 1 <= number <= MOST:
        msg = f"candidates={number}; it must be 1 to {MOST}, or scores"
        raise ValueError(msg)
    of_signal = (number + 1) // 2
    found = []
    for side, n in ((mask, of_signal), (~mask, number - of_signal)):
        order = np.argsort(scores[side], kind="stable")
        below = np.cumsum(np.abs(weights[side][order]))
        at = np.searchsorted(below, below[-1] * np.arange(1, n + 1) / (n + 1))
        found.append(scores[side][order][np.minimum(at, len(order) - 1)])
    values = np.concatenate(found)
    return values[np.isfinite(values)]


def outer_edges(scores, inner):
    """Lowest and highest edge: 0 and 1 if all scores are within, else the ends of the scores."""
    low, high = scores.min(), scores.max()
    if low >= 0 and high <= 1:
        low, high = 0.0, 1.0
    ends = inner if len(inner) else np.array([0.0])
    low = low if np.isfinite(low) else ends[0] - 1.0
    high = high if np.isfinite(high) else ends[-1] + 1.0
    # the highest score may have a bin of its own
    top = max([low, *inner[-1:]])
    return low, high if high > top else np.nextafter(top, np.inf)
