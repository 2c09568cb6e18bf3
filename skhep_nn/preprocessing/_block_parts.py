"""One block of a `BlockTransformer`: its steps, applied to particles where there are any."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from scipy.sparse import issparse
from sklearn.base import clone
from sklearn.utils import get_tags

from skhep_nn import _composition
from skhep_nn.events import BlockKind
from skhep_nn.preprocessing._padder import SequencePadder
from skhep_nn.preprocessing._part import Part


def copied(transformer):
    """An unfitted copy."""
    return transformer if isinstance(transformer, str) else clone(transformer)


def fit(transformer, part, y):
    """Fit all steps, each on what the steps before make of the data."""
    steps = _composition.transformers(transformer)
    for number, step in enumerate(steps):
        data = _data_for(step, part)
        step.fit(data) if _is_per_particle(step, part.value) else step.fit(data, y)
        if number < len(steps) - 1:
            part = _transformed(step, part)


def partial_fit(transformer, part, y):
    """`fit` on one portion of a stream; see `why_not_streamed`."""
    steps = _composition.transformers(transformer)
    for number, step in enumerate(steps):
        data = _data_for(step, part)
        if len(data):
            step.partial_fit(data) if hasattr(step, "partial_fit") else step.fit(data)
        if number < len(steps) - 1:
            part = _transformed(step, part)


def why_not_streamed(transformer):
    """Why `transformer` cannot be fitted on one portion after the other; nothing if it can.

    One step at most may learn from the data: a second would see different things from one
    portion to the next.
    """
    steps = _composition.transformers(transformer)
    without = [step for step in steps if not _composition.can_stream(step)]
    if without:
        return f"{type(without[0]).__name__} has no partial_fit"
    names = [type(step).__name__ for step in steps if _composition.learns(step)]
    return f"{' and '.join(names)} both learn from the events" if len(names) > 1 else ""


def transform(transformer, part):
    """All steps one after the other; returns the `Part` that comes out."""
    for step in _composition.transformers(transformer):
        part = _transformed(step, part)
    return part


def passing(transformer, part):
    """(step, the table that it is given) of each step of a fitted transformer."""
    for step in _composition.transformers(transformer):
        yield step, _data_for(step, part)
        part = _transformed(step, part)


def finished(transformer, part):
    """(array, kind or None) of a part behind its last step, as `EventBlocks` takes them."""
    value, steps = part.value, _composition.transformers(transformer)
    value = value.toarray() if issparse(value) else value
    value = value if np.ma.isMaskedArray(value) else np.asarray(value)
    words = _tokenizer(steps)
    if words is not None:
        size = words.vocabulary_size
        kind = BlockKind("tokens", vocabulary=words.vocabulary_, vocabulary_size=size)
        return _squeezed(value), kind
    if not steps and part.kind is not None:
        return value, replace(part.kind, mask=None, of=None)
    sequence = value.ndim == 3 or (np.ma.isMaskedArray(value) and value.ndim == 2)
    names = part.names if part.names and len(part.names) == value.shape[-1] else None
    return value, BlockKind("sequence" if sequence else "features", features=names)


def allows_nan(transformer):
    """Whether missing values may go in."""
    # a Pipeline itself does not say
    first = _composition.transformers(transformer)[:1]
    return all(get_tags(step).input_tags.allow_nan for step in first)


def _tokenizer(steps):
    """The last step but padding, if it makes tokens."""
    last = next((step for step in reversed(steps) if not isinstance(step, SequencePadder)), None)
    return last if hasattr(last, "_takes_sequences") and hasattr(last, "vocabulary_") else None


def _squeezed(tokens):
    return tokens[..., 0] if tokens.ndim == 3 and tokens.shape[2] == 1 else tokens


def _is_sequence(value):
    return getattr(value, "ndim", 0) == 3 or (np.ma.isMaskedArray(value) and value.ndim == 2)


def _is_per_particle(step, value):
    return _is_sequence(value) and not hasattr(step, "_takes_sequences")


def _entries(value):
    """(n_events, length) booleans, True for a particle."""
    masked = np.ma.getmaskarray(value).reshape(*value.shape[:2], -1)
    return ~masked.all(axis=2)


def _data_for(step, part):
    """What `step` is given: the particles as a table, or the value itself."""
    if hasattr(step, "_takes_sequences"):
        return part.value
    if not _is_sequence(part.value):
        is_1d = isinstance(part.value, np.ndarray) and part.value.ndim == 1
        return part.value[:, None] if is_1d else part.value
    data = np.ma.getdata(part.value)
    flat = data.reshape(*data.shape[:2], -1)[_entries(part.value)]
    # with names, so that a step can be told of columns by name
    return flat if part.names is None else pd.DataFrame(flat, columns=list(part.names))


def _transformed(step, part):
    data = _data_for(step, part)
    if not _is_per_particle(step, part.value):
        value = step.transform(data)
        return Part(value, _names_out(step, part.names, value))
    table = step.transform(data) if len(data) else _nothing(step, data)
    value = _scattered(_as_table(table), part.value)
    if isinstance(table, pd.DataFrame):
        return Part(value, tuple(map(str, table.columns)))
    return Part(value, _names_out(step, part.names, value))


def _as_table(flat):
    return flat.toarray() if issparse(flat) else np.asarray(flat)


def _nothing(step, data):
    """The outcome of `step` for events without a single particle."""
    try:
        return np.zeros((0, len(step.get_feature_names_out())))
    except (AttributeError, ValueError):
        return np.zeros((0, data.shape[1]))


def _scattered(flat, value):
    """Particles back at their places; the padding keeps its value where columns stay columns."""
    data, entries = np.ma.getdata(value), _entries(value)
    data = data.reshape(*data.shape[:2], -1)
    same = data.shape[2] == flat.shape[1]
    dtype = np.result_type(flat, data) if same and flat.dtype.kind != "f" else flat.dtype
    out = np.zeros((*entries.shape, flat.shape[1]), dtype)
    out[entries] = flat
    if same:
        out[~entries] = data[~entries]
    if not np.ma.isMaskedArray(value):
        return out
    mask = np.broadcast_to(~entries[..., None], out.shape).copy()
    return np.ma.MaskedArray(out, mask=mask, copy=False, fill_value=value.fill_value)


def _names_out(step, names, value):
    if isinstance(step, SequencePadder):
        return step.fields_
    try:
        out = tuple(map(str, step.get_feature_names_out()))
    except (AttributeError, ValueError, NotImplementedError):
        out = names
    shape = getattr(value, "shape", None)
    return out if out and (shape is None or len(out) == shape[-1]) else None
