"""Finding numbers among sorted ones: `numpy.searchsorted` as a graph."""

from __future__ import annotations

import math

import numpy as np

# Up to so many sorted numbers each is compared; above, they are bisected.
FEW = 128
SIDES = {"right": "LessOrEqual", "left": "Less"}


def count_below(graph, value, numbers, side="right"):
    """How many of the sorted `numbers` are below each of `value`; ``"right"``: or equal.

    Parameters
    ----------
    graph : Graph
    value : str
        Of shape (..., k).
    numbers : ndarray of shape (n_numbers,) or (k, n_numbers)
        For all columns, or for each its own; NaN behind the last number of a column.
    side : {"right", "left"}

    Returns
    -------
    str
        Of int64, of the shape of `value`.
    """
    numbers = np.asarray(numbers, graph.types[value])
    if numbers.dtype.kind == "f":
        numbers = np.where(np.isnan(numbers), np.inf, numbers)
    if numbers.shape[-1] <= FEW:
        return _by_comparing(graph, value, numbers, SIDES[side])
    return _by_bisection(graph, value, numbers, SIDES[side])


def _by_comparing(graph, value, numbers, kind):
    below = graph.op(kind, graph.constant(numbers), graph.expand_dims(value, -1))
    return graph.sum(graph.cast(below, np.int64), -1, keepdims=False)


def _by_bisection(graph, value, numbers, kind):
    n_steps = math.ceil(math.log2(numbers.shape[-1] + 1))
    size = 2**n_steps - 1
    highest = np.inf if numbers.dtype.kind == "f" else np.iinfo(numbers.dtype).max
    rows = np.full((*numbers.shape[:-1], size), highest, numbers.dtype)
    rows[..., : numbers.shape[-1]] = numbers
    flat = graph.constant(rows.reshape(-1))
    starts = np.arange(rows.size // size, dtype=np.int64) * size
    count = None
    for step in (2**n for n in reversed(range(n_steps))):
        place = starts + step - 1 if count is None else graph.op("Add", count, starts + step - 1)
        place = graph.constant(place) if count is None else place
        probe = graph.op("Gather", flat, place, axis=0)
        below = graph.cast(graph.op(kind, probe, value), np.int64)
        found = graph.op("Mul", below, step)
        count = found if count is None else graph.op("Add", count, found)
    return count
