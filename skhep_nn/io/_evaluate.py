"""What a cut is worth for each event: whole numbers exactly, all other numbers as float64."""

from __future__ import annotations

import ast
import operator

import numpy as np
import pandas as pd

FUNCTIONS = {
    name: getattr(np, name)
    for name in (
        *("sin", "cos", "tan", "arcsin", "arccos", "arctan", "arctan2", "sinh", "cosh", "tanh"),
        *("arcsinh", "arccosh", "arctanh", "exp", "expm1", "log", "log2", "log10", "log1p"),
        *("sqrt", "abs", "floor", "ceil", "hypot", "minimum", "maximum"),
        *("isnan", "isfinite", "isinf"),
    )
}
EXACT = {"abs": np.abs, "minimum": np.minimum, "maximum": np.maximum}
# of whole numbers these are the numbers themselves
ROUNDING = ("floor", "ceil")

# name: numbers of arguments it may be given
METHODS = {
    **dict.fromkeys(("isna", "isnull", "notna", "notnull", "abs"), (0,)),
    "isin": (1,),
    "between": (2,),
}

ARITHMETIC = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}
DIVISIONS = (ast.Div, ast.FloorDiv, ast.Mod)
BITS = {ast.And: operator.and_, ast.Or: operator.or_}
COMPARISONS = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
UNARY = (ast.Not, ast.Invert, ast.USub, ast.UAdd)
OPERATORS = (*ARITHMETIC, *BITS, *COMPARISONS, ast.In, ast.NotIn, *UNARY)

# results below are held by int64, also where float64 has rounded the estimate of them
SAFE = 2.0**62
EXACT_IN_FLOAT64 = 2**53


class Evaluation:
    """The value of a syntax tree that `Cut` has checked.

    Parameters
    ----------
    columns : dict of str to array of shape (n_events,)
    """

    def __init__(self, columns):
        self._columns, self._known = columns, {}

    def value(self, node):
        """The value of `node`: an array of shape (n_events,), a constant, or a list of these."""
        return getattr(self, f"_{type(node).__name__.lower()}")(node)

    def _constant(self, node):
        return node.value

    def _name(self, node):
        if node.id not in self._known:
            self._known[node.id] = widened(self._columns[node.id])
        return self._known[node.id]

    def _list(self, node):
        return [self.value(one) for one in node.elts]

    _tuple = _set = _list

    def _boolop(self, node):
        values = [self.value(one) for one in node.values]
        result = values[0]
        for value in values[1:]:
            result = BITS[type(node.op)](*_both_true_or_whole(result, value))
        return result

    def _unaryop(self, node):
        value = self.value(node.operand)
        if isinstance(node.op, (ast.Not, ast.Invert)):
            return _inverted(value, node)
        value = _number(value)
        return arithmetic(operator.sub, 0, value) if isinstance(node.op, ast.USub) else value

    def _binop(self, node):
        left, right = (_number(self.value(side)) for side in (node.left, node.right))
        if isinstance(node.op, DIVISIONS) and np.ndim(right) == 0 and right == 0:
            msg = f"{ast.unparse(node)} divides by zero, for every event"
            raise ZeroDivisionError(msg)
        return arithmetic(ARITHMETIC[type(node.op)], left, right)

    def _compare(self, node):
        sides = [node.left, *node.comparators]
        passed = True
        for left, right, how in zip(sides, sides[1:], node.ops, strict=False):
            passed = passed & self._compared(left, right, how)
        return passed

    def _compared(self, left, right, how):
        a, b = self._sided(left, right), self._sided(right, left)
        if isinstance(a, list) and not isinstance(b, list) and isinstance(how, (ast.Eq, ast.NotEq)):
            a, b = b, a
        if isinstance(b, list):
            return _is_in(a, b, how)
        if isinstance(how, (ast.In, ast.NotIn)):
            msg = f"what stands behind `in` must be a list such as [1, 2], not {ast.unparse(right)}"
            raise ValueError(msg)
        return compared(COMPARISONS[type(how)], a, b)

    def _sided(self, node, other):
        """A side of a comparison; fractions are rounded as the column beside them was."""
        value = self.value(node)
        if not isinstance(other, ast.Name):
            return value
        dtype = getattr(self._columns[other.id], "dtype", None)
        if isinstance(value, list):
            return [_as_stored(one, dtype) for one in value]
        return _as_stored(value, dtype)

    def _call(self, node):
        if isinstance(node.func, ast.Attribute):
            return self._method(node)
        name, values = node.func.id, [_number(self.value(one)) for one in node.args]
        if all(map(is_whole, values)):
            if name in ROUNDING:
                return values[0]
            if name in EXACT:
                return _narrowed(EXACT[name](*(_as_objects(value) for value in values)))
        with np.errstate(all="ignore"):
            return FUNCTIONS[name](*(_as_float(value) for value in values))

    def _method(self, node):
        owner, name = node.func.value, node.func.attr
        if name == "isin":
            node = ast.Compare(owner, [ast.In()], [node.args[0]])
        elif name == "between":
            node = ast.Compare(node.args[0], [ast.LtE(), ast.LtE()], [owner, node.args[1]])
        elif name == "abs":
            node = ast.Call(ast.Name("abs"), [owner], [])
        else:
            missing = pd.isna(self.value(owner))
            return ~missing if name.startswith("not") else missing
        return self.value(node)


def widened(values):
    """A column as bool, int64, float64, datetime64, or objects: text, large whole numbers."""
    dtype = values.dtype
    if isinstance(dtype, np.dtype) and dtype.kind in "bmM":
        return values
    if isinstance(dtype, np.dtype) and dtype.kind == "f":
        return values.astype(np.float64)
    if isinstance(dtype, np.dtype) and dtype.kind in "iu":
        return _narrowed(values)
    objects = np.asarray(pd.Series(values).astype(object).to_numpy(dtype=object, na_value=np.nan))
    return np.asarray(values).astype(object) if dtype.kind == "U" else objects


def arithmetic(function, left, right):
    """A result without a wrap-around: of whole numbers a whole one, of any size if need be."""
    with np.errstate(all="ignore"):
        estimate = function(_as_float(left), _as_float(right))
        if function is operator.truediv or not (is_whole(left) and is_whole(right)):
            return estimate
        if function in (operator.floordiv, operator.mod) and np.any(right == 0):
            return _but_for_zeros(function, left, right, estimate)
        if not np.all(np.isfinite(estimate)) or (function is operator.pow and np.any(right < 0)):
            return estimate
        largest = max(_largest(estimate), _largest(left), _largest(right))
        if largest < SAFE:
            return function(_as_int64(left), _as_int64(right))
        if function is operator.pow:
            return estimate
        return _narrowed(function(_as_objects(left), _as_objects(right)))


def _but_for_zeros(function, left, right, estimate):
    """Exact where the divisor is not 0; there infinite or not a number, as of fractions."""
    is_zero = np.broadcast_to(right == 0, estimate.shape)
    found = arithmetic(function, left, np.where(right == 0, 1, right))
    kind = object if _largest(found) >= EXACT_IN_FLOAT64 else np.float64
    found = np.broadcast_to(found, estimate.shape).astype(kind)
    found[is_zero] = estimate[is_zero]
    return found


def compared(function, left, right):
    """Truth values of a comparison; text is compared with text and numbers with numbers."""
    left, right = _as_moment(left, right), _as_moment(right, left)
    kinds = {_kind(left), _kind(right)} - {None}
    if len(kinds) > 1:
        msg = f"{' and '.join(sorted(kinds))} cannot be compared"
        raise TypeError(msg)
    if kinds == {"text"}:
        return _compared_text(function, left, right)
    if _needs_objects(left, right):
        left, right = _as_objects(left), _as_objects(right)
    with np.errstate(invalid="ignore"):
        return np.asarray(function(left, right), dtype=bool)


def is_whole(value):
    """Whether a value holds whole numbers only."""
    if isinstance(value, (bool, int)):
        return True
    dtype = getattr(value, "dtype", None)
    if getattr(dtype, "kind", None) == "O":
        return all(isinstance(one, (int, np.integer)) for one in np.ravel(value))
    return dtype is not None and dtype.kind in "biu"


def _compared_text(function, left, right):
    missing = np.zeros(np.broadcast(left, right).shape, dtype=bool)
    for side in (left, right):
        missing = missing | pd.isna(side)
    left, right = np.broadcast_arrays(np.asarray(left, object), np.asarray(right, object))
    # nothing is less than, or the same as, what is missing
    passed = np.full(missing.shape, function is operator.ne)
    passed[~missing] = function(left[~missing], right[~missing]).astype(bool)
    return passed


def _is_in(values, listed, how):
    equal = [compared(operator.eq, values, one) for one in listed]
    passed = np.logical_or.reduce(equal) if equal else np.zeros(np.shape(values), dtype=bool)
    return ~passed if isinstance(how, (ast.NotIn, ast.NotEq)) else passed


def _inverted(value, node):
    if isinstance(value, bool):
        return not value
    if np.asarray(value).dtype.kind == "b":
        return ~value
    if isinstance(node.op, ast.Invert) and is_whole(value):
        return arithmetic(operator.sub, -1, value)
    msg = f"{ast.unparse(node.operand)} is not true or false; compare it with something"
    raise TypeError(msg)


def _both_true_or_whole(left, right):
    kinds = [np.asarray(side).dtype.kind for side in (left, right)]
    if kinds == ["b", "b"] or all(kind in "iu" for kind in kinds):
        return left, right
    msg = "and, or, & and | take two conditions, or two whole numbers; compare each with something"
    raise TypeError(msg)


def _number(value):
    kind = _kind(value)
    if isinstance(value, list) or kind not in ("numbers", None):
        msg = f"{'a list' if isinstance(value, list) else kind} where a number is needed"
        raise TypeError(msg)
    return np.asarray(value).astype(np.int64) if np.asarray(value).dtype == bool else value


def _kind(value):
    """What a value can be compared with; None if all of it is missing."""
    if isinstance(value, list):
        return "lists"
    if isinstance(value, str):
        return "text"
    value = np.asarray(value)
    if value.dtype.kind in "mM":
        return "times" if value.dtype.kind == "M" else "durations"
    if value.dtype != object:
        # formats without a type for what is missing give columns of NaN
        is_missing = value.ndim and value.dtype.kind == "f" and np.isnan(value).all()
        return None if is_missing else "numbers"
    kinds = {"text" if isinstance(one, str) else "numbers" for one in _there(value)}
    return kinds.pop() if len(kinds) == 1 else (None if not kinds else "text mixed with numbers")


def _as_moment(value, other):
    is_moment = getattr(getattr(other, "dtype", None), "kind", None) == "M"
    if not is_moment or not isinstance(value, str):
        return value
    # as the columns are: without a time zone, in UTC
    return np.datetime64(pd.to_datetime(value, utc=True).tz_localize(None))


def _as_stored(value, dtype):
    # 0.1 in float32 is another number than in float64; whole numbers stay exact
    is_narrow = isinstance(dtype, np.dtype) and dtype.kind == "f" and dtype.itemsize < 8
    if not is_narrow or not isinstance(value, float) or value.is_integer():
        return value
    with np.errstate(all="ignore"):
        rounded = float(dtype.type(value))
    return rounded if np.isfinite(rounded) else value


def _needs_objects(left, right):
    kinds = [is_whole(side) for side in (left, right)]
    if all(kinds):
        return any(np.asarray(side).dtype.kind not in "bi" for side in (left, right))
    whole = [side for side, kind in zip((left, right), kinds, strict=True) if kind]
    return any(_largest(side) >= EXACT_IN_FLOAT64 for side in whole) or any(
        np.asarray(side).dtype == object for side in (left, right)
    )


def _largest(value):
    value = np.asarray(value)
    if value.dtype != object and value.size:
        return float(max(abs(float(value.max())), abs(float(value.min()))))
    return max((abs(one) for one in _there(value)), default=0.0)


def _there(value):
    value = np.ravel(value)
    return value[~pd.isna(value)]


def _narrowed(values):
    """Whole numbers as int64 where all fit in, else as Python's own, which are never too large."""
    values = np.asarray(values)
    fits = not values.size or (int(values.min()) >= -(2**63) and int(values.max()) < 2**63)
    return values.astype(np.int64) if fits else values.astype(object)


def _as_int64(value):
    return np.asarray(value).astype(np.int64)


def _as_objects(value):
    return np.asarray(value).astype(object)


def _as_float(value):
    return np.asarray(value).astype(np.float64)
