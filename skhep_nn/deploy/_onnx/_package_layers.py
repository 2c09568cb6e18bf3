"""The package's own layers: masks, poolings, and what a parameter does."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from skhep_nn.deploy._onnx._layers import array_of, batch_normalization, joined_tensors, linear
from skhep_nn.deploy._onnx._recurrent_layers import reverse
from skhep_nn.deploy._onnx._registry import LAYERS
from skhep_nn.deploy._onnx._values import Tensor
from skhep_nn.networks._feature_bins import START
from skhep_nn.networks._input_scaling import FACTOR_RATE, FAR

LOWEST = -1e30


def factor(graph, entries):
    """A mask as numbers that multiply features: of shape (n, length, 1)."""
    return graph.expand_dims(graph.cast(entries.value, np.float32), -1)


@LAYERS.add("skhep_nn.PaddingMask")
def padding_mask(graph, layer, x):
    # no number equals NaN, which stands for a sequence without padding
    value = layer.value if graph.types[x.value].kind == "f" else int(layer.value)
    real = graph.op("Not", graph.op("Equal", x.value, value))
    if len(x.shape) == 2:
        some = graph.op("ReduceMax", graph.cast(real, np.float32), axes=[2], keepdims=0)
        real = graph.op("Greater", some, 0.5)
    return Tensor(real, x.shape[:1])


@LAYERS.add("skhep_nn.Masked")
def masked(graph, layer, x, entries):
    return replace(x, value=graph.op("Mul", x.value, factor(graph, entries)))


@LAYERS.add("skhep_nn.Columns")
def columns(graph, layer, x):
    return Tensor(graph.take(x.value, layer.places), (*x.shape[:-1], len(layer.places)))


@LAYERS.add("skhep_nn.Reversed")
def reversed_layer(graph, layer, x):
    if graph.types[x.value].kind != "b":
        return replace(x, value=reverse(graph, x.value))
    number = reverse(graph, graph.cast(x.value, np.int32))
    return replace(x, value=graph.cast(number, bool), packed=False)


@LAYERS.add("skhep_nn.MaskedBatchNormalization")
def masked_batch_normalization(graph, layer, x, entries):
    return batch_normalization(graph, layer, x)


@LAYERS.add("skhep_nn.GlobalPooling")
def global_pooling(graph, layer, x, entries):
    real = factor(graph, entries)
    value = POOLINGS[layer.how](graph, x, real)
    width = x.shape[1] * (x.shape[0] if layer.how == "flatten" else 1)
    return Tensor(value, (width,))


def _average(graph, x, real):
    n_real = graph.op("Max", graph.sum(real, 1, keepdims=False), 1.0)
    return graph.op("Div", _sum(graph, x, real), n_real)


def _max(graph, x, real):
    there = graph.op("Greater", real, 0.5)
    largest = graph.op(
        "ReduceMax", graph.where(there, x.value, LOWEST, np.float32), axes=[1], keepdims=0
    )
    some = graph.op("Greater", graph.op("ReduceMax", real, axes=[1], keepdims=0), 0.5)
    return graph.where(some, largest, 0.0, np.float32)


def _sum(graph, x, real):
    return graph.sum(graph.op("Mul", x.value, real), 1, keepdims=False)


def _flatten(graph, x, real):
    return graph.reshape(graph.op("Mul", x.value, real), -1, x.shape[0] * x.shape[1])


POOLINGS = {"average": _average, "max": _max, "sum": _sum, "flatten": _flatten}


@LAYERS.add("skhep_nn.LocalPooling")
def local_pooling(graph, layer, x, entries):
    size, (length, width) = layer.size, x.shape
    n_windows = -(-length // size)
    real = factor(graph, entries)
    total, share = (
        _window_averages(graph, value, n_windows * size - length, size, n_windows, columns)
        for value, columns in ((graph.op("Mul", x.value, real), width), (real, 1))
    )
    value = graph.op("Div", total, graph.op("Max", share, 1 / (2 * size)))
    mask = graph.op("Squeeze", graph.op("Greater", share, 0.0), graph.axes(2))
    return (
        Tensor(value, (n_windows, width)),
        Tensor(mask, (n_windows,), packed=entries.packed),
    )


def _window_averages(graph, value, n_behind, size, n_windows, width):
    if n_behind:
        value = graph.op("Pad", value, graph.axes(0, 0, 0, 0, n_behind, 0))
    windows = graph.reshape(value, -1, n_windows, size, width)
    return graph.op("ReduceMean", windows, axes=[2], keepdims=0)


@LAYERS.add("skhep_nn.ConditionalConcatenation")
def conditional_concatenation(graph, layer, inputs):
    return joined_tensors(graph, inputs)


@LAYERS.add(
    "skhep_nn.ConditionalBias",
    "skhep_nn.ConditionalScale",
    "skhep_nn.AffineConditioning",
    "skhep_nn.FeatureModulation",
)
def conditioning(graph, layer, inputs):
    features, parameter = inputs
    functions = {name: _linear(graph, parameter, getattr(layer, name)) for name in layer._functions}
    value = features.value
    if "scale" in functions:
        scale = functions["scale"]
        if type(layer).__name__ == "FeatureModulation":
            scale = graph.op("Add", scale, 1.0)
        value = graph.op("Mul", scale, value)
    if "shift" in functions:
        value = graph.op("Add", value, functions["shift"])
    return replace(features, value=value)


def _linear(graph, parameter, function):
    return linear(graph, parameter, array_of(function.kernel), array_of(function.bias)).value


@LAYERS.add("skhep_nn.ParameterScaling")
def parameter_scaling(graph, layer, parameter):
    low, high = np.array(layer.low), np.array(layer.high)
    width = high - low
    slope = np.where(width > 0, (layer.to[1] - layer.to[0]) / np.where(width > 0, width, 1), 1.0)
    middle = ((low + high) / 2).astype(np.float32)
    scaled = graph.op("Mul", graph.op("Sub", parameter.value, middle), slope.astype(np.float32))
    return replace(parameter, value=graph.op("Add", scaled, float(sum(layer.to) / 2)))


@LAYERS.add("skhep_nn.InputScaling")
def input_scaling(graph, layer, x):
    center, slope, bend = (array_of(getattr(layer, name)) for name in layer.CONSTANTS)
    t = graph.op("Mul", graph.op("Sub", x.value, center), slope)
    t = graph.op("Max", graph.op("Min", t, FAR), -FAR)
    root = graph.op("Sqrt", graph.op("Add", graph.op("Mul", graph.op("Mul", t, bend), t), 1.0))
    return replace(x, value=graph.op("Div", t, root))


@LAYERS.add("skhep_nn.FeatureScale")
def feature_scale(graph, layer, x):
    factors = (1.0 + FACTOR_RATE * array_of(layer.q)).astype(np.float32)
    return replace(x, value=graph.op("Mul", x.value, factors))


@LAYERS.add("skhep_nn.FeatureDense")
def feature_dense(graph, layer, x):
    kernel = array_of(layer.kernel) * array_of(layer.factors())[:, None]
    return linear(graph, x, kernel, array_of(layer.bias))


@LAYERS.add("skhep_nn.FeatureBins")
def feature_bins(graph, layer, x):
    low, slope = (array_of(getattr(layer, name)) for name in layer.CONSTANTS)
    t = graph.op("Sub", graph.expand_dims(x.value, -1), low)
    t = graph.op("Mul", t, slope)
    t = graph.op("Sub", graph.op("Min", graph.op("Max", t, 0.0), 1.0), 0.5)
    t = graph.op("Mul", t, START)
    if layer.trained:
        t = graph.op("Mul", t, (1.0 + FACTOR_RATE * array_of(layer.q)).astype(np.float32))
    shape = (low.shape[0] * low.shape[1],)
    return replace(x, value=graph.reshape(t, -1, *shape), shape=shape)


@LAYERS.add("skhep_nn.FixedParameter")
def fixed_parameter(graph, layer, events):
    values = np.array([layer.values], np.float32)
    n_events = graph.op("Slice", graph.op("Shape", events.value), graph.axes(0), graph.axes(1))
    shape = graph.concat([n_events, graph.axes(len(layer.values))], 0)
    value = graph.op("Expand", graph.constant(values), shape)
    return Tensor(value, (len(layer.values),))
