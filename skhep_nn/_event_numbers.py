"""The fold of an event: a function of its number alone, the same here, in ONNX files and in C++.

The hash is SplitMix64 (G. L. Steele, D. Lea, C. H. Flood, OOPSLA 2014), on 64-bit integers without
sign, modulo 2**64::

    mix(x):  x = x + 0x9e3779b97f4a7c15
             x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9
             x = (x ^ (x >> 27)) * 0x94d049bb133111eb
             return x ^ (x >> 31)

    h = salt
    for each column:  h = mix(h + value)
    fold = h % n_folds

A negative number counts as its two's complement, which is what C++ makes of it too.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from skhep_nn import _choices, _columns, _frames, _integers, _masks
from skhep_nn._shown import shown
from skhep_nn.exceptions import ColumnError

STEP = 0x9E3779B97F4A7C15
# (bits of the shift, factor) of each round; the last has no factor
ROUNDS = ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB), (31, None))
HASHES = ("mix", "modulo")
RULE = "; the fold of an event follows from whole numbers"
_MAX_SALT, _MAX_FOLDS = 2**63, 2**31


@dataclass(frozen=True)
class Rule:
    """How folds follow from event numbers.

    Parameters
    ----------
    n_folds : int
    hash : {"mix", "modulo"}
    salt : int
    """

    n_folds: int
    hash: str = "mix"
    salt: int = 0

    def check(self, n_columns=1):
        """Raise if it is no rule for so many columns.

        Raises
        ------
        ValueError
        """
        if not _choices.is_whole(self.n_folds) or not 2 <= self.n_folds < _MAX_FOLDS:
            n_folds = shown(self.n_folds, 40)
            msg = f"n_folds={n_folds}; it must be an integer >= 2, and less than 2**31"
            raise ValueError(msg)
        if not isinstance(self.hash, str) or self.hash not in HASHES:
            msg = f"hash={self.hash!r}; it must be one of {HASHES}"
            raise ValueError(msg)
        if not _choices.is_whole(self.salt) or not 0 <= self.salt < _MAX_SALT:
            msg = f"salt={shown(self.salt, 40)}; it must be an integer from 0 to 2**63 - 1"
            raise ValueError(msg)
        if self.hash == "modulo" and self.salt:
            msg = f'salt={self.salt!r} goes with hash="mix"; hash="modulo" has none'
            raise ValueError(msg)
        if self.hash == "modulo" and n_columns != 1:
            msg = (
                f'hash="modulo" takes the remainder of one number, got {n_columns} columns; '
                'use hash="mix"'
            )
            raise ValueError(msg)

    def folds(self, numbers):
        """Fold of each event, of shape (n_events,).

        Parameters
        ----------
        numbers : ndarray of shape (n_events, n_columns), int64
            As `numbers_of` gives them.
        """
        self.check(numbers.shape[1])
        if self.hash == "modulo":
            return numbers[:, 0] % self.n_folds
        return (mixed(numbers, self.salt) % np.uint64(self.n_folds)).astype(np.int64)


def mixed(numbers, salt=0):
    """The hash of each row of `numbers`, int64 of shape (n_events, n_columns), as uint64.

    `salt` is one number, or one of each row, such as an earlier hash.
    """
    out = np.full(len(numbers), salt, dtype=np.uint64)
    for column in numbers.astype(np.uint64).T:
        out += column + np.uint64(STEP)
        for shift, factor in ROUNDS:
            out ^= out >> np.uint64(shift)
            if factor is not None:
                out *= np.uint64(factor)
    return out


def numbers_of(X, columns, *, role="columns", signed=False):
    """The numbers of each event of `X`, int64 of shape (n_events, n_columns).

    Parameters
    ----------
    X : DataFrame, array or blocks
    columns : str, int or list of these
    role : str
        The parameter that named them, for error messages.
    signed : bool, default=False
        Whether unsigned numbers beyond 2**63, which else count as their bits, are an error.

    Raises
    ------
    ColumnError
        If there is no such column, one is named twice, or has not one number per event.
    ValueError, TypeError
        If the numbers are missing, not whole, or perhaps rounded.
    """
    return numbers_at(X, positions_of(X, columns, role), role=role, signed=signed)


def positions_of(X, columns, role="columns"):
    """Position in `X` of each of the columns of the event number.

    Raises
    ------
    ColumnError
        If there is no such column, or one is named twice.
    """
    at = [_columns.position(X, column, role) for column in as_columns(columns, role)]
    if len(set(at)) < len(at):
        msg = f"{role}={columns!r} names a column twice"
        raise ColumnError(msg)
    return at


def numbers_at(X, positions, *, role="fold_column", signed=False):
    """As `numbers_of`, of the columns at `positions`."""
    found = [_exact(_values(X, n), f"{role}: column {_label(X, n)!r}", signed) for n in positions]
    return np.stack(found, axis=1)


def of_groups(groups, *, signed=False):
    """As `numbers_of`, of numbers that are given: of shape (n_events,) or (n_events, n_columns)."""
    groups = _frames.as_pandas(groups)
    if _columns.is_frame(groups):
        return numbers_of(groups, list(range(groups.shape[1])), role="groups", signed=signed)
    values = _masks.unmasked(groups, "groups")
    values = np.asarray(_exact(values, "groups", signed, ndim=(1, 2)))
    return values[:, None] if values.ndim == 1 else values


def as_columns(columns, role="columns"):
    """`columns` as a list, of one at least.

    Raises
    ------
    ColumnError
    """
    listed = _columns.as_list(columns)
    if not listed:
        msg = f"{role}={columns!r} names no column; name the column of the event number"
        raise ColumnError(msg)
    return listed


def check_every_fold(folds, n_folds, rule=""):
    """Raise if a fold has no event.

    Raises
    ------
    ValueError
        Naming the fold.
    """
    counts = np.bincount(folds, minlength=n_folds)
    if not counts.all():
        different = f"{len(folds)} events are in {np.count_nonzero(counts)} of {n_folds} folds"
        msg = (
            f"fold {int(np.argmin(counts))} has no events: {different}{rule}; use fewer folds, or "
            "look whether the event numbers are few, or were chosen by such a rule before"
        )
        raise ValueError(msg)


def _exact(values, name, signed, ndim=(1,)):
    values = _integers.exact(values, name, signed=signed, rule=RULE)
    if values.ndim == 2 and values.shape[1] == 1 and ndim == (1,):
        values = values[:, 0]
    if values.ndim not in ndim:
        msg = f"{name} has shape {values.shape}; it must hold one number per event"
        raise ColumnError(msg)
    # numbers beyond 2**63 keep their bits
    return values.astype(np.int64)


def _values(X, at):
    if hasattr(X, "tocsr"):
        msg = "X is a sparse matrix, which holds no event numbers; pass X.toarray()"
        raise TypeError(msg)
    if _columns.is_frame(X) or _columns.is_blocks(X):
        return _columns.take_at(X, at)
    # of a list of rows each number is what was written, not the float beside it
    values = np.asarray(_masks.unmasked(X, "X"), dtype=None if hasattr(X, "dtype") else object)
    if values.ndim < 2:
        msg = f"X must be a table, events by columns, got {shown(X)} of shape {values.shape}"
        raise ColumnError(msg)
    return values[..., at]


def _label(X, at):
    names = _columns.names(X)
    return at if names is None else names[at]
