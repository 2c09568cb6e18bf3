"""Cuts on columns: an expression of names, numbers and text, applied chunk by chunk."""

from __future__ import annotations

import ast
import io
import re
import tokenize

import numpy as np

from skhep_nn.exceptions import ColumnError
from skhep_nn.io._evaluate import FUNCTIONS, METHODS, OPERATORS, Evaluation
from skhep_nn.io._source import nearest
from skhep_nn.io._values import is_list

ALLOWED = (
    "a cut is made of columns, numbers, text, comparisons (also `in` a list), and, or, not, &, |, "
    f"~, + - * / // % **, the functions {', '.join(sorted(FUNCTIONS))}, and "
    f"{', '.join(f'.{name}()' for name in sorted(METHODS))} of a column"
)
NODES = (
    *(ast.Expression, ast.Name, ast.Load, ast.Constant, ast.List, ast.Tuple, ast.Set, ast.Call),
    *(ast.Attribute, ast.BoolOp, ast.BinOp, ast.UnaryOp, ast.Compare, *OPERATORS),
)
# text in quotation marks is skipped, so that backticks in it are text
QUOTED = re.compile(r"""("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|`([^`]+)`""")
# as in pandas, these bind as loosely as the words: pt > 30 & eta < 2 needs no brackets
WORDS = {"&": " and ", "|": " or "}
# what is written elsewhere: in DataFrame.query, in TTree::Draw
NOT_PYTHON = {
    "@": "; write values out, variables (@) are not known here",
    "&&": "; it is written in Python: and for &&",
    "||": "; it is written in Python: or for ||",
    "::": "; it is written in Python: abs(x), sqrt(x) for TMath::Abs(x), TMath::Sqrt(x)",
    "!": "; it is written in Python: not for !",
}
NO_PARSE = (SyntaxError, tokenize.TokenError, ValueError, RecursionError, MemoryError)
# deeper ones are written by nobody, and Python's own limit is near
DEEPEST = 100


class Cut:
    """Which events pass an expression.

    Parameters
    ----------
    text : str
        In the manner of ``DataFrame.query``, e.g. ``"pt > 30 and abs(eta) < 2.5"``; a name that is
        no Python name stands in backticks. It is evaluated by this package alone, so that it can
        run no code: what is not in `ALLOWED` is an error.
    """

    def __init__(self, text):
        if not isinstance(text, str):
            msg = f"cut must be text such as 'pt > 30 and abs(eta) < 2.5', got {text!r}"
            raise TypeError(msg)
        self.text = text
        self._tree, self._quoted = _parse(text)
        _check(self._tree, text)
        functions = {id(node.func) for node in ast.walk(self._tree) if isinstance(node, ast.Call)}
        found = [
            self._quoted.get(node.id, node.id)
            for node in ast.walk(self._tree)
            if isinstance(node, ast.Name) and id(node) not in functions
        ]
        if not found:
            msg = f"cut={text!r} names no column"
            raise ValueError(msg)
        self.names = list(dict.fromkeys(found))

    def columns(self, available, where):
        """The columns of `available`, those of the source `where`, that the cut needs."""
        unknown = [name for name in self.names if name not in available]
        if unknown:
            reason = where.refused.get(unknown[0])
            why = f"cannot be a column: {reason}" if reason else "it does not have; "
            why += "" if reason else nearest(unknown[0], available)
            msg = f"{where}: cut={self.text!r} uses {unknown[0]!r}, which {why}"
            raise ColumnError(msg)
        return self.names

    def mask(self, chunk, where):
        """Truth values of shape (n_events,) for a chunk (a dict of columns)."""
        for name in self.names:
            if is_list(chunk[name]) or np.ndim(chunk[name]) > 1:
                msg = (
                    f"{where}: cut={self.text!r} uses {name!r}, which has several values per "
                    "event; a cut takes columns with one value per event"
                )
                raise ColumnError(msg)
        passed = self._evaluated(chunk, where)
        if np.shape(passed) != (len(chunk[self.names[0]]),) or passed.dtype != bool:
            msg = f"cut={self.text!r} must be true or false for each event, e.g. 'pt > 30'"
            raise ValueError(msg)
        return passed

    def _evaluated(self, chunk, where):
        stand_ins = {stand_in: chunk[name] for stand_in, name in self._quoted.items()}
        try:
            return Evaluation({**chunk, **stand_ins}).value(self._tree.body)
        except (TypeError, ValueError, ArithmeticError) as error:
            msg = f"{where}: cut={self.text!r} cannot be evaluated: {error}"
            raise ValueError(msg) from error


def _parse(text):
    """The syntax tree of a cut, and {stand-in: name} of its names in backticks."""
    quoted = {}

    def stand_in(match):
        if match[1]:
            return match[1]
        quoted[f"_quoted_{len(quoted)}"] = match[2]
        return f"_quoted_{len(quoted) - 1}"

    try:
        bare = QUOTED.sub(stand_in, text).replace("\n", " ").strip()
        return ast.parse(_with_words(bare), mode="eval"), quoted
    except NO_PARSE as error:
        more = next((told for sign, told in NOT_PYTHON.items() if sign in text), "")
        msg = f"cut={text!r} is not an expression such as 'pt > 30 and abs(eta) < 2.5'{more}"
        raise ValueError(msg) from error


def _with_words(text):
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    found = [token for token in tokens if token.type == tokenize.OP and token.string in WORDS]
    for token in reversed(found):
        text = text[: token.start[1]] + WORDS[token.string] + text[token.end[1] :]
    return text


def _check(tree, text):
    if _depth(tree) > DEEPEST:
        msg = f"cut={text!r:.80} is nested more than {DEEPEST} deep"
        raise ValueError(msg)
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    for node in ast.walk(tree):
        _check_node(node, text, called)


def _check_node(node, text, called):
    shown = ast.unparse(node) if isinstance(node, ast.expr) else type(node).__name__
    if isinstance(node, ast.Attribute) and id(node) not in called:
        msg = f"cut={text!r} has {shown}; put a name with a dot in backticks: `{shown}`"
        raise ColumnError(msg)
    is_constant = isinstance(node, ast.Constant) and not isinstance(
        node.value, (bool, int, float, str)
    )
    if not isinstance(node, NODES) or is_constant or not _is_known_call(node):
        msg = f"cut={text!r} has {shown}, which is not allowed; {ALLOWED}"
        raise ValueError(msg)


def _is_known_call(node):
    if not isinstance(node, ast.Call):
        return True
    if node.keywords or any(isinstance(argument, ast.Starred) for argument in node.args):
        return False
    if isinstance(node.func, ast.Attribute):
        return len(node.args) in METHODS.get(node.func.attr, ())
    return isinstance(node.func, ast.Name) and _takes(FUNCTIONS.get(node.func.id), len(node.args))


def _takes(function, n_given):
    return function is not None and function.nin == n_given


def _depth(tree):
    """Levels of a syntax tree, counted without recursion."""
    depth, level = 0, [tree]
    while level:
        depth, level = depth + 1, [child for node in level for child in ast.iter_child_nodes(node)]
    return depth
