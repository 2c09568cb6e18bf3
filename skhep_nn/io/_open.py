"""Files as events that stay in the files: what trains from them reads them again in each epoch."""

from __future__ import annotations

import numpy as np

from skhep_nn._lazy_rows import LazyRows
from skhep_nn.exceptions import ColumnError, FileFormatError
from skhep_nn.io._file_rows import FileColumn, FileTable, Part, passing, stamp_of
from skhep_nn.io._files import expand, open_source, reading
from skhep_nn.io._read import CHUNK_SIZE
from skhep_nn.io._source import CHUNKS_OF_PARTITION
from skhep_nn.io._stream import Selection, partitions_as_stored
from skhep_nn.io._values import is_list

# A partition, the least that is read at a time, has about so many bytes where the format allows.
PARTITION_BYTES = 4 * 2**20
# A format that is read from its beginning only (CSV) is one partition.
LARGEST_PARTITION = 2**29
# Events by which the type of a column is known.
FIRST_EVENTS = 1000


def open_events(
    files,
    *,
    tree=None,
    columns=None,
    names=None,
    cut=None,
    empty="error",
    separator=None,
    comment=None,
):
    """Open files as one data set to train from: events are read when they are needed.

    Nothing is held in memory or written to disk. A classifier reads the files in shuffled
    buffers, once in each epoch, while it trains.

    Parameters
    ----------
    files, tree, columns, names, cut, empty, separator, comment
        As for `read_events`. All columns must be numbers or booleans.

    Returns
    -------
    EventBlocks
        A block for each column, that is read when it is asked for.

    Raises
    ------
    FileFormatError, MissingFileError, ColumnError
        As for `read_events`; also if a column is no number, or a file is too large to be read as
        a whole and of a format that is read no other way.

    See Also
    --------
    skhep_nn.cache.build_cache : Faster from the second epoch on, and with a transformer.

    Notes
    -----
    A column has the type that its first 1000 events have in all files together. Numbers that this
    does not hold exactly are an error (FileFormatError) when they are read.

    The least that is read at a time is a partition: row groups of Parquet, ranges of events of
    ROOT, HDF5 and Feather files, a whole CSV or npz file. A buffer of the training loop, of about
    100 MB, is made of partitions from all over the files, and shuffled. Events that are sorted
    within a file are mixed well if it has many partitions: write Parquet with row groups of 50,000
    events or less. With a `cut` the files are read once to count the events that pass.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import pandas as pd
    >>> from skhep_nn.io import open_events
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for name, label in [("signal", 1), ("background", 0)]:
    ...         events = pd.DataFrame({"pt": [20.0, 60.0, 40.0], "is_signal": label})
    ...         events.to_parquet(pathlib.Path(folder) / f"{name}.parquet")
    ...     events = open_events(f"{folder}/*.parquet", cut="pt > 30")
    ...     events, events["is_signal"][:].tolist()
    (EventBlocks of 4 events: pt () features, is_signal () features, [0, 0, 1, 1])
    """
    from skhep_nn.events import EventBlocks

    reading = {"tree": tree, "columns": columns, "names": names, "cut": cut, "empty": empty}
    reading |= {"separator": separator, "comment": comment}
    table = _table(expand(files), reading)
    return EventBlocks({name: LazyRows((FileColumn(table, name), None)) for name in table.types})


def _table(paths, reading):
    selection, types, files = Selection(**reading), {}, []
    for path in paths:
        with open_source(path, **selection.options()) as source:
            chosen = selection.of(source)
            found = _first(source, selection, chosen)
        if found is not None:
            types = _joined_types(types, found, path)
            files.append(path)
        elif selection.empty == "error":
            msg = f"{path} is empty: it has no events (empty='skip' passes such files over)"
            raise FileFormatError(msg)
    if not files:
        msg = f"no events in any of the {len(paths)} files, the first of which is {paths[0]}"
        raise FileFormatError(msg)
    row_bytes = sum(dtype.itemsize * int(np.prod(shape)) for dtype, shape in types.values())
    size = max(1, PARTITION_BYTES // row_bytes // CHUNKS_OF_PARTITION)
    reading = reading | {"columns": list(types)}
    parts = [part for path in files for part in _parts(path, reading, size, row_bytes)]
    if not any(part.n_events for part in parts):
        msg = f"no event of {len(paths)} files passes cut={reading['cut']!r}"
        raise FileFormatError(msg)
    # a partition is read in one piece: each chunk costs some time for each column
    return FileTable(reading, [part for part in parts if part.n_events], types, CHUNK_SIZE)


def _first(source, selection, chosen):
    """Types of the columns of a file, by its first events; None without any."""
    with reading(source.path):
        chunk = next(iter(source.chunks(chosen, FIRST_EVENTS)), None)
    if chunk is None or not len(chunk[chosen[0]]):
        return None
    selection.check_kinds(source.path, chunk)
    return {name: _type(source, name, chunk[name]) for name in chosen}


def _type(source, name, values):
    dtype = getattr(values, "dtype", None)
    is_plain = isinstance(dtype, np.dtype) and dtype.kind in "biuf"
    if is_list(values) or not is_plain:
        msg = (
            f"{source}: column {name!r} is no column of numbers (dtype {dtype}); leave it out with "
            "columns=, or use build_cache with a transformer that makes numbers of it"
        )
        raise ColumnError(msg)
    return np.asarray(values).dtype, np.shape(values)[1:]


def _joined_types(types, found, path):
    """Types that hold the numbers of all files."""
    if not types:
        return found
    out = {}
    for name, (dtype, shape) in types.items():
        other, here = found[name]
        if shape != here:
            msg = f"{path}: column {name!r} has shape {here} per event, and {shape} in files before"
            raise FileFormatError(msg)
        out[name] = np.result_type(dtype, other), shape
    return out


def _parts(path, reading, size, row_bytes):
    """The partitions of a file, with the number of their events that pass."""
    selection, stamp = Selection(**reading), stamp_of(path)
    with open_source(path, **selection.options()) as source:
        for start, stop in partitions_as_stored(source, selection, size):
            known = source.n_events if stop is None else stop
            n_events = None if known is None or selection.cut is not None else known - start
            if n_events is None:
                n_events = _counted(source, selection, size, start, stop)
            if stop is None and n_events * row_bytes > LARGEST_PARTITION:
                msg = (
                    f"{source} has {n_events} events, which can only be read from the first on; "
                    "make a cache of them with build_cache, or write Parquet files"
                )
                raise FileFormatError(msg)
            # read later, perhaps by a process that is elsewhere
            yield Part(path.absolute(), stamp, start, stop, n_events)


def _counted(source, selection, size, start, stop):
    one = Selection(**_only(selection, source))
    return sum(len(chunk[one.columns[0]]) for chunk in passing(source, one, size, start, stop))


def _only(selection, source):
    """A selection of one column, with the same cut."""
    column = selection.columns[0]
    if selection.cut is not None:
        # it is read anyway
        used = selection.cut.columns(source.known, source)
        column = next((name for name in used if name in source.names), column)
    cut = None if selection.cut is None else selection.cut.text
    return {**selection.options(), "columns": [column], "cut": cut, "empty": selection.empty}
