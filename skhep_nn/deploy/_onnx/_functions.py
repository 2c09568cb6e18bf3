"""Transformers that compute new features: polynomials, principal components, NumPy's functions."""

from __future__ import annotations

import numpy as np

from skhep_nn.deploy._onnx._registry import TRANSFORMERS
from skhep_nn.deploy._onnx._scalers import in_double
from skhep_nn.exceptions import ExportError


@TRANSFORMERS.add("sklearn.PolynomialFeatures")
def polynomial(graph, step, features):
    value = in_double(graph, step, features)
    features.need(range(len(features.columns)))
    powers = step.powers_
    n_columns, degree = powers.shape[1], int(powers.sum(axis=1).max())
    # each term as a product of `degree` columns, the last of which may be 1
    terms = [np.repeat(np.arange(n_columns), row) for row in powers]
    factors = np.array([[*term, *[n_columns] * (degree - len(term))] for term in terms])
    one = graph.op("Add", graph.op("Mul", graph.take(value, [0]), 0.0), 1.0)
    longer = graph.concat([value, one])
    out = None
    for number in range(degree):
        factor = graph.take(longer, factors[:, number].tolist())
        out = factor if out is None else graph.op("Mul", out, factor)
    return features.made(out if degree else one, [f"term_{at}" for at in range(len(terms))])


@TRANSFORMERS.add("sklearn.PCA")
def principal_components(graph, step, features):
    value = in_double(graph, step, features)
    features.need(range(len(features.columns)))
    axes = step.components_.T.astype(float)
    if step.whiten:
        scale = np.sqrt(step.explained_variance_)
        smallest = np.finfo(scale.dtype).eps
        axes = axes / np.maximum(scale, smallest)
    centred = graph.op("Sub", value, np.asarray(step.mean_, float))
    out = graph.op("MatMul", centred, axes)
    return features.made(out, [f"pca{at}" for at in range(axes.shape[1])])


FUNCTIONS = {
    "log": lambda graph, x: graph.op("Log", x),
    "log1p": lambda graph, x: graph.op("Log", graph.op("Add", x, 1.0)),
    "log10": lambda graph, x: graph.op("Mul", graph.op("Log", x), 1 / np.log(10.0)),
    "log2": lambda graph, x: graph.op("Mul", graph.op("Log", x), 1 / np.log(2.0)),
    "sqrt": lambda graph, x: graph.op("Sqrt", x),
    "absolute": lambda graph, x: graph.op("Abs", x),
    "exp": lambda graph, x: graph.op("Exp", x),
    "expm1": lambda graph, x: graph.op("Sub", graph.op("Exp", x), 1.0),
    "tanh": lambda graph, x: graph.op("Tanh", x),
    "square": lambda graph, x: graph.op("Mul", x, x),
    "sign": lambda graph, x: graph.op("Sign", x),
    "negative": lambda graph, x: graph.op("Neg", x),
    "reciprocal": lambda graph, x: graph.op("Div", np.float64(1.0), x),
}


@TRANSFORMERS.add("sklearn.FunctionTransformer")
def function_transformer(graph, step, features):
    if step.func is None:
        return features
    name = getattr(step.func, "__name__", repr(step.func))
    if getattr(np, name, None) is not step.func or name not in FUNCTIONS or step.kw_args:
        msg = (
            f"the function {name!r} cannot be written; NumPy's {', '.join(FUNCTIONS)} can, without "
            "further arguments"
        )
        raise ExportError(msg)
    return features.with_value(FUNCTIONS[name](graph, graph.cast(features.value, np.float64)))
