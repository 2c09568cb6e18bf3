"""Transformers that change the shape of a distribution: quantiles, powers, bins."""

from __future__ import annotations

import numpy as np

from skhep_nn.deploy._onnx._interpolation import piecewise_linear
from skhep_nn.deploy._onnx._normal import normal_quantile
from skhep_nn.deploy._onnx._registry import TRANSFORMERS
from skhep_nn.deploy._onnx._scalers import affine, in_double
from skhep_nn.deploy._onnx._scaling import like_input
from skhep_nn.deploy._onnx._search import count_below

# Distance to the ends at which scikit-learn takes a value for one of them.
BOUND = 1e-7


@TRANSFORMERS.add("sklearn.QuantileTransformer")
def quantile_transformer(graph, step, features):
    value = in_double(graph, step, features)
    quantiles, references = step.quantiles_.T, np.asarray(step.references_, float)
    features.learn("range", quantiles[:, [0, -1]].tolist(), raw=True)
    quantiles = like_input(graph, features, features.per_column(quantiles))
    # the mean of both sides where quantiles are equal
    right, left = (
        piecewise_linear(graph, value, quantiles, references, side) for side in ("right", "left")
    )
    out = graph.op("Mul", graph.op("Add", right, left), 0.5)
    normal = step.output_distribution == "normal"
    out = _at_ends(graph, value, out, quantiles[:, 0], quantiles[:, -1], BOUND if normal else 0.0)
    out = normal_quantile(graph, out, BOUND) if normal else out
    return features.with_value(graph.where(graph.is_missing(value), np.nan, out, np.float64))


def _at_ends(graph, value, out, low, high, bound):
    if bound:
        upper = graph.op("Greater", graph.op("Add", value, bound), high)
        lower = graph.op("Less", graph.op("Sub", value, bound), low)
    else:
        upper, lower = graph.op("Equal", value, high), graph.op("Equal", value, low)
    out = graph.where(upper, 1.0, out, np.float64)
    return graph.where(lower, 0.0, out, np.float64)


@TRANSFORMERS.add("sklearn.PowerTransformer")
def power_transformer(graph, step, features):
    value = in_double(graph, step, features)
    powers = features.per_column(step.lambdas_).astype(float)
    if step.method == "box-cox":
        out = _box_cox(graph, graph.op("Log", value), powers)
    else:
        out = _yeo_johnson(graph, value, powers)
    if step.standardize:
        scaler = step._scaler
        out = affine(graph, features, out, subtract=scaler.mean_, divide=scaler.scale_)
    return features.with_value(out)


def _box_cox(graph, logarithm, powers):
    """``(x ** p - 1) / p``, and the logarithm itself for p = 0."""
    zero = np.abs(powers) < np.spacing(1.0)
    safe = np.where(zero, 1.0, powers)
    grown = graph.op("Sub", graph.op("Exp", graph.op("Mul", logarithm, safe)), 1.0)
    grown = graph.op("Div", grown, safe)
    if not zero.any():
        return grown
    return graph.where(graph.constant(zero), logarithm, grown, np.float64)


def _yeo_johnson(graph, value, powers):
    above = graph.op("Log", graph.op("Add", graph.op("Max", value, 0.0), 1.0))
    below = graph.op("Log", graph.op("Add", graph.op("Max", graph.op("Neg", value), 0.0), 1.0))
    positive = _box_cox(graph, above, powers)
    negative = graph.op("Neg", _box_cox(graph, below, 2 - powers))
    is_positive = graph.op("GreaterOrEqual", value, 0.0)
    out = graph.where(is_positive, positive, negative, np.float64)
    return graph.where(graph.is_missing(value), np.nan, out, np.float64)


@TRANSFORMERS.add("sklearn.KBinsDiscretizer")
def bins(graph, step, features):
    value = in_double(graph, step, features)
    inner = [edges[1:-1] for edges in step.bin_edges_]
    longest = max(1, *map(len, inner))
    edges = np.full((len(inner), longest), np.nan)
    for row, of_column in zip(edges, inner, strict=True):
        row[: len(of_column)] = of_column
    edges = like_input(graph, features, features.per_column(edges))
    numbers = graph.cast(count_below(graph, value, edges), np.float64)
    if step.encode == "ordinal":
        return features.with_value(numbers)
    features.need(range(len(features.columns)))
    hot = [
        graph.op("Equal", graph.take(numbers, [at]), np.arange(n_bins, dtype=float))
        for at, n_bins in enumerate(step.n_bins_.tolist())
    ]
    value = graph.concat([graph.cast(one, np.float64) for one in hot])
    return features.made(value, step.get_feature_names_out())
