"""Operations of ``keras.ops`` that stand between the layers of a functional model."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from skhep_nn.deploy._onnx._activations import ACTIVATIONS
from skhep_nn.deploy._onnx._layers import broadcast, joined_tensors
from skhep_nn.deploy._onnx._registry import LAYERS
from skhep_nn.deploy._onnx._values import Tensor
from skhep_nn.exceptions import ExportError

OF_ONE = {
    "Absolute": "Abs",
    "Abs": "Abs",
    "Exp": "Exp",
    "Log": "Log",
    "Sqrt": "Sqrt",
    "Negative": "Neg",
    "Floor": "Floor",
    "Sign": "Sign",
    "Sin": "Sin",
    "Cos": "Cos",
    "Erf": "Erf",
    "Reciprocal": "Reciprocal",
}
OF_TWO = {
    "Add": "Add",
    "Subtract": "Sub",
    "Multiply": "Mul",
    "Divide": "Div",
    "TrueDivide": "Div",
    "Power": "Pow",
    "Maximum": "Max",
    "Minimum": "Min",
}
AS_ACTIVATIONS = {
    "Relu": "relu",
    "Relu6": "relu6",
    "Sigmoid": "sigmoid",
    "Tanh": "tanh",
    "Softplus": "softplus",
    "Softsign": "softsign",
    "Silu": "silu",
    "Mish": "mish",
}
REDUCTIONS = {"Mean": "ReduceMean", "Max": "ReduceMax", "Min": "ReduceMin"}


def _of_one(kind):
    return lambda graph, operation, x: replace(x, value=graph.op(kind, x.value))


def _as_activation(name):
    return lambda graph, operation, x: replace(x, value=ACTIVATIONS[name](graph, x.value))


def _of_two(kind):
    def emitter(graph, operation, one, other):
        tensors = [v for v in (one, other) if isinstance(v, Tensor)]
        values = [v.value if isinstance(v, Tensor) else _number(v) for v in (one, other)]
        value = _with_constants(graph, kind, values, tensors)
        shapes = [v.shape if isinstance(v, Tensor) else np.shape(v) for v in (one, other)]
        return Tensor(value, broadcast(*shapes))

    return emitter


def _number(value):
    if isinstance(value, (int, float, list, tuple)):
        return value
    msg = f"an operation with a {type(value).__name__} cannot be written"
    raise ExportError(msg)


def _with_constants(graph, kind, values, tensors):
    like = graph.types[tensors[0].value]
    named = [v if isinstance(v, str) else graph.constant(v, like) for v in values]
    return graph.op(kind, *named)


@LAYERS.add("keras.ops.Square")
def square(graph, operation, x):
    return replace(x, value=graph.op("Mul", x.value, x.value))


@LAYERS.add("keras.ops.Log1p")
def log1p(graph, operation, x):
    return replace(x, value=graph.op("Log", graph.op("Add", x.value, 1.0)))


@LAYERS.add("keras.ops.Concatenate")
def concatenate(graph, operation, values):
    return joined_tensors(graph, values, operation.axis)


@LAYERS.add(*(f"keras.ops.{name}" for name in (*REDUCTIONS, "Sum")))
def reduction(graph, operation, x):
    axes = [a % x.rank for a in np.atleast_1d(operation.axis).tolist()]
    if operation.axis is None or 0 in axes:
        msg = "an operation over all events cannot be written"
        raise ExportError(msg)
    kept = int(operation.keepdims)
    name = type(operation).__name__
    if name == "Sum":
        value = graph.op("ReduceSum", x.value, graph.axes(*axes), keepdims=kept)
    else:
        value = graph.op(REDUCTIONS[name], x.value, axes=axes, keepdims=kept)
    lengths = [1 if at + 1 in axes else n for at, n in enumerate(x.shape)]
    shape = [n for at, n in enumerate(lengths) if kept or at + 1 not in axes]
    return Tensor(value, tuple(shape))


@LAYERS.add("keras.ops.NotEqual")
def not_equal(graph, operation, x, other):
    same = graph.op("Equal", x.value, other.value if isinstance(other, Tensor) else other)
    return Tensor(graph.op("Not", same), x.shape)


@LAYERS.add("keras.ops.Any")
def any_of(graph, operation, x):
    axes = [a % x.rank for a in np.atleast_1d(operation.axis).tolist()]
    kept = int(operation.keepdims)
    number = graph.cast(x.value, np.int32)
    some = graph.op("ReduceMax", number, axes=axes, keepdims=kept)
    lengths = [1 if at + 1 in axes else n for at, n in enumerate(x.shape)]
    shape = [n for at, n in enumerate(lengths) if kept or at + 1 not in axes]
    return Tensor(graph.op("Greater", some, 0), tuple(shape))


@LAYERS.add("keras.ops.Softmax")
def softmax(graph, operation, x):
    return replace(x, value=graph.op("Softmax", x.value, axis=int(operation.axis)))


@LAYERS.add("keras.ops.ExpandDims")
def expand_dims(graph, operation, x):
    axis = operation.axis % (x.rank + 1)
    shape = (*x.shape[: axis - 1], 1, *x.shape[axis - 1 :])
    return Tensor(graph.expand_dims(x.value, axis), shape)


for _names, _make in ((OF_ONE, _of_one), (OF_TWO, _of_two), (AS_ACTIVATIONS, _as_activation)):
    for _name, _kind in _names.items():
        LAYERS.add(f"keras.ops.{_name}")(_make(_kind))
