"""Weighted sums of the events at or above each threshold, the base of ROC and cut scans."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_CHUNK = 1 << 16


@dataclass(frozen=True)
class TailSums:
    """Sums over the events with score >= threshold, for ascending thresholds."""

    thresholds: np.ndarray
    signal: np.ndarray
    background: np.ndarray
    signal_squares: np.ndarray
    background_squares: np.ndarray


def at_every_score(scores, is_signal, weights):
    """Tail sums with every distinct score as a threshold: one sort, then cumulative sums."""
    order = np.argsort(scores)
    n_events, found = len(order), 0
    # new memory costs more than arithmetic: each order is read before its place is overwritten
    thresholds = order.view(np.float64) if order.itemsize == 8 else np.empty(n_events)
    out, carry = np.empty((4, n_events)), np.zeros((4, 1))
    # in pieces that stay in the processor's cache, written from the highest score downwards
    for stop in range(n_events, 0, -_CHUNK):
        part = order[max(stop - _CHUNK, 0) : stop][::-1].copy()
        following = scores[order[stop - len(part) - 1]] if stop > len(part) else np.nan
        ordered = scores[part]
        sums = _cumulative(is_signal[part], weights[part], carry)
        last = _last_of_equal(ordered, following)
        at = slice(n_events - found - len(last), n_events - found)
        thresholds[at] = ordered[last][::-1]
        out[:, at] = sums[:, last][:, ::-1]
        carry, found = sums[:, -1:], found + len(last)
    unused = n_events - found
    return TailSums(_trimmed(thresholds, unused), *_trimmed(out, unused))


def _cumulative(is_signal, weights, carry):
    """Running sums of w and w^2 of signal and background, going on from `carry`."""
    values = np.empty((4, len(weights)))
    np.multiply(weights, is_signal, out=values[0])
    np.multiply(weights, ~is_signal, out=values[1])
    np.square(values[:2], out=values[2:])
    values[:, :1] += carry
    return np.cumsum(values, axis=1, out=values)


def _last_of_equal(ordered, following):
    # a threshold keeps all events of equal score, so sums are read at the last of them
    ends = np.ones(len(ordered), dtype=bool)
    np.not_equal(ordered[:-1], ordered[1:], out=ends[:-1])
    ends[-1] = ordered[-1] != following
    return np.flatnonzero(ends)


def _trimmed(out, unused):
    # a copy where it frees much memory
    used = out[..., unused:]
    return used.copy() if unused > used.shape[-1] else used


def at_thresholds(scores, is_signal, weights, thresholds):
    """Tail sums at given ascending thresholds: a weighted count per interval, no sort."""
    count, n_bins = interval_counter(thresholds), len(thresholds) + 1
    sums, squares = np.zeros(2 * n_bins), np.zeros(2 * n_bins)
    size = max(_CHUNK, 8 * n_bins)
    for start in range(0, len(scores), size):
        part = slice(start, start + size)
        bins = count(scores[part])
        bins += n_bins * is_signal[part]
        w = weights[part]
        sums += np.bincount(bins, weights=w, minlength=2 * n_bins)
        squares += np.bincount(bins, weights=w * w, minlength=2 * n_bins)

    def tail(values):
        return np.cumsum(values[:0:-1])[::-1]

    (background, signal), (background2, signal2) = sums.reshape(2, -1), squares.reshape(2, -1)
    return TailSums(thresholds, tail(signal), tail(background), tail(signal2), tail(background2))


def interval_counter(thresholds):
    """A function that gives, for each score, the number of `thresholds` <= score.

    On an evenly spaced grid the interval is computed and then corrected by comparing with the
    thresholds themselves, so that a score equal to a threshold always counts.
    """
    if not _evenly_spaced(thresholds):
        return lambda scores: np.searchsorted(thresholds, scores, side="right")
    top = len(thresholds) - 1
    scale = top / (thresholds[-1] - thresholds[0])
    above = np.append(thresholds[1:], np.nan)

    def count(scores):
        position = np.clip((scores - thresholds[0]) * scale, 0, top)
        at = position.astype(np.intp)
        return at + 1 + (scores >= above[at]) - (scores < thresholds[at])

    return count


def _evenly_spaced(thresholds):
    if len(thresholds) < 3:
        return False
    grid, step = np.linspace(thresholds[0], thresholds[-1], len(thresholds), retstep=True)
    # half of what the correction by one interval allows
    wide_enough = step > 1e-10 * np.abs(thresholds).max()
    return bool(wide_enough and np.all(np.abs(thresholds - grid) < 0.25 * step))
