"""Values that steps and the network clip: how many of each feature, in each part of the events."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import FeatureUnion
from sklearn.preprocessing import MinMaxScaler as PlainMinMaxScaler

from skhep_nn import _columns, _composition
from skhep_nn.exceptions import ExtrapolationWarning
from skhep_nn.report._contents import Table

_CUT = "values out of the range of its fit, which clip=True moves to the edges"
_PULLED = "values more than 3 quartile distances off the median, which the smooth clip pulls in"


def clipped(context):
    """A table per step that clips: features by parts."""
    found = {}
    for part in context.parts.values():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ExtrapolationWarning)
            for name, what, counts in _of_model(context.model, part.X):
                found.setdefault(f"{name}: {what}", {})[part.word] = counts
    for caption, by_part in found.items():
        frame = pd.DataFrame(by_part)
        frame.index = frame.index.map(str)
        yield Table(frame, caption)


def _of_model(model, X, prefix=""):
    """(step, what is counted, {feature: number}) of all that clips in a model."""
    *steps, last = _composition.steps(model)
    for at, step in enumerate(steps):
        yield from _of_step(step, X, f"{prefix}step {at + 1}, ")
        X = step.transform(X)
    inner = _composition.parts(last)
    if len(inner) == 1:
        yield from _of_model(inner[0], X, f"{prefix}{type(last).__name__}, ")
    elif hasattr(last, "model_"):
        yield from _of_network(last, X, prefix)


def _of_step(step, X, prefix):
    if hasattr(step, "_passing"):
        for block, inner, data in step._passing(X):
            yield from _of_step(inner, data, f"{prefix}{block}, ")
    elif isinstance(step, ColumnTransformer):
        for name, inner, _ in step.transformers_:
            at = step._transformer_to_input_indices[name]
            yield from _of_chain(inner, _columns.select(X, list(at)), f"{prefix}{name}, ")
    elif isinstance(step, FeatureUnion):
        for name, inner in step.transformer_list:
            yield from _of_chain(inner, X, f"{prefix}{name}, ")
    else:
        counted = _counted(step, X)
        if counted is not None:
            yield f"{prefix}{type(step).__name__}", *counted


def _of_chain(transformer, X, prefix):
    """Of a transformer or a Pipeline of such."""
    for step in _composition.transformers(transformer):
        yield from _of_step(step, X, prefix)
        X = step.transform(X)


def _counted(step, X):
    """(what is counted, {feature: number}) of one scaler; None if it clips nothing."""
    if hasattr(step, "count_clipped"):
        return _PULLED, step.count_clipped(X)
    if not getattr(step, "clip", False):
        return None
    if hasattr(step, "count_outside"):
        return _CUT, step.count_outside(X)
    if isinstance(step, PlainMinMaxScaler):
        values = np.asarray(X, dtype=np.float64)
        outside = (values < step.data_min_) | (values > step.data_max_)
        names = getattr(step, "feature_names_in_", range(values.shape[1]))
        return _CUT, dict(zip(names, outside.sum(axis=0).tolist(), strict=True))
    return None


def _of_network(network, X, prefix):
    from skhep_nn.networks._input_scaling import scaling_name
    from skhep_nn.preprocessing._robust_scale import ColumnScale
    from skhep_nn.robustness._gradients import _inputs_of, _names

    layers = {layer.name: layer for layer in network.model_.layers}
    kinds = vars(network).get("block_kinds_") or {}
    counts = {}
    for name, array in _inputs_of(network, X).items():
        layer = layers.get(scaling_name(name))
        if layer is None or array.ndim != 2:
            continue
        scale = ColumnScale(*(np.asarray(getattr(layer, c)) for c in layer.CONSTANTS))
        if scale.bend.any():
            beyond = np.count_nonzero(scale.is_beyond(array), axis=0).tolist()
            counts |= dict(zip(_names(network, name, array, kinds), beyond, strict=True))
    if counts:
        yield f"{prefix}{type(network).__name__}", _PULLED, counts
