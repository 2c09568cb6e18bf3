"""Columns of a table by name or position: where they are, taking one out, putting one back.

Every estimator and scorer of the package asks here, so that a weight column means the same
everywhere. A table is a frame (of pandas, or of another library, see `skhep_nn._frames`), a 2-D
or 3-D array, or anything with named blocks (``keys()``).

The rule: names are unique. A string is a name. An integer is a name where a name of the table is
one, and else a position. A position counts the columns of fit: in a table that lacks some of
them it is the same column, or an error.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from numbers import Integral, Real

import numpy as np

from skhep_nn import _choices, _floats, _frames, _masks
from skhep_nn.exceptions import ColumnError

_STRIPPED = (
    ". Transformers of scikit-learn strip the names unless set_output(transform='pandas') is "
    "called; MinMaxScaler(exclude=...) keeps names and weights. If a DataFrame was passed to a "
    "meta-estimator, this one strips the names (as BaggingClassifier, AdaBoostClassifier, RFE, "
    "SequentialFeatureSelector and SelfTrainingClassifier do)"
)
_WITHOUT_NAMES = {
    "weight_column": ": leave the column out of X and pass the weights as sample_weight "
    "(SelfTrainingClassifier, which keeps all columns, takes the position)",
}

# parameters that name columns which real data do not have
ABSENT_IN_DATA = ("weight_column", "exclude", "process_column", "fold_column")


def table(X):
    """`X` as the package reads it: a frame of another library as one of pandas, else `X` itself.

    Raises
    ------
    TypeError
        If `X` holds named columns in a form that is no table (a dict, records), or is a frame
        whose events are not in memory.
    ColumnError
        If two columns have the same name, or one holds records.
    """
    _check_no_records(X)
    X = _frames.as_pandas(X)
    if is_frame(X):
        names(X)
        X = _frames.native(X)
    return X


def is_frame(X):
    """Whether `X` is a pandas DataFrame, as `table` gives it."""
    return hasattr(X, "iloc") and hasattr(X, "columns")


def is_blocks(X):
    """Whether `X` holds named arrays that share the event axis."""
    return hasattr(X, "keys") and hasattr(X, "kinds")


def names(X):
    """Names of the columns or blocks of `X`, or None if it has none.

    Raises
    ------
    ColumnError
        If two columns have the same name.
    """
    X = _frames.as_pandas(X)
    if is_frame(X):
        _check_unique(X)
        return list(X.columns)
    return list(X.keys()) if is_blocks(X) else None


def n_columns(X):
    """Number of columns (features of the last axis, blocks) of `X`."""
    columns = names(X)
    if columns is not None:
        return len(columns)
    try:
        # not np.shape: what is only like an array need not know NumPy's functions
        shape = X.shape if hasattr(X, "shape") else np.asarray(X).shape
    except ValueError:
        # rows of different length
        shape = ()
    if not shape:
        msg = f"X must be a table or an array of events, got {X!r:.60}"
        raise ColumnError(msg)
    return shape[-1]


def as_list(columns):
    """`columns` as a list: None is no column, a name or a position is one."""
    if columns is None:
        return []
    if isinstance(columns, (str, Integral)):
        return [columns]
    try:
        found = list(columns)
        # what has no hash is no name
        set(found)
    except TypeError as error:
        msg = f"columns are a name, a position or a list of these, got {columns!r:.60}"
        raise ColumnError(msg) from error
    return found


def input_features(names):
    """Names of columns, as ``get_feature_names_out`` is given them, in a list.

    Raises
    ------
    ColumnError
        If they are no names.
    """
    found = list(names) if np.iterable(names) and not isinstance(names, (str, bytes)) else [None]
    if not all(isinstance(name, (str, Integral, tuple)) for name in found):
        msg = f"input_features must be a list of the names of columns, got {names!r:.60}"
        raise ColumnError(msg)
    return found


def has(X, column):
    """Whether `X` has `column`, a name or a position."""
    return _found(column, names(X), n_columns(X)) is not None


def position(X, column, role="column"):
    """Position of `column` in `X`.

    Parameters
    ----------
    X : DataFrame, array or blocks
    column : str or int
        A name, or a position where no name is an integer itself.
    role : str, default="column"
        The parameter that named it, for the error message.

    Raises
    ------
    ColumnError
        If `X` has no such column, or has no names and a name was given.
    """
    at = _found(column, names(X), n_columns(X))
    if at is None:
        raise ColumnError(_not_found(X, column, role))
    return at


def is_values(column):
    """Whether the values of a column were given where its name, or its position, is expected."""
    return _choices.is_several(column) and len(column) > 1


def not_values(column):
    """What to say of values that were given for the name of a column."""
    return f"is the name of a column, or its position, not its values; got {len(column)} of them"


def take(X, column, role="column"):
    """Values of one column as a 1-D array (for 3-D arrays and blocks: as it is).

    Parameters
    ----------
    X : DataFrame, array or blocks
    column : str or int
    role : str, default="column"
        The parameter that named it, for the error message.

    Returns
    -------
    ndarray of shape (n_events,)
    """
    return take_at(X, position(X, column, role))


def take_at(X, at):
    """Values of the column at position `at`, whatever its name; see `take`."""
    X = _frames.as_pandas(X)
    if is_frame(X):
        return _frames.column_values(X.iloc[:, at])
    if is_blocks(X):
        return np.asarray(X[names(X)[at]])
    return _array(_masks.unmasked(X, "X"))[..., at]


def rows(X, at):
    """The events `at` (numbers, a slice or a mask) of a table, an array or blocks."""
    native, X = X, _frames.as_pandas(X)
    return _frames.like(native, X.iloc[at]) if is_frame(X) else X[at]


def drop(X, columns):
    """`X` without `columns`; those that it does not have are passed over."""
    gone = [position(X, column) for column in as_list(columns) if has(X, column)]
    if not gone:
        return X
    kept = [at for at in range(n_columns(X)) if at not in gone]
    return select(X, kept)


def select(X, positions):
    """The columns of `X` at `positions`, in that order."""
    X = _frames.as_pandas(X)
    if is_frame(X):
        return X.iloc[:, positions]
    if is_blocks(X):
        columns = names(X)
        return X.select([columns[at] for at in positions])
    return _array(X)[..., positions]


def in_order(X, wanted):
    """The columns of `X` that are named in `wanted`, each once, in the order of that.

    Parameters
    ----------
    X : table with names
    wanted : sequence of str
    """
    found = names(X)
    kept = [found.index(name) for name in dict.fromkeys(wanted) if name in found]
    return X if kept == [*range(n_columns(X))] else select(X, kept)


def replace(X, column, values, role="column"):
    """A copy of `X` in which `column` has `values`; `X` itself is not touched."""
    native, X = X, _frames.as_pandas(X)
    at = position(X, column, role)
    if is_frame(X):
        return _frames.like(native, _replace_at(X, at, values))
    if is_blocks(X):
        return X.assign(**{names(X)[at]: values})
    X = _array(X)
    out = np.array(X, dtype=np.result_type(X.dtype, np.float32))
    out[..., at] = values
    return out


@dataclass(frozen=True)
class FittedColumns:
    """The columns that a fit saw, and those that data at application may lack.

    Parameters
    ----------
    names : list of str or None
        In the order of fit; None for data without names.
    n_columns : int
    optional : tuple of int
        Positions (in fit) of the weight column and the excluded columns: real data have none.
    """

    names: list | None
    n_columns: int
    optional: tuple = ()

    @classmethod
    def of(cls, X, optional=(), role="exclude"):
        """What `X` has, with `optional` (names or positions) free to be absent later."""
        at = tuple(position(X, column, role) for column in as_list(optional))
        return cls(names(X), n_columns(X), at)

    @property
    def required(self):
        """Positions of the columns that may never be absent: the features."""
        return [at for at in range(self.n_columns) if at not in self.optional]

    def take(self, X, column, role, owner):
        """Values in `X` of what was `column` (a name or a position) in fit.

        Raises
        ------
        ColumnError
            If `X` lacks it, or has other columns than fit.
        """
        return take_at(X, self.place(X, column, role, owner))

    def place(self, X, column, role, owner):
        """Position in `X` of what was `column` in fit; see :meth:`take`."""
        at = _found(column, self.names, self.n_columns)
        if at is None or (isinstance(column, str) and names(X) is None):
            return position(X, column, role)
        present = self.present(X, owner)
        if at not in present:
            raise ColumnError(self._absent(column, role, len(present), owner))
        return present.index(at)

    def _absent(self, column, role, n_given, owner):
        return (
            f"{role}={column!r} is not a column of X, which has {n_given} columns; in the fit of "
            f"{owner} there were {self.n_columns}, with it"
        )

    def label(self, at):
        """How an error message calls the column at position `at` of fit."""
        return f"column {at}" if self.names is None else f"column {self.names[at]!r}"

    def present(self, X, owner):
        """Position in fit of each column of `X`.

        Parameters
        ----------
        X : DataFrame, array or blocks
        owner : str
            The estimator that asks, for the error message.

        Raises
        ------
        ColumnError
            If the columns of `X` are not those of fit, in the order of fit, up to optional ones.
        """
        given = names(X)
        if self.names is None or given is None:
            return self._present_by_number(n_columns(X), owner)
        absent = {self.names[at] for at in self.optional} - set(given)
        expected = [at for at, name in enumerate(self.names) if name not in absent]
        if [self.names[at] for at in expected] != given:
            raise ColumnError(self._difference(given, absent, owner))
        return expected

    def _present_by_number(self, n_given, owner):
        if n_given == self.n_columns:
            return list(range(self.n_columns))
        if n_given == len(self.required):
            return self.required
        # scikit-learn's checks ask for this wording
        msg = (
            f"X has {n_given} features, but {owner} is expecting {self.n_columns} features as input"
        )
        if self.optional:
            msg += f" ({len(self.required)} without the weight and excluded columns)"
        raise ColumnError(msg + ".")

    def _difference(self, given, absent, owner):
        expected = [name for name in self.names if name not in absent]
        missing = [name for name in expected if name not in given]
        unknown = [name for name in given if name not in self.names]
        # the first lines are scikit-learn's own words, which its checks and users look for
        lines = ["The feature names should match those that were passed during fit."]
        if unknown:
            lines += ["Feature names unseen at fit time:", *(f"- {name}" for name in unknown)]
        if missing:
            lines += ["Feature names seen at fit time, yet now missing:"]
            lines += [f"- {name}" for name in missing]
        if not (missing or unknown):
            lines += ["Feature names must be in the same order as they were in fit."]
            lines += [f"{owner} was fitted on {expected}, got {given}."]
        return "\n".join(lines) + "\n"


def is_position(column):
    """Whether `column` is the number of a column, not its name."""
    # a time difference of NumPy calls itself an integer
    return _choices.is_whole(column)


def _is_name(column):
    # of other things, e.g. an array or pandas' NA, not even "equal" is sure to work
    return isinstance(column, (str, bytes, tuple, Real)) and not isinstance(column, np.timedelta64)


def _found(column, columns, n):
    """Position of `column` among `columns` (names or None), or None if it is not there."""
    if columns is not None and _is_name(column) and column in columns:
        return columns.index(column)
    named_by_integers = any(map(is_position, columns or ()))
    if named_by_integers or not is_position(column) or not -n <= column < n:
        return None
    return int(column) % n


def _array(X):
    if hasattr(X, "tocsr"):
        msg = "X is a sparse matrix, of which no column is taken; pass a dense array, X.toarray()"
        raise TypeError(msg)
    return np.asarray(X)


def _check_unique(X):
    if X.columns.is_unique:
        return
    twice = X.columns[X.columns.duplicated()][0]
    msg = f"column {twice!r} occurs {list(X.columns).count(twice)} times; names must be unique"
    raise ColumnError(msg)


def _check_no_records(X):
    """Raise if `X` has named columns and is no table; the message has the line that makes one."""
    # one of scipy's sparse matrices is a dict too
    if isinstance(X, dict) and not hasattr(X, "tocsr"):
        what, line = "a dict of arrays", "pd.DataFrame(X)"
    elif isinstance(X, list) and X and isinstance(X[0], dict):
        what, line = "a list of dicts", "pd.DataFrame(X)"
    elif getattr(getattr(X, "dtype", None), "names", None):
        what, line = "an array of records (a structured dtype)", "pd.DataFrame(X)"
    elif hasattr(X, "__next__"):
        what, line = f"a {type(X).__name__}", "pd.DataFrame(list(X), columns=...)"
    elif _floats.is_awkward(X) and X.fields and all(X[field].ndim == 1 for field in X.fields):
        what, line = "an awkward array of records", "pd.DataFrame({f: X[f] for f in X.fields})"
    else:
        _check_no_lists(X)
        return
    msg = (
        f"X is {what}, which is no table; pass the DataFrame {line}, or for arrays of several "
        "axes EventBlocks({'track': array, ...})"
    )
    raise TypeError(msg)


def _check_no_lists(X):
    """Raise if `X` is an awkward array of lists, which NumPy makes no array of."""
    if not _floats.is_awkward(X):
        return
    try:
        is_records = bool(X.fields) or np.asarray(X).dtype.names is not None
    except ValueError:
        is_records = True
    if is_records:
        msg = (
            "X is an awkward array of lists, which is no table; make blocks of it by "
            "BlockTransformer([('track', SequencePadder(20), ...)]), or a DataFrame of numbers per "
            "event"
        )
        raise TypeError(msg)


def _replace_at(X, at, values):
    columns = X.columns
    out = X.copy()
    out.columns = range(len(columns))
    out[at] = values
    out.columns = columns
    return out


def _not_found(X, column, role):
    if is_values(column):
        return f"{role} {not_values(column)}"
    columns = names(X)
    if columns is None and isinstance(column, str):
        return (
            f"{role}={column!r} is a name, but X is an array without column names; "
            "pass a DataFrame, or the position of the column as an integer"
            f"{_STRIPPED}{_WITHOUT_NAMES.get(role, ': name columns by position')}"
        )
    if columns is None:
        return f"{role}={column!r}: X has {n_columns(X)} columns, numbered from 0"
    msg = f"{role}={column!r} is not a column of X"
    if is_position(column):
        rule = "integers are names in it" if any(map(is_position, columns)) else "from 0"
        return f"{msg}, which has {len(columns)} columns ({rule}): {columns[:20]}"
    renamed = [name for name in columns if str(name).endswith(f"__{column}")]
    if len(renamed) == 1:
        cure = "ColumnTransformer(verbose_feature_names_out=False)"
        return f"{msg}; it is called {renamed[0]!r}, {cure} leaves names as they are"
    near = difflib.get_close_matches(str(column), [str(name) for name in columns], n=1)
    if near:
        return f"{msg}; did you mean {near[0]!r}?"
    return f"{msg}; it has {[str(name) for name in columns[:20]]}"
