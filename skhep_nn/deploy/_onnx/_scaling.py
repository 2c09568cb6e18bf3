"""The package's transformers of tables: the scaler, and the balancer, which does nothing here."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from skhep_nn.deploy._onnx._registry import TRANSFORMERS
from skhep_nn.deploy._onnx._values import Column
from skhep_nn.preprocessing._robust_scale import FAR


@TRANSFORMERS.add("skhep_nn.EventWeightBalancer")
def balancer(graph, step, features):
    return features


@TRANSFORMERS.add("skhep_nn.MinMaxScaler")
def min_max_scaler(graph, step, features):
    features.check_width(step.n_features_in_)
    scaled_at = step._fitted.required
    chosen = features.taken(graph, scaled_at)
    value = graph.cast(chosen.value, np.float64)
    missing = missing_at(graph, chosen, value, step.missing_value)
    scaled = _scaled(graph, step, chosen, value)
    middle = np.float64(step._middle)
    scaled = graph.where(missing, middle, scaled, np.float64)
    _learn(step, chosen)
    out = put_back(graph, features, scaled_at, scaled)
    return _with_indicators(graph, step, out, chosen, missing)


@TRANSFORMERS.add("skhep_nn.RobustClipScaler")
def robust_clip_scaler(graph, step, features):
    features.check_width(step.n_features_in_)
    scaled_at = step._fitted.required
    chosen = features.taken(graph, scaled_at)
    value = graph.cast(chosen.value, np.float64)
    missing = missing_at(graph, chosen, value, step.missing_value)
    scaled = graph.where(missing, np.float64(0.0), _clipped(graph, step, chosen, value), np.float64)
    chosen.learn("missing_value", [step.missing_value] * len(chosen.columns))
    chosen.learn("filled_with", step.center_.tolist())
    chosen.lie_around(step.center_, widths(step._slope))
    out = put_back(graph, features, scaled_at, scaled)
    return _with_indicators(graph, step, out, chosen, missing)


def widths(slope):
    """Of a column with one value nothing."""
    return np.divide(1.0, slope, out=np.zeros_like(slope), where=slope > 0)


def _clipped(graph, step, chosen, value):
    arrays = (step.center_, step._slope, step._bend)
    center, slope, bend = (chosen.per_column(array) for array in arrays)
    t = graph.op("Mul", graph.op("Sub", value, center), slope)
    t = graph.op("Max", graph.op("Min", t, np.float64(FAR)), np.float64(-FAR))
    square = graph.op("Mul", graph.op("Mul", t, bend), t)
    return graph.op("Div", t, graph.op("Sqrt", graph.op("Add", square, np.float64(1.0))))


def missing_at(graph, features, value, missing_value):
    """Where a value is NaN or stands for a missing one; `value` is in double precision."""
    missing = graph.is_missing(value)
    if missing_value is None or np.isnan(missing_value):
        return missing
    return graph.op(
        "Or", missing, graph.op("Equal", value, like_input(graph, features, missing_value))
    )


def like_input(graph, features, numbers):
    """`numbers` as they read in an input of single precision, where the columns are that still.

    Parameters
    ----------
    graph : Graph
    features : Features
    numbers : float, or ndarray of shape (n_present, ...)
        For each column that is there.

    Returns
    -------
    ndarray of shape (n_present, ...)
    """
    at = features.present
    numbers = np.asarray(numbers, np.float64)
    numbers = np.broadcast_to(numbers, (len(at),)) if numbers.ndim == 0 else numbers
    if graph.types[features.value] != np.float32:
        return numbers.copy()
    raw = np.array([features.columns[k].raw for k in at], bool)
    with np.errstate(over="ignore"):
        single = numbers.astype(np.float32).astype(np.float64)
    return np.where(raw.reshape(-1, *[1] * (numbers.ndim - 1)), single, numbers)


def put_back(graph, features, positions, value):
    """`features` with `value` in place of the columns at `positions`."""
    others = [at for at in range(len(features.columns)) if at not in set(positions)]
    columns = tuple(
        replace(column, raw=column.raw and at in others)
        for at, column in enumerate(features.columns)
    )
    rest = features.taken(graph, others)
    if not rest.present:
        return replace(features, value=value, columns=columns)
    both = graph.concat([value, graph.cast(rest.value, graph.types[value])])
    present = [at for at in (*positions, *others) if not features.columns[at].absent]
    order = np.argsort(present).tolist()
    return replace(features, value=graph.take(both, order), columns=columns)


def _scaled(graph, step, chosen, value):
    low, high = step.feature_range
    minimum, width = (chosen.per_column(v) for v in (step.data_min_, step.data_range_))
    constant = width == 0
    t = graph.op("Sub", value, minimum)
    t = graph.op("Div", t, np.where(constant, 1.0, width))
    if constant.any():
        t = graph.where(graph.constant(constant), 0.5, t, np.float64)
    if step.clip:
        t = graph.op("Clip", t, 0.0, 1.0)
    rest = graph.op("Mul", graph.op("Sub", np.float64(1.0), t), float(low))
    return graph.op("Add", rest, graph.op("Mul", t, float(high)))


def _learn(step, chosen):
    ranges = np.stack([step.data_min_, step.data_max_], axis=1)
    known = [pair if np.isfinite(pair).all() else None for pair in ranges.tolist()]
    chosen.learn("range", known, raw=True)
    chosen.learn("missing_value", [step.missing_value] * len(chosen.columns))
    middles = [None if pair is None else sum(pair) / 2 for pair in known]
    chosen.learn("filled_with", middles)


def _with_indicators(graph, step, out, chosen, missing):
    indicated = step._indicated
    chosen.need(indicated)
    if not indicated:
        return out
    place = {at: k for k, at in enumerate(chosen.present)}
    number = graph.cast(missing, graph.types[out.value])
    flags = graph.take(number, [place[at] for at in indicated])
    names = [f"missingindicator_{step.scaled_columns_[at]}" for at in indicated]
    columns = (*out.columns, *(Column(name) for name in names))
    return replace(out, value=graph.concat([out.value, flags]), columns=columns)
