"""Functions given at points: linear in between, constant beyond."""

from __future__ import annotations

import numpy as np

from skhep_nn.deploy._onnx._search import count_below


def piecewise_linear(graph, value, x, y, side="right"):
    """`numpy.interp`, for each column its own function or one for all.

    Parameters
    ----------
    graph : Graph
    value : str
        In double precision, of shape (..., k).
    x : ndarray of shape (n_points,) or (k, n_points)
        Not falling.
    y : ndarray of shape (n_points,)
    side : {"right", "left"}
        From which side the value is taken where points share one x: ``"right"``, the last of them.
    """
    n_points = x.shape[-1]
    if n_points == 1:
        return graph.op("Add", graph.op("Mul", value, 0.0), float(y[0]))
    low, high = x[..., 0], x[..., -1]
    inside = graph.op("Min", graph.op("Max", value, low), high)
    found = count_below(graph, value, x, side)
    place = graph.op("Min", graph.op("Max", graph.op("Sub", found, 1), 0), n_points - 2)
    width = np.diff(x, axis=-1)
    rise = np.broadcast_to(np.diff(y), width.shape)
    slope = np.divide(rise, width, out=np.zeros(width.shape), where=width > 0)
    # from the nearer end of the step, which is exact at the points
    start_x, start_y = (x[..., :-1], y[:-1]) if side == "right" else (x[..., 1:], y[1:])
    start_y = np.broadcast_to(start_y, width.shape)
    at_x, at_y, by = (_looked_up(graph, v, place) for v in (start_x, start_y, slope))
    out = graph.op("Add", at_y, graph.op("Mul", graph.op("Sub", inside, at_x), by))
    return _beyond(graph, value, out, (low, y[0], high, y[-1]), side)


def _beyond(graph, value, out, ends, side):
    """The first and last y where x is at the ends or beyond."""
    low, first, high, last = ends
    below, above = ("Less", "GreaterOrEqual") if side == "right" else ("LessOrEqual", "Greater")
    out = graph.where(graph.op(above, value, high), float(last), out, np.float64)
    return graph.where(graph.op(below, value, low), float(first), out, np.float64)


def _looked_up(graph, table, place):
    """Entries of (n,), or for each column of (k, n), at `place`."""
    n_points = table.shape[-1]
    if table.ndim > 1:
        starts = np.arange(table.shape[0], dtype=np.int64) * n_points
        place = graph.op("Add", place, starts)
    flat = graph.constant(np.ascontiguousarray(table).reshape(-1))
    return graph.op("Gather", flat, place, axis=0)
