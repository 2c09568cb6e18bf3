"""Folds by event number: the same event is in the same fold, wherever and whenever it is read."""

from __future__ import annotations

from sklearn.model_selection import BaseCrossValidator
from sklearn.utils import check_consistent_length

from skhep_nn import _columns, _event_numbers


class EventNumberFold(BaseCrossValidator):
    """Folds for cross-validation in which the fold of an event follows from its number alone.

    The number decides, not the row: an event is in the same fold in every file, in any order and
    after any selection, so that rows and copies of one event stay together, and a network that
    never saw an event can be found later, also in ONNX files and in C++.

    Parameters
    ----------
    n_folds : int, default=5
        At least 2.
    columns : str, int or list of these, default="event_number"
        Columns (or blocks) of X that identify an event, e.g. ``["run", "event"]``; their order
        matters. Integers of any type and sign, or floating-point numbers that are whole and
        certainly exact (below 2**53 for float64, 2**24 for float32).
    hash : {"mix", "modulo"}, default="mix"
        ``"mix"``: the remainder of a 64-bit hash of the numbers, see Notes. ``"modulo"``: the
        remainder of the number itself, of one column, for analyses that have it so.
    salt : int, default=0
        From 0 to 2**63 - 1. Another salt makes folds that are independent of those of this one,
        as folds within folds must be. Of ``hash="mix"``.

    Raises
    ------
    ColumnError
        On splitting: if X has no such column.
    ValueError
        On splitting: if a number is missing, not whole or perhaps rounded, or a fold has no events.

    Notes
    -----
    With integers modulo 2**64, SplitMix64 (G. L. Steele et al., OOPSLA 2014) is::

        mix(x):  x = x + 0x9e3779b97f4a7c15
                 x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9
                 x = (x ^ (x >> 27)) * 0x94d049bb133111eb
                 return x ^ (x >> 31)

    The hash starts at `salt`, and each column makes it ``mix(hash + value)``; the fold is its
    remainder by `n_folds`. Why not the remainder of the number: generators and splits before use
    its parity, so that a fold of even `n_folds` may be empty, or of another process.

    Examples
    --------
    >>> import pandas as pd
    >>> from skhep_nn.model_selection import EventNumberFold
    >>> X = pd.DataFrame({"event_number": [7, 8, 9, 10, 7], "pt": [30.0, 20.0, 60.0, 80.0, 31.0]})
    >>> folds = EventNumberFold(2)
    >>> folds.folds(X).tolist()
    [1, 0, 0, 0, 1]
    >>> [test.tolist() for _, test in folds.split(X)]
    [[1, 2, 3], [0, 4]]
    """

    # with metadata routing it asks for groups, as scikit-learn's own splitters by group do
    __metadata_request__split = {"groups": True}  # noqa: RUF012

    def __init__(self, n_folds=5, columns="event_number", *, hash="mix", salt=0):
        self.n_folds = n_folds
        self.columns = columns
        self.hash = hash
        self.salt = salt

    def get_n_splits(self, X=None, y=None, groups=None):
        """Number of folds.

        Parameters
        ----------
        X, y, groups : ignored

        Returns
        -------
        int
        """
        self._rule().check()
        return int(self.n_folds)

    def folds(self, X, groups=None):
        """Fold of each event, from 0.

        Parameters
        ----------
        X : DataFrame, array or blocks of shape (n_events, n_columns)
        groups : array-like of shape (n_events,) or (n_events, n_numbers), default=None
            Event numbers in place of the columns of X.

        Returns
        -------
        ndarray of shape (n_events,), int64

        Raises
        ------
        ColumnError, ValueError, TypeError
            If X has no such column, or a number is missing, not whole or perhaps rounded.
        """
        rule = self._rule()
        signed = rule.hash == "modulo"
        if groups is not None:
            numbers = _event_numbers.of_groups(groups, signed=signed)
            if X is not None:
                check_consistent_length(X, numbers)
            return rule.folds(numbers)
        if X is None:
            msg = "EventNumberFold needs X, which has the event numbers, or groups"
            raise ValueError(msg)
        X = _columns.table(X)
        rule.check(len(_event_numbers.as_columns(self.columns)))
        return rule.folds(_event_numbers.numbers_of(X, self.columns, signed=signed))

    def _iter_test_masks(self, X=None, y=None, groups=None):
        folds = self.folds(X, groups)
        _event_numbers.check_every_fold(folds, self.n_folds)
        for number in range(self.n_folds):
            yield folds == number

    def _rule(self):
        return _event_numbers.Rule(self.n_folds, self.hash, self.salt)
