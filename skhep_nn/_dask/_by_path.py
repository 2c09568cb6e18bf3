"""Arrays and tables on memory maps travel to the workers of Dask by the path of their file.

Dask sends an array by value, whatever it lies on. Here its two ways of serializing are told of
what lies on a map; workers read it with what they have, so that nothing need be set up there.
"""

from __future__ import annotations

import sys
import threading
from dataclasses import dataclass

import numpy as np

from skhep_nn import _lazy_rows
from skhep_nn._dask._read_map import ReadMap

# Of what travels by path, for Dask; joblib has the workers keep what is larger than 1000, and
# puts the rest into each task, by value.
SIZE = 2000
_lock, _done = threading.Lock(), []


def register():
    """Have the Dask of this process send maps by their path; once."""
    with _lock:
        if not _done:
            _register_serializers()
            _register_sizes()
            _done.append(True)


def register_where_dask_is_used():
    """As `register`, as soon as Dask is there: now, or when joblib first sends something to it."""
    from joblib import register_parallel_backend

    _register_if_there()
    register_parallel_backend("dask", _backend)


def _register_if_there():
    # not while it is being imported
    if hasattr(sys.modules.get("distributed"), "Client"):
        register()


def _backend(**options):
    """joblib's own backend."""
    from joblib import _dask

    if _dask.distributed is not None:
        register()
    return _dask.DaskDistributedBackend(**options)


def described(x):
    """What to pickle in place of `x`, or None for what travels by value.

    Parameters
    ----------
    x : object
        Arrays in one piece or strided, and DataFrames and Series of which a column is on a map.
    """
    if type(x) in (np.ndarray, np.memmap, ReadMap):
        return _array(x)
    if type(x).__module__.partition(".")[0] == "pandas":
        of_kind = FRAMES.get(type(x).__name__)
        return None if of_kind is None else of_kind(x)
    return None


@dataclass(frozen=True)
class ByPath:
    """Is pickled as the call of a function that gives the object again."""

    function: object
    arguments: tuple

    def __reduce__(self):
        return self.function, self.arguments


def array_again(state):
    """The array that `_lazy_rows.portable` described, in a process that has its file."""
    # from here it may go to others
    _register_if_there()
    array, _ = _lazy_rows.restored(state)
    return array.view(ReadMap) if type(array) is np.memmap else array


def frame_again(values, index, columns):
    """A DataFrame of one array."""
    import pandas as pd

    return pd.DataFrame(np.asarray(values), index, columns, copy=False)


def joined_again(values, index, columns):
    """A DataFrame of an array for each column."""
    import pandas as pd

    plain = (np.asarray(one) if isinstance(one, ReadMap) else one for one in values)
    frame = pd.DataFrame(dict(enumerate(plain)), index, copy=False)
    frame.columns = columns
    return frame


def series_again(values, index, name):
    """A Series."""
    import pandas as pd

    return pd.Series(np.asarray(values), index, name=name, copy=False)


def instead(x):
    """`x`, or what to pickle in its place, for objects that have it as an attribute."""
    found = described(x)
    return x if found is None else found


def _array(x):
    state = None if x.nbytes <= SIZE else _lazy_rows.by_path(x)
    return None if state is None else ByPath(array_again, (state,))


def _frame(frame):
    if len(frame) * len(frame.columns) * 8 <= SIZE:
        return None
    # an event of a table of one array is a view of it, one of other tables a copy
    if _lazy_rows.memory_map(frame.iloc[:1].to_numpy()) is not None:
        values = _array(frame.to_numpy())
        return values and ByPath(frame_again, (values, frame.index, frame.columns))
    columns = [_values(frame.iloc[:, at]) for at in range(len(frame.columns))]
    if not any(isinstance(values, ByPath) for values in columns):
        return None
    return ByPath(joined_again, (columns, frame.index, frame.columns))


def _series(series):
    values = _values(series)
    if not isinstance(values, ByPath):
        return None
    return ByPath(series_again, (values, series.index, series.name))


def _values(series):
    """Those of a column, for pickling."""
    if not isinstance(series.dtype, np.dtype):
        return series.array
    values = series.to_numpy()
    return _array(values) or values


FRAMES = {"DataFrame": _frame, "Series": _series}


def _register_serializers():
    from distributed.protocol.serialize import families, register_serialization_family

    (to_dask, of_dask, _), (to_pickle, of_pickle, _) = families["dask"], families["pickle"]

    def dask_dumps(x, context=None):
        # Dask then takes the next of its ways, which is to pickle
        if described(x) is not None:
            raise NotImplementedError
        return to_dask(x, context=context)

    def pickle_dumps(x, context=None):
        return to_pickle(instead(x), context=context)

    register_serialization_family("dask", dask_dumps, of_dask)
    register_serialization_family("pickle", pickle_dumps, of_pickle)


def _register_sizes():
    """Workers count what they have, and write to disk what is too much."""
    import pandas as pd
    from dask.sizeof import sizeof

    for kind in (np.ndarray, pd.DataFrame, pd.Series):
        before = sizeof.dispatch(kind)
        sizeof.register(kind)(lambda x, size=before: SIZE if described(x) else size(x))
