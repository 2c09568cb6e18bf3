"""What a file asks for: its inputs, and how X becomes them. Known to writing and to reading."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np

from skhep_nn import _columns, _floats
from skhep_nn import _event_numbers as event_numbers
from skhep_nn.exceptions import ColumnError


@dataclass(frozen=True)
class Input:
    """One input of a file.

    Parameters
    ----------
    name : str
    kind : {"table", "array", "block", "lists", "lengths", "sequence", "mask", "numbers"}
        Columns of a table side by side; X itself, an array; a block; lists of particles, filled
        up to the longest; how many of these an event has; blocks side by side; their mask; the
        event numbers of a cross-fit.
    dtype : str
    shape : list
        Of an event, None for any length.
    columns : list
        Positions among the columns, or names of blocks, that it is made of.
    of : str, default=None
        What kind a block is (tokens, mask...); of lengths, the name of the lists; of event
        numbers, how folds follow from them.
    vocabulary_size : int, default=None
        Of tokens.
    """

    name: str
    kind: str
    dtype: str
    shape: list
    columns: list
    of: str | None = None
    vocabulary_size: int | None = None

    def as_dict(self):
        """For JSON."""
        return asdict(self)


def feeds_of(inputs, X, present, owner):
    """What a session is fed, by name of the input.

    Parameters
    ----------
    inputs : list of Input
    X : DataFrame, array, EventBlocks or awkward array
    present : list of int
        Position in fit of each column of X.
    owner : str
        For error messages.

    Raises
    ------
    ColumnError, ValueError
        If X does not hold numbers, or of another shape.
    """
    return {spec.name: READERS[spec.kind](spec, X, present, owner) for spec in inputs}


def _table(spec, X, present, owner):
    every = list(spec.columns) == list(present)
    here = None if every else [present.index(at) for at in spec.columns]
    if _columns.is_blocks(X):
        names = _columns.names(X)
        names = names if every else [names[at] for at in here]
        parts = [np.asarray(X[name]).reshape(len(X), -1) for name in names]
        return _numbers(np.concatenate(parts, axis=1), spec)
    if _columns.is_frame(X):
        return _numbers(_of_frame(X if every else X.iloc[:, here]), spec)
    array = np.asarray(X)
    if array.ndim != 2:
        msg = f"X has shape {array.shape}; {owner} takes a table of events and features"
        raise ValueError(msg)
    return _numbers(array if every else array[:, here], spec)


def _of_frame(frame):
    if any(getattr(dtype, "kind", "O") in "cO" for dtype in frame.dtypes):
        return np.column_stack([_of_column(frame[name], name) for name in frame.columns])
    try:
        return frame.to_numpy(dtype=np.float64, na_value=np.nan)
    except (TypeError, ValueError):
        # what is missing among objects, pandas finds column by column only
        return np.column_stack([_of_column(frame[name], name) for name in frame.columns])


def _of_column(column, name):
    try:
        _floats.check_type(column.dtype, name)
        return column.to_numpy(dtype=np.float64, na_value=np.nan)
    except (TypeError, ValueError, OverflowError) as error:
        msg = f"column {name!r} does not hold numbers (type {column.dtype})"
        raise ColumnError(msg) from error


def _array(spec, X, present, owner):
    array = np.asarray(X)
    length, width = spec.shape[:-1], spec.shape[-1]
    if array.ndim != len(spec.shape) + 1 or list(array.shape[1:-1]) != length:
        wanted = ", ".join(map(str, [*length, width]))
        msg = f"X has shape {array.shape}; {owner} takes (events, {wanted})"
        raise ValueError(msg)
    here = [present.index(at) for at in spec.columns]
    return _numbers(array if here == list(present) else array[..., here], spec)


def _block(spec, X, present, owner):
    name = spec.columns[0]
    values = np.asarray(X[name])
    shape = tuple(spec.shape)
    if values.ndim == 1 and shape == (1,):
        values = values[:, None]
    known = [(n, m) for n, m in zip(values.shape[1:], shape, strict=False) if m is not None]
    if values.ndim != len(shape) + 1 or any(n != m for n, m in known):
        msg = f"block {name!r} has shape {values.shape[1:]} per event; {owner} takes {shape}"
        raise ValueError(msg)
    if spec.vocabulary_size is not None:
        _check_tokens(name, values, spec.vocabulary_size)
    return _numbers(values, spec)


def _check_tokens(name, tokens, size):
    outside = (tokens < 0) | (tokens >= size)
    if outside.any():
        event = int(np.argwhere(outside)[0][0])
        msg = (
            f"block {name!r} has the token {int(tokens[outside][0])} in event {event} "
            f"({int(outside.sum())} in all); its vocabulary has the tokens 0 to {size - 1}"
        )
        raise ValueError(msg)


def _lists(spec, X, present, owner):
    particles = _particles(spec, X, present, owner)
    longest = max(int(particles.counts.max(initial=0)), 1)
    out = np.zeros((len(particles.counts), longest, len(particles.values)), spec.dtype)
    there = np.arange(longest) < particles.counts[:, None]
    for at, values in enumerate(particles.values):
        _check_finite(values, particles.names[at] if particles.names else at, owner)
        out[..., at][there] = values
    return out


def _lengths(spec, X, present, owner):
    return _particles(spec, X, present, owner).counts.astype(spec.dtype)


def _particles(spec, X, present, owner):
    from skhep_nn.preprocessing._particles import Jagged, of_rectangle

    here = [present.index(at) for at in spec.columns]
    if len(X) == 0:
        empty = [np.zeros(0) for _ in range(spec.shape[-1] if spec.shape else 1)]
        return Jagged(np.zeros(0, int), empty)
    if _columns.is_frame(X):
        return _flattened(X.iloc[:, here], owner)
    if isinstance(X, Records):
        names = X.keys()
        return _flattened(X.X[[names[at] for at in here]], owner)
    return of_rectangle(_side_by_side(X, here), owner)


def _flattened(lists, owner):
    from skhep_nn.preprocessing import _jagged

    return _jagged.flatten(lists, owner)


def _side_by_side(X, here):
    """Blocks, or columns of an array, at the places `here`; masked where a block is."""
    from skhep_nn.preprocessing import _block_columns

    return _block_columns.part_of(X, here).value


def _sequence(spec, X, present, owner):
    values = _side_by_side(X, [present.index(at) for at in spec.columns])
    values = np.ma.getdata(values).reshape(len(X), *spec.shape)
    return _numbers(values, spec)


def _mask(spec, X, present, owner):
    values = _side_by_side(X, [present.index(at) for at in spec.columns])
    masked = np.ma.getmaskarray(values).reshape(len(X), spec.shape[0], -1)
    return np.ascontiguousarray(~masked.all(axis=2), spec.dtype)


def _event_numbers(spec, X, present, owner):
    """Zeros for events that have none."""
    if not has_numbers(spec, present, owner):
        return np.zeros((len(X), len(spec.columns)), np.int64)
    here = [present.index(at) for at in spec.columns]
    return event_numbers.numbers_at(X, here, signed=spec.of == "modulo")


def has_numbers(spec, present, owner):
    """Whether X has the event numbers.

    Raises
    ------
    ColumnError
        If it has a part of the columns only.
    """
    found = [at in present for at in spec.columns]
    if any(found) and not all(found):
        msg = (
            f"X has {sum(found)} of the {len(found)} columns of the event number; {owner} needs "
            "all of them, or none"
        )
        raise ColumnError(msg)
    return all(found)


class Records:
    """An awkward array of records: its fields are named columns."""

    def __init__(self, X):
        self.X = X
        self.kinds = {}

    def keys(self):
        """Names of the fields."""
        return list(self.X.fields)

    def __getitem__(self, name):
        return np.asarray(self.X[name])

    def __len__(self):
        return len(self.X)


READERS = {
    "table": _table,
    "array": _array,
    "block": _block,
    "lists": _lists,
    "lengths": _lengths,
    "sequence": _sequence,
    "mask": _mask,
    "numbers": _event_numbers,
}


def _numbers(array, spec):
    if array.dtype.kind not in "biuf":
        try:
            array = array.astype(np.float64)
        except (TypeError, ValueError):
            msg = f"input {spec.name!r} holds {array.dtype}, which are no numbers"
            raise ColumnError(msg) from None
    with np.errstate(over="ignore"):
        return np.ascontiguousarray(array, spec.dtype)


def _check_finite(values, name, owner):
    bad = ~np.isfinite(values) if values.dtype.kind == "f" else np.zeros(0, bool)
    if bad.any():
        msg = f"{owner}: {name!r} has {int(bad.sum())} values that are NaN or infinite"
        raise ValueError(msg)
