"""scikit-learn's transformers of missing values."""

from __future__ import annotations

from dataclasses import replace
from numbers import Real

import numpy as np

from skhep_nn.deploy._onnx._registry import TRANSFORMERS
from skhep_nn.deploy._onnx._scalers import in_double
from skhep_nn.deploy._onnx._scaling import like_input
from skhep_nn.exceptions import ExportError


@TRANSFORMERS.add("sklearn.SimpleImputer")
def simple_imputer(graph, step, features):
    value = in_double(graph, step, features)
    statistics = _numbers(step.statistics_)
    kept = [at for at, n in enumerate(statistics) if step.keep_empty_features or not np.isnan(n)]
    _learn(step, features, statistics)
    missing = is_missing(graph, step, features, value)
    filled = graph.where(missing, features.per_column(statistics), value, np.float64)
    out = features.with_value(filled).taken(graph, kept)
    if not step.add_indicator:
        return out
    flags = _flags(graph, step.indicator_, features, missing)
    columns = (*out.columns, *flags.columns)
    value = (
        graph.concat([out.value, graph.cast(flags.value, np.float64)])
        if flags.columns
        else out.value
    )
    return replace(out, value=value, columns=columns)


@TRANSFORMERS.add("sklearn.MissingIndicator")
def missing_indicator(graph, step, features):
    value = in_double(graph, step, features)
    _learn(step, features, [np.nan] * len(features.columns))
    flags = _flags(graph, step, features, is_missing(graph, step, features, value))
    return replace(flags, value=graph.cast(flags.value, np.float64))


def is_missing(graph, step, features, value):
    """Where `value` is what `step` takes for missing."""
    missing = step.missing_values
    if not isinstance(missing, Real):
        msg = f"missing_values={missing!r} cannot be written; NaN and numbers can"
        raise ExportError(msg)
    if np.isnan(missing):
        return graph.is_missing(value)
    return graph.op("Equal", value, like_input(graph, features, missing))


def _flags(graph, indicator, features, missing):
    """1 where a value is missing, for the columns that `indicator` has."""
    chosen = [int(at) for at in indicator.features_]
    if indicator.features == "all":
        chosen = list(range(len(features.columns)))
    features.need(chosen)
    place = {at: k for k, at in enumerate(features.present)}
    number = graph.cast(missing, np.int32)
    value = graph.take(number, [place[at] for at in chosen])
    return features.made(value, [f"missingindicator_{at}" for at in chosen])


def _numbers(statistics):
    try:
        return np.asarray(statistics, float)
    except (TypeError, ValueError):
        msg = f"it fills with {statistics.tolist()!r:.80}, which are no numbers"
        raise ExportError(msg) from None


def _learn(step, features, statistics):
    is_nan = isinstance(step.missing_values, Real) and np.isnan(step.missing_values)
    features.learn("missing_value", [None if is_nan else step.missing_values] * len(statistics))
    filled = [None if np.isnan(n) else float(n) for n in statistics]
    features.learn("filled_with", filled)
    features.learn("nan", [bool(is_nan)] * len(statistics))
