"""Digests of events and transformers: what makes a cache the one that is wanted."""

from __future__ import annotations

import hashlib
import types

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator

from skhep_nn.cache._manifest import kind_to_json


def of_blocks(blocks, chunk_size):
    """Digest of names, kinds, types and values of blocks, read chunk by chunk."""
    state = hashlib.blake2b(digest_size=16)
    for name in blocks.keys():  # noqa: SIM118
        array = blocks[name]
        kind = sorted(kind_to_json(name, blocks.kinds[name]).items())
        state.update(repr((name, kind, array.dtype.str, array.shape)).encode())
        for start in range(0, len(blocks), chunk_size):
            piece = np.ascontiguousarray(array[start : start + chunk_size])
            state.update(piece.reshape(-1).view(np.uint8) if piece.size else b"")
    return state.hexdigest()


def of_transformer(transformer):
    """Digest of a transformer: its class, parameters and, once fitted, what it learnt.

    Raises
    ------
    TypeError
        If something in it has no content to tell it by.
    """
    state = hashlib.blake2b(digest_size=16)
    _feed(state, transformer, ())
    return state.hexdigest()


def _feed(state, value, above):
    """Put `value` into the digest; `above` are the objects that it is part of."""
    if any(value is one for one in above):
        state.update(b"above")
        return
    state.update(f"{type(value).__module__}.{type(value).__qualname__}(".encode())
    for kinds, content in CONTENTS:
        if isinstance(value, kinds):
            _feed_all(state, content(value), (*above, value))
            break
    else:
        _feed_object(state, value, above)
    state.update(b")")


def _feed_all(state, content, above):
    if isinstance(content, bytes):
        state.update(content)
        return
    for part in content:
        _feed(state, part, above)


def _feed_object(state, value, above):
    parts = vars(value) if hasattr(value, "__dict__") else _slots(value)
    _feed_all(state, sorted(parts.items()), (*above, value))


def _slots(value):
    names = [name for kind in type(value).__mro__ for name in getattr(kind, "__slots__", ())]
    if not names:
        msg = (
            f"{value!r:.80} in the transformer has no content that tells it from others, so a "
            "cache made with it could not be recognised"
        )
        raise TypeError(msg)
    return {name: getattr(value, name) for name in names if hasattr(value, name)}


def _of_function(function):
    code = function.__code__
    constants = [one for one in code.co_consts if not isinstance(one, types.CodeType)]
    return [code.co_code, constants, code.co_names, function.__defaults__, _closure(function)]


def _closure(function):
    return [cell.cell_contents for cell in function.__closure__ or ()]


def _of_estimator(estimator):
    # the version that scikit-learn keeps in pickles is no parameter
    return sorted((k, v) for k, v in vars(estimator).items() if k != "_sklearn_version")


CONTENTS = (
    ((str, int, float, complex, bool, type(None), np.generic), lambda v: repr(v).encode()),
    ((bytes, bytearray), bytes),
    ((type, types.BuiltinFunctionType), lambda v: f"{v.__module__}.{v.__qualname__}".encode()),
    (np.ufunc, lambda v: v.__name__.encode()),
    (np.dtype, lambda v: str(v).encode()),
    (np.random.RandomState, lambda v: v.get_state(legacy=False)),
    (types.FunctionType, _of_function),
    (types.MethodType, lambda v: [v.__func__, v.__self__]),
    (slice, lambda v: [v.start, v.stop, v.step]),
    (dict, lambda v: sorted(v.items(), key=lambda item: repr(item[0]))),
    ((set, frozenset), lambda v: sorted(v, key=repr)),
    ((list, tuple), list),
    (
        np.ndarray,
        lambda v: [str(v.dtype), v.shape, v.tolist() if v.dtype.hasobject else v.tobytes()],
    ),
    (pd.Series, lambda v: [v.name, v.index.to_numpy(), v.to_numpy()]),
    (pd.DataFrame, lambda v: [list(v.columns), *[v[c].to_numpy() for c in v.columns]]),
    (pd.Index, lambda v: [v.name, v.to_numpy()]),
    (BaseEstimator, _of_estimator),
)
