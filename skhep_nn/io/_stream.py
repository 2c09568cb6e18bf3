"""The one way from files to events: file by file, chunk by chunk, cut and checked."""

from __future__ import annotations

from collections.abc import Iterable, Set
from contextlib import closing
from dataclasses import dataclass, field
from numbers import Integral
from pathlib import Path

import numpy as np

from skhep_nn._bar import make_bar
from skhep_nn._shown import shown
from skhep_nn.exceptions import ColumnError, FileFormatError
from skhep_nn.io._cut import Cut
from skhep_nn.io._files import ending, expand, open_source, reading
from skhep_nn.io._values import kind_of, settled

EMPTY = ("error", "skip")


@dataclass(frozen=True)
class Piece:
    """Some events of one file.

    Parameters
    ----------
    path : Path
    columns : dict of str to array
    n_read : int
        Events read for it, before the cut.
    """

    path: Path
    columns: dict
    n_read: int

    @property
    def n_events(self):
        """Events that passed the cut."""
        return len(next(iter(self.columns.values())))

    def head(self, n_events):
        """The first `n_events` of it."""
        return Piece(self.path, {k: v[:n_events] for k, v in self.columns.items()}, self.n_read)


@dataclass
class Selection:
    """Which columns and events of files are wanted; checks that the files agree.

    Parameters
    ----------
    tree, columns, names, cut, empty, separator, comment
        As for `read_events`.
    """

    tree: str | None = None
    columns: list | str | None = None
    names: list | None = None
    cut: str | None = None
    empty: str = "error"
    separator: str | None = None
    comment: str | None = None
    _of_first: list | None = field(default=None, init=False)
    _seen: dict = field(default_factory=dict, init=False)

    def __post_init__(self):
        if not isinstance(self.empty, str) or self.empty not in EMPTY:
            msg = f"empty must be one of {EMPTY}, got {self.empty!r:.60}"
            raise ValueError(msg)
        _check_character("separator", self.separator, ";")
        _check_character("comment", self.comment, "#")
        if self.comment is not None and self.comment == (self.separator or ","):
            msg = f"comment and separator are both {self.comment!r}; fields would be comments"
            raise ValueError(msg)
        self.cut = None if self.cut is None else Cut(self.cut)
        if not isinstance(self.tree, str | None):
            msg = f"tree must be the name of a tree, key or group, got {self.tree!r}"
            raise TypeError(msg)
        if self.names is not None:
            self.names = _check_names(self.names)
        if self.columns is not None:
            self.columns = _check_columns(self.columns)

    def options(self):
        """What only some formats have a use for."""
        names = ("tree", "names", "separator", "comment")
        return {name: getattr(self, name) for name in names}

    def of(self, source):
        """The columns to hand out of `source`."""
        if self.columns is not None:
            source.check(self.columns)
            return self.columns
        if self._of_first is None:
            self._of_first = _all_columns(source)
            source.warn_of_left_out()
        _check_no_more(source, self._of_first)
        source.check(self._of_first)
        return self._of_first

    def check_kinds(self, path, columns):
        """Raise an error if a column changes, e.g. from numbers to text, between chunks."""
        self.merge_kinds(path, {name: kind_of(values) for name, values in columns.items()})

    def kinds(self):
        """What the columns that were read hold."""
        return {name: kind for name, (kind, _) in self._seen.items()}

    def merge_kinds(self, path, kinds):
        """As `check_kinds`, with what the columns hold."""
        for name, kind in kinds.items():
            before = self._seen.setdefault(name, (kind, path)) if kind else (kind, path)
            if kind and before[0] != kind:
                msg = (
                    f"{path}: column {name!r} holds {kind} here and {before[0]} before "
                    f"(in {before[1]}); look for stray text in it, or leave it out with columns="
                )
                raise FileFormatError(msg)


def stream(files, selection, chunk_size, *, progress=False):
    """Iterate over `Piece`s of `files`, with or without events that pass the cut.

    The paths are checked at once, not when the first piece is asked for.

    Parameters
    ----------
    files : path, pattern, or list of them
    selection : Selection
    chunk_size : int
    progress : {"auto"} or bool, default=False
        As of `skhep_nn._bar.make_bar`.
    """
    paths = expand(files)
    for path in paths:
        ending(path)
    return _pieces(paths, selection, chunk_size, progress)


def _pieces(paths, selection, chunk_size, progress):
    n_read = 0
    with closing(_Bar(paths, progress)) as bar:
        for path in paths:
            for piece in _of_file(path, selection, chunk_size, bar):
                n_read += piece.n_read
                yield piece
    check_any(paths, n_read)


def _of_file(path, selection, chunk_size, bar):
    with open_source(path, **selection.options()) as source:
        n_read = 0
        # partition by partition, as workers read them, so that their chunks are the same
        for rows in partitions(source, selection, chunk_size):
            for piece in pieces(source, selection, chunk_size, *rows):
                n_read += piece.n_read
                yield piece
                bar.update(source.fraction(n_read))
        bar.next_file()
        check_not_empty(source, n_read, selection)


def partitions(source, selection, chunk_size):
    """Pairs (start, stop) of events of an open file that can be read by themselves."""
    _, needed = _columns_of(source, selection)
    with reading(source.path):
        return source.partitions(needed, chunk_size)


def partitions_as_stored(source, selection, chunk_size):
    """The same, ending where the file's own pieces end: nothing is decoded twice."""
    _, needed = _columns_of(source, selection)
    with reading(source.path):
        return source.partitions_as_stored(needed, chunk_size)


def pieces(source, selection, chunk_size, start=0, stop=None):
    """Iterate over the `Piece`s of one partition of an open file."""
    chosen, needed = _columns_of(source, selection)
    chunks = source.chunks(needed, chunk_size, start, stop)
    while (chunk := _next(chunks, source.path)) is not None:
        chunk = _settled(chunk, source)
        selection.check_kinds(source.path, chunk)
        passing = _passing(chunk, chosen, selection.cut, source)
        yield Piece(source.path, passing, len(chunk[needed[0]]))


def check_not_empty(source, n_read, selection):
    """Raise an error if `source` (a file, or what to call it) had no events and should have."""
    if not n_read and selection.empty == "error":
        msg = f"{source} is empty: it has no events (empty='skip' passes such files over)"
        raise FileFormatError(msg)


def check_any(paths, n_read):
    """Raise an error if there are no events in any file."""
    if not n_read:
        msg = f"no events in any of the {len(paths)} files, the first of which is {paths[0]}"
        raise FileFormatError(msg)


def _columns_of(source, selection):
    """The columns to hand out, and these with what the cut needs."""
    chosen = selection.of(source)
    cut = selection.cut
    return chosen, chosen if cut is None else [*chosen, *_more(cut, source, chosen)]


def _next(chunks, path):
    with reading(path):
        return next(chunks, None)


def _settled(chunk, source):
    return {name: settled(values, f"{source}: column {name!r}") for name, values in chunk.items()}


def _more(cut, source, chosen):
    return [name for name in cut.columns(source.known, source) if name not in chosen]


def _passing(chunk, chosen, cut, source):
    if cut is None:
        return {name: chunk[name] for name in chosen}
    mask = cut.mask(chunk, source)
    return {name: chunk[name][mask] for name in chosen}


def _check_character(name, value, example):
    is_one = isinstance(value, str) and len(value) == 1 and value.isascii() and value not in '"\r\n'
    if value is not None and not is_one:
        msg = f"{name} must be one character such as {example!r}, got {shown(value)}"
        raise ValueError(msg)


def _check_names(names):
    names = [names] if isinstance(names, str) else names
    is_single = getattr(names, "ndim", 1) == 0
    if (
        is_single
        or not isinstance(names, Iterable)
        or not all(isinstance(one, str) for one in names)
    ):
        msg = f"names must be a list of the names of columns, got {names!r}"
        raise TypeError(msg)
    return list(names)


def _check_columns(columns):
    try:
        names = [columns] if isinstance(columns, (str, Integral)) else list(columns)
    except TypeError:
        names = []
    # a set has no order, and columns come in the order in which they are named
    # a time difference of NumPy calls itself an integer
    good = not isinstance(columns, (Set, bytes, np.timedelta64)) and all(
        isinstance(name, (str, Integral, tuple)) for name in names
    )
    if not names or not good or len(set(names)) < len(names):
        msg = f"columns must name at least one column, and each once, got {columns!r:.100}"
        raise ColumnError(msg)
    return names


def _all_columns(source):
    if not source.names:
        reasons = "; ".join(f"{name!r}: {why}" for name, why in list(source.refused.items())[:5])
        msg = f"{source} has no {source.kind} that can be read" + (f" ({reasons})" * bool(reasons))
        raise FileFormatError(msg)
    return source.names


def _check_no_more(source, columns):
    more = [name for name in source.names if name not in columns]
    if more:
        msg = (
            f"{source} has {source.kinds} that the first file does not have: {more[:5]}; "
            "choose with columns="
        )
        raise ColumnError(msg)


class _Bar:
    """A progress bar over the bytes of all files, since not every format tells its events."""

    def __init__(self, paths, show):
        self._sizes = [path.stat().st_size for path in paths]
        self._at, self._done = 0, 0
        options = {"total": sum(self._sizes), "unit": "B", "unit_scale": True, "desc": "reading"}
        self._bar = make_bar(show, notebook=True, **options)

    def update(self, fraction):
        """The file at hand is read up to `fraction`."""
        self._set(sum(self._sizes[: self._at]) + fraction * self._sizes[self._at])

    def next_file(self):
        """The file at hand is read."""
        self._at += 1
        self._set(sum(self._sizes[: self._at]))

    def _set(self, done):
        self._bar.update(int(done) - self._done)
        self._done = int(done)

    def close(self):
        self._bar.close()
