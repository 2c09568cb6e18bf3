"""Cuts on columns: an expression as ``DataFrame.query`` takes it, applied chunk by chunk."""

from __future__ import annotations

import ast
import re

import numpy as np
import pandas as pd

from skhep_nn.exceptions import ColumnError
from skhep_nn.io._source import is_list, nearest

# what DataFrame.eval knows as functions
FUNCTIONS = {
    *("sin", "cos", "tan", "arcsin", "arccos", "arctan", "arctan2", "sinh", "cosh", "tanh"),
    *("arcsinh", "arccosh", "arctanh", "exp", "expm1", "log", "log10", "log1p"),
    *("sqrt", "abs", "floor", "ceil"),
}


class Cut:
    """Which events pass an expression.

    Parameters
    ----------
    text : str
        As for ``DataFrame.query``, e.g. ``"pt > 30 and abs(eta) < 2.5"``; a name that is no
        Python name stands in backticks. Variables (``@name``) are not known here.
    """

    def __init__(self, text):
        self.text = text
        self.names = _names(text)

    def columns(self, available, where):
        """The columns of `available` that the cut needs."""
        unknown = [name for name in self.names if name not in available and name not in FUNCTIONS]
        if unknown:
            raise ColumnError(self._unknown(unknown[0], available, where))
        return [name for name in self.names if name in available]

    def mask(self, chunk, where):
        """Truth values of shape (n_events,) for a chunk (a dict of columns)."""
        used = {name: chunk[name] for name in self.names if name in chunk}
        for name, values in used.items():
            if is_list(values) or np.ndim(values) > 1:
                msg = (
                    f"{where}: cut={self.text!r} uses {name!r}, which has several values per "
                    "event; a cut takes columns with one value per event"
                )
                raise ColumnError(msg)
        return self._truth(pd.DataFrame(used), where)

    def _truth(self, frame, where):
        try:
            passed = frame.eval(self.text, engine="python")
        except Exception as error:
            msg = f"{where}: cut={self.text!r} cannot be evaluated: {error}"
            raise ValueError(msg) from error
        if np.shape(passed) != (len(frame),) or not pd.api.types.is_bool_dtype(passed.dtype):
            msg = f"cut={self.text!r} must be true or false for each event, e.g. 'pt > 30'"
            raise ValueError(msg)
        return np.asarray(pd.array(passed, dtype="boolean").to_numpy(dtype=bool, na_value=False))

    def _unknown(self, name, available, where):
        msg = f"{where}: cut={self.text!r} uses {name!r}, which it does not have"
        if any(one.startswith(f"{name}.") for one in available):
            return f"{msg}; put a name with a dot in backticks: `{name}. ...`"
        return f"{msg}; {nearest(name, available)}"


def _names(text):
    """The names that an expression uses, in order."""
    quoted = re.findall(r"`([^`]+)`", text)
    stand_ins = {f"_quoted_{at}": name for at, name in enumerate(quoted)}
    bare = text
    for stand_in, name in stand_ins.items():
        bare = bare.replace(f"`{name}`", stand_in, 1)
    try:
        tree = ast.parse(bare.strip(), mode="eval")
    except SyntaxError as error:
        more = "; write values out, variables (@) are not known here" if "@" in text else ""
        msg = f"cut={text!r} is not an expression such as 'pt > 30 and abs(eta) < 2.5'{more}"
        raise ValueError(msg) from error
    found = [node.id for node in ast.walk(tree) if isinstance(node, ast.Name)]
    if not found:
        msg = f"cut={text!r} names no column"
        raise ValueError(msg)
    return list(dict.fromkeys(stand_ins.get(name, name) for name in found))
