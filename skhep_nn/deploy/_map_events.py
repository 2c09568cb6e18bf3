"""Scores of Dask collections: computed by their workers, when somebody asks for them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from os import PathLike

import numpy as np
import pandas as pd

from skhep_nn._extras import require
from skhep_nn._paths import user_path
from skhep_nn.cache import _file_digest
from skhep_nn.deploy import _model_file
from skhep_nn.deploy._model import load_model, model_features
from skhep_nn.deploy._scores import Scores
from skhep_nn.exceptions import ColumnError
from skhep_nn.io._arrow import of_awkward


def map_events(model, events, *, signal=None, features=None):
    """Scores of the events of a Dask collection; nothing is read before they are computed.

    Parameters
    ----------
    model : fitted classifier or Pipeline, or path
        As for `apply`. The path of a file is read by each worker, once.
    events : dask.dataframe.DataFrame or dask_awkward.Array
        With the columns (fields of records) that the model needs, and any others. Fields are one
        number per event, or lists where the model takes such.
    signal : label of a class, default=None
        The class whose probability is the score of a binary model; None is the second of
        ``classes_``.
    features : list of str, default=None
        As for `apply`.

    Returns
    -------
    dask.dataframe.DataFrame or dask_awkward.Array
        ``score``, or with more classes ``score_<class>`` for each and ``prediction``, as `apply`
        writes them: columns with the index and the divisions of `events`, or fields of records.
        Only the columns that the model needs are read.

    Raises
    ------
    ColumnError
        If `events` lack a feature.
    TypeError
        If `events` is no such collection, or the model cannot be pickled.

    See Also
    --------
    apply : Files to files, with retries, and resumable.

    Examples
    --------
    >>> import dask.dataframe as dd
    >>> import pandas as pd
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from skhep_nn.deploy import map_events
    >>> events = pd.DataFrame({"pt": [20.0, 30.0, 60.0, 80.0], "run": [1, 1, 2, 2]})
    >>> model = DecisionTreeClassifier().fit(events[["pt"]], [0, 0, 1, 1])
    >>> collection = dd.from_pandas(events, npartitions=2)
    >>> collection = collection.assign(score=map_events(model, collection)["score"])
    >>> collection.compute()["score"].tolist()
    [0.0, 0.0, 1.0, 1.0]
    """
    kind = next((known for known in COLLECTIONS if known.holds(events)), None)
    if kind is None:
        msg = (
            "events must be a dask.dataframe.DataFrame or a dask_awkward.Array of records, got "
            f"{type(events).__module__}.{type(events).__name__}"
        )
        raise TypeError(msg)
    fitted = load_model(model)
    names, optional = model_features(fitted, features)
    there = kind.columns(events)
    twice = next((name for name in names if there.count(name) > 1), None)
    if twice is not None:
        msg = f"events have the column {twice!r} {there.count(twice)} times; names must be unique"
        raise ColumnError(msg)
    lacking = [name for name in names if name not in there and name not in optional]
    if lacking:
        msg = f"events lack {lacking}, which the model needs; they have {list(there)[:20]}"
        raise ColumnError(msg)
    needed = [name for name in names if name in there]
    sent = _Sent.of(model, fitted)
    return kind.mapped(events, _Scored(sent, needed, signal, features is None), fitted)


@dataclass(frozen=True)
class _Sent:
    """A model that travels with the tasks: the name of its file, or its pickle."""

    digest: str
    content: bytes | None = None
    path: object = None

    @classmethod
    def of(cls, given, model):
        if isinstance(given, (str, PathLike)):
            path = user_path(given, "model").absolute()
            return cls(_file_digest.of_file(path)["blake2b"], path=path)
        content = _model_file.pickled(model)
        return cls(hashlib.blake2b(content, digest_size=16).hexdigest(), content)

    def load(self):
        if self.path is not None:
            return _model_file.ModelFile(self.path, self.digest).load()
        return _model_file.kept(self.digest, lambda: _model_file.unpickled(self.content))

    def __dask_tokenize__(self):
        return self.digest


@dataclass(frozen=True)
class _Scored:
    """Scores of the events of a table of the columns `needed`."""

    model: _Sent
    needed: list
    signal: object
    named: bool
    dtypes: dict | None = None

    def with_types_of(self, frame):
        return _Scored(self.model, self.needed, self.signal, self.named, dict(frame.dtypes))

    def table(self, X, model=None):
        """Scores of the events of a DataFrame; of the types of the meta, whoever predicts."""
        model = self.model.load() if model is None else model
        scores, rest = Scores(model, self.signal, None), pd.DataFrame(index=X.index)
        if not len(X):
            out = scores.none(rest)
        else:
            out = scores.keep(rest, model.predict_proba(X if self.named else X.to_numpy()))
        return out if self.dtypes is None else out.astype(self.dtypes)

    def meta(self, X, model):
        """The types of the scores, by those of two made-up events."""
        try:
            return self.table(X, model).iloc[:0]
        # a model may refuse events that are made up; float64 holds what any gives
        except Exception:
            out = self.table(X.iloc[:0], model)
            names = [name for name in out if name != "prediction"]
            return out.astype(dict.fromkeys(names, np.float64))

    def __call__(self, frame):
        return self.table(frame)


class _Frames:
    """dask.dataframe."""

    @staticmethod
    def holds(events):
        return _is(events, "dask", "DataFrame") and hasattr(events, "map_partitions")

    @staticmethod
    def columns(events):
        return list(events.columns)

    @staticmethod
    def mapped(events, scored, model):
        chosen = events[scored.needed]
        meta = scored.meta(_made_up(chosen), model)
        return chosen.map_partitions(
            scored.with_types_of(meta), meta=meta, enforce_metadata=True, align_dataframes=False
        )


class _Awkward:
    """dask_awkward."""

    @staticmethod
    def holds(events):
        return _is(events, "dask_awkward", "Array") and bool(events.fields)

    @staticmethod
    def columns(events):
        return list(events.fields)

    @staticmethod
    def mapped(events, scored, model):
        dask_awkward = require("dask_awkward", "dask")
        ak = require("awkward", "io")
        chosen = events[scored.needed]
        one = ak.Array([0.0, 1.0])
        sample = {name: _example(chosen[name], one) for name in scored.needed}
        meta = scored.meta(pd.DataFrame(sample), model)
        scored = scored.with_types_of(meta)
        records = _records(scored.table(pd.DataFrame(sample).iloc[:0], model))
        meta = ak.Array(records.layout.to_typetracer(forget_length=True))
        return dask_awkward.map_partitions(_AwkwardScored(scored, meta), chosen, meta=meta)


@dataclass(frozen=True)
class _AwkwardScored:
    """Scores of an awkward array of records."""

    scored: _Scored
    meta: object

    def __call__(self, events):
        ak = require("awkward", "io")
        if ak.backend(events) == "typetracer":
            # dask_awkward asks which columns are read: all that are here
            ak.typetracer.touch_data(events)
            return self.meta
        columns = {name: of_awkward(events[name]) for name in self.scored.needed}
        return _records(self.scored.table(pd.DataFrame(columns)))


COLLECTIONS = (_Frames, _Awkward)


def _made_up(frame):
    # the two events that dask makes up for such questions
    return frame._meta_nonempty


def _example(field, numbers):
    """Two values of the type of a field."""
    primitive = str(field.type.content) if hasattr(field.type, "content") else "float64"
    try:
        return np.asarray(numbers).astype(primitive)
    except TypeError:
        return pd.Series([[], []], dtype=object)


def _records(frame):
    ak = require("awkward", "io")
    return ak.zip({str(name): ak.Array(_columns_values(frame[name])) for name in frame})


def _columns_values(series):
    values = series.to_numpy()
    return values if values.dtype != object else [str(one) for one in values]


def _is(events, package, name):
    kinds = {(k.__module__.partition(".")[0], k.__name__) for k in type(events).__mro__}
    return any(module in (package, "dask_expr") and kind == name for module, kind in kinds)
