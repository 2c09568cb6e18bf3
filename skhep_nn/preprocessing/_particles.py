"""Particles of all events, one behind the other, whatever they came in.

NumPy alone: what scores a sequence with an ONNX file needs no pandas for it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from skhep_nn._extras import require


@dataclass(frozen=True)
class Jagged:
    """Particles of all events, one behind the other.

    Parameters
    ----------
    counts : ndarray of int of shape (n_events,)
        Number of particles of each event.
    values : list of ndarray of shape (n_particles,)
        One array per field.
    names : tuple of str, default=None
        Names of the fields.
    container : {"awkward", "frame", "object"}, default="object"
        What the particles came in.
    """

    counts: np.ndarray
    values: list
    names: tuple | None = None
    container: str = "object"

    def with_values(self, values):
        """The same events with other values per particle."""
        return replace(self, values=values)

    def rebuilt(self):
        """The particles in the container that they came in."""
        return REBUILD[self.container](self)


def of_rectangle(X, owner):
    """A rectangular array, (n, length) or (n, length, fields), maybe masked, as `Jagged`."""
    data = np.ma.getdata(X)
    if data.ndim not in (2, 3):
        msg = f"{owner}: Expected 2D array or 3D array of particles, got {data.ndim}D array"
        raise ValueError(msg)
    if data.dtype.kind not in "biuf":
        msg = f"{owner}: particles must be numbers, got values of type {data.dtype}"
        raise ValueError(msg)
    if data.ndim == 3 and not data.shape[-1]:
        msg = f"{owner}: X has 0 feature(s) (shape={data.shape}) while a minimum of 1 is required."
        raise ValueError(msg)
    data = data if data.ndim == 3 else data[..., None]
    n_events, length, n_fields = data.shape
    if not np.ma.isMaskedArray(X):
        counts = np.full(n_events, length)
        return Jagged(counts, [data[..., k].reshape(-1) for k in range(n_fields)])
    entries = _entries(np.ma.getmaskarray(X).reshape(n_events, length, -1), owner)
    flat = data[entries]
    return Jagged(entries.sum(axis=1), [flat[:, k] for k in range(n_fields)])


def _entries(masked, owner):
    """Which particles are there; all fields of a particle are masked, or none."""
    partly = masked.any(axis=2) != masked.all(axis=2)
    if partly.any():
        event = int(np.argwhere(partly)[0][0])
        msg = (
            f"{owner}: {int(masked[partly].sum())} values of the masked array are masked in "
            f"particles of which other fields are not, the first in event {event}; a mask says "
            "where padding is (.filled() says what stands for a missing value)"
        )
        raise ValueError(msg)
    return ~masked.all(axis=2)


def _awkward(jagged):
    ak = require("awkward", "io")
    parts = [ak.unflatten(ak.from_numpy(values), jagged.counts) for values in jagged.values]
    return parts[0] if jagged.names is None else ak.zip(dict(zip(jagged.names, parts, strict=True)))


def _frame(jagged):
    import pandas as pd
    import pyarrow as pa

    offsets = pa.array(np.concatenate([[0], np.cumsum(jagged.counts)]).astype(np.int32))
    columns = {}
    for name, values in zip(jagged.names, jagged.values, strict=True):
        lists = pa.ListArray.from_arrays(offsets, pa.array(values))
        columns[name] = pd.Series(lists, dtype=pd.ArrowDtype(lists.type))
    return pd.DataFrame(columns)


def _objects(jagged):
    values = jagged.values[0] if len(jagged.values) == 1 else np.column_stack(jagged.values)
    out = np.empty(len(jagged.counts), dtype=object)
    out[:] = np.split(values, np.cumsum(jagged.counts)[:-1])
    return out


REBUILD = {"awkward": _awkward, "frame": _frame, "object": _objects}
