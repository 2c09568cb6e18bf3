"""Convolutions and poolings of Keras, on sequences and on images."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from skhep_nn.deploy._onnx._activations import activate
from skhep_nn.deploy._onnx._layers import array_of
from skhep_nn.deploy._onnx._registry import LAYERS
from skhep_nn.deploy._onnx._values import Tensor
from skhep_nn.exceptions import ExportError


@LAYERS.add("keras.Conv1D", "keras.Conv2D")
def convolution(graph, layer, x):
    _check_channels(layer)
    n_axes = len(x.shape) - 1
    kernel = array_of(layer.kernel)
    # Keras has (size, in, out), ONNX (out, in, size)
    kernel = np.ascontiguousarray(kernel.transpose(n_axes + 1, n_axes, *range(n_axes)))
    terms = [kernel, array_of(layer.bias)] if layer.use_bias else [kernel]
    windows = Windows(layer.kernel_size, layer.strides, layer.dilation_rate, layer.padding)
    value = graph.op(
        "Conv",
        channels_first(graph, x.value, n_axes),
        *terms,
        kernel_shape=list(layer.kernel_size),
        strides=list(layer.strides),
        dilations=list(layer.dilation_rate),
        group=int(layer.groups),
        pads=windows.pads(x.shape[:-1]),
    )
    shape = (*windows.lengths(x.shape[:-1]), kernel.shape[0])
    return activate(graph, layer.activation, Tensor(channels_last(graph, value, n_axes), shape))


@LAYERS.add(
    "keras.MaxPooling1D", "keras.MaxPooling2D", "keras.AveragePooling1D", "keras.AveragePooling2D"
)
def pooling(graph, layer, x):
    _check_channels(layer)
    n_axes = len(x.shape) - 1
    sizes, strides = (_per_axis(v, n_axes) for v in (layer.pool_size, layer.strides))
    windows = Windows(sizes, strides, (1,) * n_axes, layer.padding)
    kind = "MaxPool" if "Max" in type(layer).__name__ else "AveragePool"
    value = graph.op(
        kind,
        channels_first(graph, x.value, n_axes),
        kernel_shape=list(sizes),
        strides=list(strides),
        pads=windows.pads(x.shape[:-1]),
    )
    shape = (*windows.lengths(x.shape[:-1]), x.shape[-1])
    return Tensor(channels_last(graph, value, n_axes), shape)


@LAYERS.add("keras.GlobalAveragePooling1D", "keras.GlobalMaxPooling1D")
def global_pooling(graph, layer, x, mask=None):
    _check_channels(layer)
    mask = mask or x.mask
    is_max = "Max" in type(layer).__name__
    if mask is not None and is_max:
        mask = None
    if mask is None:
        kind = "ReduceMax" if is_max else "ReduceMean"
        value = graph.op(kind, x.value, axes=[1], keepdims=int(layer.keepdims))
    else:
        real = graph.expand_dims(graph.cast(mask.value, np.float32), -1)
        total = graph.sum(graph.op("Mul", x.value, real), 1, keepdims=layer.keepdims)
        value = graph.op("Div", total, graph.sum(real, 1, keepdims=layer.keepdims))
    return Tensor(value, (1, x.shape[-1]) if layer.keepdims else (x.shape[-1],))


@LAYERS.add("keras.ZeroPadding1D")
def zero_padding(graph, layer, x):
    before, behind = layer.padding
    value = graph.op("Pad", x.value, graph.axes(0, before, 0, 0, behind, 0))
    return Tensor(value, (x.shape[0] + before + behind, x.shape[1]))


@LAYERS.add("keras.Cropping1D")
def cropping(graph, layer, x):
    before, behind = layer.cropping
    length = x.shape[0] - before - behind
    value = graph.op(
        "Slice", x.value, graph.axes(before), graph.axes(before + length), graph.axes(1)
    )
    return Tensor(value, (length, x.shape[1]))


@LAYERS.add("keras.Masking")
def masking(graph, layer, x):
    other = graph.op("Not", graph.op("Equal", x.value, float(layer.mask_value)))
    real = graph.op("Greater", graph.sum(graph.cast(other, np.float32), -1, keepdims=False), 0.5)
    factor = graph.expand_dims(graph.cast(real, np.float32), -1)
    value = graph.op("Mul", x.value, factor)
    return replace(x, value=value, mask=Tensor(real, x.shape[:1]))


def channels_first(graph, value, n_axes):
    return graph.op("Transpose", value, perm=[0, n_axes + 1, *range(1, n_axes + 1)])


def channels_last(graph, value, n_axes):
    return graph.op("Transpose", value, perm=[0, *range(2, n_axes + 2), 1])


class Windows:
    """Where the windows of a kernel lie, and how many there are.

    Parameters
    ----------
    sizes, strides, dilations : sequence of int
        One per axis.
    padding : {"valid", "same", "causal"}
    """

    def __init__(self, sizes, strides, dilations, padding):
        self.spans = [(s - 1) * d + 1 for s, d in zip(sizes, dilations, strict=True)]
        self.strides, self.padding = list(strides), padding

    def lengths(self, lengths):
        """Number of windows along each axis."""
        if self.padding == "valid":
            return [
                (n - span) // stride + 1
                for n, span, stride in zip(lengths, self.spans, self.strides, strict=True)
            ]
        return [-(-n // stride) for n, stride in zip(lengths, self.strides, strict=True)]

    def pads(self, lengths):
        """Zeros before, then behind, each axis."""
        if self.padding == "valid":
            return [0] * (2 * len(self.spans))
        if self.padding == "causal":
            return [*(span - 1 for span in self.spans), *([0] * len(self.spans))]
        totals = [
            max((-(-n // stride) - 1) * stride + span - n, 0)
            for n, span, stride in zip(lengths, self.spans, self.strides, strict=True)
        ]
        return [total // 2 for total in totals] + [total - total // 2 for total in totals]


def _per_axis(value, n_axes):
    return (value,) * n_axes if np.ndim(value) == 0 else tuple(value)


def _check_channels(layer):
    if getattr(layer, "data_format", "channels_last") != "channels_last":
        msg = "data_format='channels_first' cannot be written; Keras' default is channels_last"
        raise ExportError(msg)
