"""scikit-learn's scalers: each column for itself, by numbers that were learnt."""

from __future__ import annotations

import numpy as np

from skhep_nn.deploy._onnx._registry import TRANSFORMERS


def in_double(graph, step, features):
    """The value of `features` in double precision, the columns checked."""
    features.check_width(step.n_features_in_)
    return graph.cast(features.value, np.float64)


def affine(graph, features, value, *, subtract=None, divide=None, multiply=None, add=None):
    """Numbers per column taken away, divided by, multiplied with, added, where they are given."""
    for kind, numbers in (("Sub", subtract), ("Div", divide), ("Mul", multiply), ("Add", add)):
        if numbers is not None:
            value = graph.op(kind, value, features.per_column(numbers).astype(np.float64))
    return value


@TRANSFORMERS.add("sklearn.StandardScaler")
def standard_scaler(graph, step, features):
    value = in_double(graph, step, features)
    features.lie_around(step.mean_, None if step.var_ is None else np.sqrt(step.var_))
    mean = step.mean_ if step.with_mean else None
    scale = step.scale_ if step.with_std else None
    return features.with_value(affine(graph, features, value, subtract=mean, divide=scale))


@TRANSFORMERS.add("sklearn.MinMaxScaler")
def min_max_scaler(graph, step, features):
    value = in_double(graph, step, features)
    features.learn("range", np.stack([step.data_min_, step.data_max_], axis=1).tolist(), raw=True)
    value = affine(graph, features, value, multiply=step.scale_, add=step.min_)
    if step.clip:
        low, high = step.feature_range
        value = graph.op("Clip", value, float(low), float(high))
    return features.with_value(value)


@TRANSFORMERS.add("sklearn.MaxAbsScaler")
def max_abs_scaler(graph, step, features):
    value = in_double(graph, step, features)
    value = affine(graph, features, value, divide=step.scale_)
    if getattr(step, "clip", False):
        value = graph.op("Clip", value, -1.0, 1.0)
    return features.with_value(value)


@TRANSFORMERS.add("sklearn.RobustScaler")
def robust_scaler(graph, step, features):
    value = in_double(graph, step, features)
    features.lie_around(step.center_, step.scale_)
    centre = step.center_ if step.with_centering else None
    scale = step.scale_ if step.with_scaling else None
    return features.with_value(affine(graph, features, value, subtract=centre, divide=scale))
