"""What X is, and mass hypotheses put into it."""

from __future__ import annotations

import numpy as np

from skhep_nn import _columns, _floats, _masks
from skhep_nn.deploy._onnx._specs import Records


def as_input(X, name="X"):
    """`X`, or an array made of it if it has no columns of its own; `name` is for messages."""
    if hasattr(X, "fields") and not _columns.is_frame(X):
        return Records(X)
    X = X if isinstance(X, (dict, np.ndarray)) else _columns.table(X)
    if _columns.is_frame(X) or _columns.is_blocks(X):
        return X
    if isinstance(X, dict):
        if not X:
            msg = f"{name} is a dict without arrays; it needs one for each input of the model"
            raise TypeError(msg)
        from skhep_nn.events import EventBlocks

        return EventBlocks(X)
    X = _floats.plain_objects(_floats.as_array(_masks.unmasked(X, name), name), name)
    _floats.check_type(X.dtype, name)
    if X.ndim < 2:
        msg = f"{name}: Expected 2D array, got {X.ndim}D array instead: one row per event is needed"
        raise ValueError(msg)
    return X


def in_order(X, names):
    """The columns of X that the model knows, in the order of its fit."""
    given = _columns.names(X)
    if given is None or given == names:
        return X
    known = [given.index(name) for name in names if name in given]
    if isinstance(X, Records):
        return Records(X.X[[given[at] for at in known]])
    return _columns.select(X, known)


def positions(about):
    """Positions of the columns of the mass among those of X."""
    columns = about.parameters.get("columns", [])
    return [about.names.index(c) if isinstance(c, str) else c for c in columns]


def put_in(X, present, about, hypothesis):
    """`X` with the hypothesis in the columns of the mass, and the columns that it then has."""
    at = positions(about)
    if _columns.is_frame(X):
        named = {about.names[p]: v for p, v in zip(at, hypothesis, strict=True)}
        X = X.assign(**named)
        order = [n for n in about.names if n in X.columns]
        return X[order], [about.names.index(n) for n in order]
    if _columns.is_blocks(X):
        named = _blocks_of(about, hypothesis, len(X))
        X = X.assign(**named)
        return X, [about.names.index(name) for name in _columns.names(X)]
    return _put_in_array(np.asarray(X), present, at, hypothesis)


def _blocks_of(about, hypothesis, n_events):
    """The blocks of the mass, of one number each or of several."""
    columns = about.parameters["columns"]
    names = [c if isinstance(c, str) else about.names[c] for c in columns]
    if len(names) == len(hypothesis):
        return {n: np.full(n_events, v) for n, v in zip(names, hypothesis, strict=True)}
    return {names[0]: np.tile(hypothesis, (n_events, 1))}


def _put_in_array(X, present, at, hypothesis):
    if X.ndim != 2:
        msg = f"X has shape {X.shape}; a table of one row per event is needed"
        raise ValueError(msg)
    every = sorted({*present, *at})
    out = np.empty((len(X), len(every)), np.result_type(X.dtype, np.float32))
    out[:, [every.index(p) for p in present]] = X
    out[:, [every.index(p) for p in at]] = hypothesis
    return out, every
