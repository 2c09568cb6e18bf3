"""Where it is from: steps with their parameters, what they dropped, versions and digests."""

from __future__ import annotations

import hashlib
import importlib.metadata
import platform

import numpy as np
import pandas as pd

from skhep_nn import _columns, _composition, _frames
from skhep_nn._version import __version__
from skhep_nn.report._contents import Numbers, Table, Text
from skhep_nn.report._sections._variables import features_of

_PACKAGES = ("tensorflow", "keras", "scikit-learn", "numpy", "pandas", "scipy", "matplotlib")
# what a step counted, in the order of a table
_COUNTS = (
    *("n_dropped_", "n_negative_", "n_negative_weights_", "n_zero_weights_", "n_missing_"),
    *("n_truncated_", "n_truncated_events_", "n_unknown_", "n_clipped_"),
)


def dropped(context):
    """What steps dropped, clipped, truncated or did not know, as they counted it in fit."""
    rows = {}
    for name, step in _steps(context.model):
        counts = {count[2:-1].replace("_", " "): _count(step, count) for count in _COUNTS}
        counts["columns clipped"] = _count(step, "clipped_")
        counts = {what: number for what, number in counts.items() if number is not None}
        if counts:
            rows[name] = counts
    if rows:
        table = pd.DataFrame.from_dict(rows, orient="index").astype(object)
        yield Table(table.where(table.notna(), "–"), "Counted in fit")
    else:
        yield Text("No step of the model counts events or values that it changes.")
    if {"train", "test"} <= context.parts.keys():
        beyond = _beyond_training(context)
        if len(beyond):
            yield Table(beyond, "Test events beyond the range of training, by weight")


def _beyond_training(context):
    """Part of the weights of test events whose value is below or above all of training."""
    train, test = (features_of(context, context.part(name)) for name in ("train", "test"))
    weights = np.abs(context.part("test").weights)
    rows = {}
    for name in test.columns:
        low, high = train[name].min(), train[name].max()
        rows[name] = {
            "below": float(weights[test[name] < low].sum() / weights.sum()),
            "above": float(weights[test[name] > high].sum() / weights.sum()),
            "no value": float(weights[test[name].isna()].sum() / weights.sum()),
        }
    return pd.DataFrame.from_dict(rows, orient="index")


def parameters(context):
    """Parameters of every step; those that are not the default are marked."""
    for name, step in _steps(context.model):
        shown = step.get_params(deep=False) if hasattr(step, "get_params") else {}
        if not shown:
            continue
        changed = _changed(step, shown)
        frame = pd.DataFrame(
            {"value": {key: f"{value!r:.200}" for key, value in shown.items()}},
        )
        frame["default"] = ["no" if key in changed else "yes" for key in shown]
        yield Table(frame, name)


def provenance(context):
    """Versions, the machine, and digests of the events."""
    versions = {"skhep_nn": __version__, "Python": platform.python_version()}
    for package in _PACKAGES:
        try:
            versions[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    yield Numbers({**versions, "Platform": f"{platform.system()} {platform.machine()}"})
    rows = {}
    for name, part in context.parts.items():
        rows[name] = {"events": len(part), "SHA-256 of the table": digest(part.sample)}
    if rows:
        yield Table(pd.DataFrame.from_dict(rows, orient="index"), "Digests of the events")


def digest(sample):
    """SHA-256 of names, types and values of the columns of a sample, its labels and weights."""
    state = hashlib.sha256()
    table = _frames.as_pandas(sample.table)
    names = _columns.names(table)
    columns = range(_columns.n_columns(table)) if names is None else names
    for at, name in enumerate(columns):
        _feed(state, str(name), _columns.take_at(table, at))
    _feed(state, "y", sample.y)
    _feed(state, "weights", sample.weights)
    return state.hexdigest()


def _feed(state, name, values):
    values = np.asarray(values)
    if values.dtype == object:
        values = pd.util.hash_array(
            np.array([str(value) for value in values.ravel()], dtype=object)
        )
    values = np.ascontiguousarray(values)
    # the same on machines of either byte order
    values = values.astype(values.dtype.newbyteorder("<"), copy=False)
    state.update(f"{name}|{values.dtype.kind}{values.dtype.itemsize}|{values.shape}".encode())
    state.update(values.tobytes())


def _steps(model, prefix=""):
    """(name, estimator) of a model and of all that is in it."""
    inside = getattr(model, "best_estimator_", None)
    if inside is not None:
        yield f"{prefix}{type(model).__name__}", _OnlyName(model)
        yield from _steps(inside, prefix)
        return
    if hasattr(model, "steps"):
        for name, step in model.steps:
            if step not in (None, "passthrough"):
                yield from _steps(step, f"{prefix}{name}: ")
        return
    yield f"{prefix}{type(model).__name__}", model
    for name, inner in _inner(model):
        yield from _steps(inner, f"{prefix}{name}: ")


def _inner(model):
    """Fitted estimators in a transformer of columns or blocks, or wrapped by a classifier."""
    fitted = getattr(model, "transformers_", None)
    if fitted is not None:
        return [(one[0], one[1]) for one in fitted if hasattr(one[1], "get_params")]
    return [(type(one).__name__, one) for one in _composition.parts(model)[:1]]


class _OnlyName:
    """A search: its parameters hold the model that is shown anyway."""

    def __init__(self, search):
        self._search = search

    def get_params(self, deep=False):
        del deep
        best = getattr(self._search, "best_params_", {})
        return {f"best {name}": value for name, value in best.items()}


def _count(step, name):
    found = getattr(step, name, None)
    if found is None:
        return None
    return int(np.sum(found)) if not isinstance(found, dict) else int(sum(found.values()))


def _changed(step, shown):
    """Names of the parameters that differ from what a new object would have."""
    try:
        default = type(step)().get_params(deep=False)
    except TypeError:
        return set()
    return {key for key, value in shown.items() if repr(default.get(key)) != repr(value)}
