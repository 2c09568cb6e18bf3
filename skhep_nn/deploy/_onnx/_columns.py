"""scikit-learn's transformers of columns: chosen, put side by side."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from skhep_nn.deploy._onnx._classifiers import transformed
from skhep_nn.deploy._onnx._registry import TRANSFORMERS
from skhep_nn.exceptions import ExportError


@TRANSFORMERS.add("sklearn.ColumnTransformer")
def column_transformer(graph, step, features):
    parts = []
    for name, transformer, _ in step.transformers_:
        positions = list(step._transformer_to_input_indices[name])
        if positions and not _is(transformer, "drop"):
            chosen = features.taken(graph, positions)
            parts.append(_of(graph, transformer, chosen, name))
    return side_by_side(graph, features, parts)


@TRANSFORMERS.add("sklearn.FeatureUnion")
def feature_union(graph, step, features):
    parts = []
    for name, transformer in step.transformer_list:
        if _is(transformer, "drop"):
            continue
        part = _of(graph, transformer, features, name)
        weight = (step.transformer_weights or {}).get(name)
        if weight is not None:
            part = part.with_value(graph.op("Mul", part.value, float(weight)))
        parts.append(part)
    return side_by_side(graph, features, parts)


@TRANSFORMERS.add("sklearn.SelectorMixin")
def selector(graph, step, features):
    features.check_width(step.n_features_in_)
    return features.taken(graph, np.flatnonzero(step.get_support()).tolist())


def side_by_side(graph, features, parts):
    """The columns of `parts` together."""
    columns = tuple(column for part in parts for column in part.columns)
    values = [part.value for part in parts if part.present]
    if not values:
        msg = "no column is left"
        raise ExportError(msg)
    types = {graph.types[value] for value in values}
    kind = np.float64 if len(types) > 1 else types.pop()
    value = graph.concat([graph.cast(value, kind) for value in values])
    return replace(features, value=value, columns=columns, vocabulary=None)


def _of(graph, transformer, features, name):
    return (
        features
        if _is(transformer, "passthrough")
        else transformed(graph, transformer, features, name)
    )


def _is(transformer, word):
    return isinstance(transformer, str) and transformer == word
