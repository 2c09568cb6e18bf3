"""Events for the comparison of file and model: ranges of given ones, or made-up ones."""

from __future__ import annotations

import numpy as np
import pandas as pd

from skhep_nn import _columns, _floats
from skhep_nn.deploy._onnx import _hypothesis
from skhep_nn.deploy._onnx._graph_root import (
    ONE_PER_MASS,
    first_reader,
    range_of_masses,
    reader_of_masses,
)
from skhep_nn.exceptions import ExportError

N_EVENTS = 200
# Step of float32, of the width of a column, from which on rounding is for the user to know of.
TOO_COARSE = 1e-4
# Fraction of missing values in columns where they are filled.
MISSING = 0.1


def ranges(metadata, X):
    """(low, high) of the features of `X`, by position, missing values left out."""
    found = {}
    if _columns.is_blocks(X) or hasattr(X, "fields") or isinstance(X, dict):
        return found
    tables = [spec for spec in metadata.inputs if spec.kind == "table"]
    for at in (at for spec in tables for at in spec.columns):
        values = _column(metadata, X, at)
        if values is not None and np.isfinite(values).any():
            values = values[np.isfinite(values)]
            found[at] = (float(values.min()), float(values.max()))
    return found


def _column(metadata, X, at):
    if _columns.is_frame(X):
        name = metadata.names[at] if metadata.names is not None else at
        return _numbers(X[name], f"check: column {name!r}") if name in X else None
    X = np.asarray(X)
    absent = {*metadata.optional, *metadata.numbers()}
    required = [n for n in range(metadata.n_columns) if n not in absent]
    place = at if X.shape[-1] == metadata.n_columns else required.index(at)
    if place >= X.shape[-1]:
        # which the model says better
        return None
    return _numbers(X[:, place], "check")


def _numbers(values, name):
    return _floats.plain_objects(_floats.as_array(values, name), name).astype(float)


def make_up(model, metadata):
    """Events that `model` can classify, within the range of training where it is known.

    Raises
    ------
    ExportError
        If it is not known what the events of this model look like.
    """
    rng = np.random.default_rng(0)
    kinds = {spec.kind for spec in metadata.inputs} - {"numbers"}
    if kinds <= {"table"}:
        return _table(model, metadata, rng)
    if kinds == {"array"}:
        shape = tuple(metadata.inputs[0].shape)
        return rng.normal(size=(N_EVENTS, *shape)).astype(np.float32).astype(np.float64)
    if hasattr(first_reader(model), "block_kinds_"):
        return _blocks(first_reader(model), metadata, rng)
    if hasattr(first_reader(model), "feature_names_in_"):
        return _lists(first_reader(model), metadata, rng)
    msg = "what events of this model look like is not known; give check=, some events"
    raise ExportError(msg)


def _table(model, metadata, rng):
    used = [at for spec in metadata.inputs for at in spec.columns if spec.kind == "table"]
    X = np.ones((N_EVENTS, metadata.n_columns))
    for at in used:
        facts = metadata.facts.get(at, {})
        X[:, at] = _values(facts, rng)
        if "filled_with" in facts:
            missing = np.nan if facts.get("nan", True) else facts["missing_value"]
            X[rng.random(N_EVENTS) < MISSING, at] = missing
    if metadata.parameters:
        X[:, _hypothesis.positions(metadata)] = _masses(reader_of_masses(model), rng)
    X = _rounded(X)
    numbers = {at: _event_numbers(rng) for at in metadata.numbers()}
    if metadata.names is None:
        for at, values in numbers.items():
            X[:, at] = values
        return X
    named = {metadata.names[at]: values for at, values in numbers.items()}
    return pd.DataFrame(X, columns=metadata.names).assign(**named)


def _rounded(X):
    """Rounded as a file of float32 has it, but where this would make other events of them."""
    low, high = np.nanmin(X, axis=0), np.nanmax(X, axis=0)
    step = np.spacing(np.maximum(np.abs(low), np.abs(high)).astype(np.float32))
    rounded = X.astype(np.float32).astype(np.float64)
    return np.where(step > TOO_COARSE * (high - low), X, rounded)


def _event_numbers(rng):
    return rng.integers(0, 2**31, N_EVENTS)


def _values(facts, rng, size=N_EVENTS):
    if "categories" in facts:
        return rng.choice(np.asarray(facts["categories"]), size)
    low, high = facts.get("range", facts.get("around", (-3.0, 3.0)))
    fits = np.abs([low, high]).max() <= np.finfo(np.float32).max
    low, high = (low, high) if fits else (-3.0, 3.0)
    return rng.uniform(low, high, size) if high > low else np.full(size, low)


def _masses(classifier, rng):
    """A mass hypothesis of each event that the classifier takes."""
    if hasattr(classifier, ONE_PER_MASS):
        return rng.choice(classifier.hypotheses_, N_EVENTS)
    low, high = range_of_masses(classifier).T
    return rng.uniform(low, high, (N_EVENTS, len(low)))


def _blocks(classifier, metadata, rng):
    from skhep_nn.events import EventBlocks

    values = {}
    for spec in metadata.inputs:
        if spec.kind == "numbers":
            values |= {metadata.names[at]: _event_numbers(rng) for at in spec.columns}
        else:
            values[spec.columns[0]] = _block(classifier, spec, rng)
    known = classifier.block_kinds_
    kinds = {name: known[name] for name in values if name in known}
    for name, (low, high) in _parameter_ranges(classifier).items():
        if name in values:
            values[name] = rng.uniform(low, high, N_EVENTS)
    ordered = {name: values[name] for name in metadata.names if name in values}
    return EventBlocks(ordered, kinds)


def _block(classifier, spec, rng):
    """Values of one block, of what it is to the network."""
    name = spec.columns[0]
    make = BLOCKS_OF.get(spec.of, _features)
    values = make(classifier, spec, rng, (N_EVENTS, *spec.shape))
    one_value = name in classifier.block_kinds_ and not classifier.block_shapes_.get(name, (1,))
    return values[:, 0] if one_value and values.ndim > 1 else values


def _features(classifier, spec, rng, shape):
    return rng.normal(size=shape)


def _tokens(classifier, spec, rng, shape):
    return rng.integers(0, spec.vocabulary_size, shape)


def _mask(classifier, spec, rng, shape):
    return rng.random(shape) < 0.7


def _lengths(classifier, spec, rng, shape):
    return rng.integers(0, _length_of(classifier, spec.columns[0]) + 1, N_EVENTS)


BLOCKS_OF = {"tokens": _tokens, "mask": _mask, "lengths": _lengths}


def _parameter_ranges(classifier):
    if not hasattr(classifier, "parameter_names_"):
        return {}
    return dict(zip(classifier.parameter_names_, classifier.parameter_range_, strict=True))


def _length_of(classifier, name):
    kinds = classifier.block_kinds_
    return next(classifier.block_shapes_[n][0] for n, k in kinds.items() if k.mask == name)


def _lists(transformer, metadata, rng):
    """A DataFrame with columns of numbers, and of lists of particles."""
    lengths, columns = {}, {}
    for spec in metadata.inputs:
        for at in spec.columns:
            name = metadata.label(at)
            facts = metadata.facts.get(at, {})
            if spec.kind == "table":
                columns[name] = _values(facts, rng)
            elif spec.kind == "lists":
                counts = lengths.setdefault(spec.name, rng.integers(0, 5, N_EVENTS))
                flat = _values(facts, rng, int(counts.sum()))
                columns[name] = np.split(flat, np.cumsum(counts)[:-1])
    frame = pd.DataFrame(index=range(N_EVENTS))
    columns |= {metadata.names[at]: _event_numbers(rng) for at in metadata.numbers()}
    for name in metadata.names:
        values = columns.get(name, np.ones(N_EVENTS))
        frame[name] = pd.Series(list(values), dtype=object) if isinstance(values, list) else values
    return frame
