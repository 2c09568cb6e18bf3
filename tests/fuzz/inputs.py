"""Strategies: odd forms of a valid argument, and values that are no argument at all."""

from __future__ import annotations

import datetime
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pyarrow as pa
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from skhep_nn import EventBlocks

NUMBERS = (0, 1, -1, 2, 0.5, -0.0, 1e308, -1e308, 1e-310, 5e-324, 1e20, 2**53, 2**64, 10**400)
ODD = (np.nan, np.inf, -np.inf, None, pd.NA, pd.NaT, np.ma.masked, True, "1", "a", "", b"1", 1j)
THINGS = (
    Decimal("1.5"),
    Fraction(1, 3),
    datetime.datetime(2020, 1, 1),
    np.datetime64("2020"),
    np.timedelta64(1, "s"),
    pd.Timestamp("2020"),
    pd.Timedelta(1),
    np.float32(0.5),
    np.int8(3),
    np.uint64(2**64 - 1),
    np.float16(2048),
    [],
    (),
    {},
    set(),
    {1, 2},
    {"a": [1, 2]},
    [[]],
    [[1], [1, 2]],
    [None],
    ["a", 1],
    range(3),
    object(),
    int,
    len,
    np.zeros((0, 2)),
    np.zeros((2, 2, 2)),
    np.array(1.0),
    np.array("a"),
    np.ma.masked_equal([1, 2], 2),
    slice(2),
    Ellipsis,
    pd.DataFrame(),
    pd.Series(dtype=float),
)

values = st.sampled_from([*NUMBERS, *ODD, *THINGS])
single = st.sampled_from([*NUMBERS, *ODD, *THINGS[:11]])


def is_huge(value):
    """Whether `value` is a number of more than a thousand."""
    return not isinstance(value, (complex, str)) and _number(value) > 1000


def _number(value):
    try:
        return abs(float(value))
    except (TypeError, ValueError):
        return 0.0
    except OverflowError:
        return float("inf")


def odd(valid):
    """Odd forms of `valid`, a table, an array, a list or a single value."""
    if isinstance(valid, pd.DataFrame):
        return st.one_of(_frames(valid), values)
    if isinstance(valid, np.ndarray) and valid.ndim == 1:
        return st.one_of(_lists(valid), _lists(valid), values)
    if isinstance(valid, np.ndarray):
        return st.one_of(_tables(valid), _tables(valid), values)
    return values


def _lists(valid):
    return st.one_of(
        st.sampled_from(FORMS).map(lambda form: _tried(form, valid)),
        st.sampled_from(LENGTHS).map(lambda form: form(valid)),
        st.tuples(st.sampled_from(PLACED), st.integers(0, len(valid) - 1), single).map(
            lambda drawn: _tried(drawn[0], valid, drawn[1], drawn[2])
        ),
        single.map(lambda value: _filled(valid, value)),
    )


def _tables(valid):
    column = st.integers(0, valid.shape[-1] - 1)
    placed = st.tuples(st.sampled_from(PLACED), st.integers(0, valid.size - 1), single)
    return st.one_of(
        st.sampled_from(TABLE_FORMS).map(lambda form: _tried(form, valid)),
        placed.map(
            lambda drawn: _reshaped(_tried(drawn[0], valid.reshape(-1), *drawn[1:]), valid.shape)
        ),
        column.map(lambda at: np.delete(valid, at, axis=-1)),
    )


def _frames(valid):
    column = st.sampled_from(list(valid.columns))
    return st.one_of(
        st.sampled_from(FRAME_FORMS).map(lambda form: form(valid)),
        column.map(lambda name: valid.drop(columns=name)),
        column.flatmap(
            lambda name: _lists(valid[name].to_numpy()).map(
                lambda column: _with_column(valid, name, column)
            )
        ),
        values.map(lambda value: valid.rename(columns={valid.columns[0]: _hashable(value)})),
    )


def _tried(form, valid, *options):
    """`form` of `valid`; where there is none, an array of objects."""
    try:
        return form(valid, *options)
    except Exception:
        return valid.astype(object)


def _with_column(frame, name, column):
    try:
        return frame.assign(**{name: column})
    except Exception:
        return frame.assign(**{name: "odd"})


def _hashable(value):
    try:
        hash(value)
    except TypeError:
        return "odd"
    return value


def _placed_object(valid, at, value):
    out = valid.astype(object)
    out[at] = value
    return out


def _placed_list(valid, at, value):
    out = valid.tolist()
    out[at] = value
    return out


def _placed(valid, at, value):
    out = valid.copy()
    try:
        out[at] = value
    except (TypeError, ValueError, OverflowError):
        return _placed_object(valid, at, value)
    return out


def _placed_float(valid, at, value):
    return _placed(valid.astype(float) if valid.dtype.kind in "biuf" else valid, at, value)


def _placed_mask(valid, at, value):
    mask = np.zeros(len(valid), bool)
    mask[at] = True
    return np.ma.MaskedArray(valid, mask=mask)


def _placed_series(valid, at, value):
    return pd.Series(_placed_object(valid, at, value))


def _placed_nullable(valid, at, value):
    out = pd.Series(valid).convert_dtypes()
    out.iloc[at] = pd.NA
    return out


def _filled(valid, value):
    out = np.empty(len(valid), dtype=object)
    out[:] = [value] * len(valid)
    try:
        typed = np.array(out.tolist())
    except (TypeError, ValueError, OverflowError, UserWarning):
        return out
    return typed if typed.shape == out.shape else out


def _reshaped(flat, shape):
    flat = flat if isinstance(flat, np.ndarray) else _filled_from(flat)
    return flat.reshape(shape)


def _filled_from(items):
    out = np.empty(len(items), dtype=object)
    out[:] = list(items)
    return out


def _cast(dtype):
    def cast(valid):
        try:
            with np.errstate(all="ignore"):
                return valid.astype(dtype)
        except (TypeError, ValueError):
            return valid.astype(object)

    return cast


def _read_only(valid):
    out = valid.copy()
    out.flags.writeable = False
    return out


def _strided(valid):
    return np.repeat(valid, 2, axis=0)[::2]


def _records(valid):
    return np.array([(value,) for value in valid], dtype=[("x", valid.dtype)])


CASTS = ("f2", "f4", "f8", "g", ">f8", "i1", "u1", "i8", "u8", "c16", "M8[s]", "m8[s]", "U", "S")
FORMS = (
    *[_cast(dtype) for dtype in (*CASTS, "O", "?")],
    list,
    lambda valid: valid.tolist(),
    lambda valid: tuple(valid.tolist()),
    lambda valid: valid[:, None],
    lambda valid: valid[None, :],
    lambda valid: np.stack([valid, valid], axis=1),
    lambda valid: np.stack([valid, valid], axis=1)[..., None],
    lambda valid: [[value] for value in valid.tolist()],
    lambda valid: pd.Series(valid, index=np.arange(len(valid))[::-1]),
    lambda valid: pd.Series(valid).convert_dtypes(),
    lambda valid: pd.Series(valid).astype("category"),
    lambda valid: pd.Series(pa.array(valid), dtype=pd.ArrowDtype(pa.array(valid).type)),
    lambda valid: pd.DataFrame({"x": valid}),
    pd.Index,
    pa.array,
    lambda valid: pa.chunked_array([pa.array(valid)]),
    np.ma.MaskedArray,
    lambda valid: np.ma.MaskedArray(valid, mask=True),
    lambda valid: [np.ma.MaskedArray(valid[:1], mask=True), *valid[1:]],
    lambda valid: iter(valid.tolist()),
    lambda valid: set(valid.tolist()),
    lambda valid: dict(enumerate(valid.tolist())),
    lambda valid: str(valid.tolist()),
    lambda valid: EventBlocks({"x": valid}),
    _read_only,
    _strided,
    _records,
    lambda valid: valid[::-1],
)
LENGTHS = (
    lambda valid: valid[:0],
    lambda valid: valid[:1],
    lambda valid: valid[:-1],
    lambda valid: np.concatenate([valid, valid[:1]]),
    lambda valid: valid[0],
    lambda valid: np.array(valid[0]),
    lambda valid: [valid.tolist(), valid[:1].tolist()],
)
PLACED = (
    _placed_object,
    _placed_list,
    _placed,
    _placed_float,
    _placed_mask,
    _placed_series,
    _placed_nullable,
)
TABLE_FORMS = (
    *[_cast(dtype) for dtype in (*CASTS, "O", "?")],
    lambda valid: valid.tolist(),
    lambda valid: tuple(valid.tolist()),
    lambda valid: valid[0],
    lambda valid: valid[..., 0],
    lambda valid: valid[..., None],
    lambda valid: valid[:0],
    lambda valid: valid[:1],
    lambda valid: valid[:-1],
    lambda valid: valid[..., :0],
    lambda valid: np.swapaxes(valid, 0, -1),
    np.asfortranarray,
    np.ma.MaskedArray,
    lambda valid: np.ma.MaskedArray(valid, mask=True),
    lambda valid: csr_matrix(valid.reshape(len(valid), -1)),
    lambda valid: pd.DataFrame(valid.reshape(len(valid), -1)),
    lambda valid: pd.DataFrame(valid.reshape(len(valid), -1)).add_prefix("x"),
    lambda valid: EventBlocks({"x": valid}),
    lambda valid: {"x": valid},
    lambda valid: pa.table({"x": pa.array(valid.reshape(len(valid), -1)[:, 0])}),
    _read_only,
    _strided,
)
FRAME_FORMS = (
    lambda valid: valid.to_numpy(),
    lambda valid: valid.astype(object),
    lambda valid: valid.convert_dtypes(),
    lambda valid: valid[valid.columns[::-1]],
    lambda valid: pd.concat([valid, valid.iloc[:, :1]], axis=1),
    lambda valid: valid.assign(more=1.0),
    lambda valid: valid.assign(more="text"),
    lambda valid: valid.iloc[:0],
    lambda valid: valid.iloc[:1],
    lambda valid: valid.iloc[:-1],
    lambda valid: valid.iloc[:, :0],
    lambda valid: valid.iloc[:, :1],
    lambda valid: valid.T,
    lambda valid: valid.set_axis(range(valid.shape[1]), axis=1),
    lambda valid: valid.set_axis(pd.MultiIndex.from_product([["a"], valid.columns]), axis=1),
    lambda valid: valid.set_axis([0] * len(valid), axis=0),
    lambda valid: valid.iloc[:, 0],
    dict,
    lambda valid: valid.to_records(index=False),
    lambda valid: EventBlocks({name: valid[name].to_numpy() for name in valid}),
    pa.Table.from_pandas,
    lambda valid: valid.to_numpy().tolist(),
    lambda valid: csr_matrix(np.zeros(valid.shape)),
)
