"""Bins of a score: their edges, and which bin an event is in."""

from __future__ import annotations

import numpy as np

from skhep_nn import _choices, _floats

_MOST = 1_000_000
_CHUNK = 1 << 15
_N_CELLS = 1 << 11


def edges_of(bins, scores):
    """Edges, given as they are or as a number of bins of equal width over the scores.

    Raises
    ------
    ValueError
        If `bins` is neither a number >= 1 nor increasing finite edges.
    """
    if _choices.is_whole(bins):
        return check_edges(_even(int(bins), scores), bins)
    return check_edges(_floats.real(bins, "bins"), bins)


def check_edges(edges, given):
    """`edges`, if they are at least two, finite, and increase."""
    good = edges.ndim == 1 and 2 <= len(edges) <= _MOST + 1
    if not (good and np.isfinite(edges).all() and (np.diff(edges) > 0).all()):
        msg = (
            f"bins={given!r:.60}; it must be a number of bins >= 1 or increasing finite edges, "
            "for instance those of optimise_binning"
        )
        raise ValueError(msg)
    return edges


def bin_of(scores, edges):
    """Bin of each event; those beyond the edges are in the first and the last.

    An event whose score equals an edge is in the bin above it.
    """
    inner = edges[1:-1]
    if len(scores) < _CHUNK or not _is_range(inner):
        return np.searchsorted(inner, scores, side="right")
    out, cell_of = np.empty(len(scores), dtype=np.intp), _cells(inner)
    # an edge in a lower cell is below a score, one in a higher cell above it; only in the same
    # cell they need be compared
    at = cell_of(inner)
    below = np.searchsorted(at, np.arange(_N_CELLS + 1), side="left")
    unclear = np.isin(np.arange(_N_CELLS + 1), at)
    for start in range(0, len(scores), _CHUNK):
        part = scores[start : start + _CHUNK]
        cells = cell_of(part)
        bins = np.take(below, cells, out=out[start : start + len(part)])
        compare = np.flatnonzero(unclear[cells])
        bins[compare] = np.searchsorted(inner, part[compare], side="right")
    return out


def _is_range(inner):
    with np.errstate(over="ignore"):
        return len(inner) > 0 and np.isfinite(inner[-1] - inner[0])


def _cells(inner):
    """A function from scores to cells of equal width that never falls."""
    low, scale = inner[0], _N_CELLS / max(inner[-1] - inner[0], _N_CELLS * np.finfo(float).tiny)

    def cell_of(scores):
        with np.errstate(over="ignore"):
            position = scores - low
            position *= scale
        return np.clip(position, 0, _N_CELLS, out=position).astype(np.intp)

    return cell_of


def name_of(edges, at):
    """What a bin is called in messages."""
    return f"bin {at} ({edges[at]:.4g} to {edges[at + 1]:.4g})"


def _even(number, scores):
    if not 1 <= number <= _MOST:
        return np.empty(0)
    finite = scores[np.isfinite(scores)]
    low, high = (finite.min(), finite.max()) if len(finite) else (0.0, 1.0)
    with np.errstate(over="ignore", invalid="ignore"):
        return np.linspace(low, high if high > low else low + 1, number + 1)
