"""Layers of Keras: dense, normalising, merging, shaping; those that do nothing in prediction."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from skhep_nn.deploy._onnx._activations import activate
from skhep_nn.deploy._onnx._registry import LAYERS
from skhep_nn.deploy._onnx._values import Tensor
from skhep_nn.exceptions import ExportError

ONLY_IN_TRAINING = (
    "Identity",
    "Dropout",
    "SpatialDropout1D",
    "SpatialDropout2D",
    "AlphaDropout",
    "GaussianDropout",
    "GaussianNoise",
    "ActivityRegularization",
)


def array_of(variable):
    """The values of a Keras variable."""
    return np.asarray(variable.numpy(), np.float32)


@LAYERS.add(*(f"keras.{name}" for name in ONLY_IN_TRAINING), "skhep_nn.Dropout")
def unchanged(graph, layer, x):
    return x


@LAYERS.add("keras.Dense")
def dense(graph, layer, x):
    if getattr(layer, "quantization_mode", None):
        msg = f"its kernel is quantized ({layer.quantization_mode})"
        raise ExportError(msg)
    kernel = array_of(layer.kernel)
    bias = array_of(layer.bias) if layer.use_bias else None
    out = linear(graph, x, kernel, bias)
    return activate(graph, layer.activation, out)


def linear(graph, x, kernel, bias=None):
    """``x @ kernel + bias``."""
    shape = (*x.shape[:-1], kernel.shape[-1])
    if len(x.shape) == 1:
        terms = (x.value, kernel) if bias is None else (x.value, kernel, bias)
        return replace(x, value=graph.op("Gemm", *terms), shape=shape)
    value = graph.op("MatMul", x.value, kernel)
    return replace(x, value=value if bias is None else graph.op("Add", value, bias), shape=shape)


@LAYERS.add("keras.BatchNormalization")
def batch_normalization(graph, layer, x, mask=None):
    mean, variance = array_of(layer.moving_mean), array_of(layer.moving_variance)
    scale = 1 / np.sqrt(variance.astype(np.float64) + layer.epsilon)
    if layer.scale:
        scale = scale * array_of(layer.gamma)
    shift = -mean * scale + (array_of(layer.beta) if layer.center else 0.0)
    axis = layer.axis % x.rank
    scale, shift = (_along(v.astype(np.float32), axis, x.rank) for v in (scale, shift))
    return replace(x, value=graph.op("Add", graph.op("Mul", x.value, scale), shift))


@LAYERS.add("keras.LayerNormalization")
def layer_normalization(graph, layer, x):
    axes = [a % x.rank for a in np.atleast_1d(layer.axis).tolist()]
    centred = graph.op("Sub", x.value, graph.op("ReduceMean", x.value, axes=axes))
    variance = graph.op("ReduceMean", graph.op("Mul", centred, centred), axes=axes)
    width = graph.op("Sqrt", graph.op("Add", variance, float(layer.epsilon)))
    if getattr(layer, "rms_scaling", False):
        msg = "LayerNormalization with rms_scaling cannot be written"
        raise ExportError(msg)
    value = graph.op("Div", centred, width)
    shape = [n if at + 1 in axes else 1 for at, n in enumerate(x.shape)]
    if layer.scale:
        value = graph.op("Mul", value, array_of(layer.gamma).reshape(shape))
    if layer.center:
        value = graph.op("Add", value, array_of(layer.beta).reshape(shape))
    return replace(x, value=value)


@LAYERS.add("keras.UnitNormalization")
def unit_normalization(graph, layer, x):
    axes = [a % x.rank for a in np.atleast_1d(layer.axis).tolist()]
    squares = graph.op("Mul", x.value, x.value)
    total = graph.op("ReduceSum", squares, graph.axes(*axes), keepdims=1)
    return replace(
        x, value=graph.op("Div", x.value, graph.op("Sqrt", graph.op("Max", total, 1e-12)))
    )


@LAYERS.add("keras.Normalization")
def normalization(graph, layer, x):
    mean, variance = (np.asarray(v, np.float32) for v in (layer.mean, layer.variance))
    width = np.maximum(np.sqrt(variance), np.float32(1e-7))
    if layer.invert:
        return replace(x, value=graph.op("Add", graph.op("Mul", x.value, width), mean))
    return replace(x, value=graph.op("Div", graph.op("Sub", x.value, mean), width))


@LAYERS.add("keras.Rescaling")
def rescaling(graph, layer, x):
    scaled = graph.op("Mul", x.value, np.asarray(layer.scale, np.float32))
    return replace(x, value=graph.op("Add", scaled, np.asarray(layer.offset, np.float32)))


def without_masks(values):
    """Raise if one of several values has an implicit mask."""
    if any(value.mask is not None for value in values):
        msg = "values with masks of a Masking layer cannot be joined"
        raise ExportError(msg)


@LAYERS.add("keras.Concatenate")
def concatenate(graph, layer, values):
    return joined_tensors(graph, values, layer.axis)


def joined_tensors(graph, values, axis=-1):
    """Tensors side by side."""
    without_masks(values)
    axis = axis % values[0].rank
    shape = list(values[0].shape)
    shape[axis - 1] = sum(value.shape[axis - 1] for value in values)
    return Tensor(graph.concat([value.value for value in values], axis), tuple(shape))


def _merging(kind):
    def emitter(graph, layer, values):
        without_masks(values)
        out = values[0].value
        for value in values[1:]:
            out = graph.op(kind, out, value.value)
        return Tensor(out, broadcast(*(value.shape for value in values)))

    return emitter


for _name, _kind in {
    "Add": "Add",
    "Subtract": "Sub",
    "Multiply": "Mul",
    "Maximum": "Max",
    "Minimum": "Min",
}.items():
    LAYERS.add(f"keras.{_name}")(_merging(_kind))


@LAYERS.add("keras.Average")
def average(graph, layer, values):
    total = _merging("Add")(graph, layer, values)
    return replace(total, value=graph.op("Mul", total.value, 1 / len(values)))


def broadcast(*shapes):
    """The shape of values that are combined number by number."""
    shapes = [tuple(-1 if n is None else n for n in shape) for shape in shapes]
    longest = max(map(len, shapes))
    padded = [(1,) * (longest - len(shape)) + shape for shape in shapes]
    sizes = [{*axis} - {1} or {1} for axis in zip(*padded, strict=True)]
    return tuple(None if -1 in size else max(size) for size in sizes)


@LAYERS.add("keras.Flatten")
def flatten(graph, layer, x):
    n_numbers = math.prod(x.shape)
    return Tensor(graph.reshape(x.value, -1, n_numbers), (n_numbers,))


@LAYERS.add("keras.Reshape")
def reshape(graph, layer, x):
    shape = list(layer.target_shape)
    if -1 in shape:
        known = -math.prod(shape)
        shape[shape.index(-1)] = math.prod(x.shape) // known
    return Tensor(graph.reshape(x.value, -1, *shape), tuple(shape))


@LAYERS.add("keras.Permute")
def permute(graph, layer, x):
    value = graph.op("Transpose", x.value, perm=[0, *layer.dims])
    return Tensor(value, tuple(x.shape[at - 1] for at in layer.dims))


@LAYERS.add("keras.RepeatVector")
def repeat_vector(graph, layer, x):
    value = graph.op("Tile", graph.expand_dims(x.value, 1), graph.axes(1, layer.n, 1))
    return Tensor(value, (layer.n, *x.shape))


@LAYERS.add("keras.Embedding")
def embedding(graph, layer, x):
    if getattr(layer, "quantization_mode", None) or getattr(layer, "lora_enabled", False):
        msg = "a quantized or adapted embedding cannot be written"
        raise ExportError(msg)
    tokens = graph.cast(x.value, np.int32)
    mask = None
    if layer.mask_zero:
        real = graph.op("Not", graph.op("Equal", tokens, 0))
        mask = Tensor(real, x.shape)
    table = graph.constant(array_of(layer.embeddings))
    value = graph.op("Gather", table, tokens, axis=0)
    return Tensor(value, (*x.shape, layer.output_dim), mask)


@LAYERS.add("keras.TimeDistributed")
def time_distributed(graph, layer, x, mask=None):
    from skhep_nn.deploy._onnx._network import emit_layer

    length, *rest = x.shape
    inner = Tensor(graph.reshape(x.value, -1, *rest), tuple(rest))
    out = emit_layer(graph, layer.layer, inner)
    value = graph.reshape(out.value, -1, length, *out.shape)
    return Tensor(value, (length, *out.shape), x.mask)


def _along(values, axis, rank):
    return values.reshape([-1 if at == axis else 1 for at in range(rank)])
