"""What the values of a column become, whatever the format: native numbers, text, exact integers."""

from __future__ import annotations

import numpy as np
import pandas as pd

from skhep_nn.exceptions import FileFormatError

EXACT_IN_FLOAT64 = 2**53
# what an array of these kinds and at most 8 bytes per number holds can be a column
NUMBERS, TEXT, TIMES = "biuf", "SU", "mM"
KINDS = {**dict.fromkeys(NUMBERS, "numbers"), "M": "times", "m": "durations"}


def refusal(dtype):
    """Why no column can hold a NumPy type; None if one can."""
    if dtype.names:
        return f"it is a record array with fields {list(dtype.names)}"
    if dtype.kind in TIMES and np.datetime_data(dtype)[0] == "generic":
        return "its times have no unit"
    if dtype.kind in TEXT + TIMES or (dtype.kind in NUMBERS and dtype.itemsize <= 8):
        return None
    return f"its type is {dtype}"


def settled(values, what):
    """Values in the byte order of the machine, bytes as text.

    Parameters
    ----------
    values : array
    what : str
        The file and the column, for messages.

    Raises
    ------
    FileFormatError
        If bytes are no text, or values are neither numbers nor text.
    """
    dtype = values.dtype
    if not isinstance(dtype, np.dtype):
        return values
    if dtype.kind == "S":
        return _decoded(values, what)
    if dtype.kind == "O":
        return _text(values, what)
    return values if dtype.isnative else values.astype(dtype.newbyteorder("="))


def with_missing(values, is_missing):
    """Whole numbers of which some are missing: as floats if these hold them exactly, else Int64."""
    if not is_missing.any():
        return values
    there = values[~is_missing]
    if _largest(there) <= EXACT_IN_FLOAT64:
        return np.where(is_missing, np.nan, np.where(is_missing, 0, values).astype(np.float64))
    wide = np.where(is_missing, values.dtype.type(0), values)
    return pd.arrays.IntegerArray(wide, np.array(is_missing, dtype=bool))


def kind_of(values):
    """What a column holds, in words; None if all of it is missing."""
    if is_list(values):
        return "lists"
    if np.ndim(values) > 1:
        return f"arrays of shape {np.shape(values)[1:]}"
    kind = getattr(values.dtype, "kind", "O")
    if kind not in "biu" and len(values) and pd.isna(values).all():
        return None
    return KINDS.get(kind, "text")


def is_list(values):
    """Whether a column holds a list per event."""
    return isinstance(getattr(values, "dtype", None), pd.ArrowDtype)


def joined_parts(parts, what):
    """One column from its parts, all of one kind or missing; whole numbers stay exact.

    Raises
    ------
    FileFormatError
        If no type holds all values exactly, or lists of them differ in kind.
    """
    parts = [part for part in parts if len(part)] or parts[:1]
    if len(parts) == 1:
        return parts[0]
    kinds = {kind_of(part) for part in parts} - {None}
    if "lists" in kinds:
        from skhep_nn.io._lists import joined_lists

        return joined_lists(parts, what)
    if kinds == {"text"}:
        return _joined_text(parts)
    if kinds in ({"times"}, {"durations"}):
        return _joined_times(parts)
    return _joined_numbers(parts, what)


def _joined_text(parts):
    if all(isinstance(part, np.ndarray) and part.dtype.kind == "U" for part in parts):
        return np.concatenate(parts)
    return pd.concat([pd.Series(_as_text(part)) for part in parts], ignore_index=True).array


def _as_text(part):
    is_text = getattr(part.dtype, "kind", "O") not in NUMBERS
    return part if is_text else pd.Series([None] * len(part), dtype=pd.Series(["a"]).dtype)


def _joined_times(parts):
    times = [pd.Series(part) for part in parts]
    dtype = next(one.dtype for one in times if one.dtype.kind in TIMES)
    return np.concatenate(
        [one.astype(dtype if one.dtype.kind == "f" else one.dtype).to_numpy() for one in times]
    )


def _joined_numbers(parts, what):
    if np.ndim(parts[0]) > 1:
        return _joined_whole_or_floats(parts, what)
    whole = [_whole(part) for part in parts]
    if max(_largest(part) for part in whole) > EXACT_IN_FLOAT64:
        whole = [_whole(part, of_floats=True) for part in parts]
    if any(len(one) != (~pd.isna(part)).sum() for one, part in zip(whole, parts, strict=True)):
        return _joined_floats(parts, whole, what)
    missing = [pd.isna(part) for part in parts]
    if not any(map(len, whole)):
        return np.concatenate([np.asarray(part, dtype=np.float64) for part in parts])
    filled = [_filled(one, gaps) for one, gaps in zip(whole, missing, strict=True)]
    return with_missing(_joined_whole(filled, what), np.concatenate(missing))


def _joined_whole_or_floats(parts, what):
    if all(part.dtype.kind in "biu" for part in parts):
        return _joined_whole(parts, what)
    whole = [part if part.dtype.kind in "biu" else np.zeros(0, np.int8) for part in parts]
    return _joined_floats(parts, whole, what)


def _whole(part, of_floats=False):
    """The whole numbers of a part, without what is missing; none of them if it has fractions."""
    if part.dtype.kind in "biu":
        return np.asarray(part[~pd.isna(part)], dtype=_numpy_type(part))
    there = np.asarray(part)[~pd.isna(part)] if part.dtype.kind == "f" else np.zeros(0)
    # whole numbers of which some are missing were made floats
    is_whole = of_floats and np.all(np.abs(there) <= EXACT_IN_FLOAT64) and np.all(there % 1 == 0)
    return there.astype(np.int64) if is_whole else np.zeros(0, np.int8)


def _numpy_type(part):
    return getattr(part.dtype, "numpy_dtype", part.dtype)


def _filled(whole, is_missing):
    filled = np.zeros(len(is_missing), whole.dtype)
    filled[~is_missing] = whole
    return filled


def _joined_whole(parts, what):
    dtype = np.result_type(*(part.dtype for part in parts))
    if dtype.kind != "f":
        return np.concatenate(parts)
    # a float64, which is what NumPy makes of int64 and uint64, would round them
    low, high = min(map(_lowest, parts)), max(map(_highest, parts))
    if high < 2**63:
        return np.concatenate([part.astype(np.int64) for part in parts])
    if low >= 0:
        return np.concatenate([part.astype(np.uint64) for part in parts])
    msg = f"{what} has {low} and {high}, which no type of whole numbers holds exactly"
    raise FileFormatError(msg)


def _joined_floats(parts, whole, what):
    largest = max(map(_largest, whole))
    if largest > EXACT_IN_FLOAT64:
        msg = (
            f"{what} has whole numbers up to {largest} in one part and fractions in another; "
            "together they would not be exact; read the files one by one"
        )
        raise FileFormatError(msg)
    return np.concatenate([_as_floats(part) for part in parts])


def _as_floats(part):
    is_numpy = isinstance(part.dtype, np.dtype)
    return part if is_numpy else part.to_numpy(dtype=np.float64, na_value=np.nan)


def _largest(values):
    return max(abs(_lowest(values)), abs(_highest(values)))


def _lowest(values):
    return int(values.min()) if values.size else 0


def _highest(values):
    return int(values.max()) if values.size else 0


def _decoded(values, what):
    try:
        return np.char.decode(values, "utf-8")
    except UnicodeDecodeError as error:
        raise FileFormatError(_no_text(what, error)) from error


def _text(values, what):
    flat = np.ravel(values)
    kinds = {type(value) for value in flat[~pd.isna(flat)]}
    if kinds <= {str, np.str_}:
        return values
    if not kinds <= {str, np.str_, bytes, np.bytes_}:
        names = ", ".join(sorted(kind.__name__ for kind in kinds))
        msg = f"{what} holds Python objects ({names}), which are neither numbers nor text"
        raise FileFormatError(msg)
    try:
        text = [one.decode("utf-8") if isinstance(one, bytes) else one for one in flat]
    except UnicodeDecodeError as error:
        raise FileFormatError(_no_text(what, error)) from error
    decoded = np.empty(len(flat), dtype=object)
    decoded[:] = text
    return decoded.reshape(np.shape(values))


def _no_text(what, error):
    shown = error.object[:20]
    return f"{what} holds bytes that are no text in UTF-8, such as {shown!r}; leave it out"
