"""What every reader offers: the names of its columns, and chunks of them."""

from __future__ import annotations

import difflib
import warnings
from abc import ABC, abstractmethod
from itertools import pairwise
from math import prod

import numpy as np

from skhep_nn.exceptions import ColumnError, FileFormatError, LeftOutWarning

# zeros shrink a thousandfold: what a small file unpacks to is bounded before it is unpacked
BYTES_OF_EVENT = 2**28
BYTES_OF_CHUNK = 2**30
# of what can be read at once only
BYTES_OF_ARRAY = 2**33
# more than any file has: a number of events that was damaged
MOST_EVENTS = 2**40
# a partition of a file is so many chunks
CHUNKS_OF_PARTITION = 10
# a piece of a file that can be decoded as a whole only stays whole up to so many partitions
LARGEST_WHOLE = 4

# so many of those that are left out are named
SHOWN = 100


class Source(ABC):
    """One open file of events.

    A chunk is a dict of columns: 1-D arrays (NumPy, or pandas' for text and for lists), or arrays
    of more dimensions whose first axis is the events.

    Parameters
    ----------
    path : Path
    names : list of str
        Columns that can be read, in the order of the file.
    n_events : int or None
        None if the file does not say.
    where : str, default=""
        The tree, key or group, for messages.
    kind : str, default="column"
        What the format calls a column.
    refused : dict of str to str, optional
        Columns that cannot be read, with the reason.
    aside : collection of str, default=()
        Those of `refused` that hold nothing of the events which other columns do not hold.
    aliases : collection of str, default=()
        Other names by which columns can be asked for.
    """

    def __init__(
        self, path, names, n_events, *, where="", kind="column", refused=None, aside=(), aliases=()
    ):
        self.path, self.names, self.n_events = path, names, n_events
        self.where, self.kind, self.refused = where, kind, refused or {}
        self._check_number()
        # in the order of the file, for messages
        self.known = dict.fromkeys([*names, *aliases])
        self.left_out = [name for name in self.refused if name not in aside]

    def __str__(self):
        return f"{self.path}: {self.where}" if self.where else str(self.path)

    def _check_number(self):
        if self.n_events is not None and not 0 <= self.n_events <= MOST_EVENTS:
            msg = f"{self} is damaged: it says that it has {self.n_events} events"
            raise FileFormatError(msg)

    @property
    def kinds(self):
        """What the format calls columns."""
        return f"{self.kind}es" if self.kind.endswith("ch") else f"{self.kind}s"

    @abstractmethod
    def chunks(self, columns, size, start=0, stop=None):
        """Iterate over dicts of `columns`, of `size` events each but for the last.

        Parameters
        ----------
        columns : list of str
        size : int
        start, stop : int, optional
            The events to read; one of the pairs that `partitions` gives.
        """

    def partitions(self, columns, size):
        """Pairs (start, stop) of events that can be read by themselves; here the whole file."""
        del columns, size
        return [(0, None)]

    def partitions_as_stored(self, columns, size):
        """As `partitions`, but ends where the file's own pieces end, as nearly as it has such."""
        return self.partitions(columns, size)

    def fraction(self, n_read):
        """Which part of the file has been read, from 0 to 1."""
        return n_read / self.n_events if self.n_events else 1.0

    def close(self):  # noqa: B027  (most readers keep none open)
        """Close the file."""

    def check(self, columns):
        """Raise an error that names the file, the `columns` it lacks and the nearest it has."""
        missing = [name for name in columns if name not in self.known]
        if missing:
            raise ColumnError(f"{self} " + "; ".join(self._lacks(name) for name in missing))

    def warn_of_left_out(self):
        """Say once which columns cannot be read, where none were asked for."""
        if not self.left_out:
            return
        named = {}
        for name in self.left_out[:SHOWN]:
            named.setdefault(self.refused[name], []).append(repr(name))
        shown = "; ".join(f"{', '.join(names)} ({reason})" for reason, names in named.items())
        more = f"; and {len(self.left_out) - SHOWN} more" if len(self.left_out) > SHOWN else ""
        n_all = len(self.names) + len(self.left_out)
        msg = (
            f"{self}: {len(self.left_out)} of {n_all} {self.kinds} cannot be columns and are left "
            f"out: {shown}{more}"
        )
        warnings.warn(msg, LeftOutWarning, stacklevel=2)

    def _lacks(self, name):
        if name in self.refused:
            return f"has {self.kind} {name!r}, which cannot be a column: {self.refused[name]}"
        # the count shows that a column whose name was damaged is gone
        in_all = f"{len(self.names)} {self.kinds} in all"
        return f"has no {self.kind} {name!r}; {nearest(name, self.names)} ({in_all})"


def nearest(name, names):
    """The names most like `name`, in words."""
    if not names:
        return "it has none"
    # names are numbers where pandas numbered them
    names = list(names)
    labels = [str(one) for one in names]
    near = difflib.get_close_matches(str(name), labels, n=3)
    near = near or [one for one in labels if str(name).lower() in one.lower()][:3]
    if near:
        return f"the nearest it has: {', '.join(map(repr, near))}"
    more = f" and {len(names) - 10} more" if len(names) > 10 else ""
    return f"it has {', '.join(map(repr, names[:10]))}{more}"


def pick_tree(path, tree, found, kind):
    """`tree`, or the only one of `found`; an error lists what there is.

    Raises
    ------
    FileFormatError
    """
    if tree is None and len(found) == 1:
        return found[0]
    if tree in found:
        return tree
    if not found:
        msg = f"{path} has no {kind}"
    elif tree is None:
        msg = f"{path} has {len(found)} {kind}s; choose one with tree=: {', '.join(found)}"
    else:
        msg = f"{path} has no {kind} {tree!r}; {nearest(tree, found)}"
    raise FileFormatError(msg)


def equal_partitions(n_events, step):
    """Pairs (start, stop) of so many chunks of `step` events each, at least one pair."""
    size = CHUNKS_OF_PARTITION * step
    return [(at, min(at + size, n_events)) for at in range(0, max(n_events, 1), size)]


def joined_or_divided(borders, step):
    """Pairs (start, stop) of whole pieces of a file, of `step` chunks or little more.

    Small pieces are joined. Those that are much too large are divided, and are decoded once for
    each part.

    Parameters
    ----------
    borders : sequence of int
        Where the pieces begin, and the end of the file.
    step : int
    """
    size, starts = CHUNKS_OF_PARTITION * step, [0]
    for first, last in pairwise(borders):
        if last - first > LARGEST_WHOLE * size:
            n_parts = -(-(last - first) // (LARGEST_WHOLE * size))
            starts += [first + part * (last - first) // n_parts for part in range(n_parts)]
            starts.append(last)
        elif last - starts[-1] >= size:
            starts.append(last)
    starts, end = sorted({*starts} - {borders[-1]}), borders[-1]
    return list(pairwise([*starts, end])) or [(0, 0)]


def check_lengths(source, lengths):
    """The common length of columns, given {name: length}, or an error naming those that differ."""
    if len(set(lengths.values())) > 1:
        listed = ", ".join(f"{name!r} ({n})" for name, n in lengths.items())
        msg = f"{source}: the {source.kinds} differ in length: {listed}; select some with columns="
        raise FileFormatError(msg)
    return next(iter(lengths.values()), 0)


def check_bytes(source, name, itemsize, shape):
    """The bytes of one event of an array, or an error if these are more than an event has.

    Raises
    ------
    FileFormatError
    """
    n_bytes = prod(shape[1:]) * itemsize
    if n_bytes > BYTES_OF_EVENT:
        msg = (
            f"{source}: array {name!r} of shape {shape} has {n_bytes / 2**20:.0f} MB per event; "
            f"at most {BYTES_OF_EVENT / 2**20:.0f} MB are read; leave it out with columns="
        )
        raise FileFormatError(msg)
    return n_bytes


def values_of(series):
    """Values of a pandas Series: a NumPy array where there is one, else the extension array."""
    return series.to_numpy() if isinstance(series.dtype, np.dtype) else series.array
