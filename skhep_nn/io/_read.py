"""Reading events: whole files, or chunks of them in bounded memory."""

from __future__ import annotations

import numpy as np
import pandas as pd

from skhep_nn import _bar, _choices
from skhep_nn._shown import shown
from skhep_nn.io._memory import bounded
from skhep_nn.io._stream import Selection, stream
from skhep_nn.io._values import joined_parts

CHUNK_SIZE = 100_000


def read_events(
    files,
    *,
    tree=None,
    columns=None,
    names=None,
    cut=None,
    n_max=None,
    empty="error",
    separator=None,
    comment=None,
    progress="auto",
):
    """Read events from files into a table.

    Parameters
    ----------
    files : path, pattern, or list of them
        ROOT, Parquet (``.parquet``, ``.pq``), Feather (``.feather``, ``.arrow``), HDF5 (``.h5``,
        ``.hdf5``, ``.hdf``), CSV (``.csv``, ``.csv.gz``) or npz files. The files that a pattern
        such as ``"ntuples/*.root"`` matches are taken in alphabetical order.
    tree : str, default=None
        Tree of a ROOT file; key, group or compound array of an HDF5 file. None: the only one.
    columns : str or list of str, default=None
        Columns to read, in this order; only these are read from the file. None: all of the first
        file, which the others must have, no more and no fewer.
    names : list of str, default=None
        Names of the columns of a CSV file without a header line.
    cut : str, default=None
        Keep the events that pass, e.g. ``"pt > 30 and abs(eta) < 2.5"``, in the manner of
        ``DataFrame.query``. The columns it uses need not be in `columns`. It is made of names,
        numbers, text, comparisons, arithmetic and some functions; anything else is an error.
    n_max : int, default=None
        Keep at most so many events (of those that pass the cut); reading stops there.
    empty : {"error", "skip"}, default="error"
        What to do with a file that holds no events, e.g. a tree without entries.
    separator : str, default=None
        The character between the fields of a CSV file, e.g. ``";"`` or ``"\\t"``. None: a comma,
        and an error where a file looks as if it has another.
    comment : str, default=None
        The character that begins a comment in a CSV file, e.g. ``"#"``. If the header itself is
        a comment, as numpy.savetxt writes it, its names are taken.
    progress : {"auto"} or bool, default="auto"
        ``"auto"`` is a bar for what lasts more than two seconds, in a terminal or notebook; True
        a bar from the beginning, or in a log file one line at the end; False nothing.

    Returns
    -------
    DataFrame or EventBlocks
        A DataFrame, numbered from 0. A jagged branch or list column becomes a column of Arrow
        lists (``pandas.ArrowDtype(pyarrow.large_list(...))``). Arrays with more than one axis
        (npz, HDF5) cannot be columns: then it is an `EventBlocks` of all of them.

    Raises
    ------
    FileFormatError
        If a file is empty, cut off, damaged, of an unknown ending, or has several trees to
        choose from.
    MissingFileError
        If a file is not there, or a pattern matches none.
    ColumnError
        If a file lacks a column; the message has the nearest names.

    Warns
    -----
    LeftOutWarning
        If `columns` is None and a file has columns that no table can hold: which, and why.

    See Also
    --------
    iterate_events : The same in chunks, for what does not fit in memory.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from skhep_nn.io import read_events
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder) / "events.csv"
    ...     _ = path.write_text("25.0,-1.5\\n60.0,0.5\\n")
    ...     read_events(path, names=["pt", "eta"], cut="pt > 30")
         pt  eta
    0  60.0  0.5
    """
    selection = Selection(tree, columns, names, cut, empty, separator, comment)
    limit = check_size(n_max, "n_max") if n_max is not None else None
    progress = _bar.check(progress)
    pieces = _limited(stream(files, selection, CHUNK_SIZE, progress=progress), limit)
    pieces = list(bounded(pieces))
    return to_table(_concatenate(pieces), 0)


def iterate_events(
    files,
    *,
    tree=None,
    columns=None,
    names=None,
    cut=None,
    n_max=None,
    empty="error",
    separator=None,
    comment=None,
    chunk_size=CHUNK_SIZE,
    progress="auto",
):
    """Read events in chunks, with memory for one chunk only.

    Parameters
    ----------
    files, tree, columns, names, cut, n_max, empty, separator, comment
        As for `read_events`.
    chunk_size : int, default=100_000
        Events in a chunk, at most; a chunk is shorter at the end of a file, and by what the cut
        takes away. In a table of particles, an event can be spread over two chunks.
    progress : {"auto"} or bool, default="auto"
        As for `read_events`: part of the files read, and time left.

    Yields
    ------
    DataFrame or EventBlocks
        The rows of what `read_events` returns, in order and with its numbering; at least one
        chunk, without events if none passes the cut.

    Raises
    ------
    FileFormatError, MissingFileError, ColumnError
        As for `read_events`.

    Notes
    -----
    A column of whole numbers has floating-point numbers in chunks where some are missing.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from skhep_nn.io import iterate_events
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder) / "events.csv"
    ...     _ = path.write_text("pt\\n25\\n60\\n45\\n")
    ...     [len(chunk) for chunk in iterate_events(path, chunk_size=2)]
    [2, 1]
    """
    reading = {"tree": tree, "columns": columns, "names": names, "cut": cut, "empty": empty}
    reading |= {"separator": separator, "comment": comment}
    selection, size, limit = checked(chunk_size, n_max, **reading)
    progress = _bar.check(progress)
    return _numbered(_limited(stream(files, selection, size, progress=progress), limit))


def checked(chunk_size, n_max, **reading):
    """What is to be read, as a `Selection`, the size of a chunk, and the number of events or None.

    Raises
    ------
    ValueError, TypeError, ColumnError
        Naming the parameter that makes no sense.
    """
    limit = None if n_max is None else check_size(n_max, "n_max")
    return Selection(**reading), check_size(chunk_size, "chunk_size"), limit


def _numbered(pieces):
    start = 0
    for piece in pieces:
        yield to_table(piece.columns, start)
        start += piece.n_events


def _limited(pieces, limit):
    """The pieces with events, up to `limit` events; the last one if none has any."""
    n_events, piece = 0, None
    for piece in pieces:
        if piece.n_events:
            kept = piece if limit is None else piece.head(limit - n_events)
            n_events += kept.n_events
            yield kept
        if n_events == limit:
            return
    if not n_events:
        yield piece


def to_table(columns, start, n_events=None):
    """A dict of columns as a DataFrame numbered from `start`; as EventBlocks if it must be."""
    if all(np.ndim(values) == 1 for values in columns.values()):
        n_events = len(next(iter(columns.values()))) if columns else n_events
        return pd.DataFrame(columns, index=pd.RangeIndex(start, start + n_events))
    from skhep_nn.events import EventBlocks

    return EventBlocks({name: np.asarray(values) for name, values in columns.items()})


def _concatenate(pieces):
    paths = list(dict.fromkeys(piece.path for piece in pieces))
    where = f"{paths[0]}" + f" and {len(paths) - 1} more files" * (len(paths) > 1)
    return {
        name: joined_parts([piece.columns[name] for piece in pieces], f"{where}: column {name!r}")
        for name in pieces[0].columns
    }


def check_size(value, name):
    """`value` as a whole number of at least 1; `name` is the parameter."""
    if _choices.is_whole(value) and value >= 1:
        return int(value)
    msg = f"{name} must be a whole number of at least 1, got {shown(value)}"
    raise ValueError(msg)
