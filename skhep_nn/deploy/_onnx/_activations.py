"""Activations of networks."""

from __future__ import annotations

from skhep_nn.deploy._onnx._registry import LAYERS
from skhep_nn.exceptions import ExportError

SQRT_HALF = 0.7071067811865476
MISH_IS_LINEAR = 20.0
WITH_ACTIVATIONS = ("keras.", "skhep_nn.networks.")


def activate(graph, activation, x):
    """The outcome of an activation function of Keras.

    Parameters
    ----------
    graph : Graph
    activation : callable or layer
        As a layer has it.
    x : Tensor

    Raises
    ------
    ExportError
        If it is none of Keras' own.
    """
    from skhep_nn.deploy._onnx._network import emit_layer

    if hasattr(activation, "call"):
        return emit_layer(graph, activation, x)
    return _changed(x, ACTIVATIONS[_name_of(activation)](graph, x.value))


def _name_of(activation):
    name = getattr(activation, "__name__", type(activation).__name__)
    if activation is None:
        return "linear"
    if not activation.__module__.startswith(WITH_ACTIVATIONS) or name not in ACTIVATIONS:
        msg = f"activation {name!r} is none that can be written; there are {sorted(ACTIVATIONS)}"
        raise ExportError(msg)
    return name


def _changed(x, value):
    return type(x)(value, x.shape, x.mask, x.packed)


def sigmoid(graph, x):
    return graph.op("Sigmoid", x)


def softmax(graph, x):
    return graph.op("Softmax", x, axis=-1)


def relu6(graph, x):
    return graph.op("Clip", x, 0.0, 6.0)


def silu(graph, x):
    return graph.op("Mul", x, sigmoid(graph, x))


def softplus(graph, x):
    """``max(x, 0) + log(1 + exp(-|x|))``: ONNX Runtime's own is 40 times slower."""
    small = graph.op("Exp", graph.op("Neg", graph.op("Abs", x)))
    return graph.op("Add", graph.op("Relu", x), graph.op("Log", graph.op("Add", small, 1.0)))


def mish(graph, x):
    """``x tanh(softplus(x))``, with ``w = e^x (e^x + 2)`` the same as ``x w / (w + 2)``."""
    # from there on it is x, in single precision, and the square of the exponential is finite
    grown = graph.op("Exp", graph.op("Min", x, MISH_IS_LINEAR))
    w = graph.op("Mul", grown, graph.op("Add", grown, 2.0))
    return graph.op("Mul", x, graph.op("Div", w, graph.op("Add", w, 2.0)))


def gelu(graph, x):
    half = graph.op("Mul", x, 0.5)
    erf = graph.op("Erf", graph.op("Mul", x, SQRT_HALF))
    return graph.op("Mul", half, graph.op("Add", erf, 1.0))


def hard_sigmoid(graph, x):
    return graph.op("Clip", graph.op("Add", graph.op("Mul", x, 1 / 6), 0.5), 0.0, 1.0)


def leaky_relu(graph, x, slope=0.2):
    return graph.op("LeakyRelu", x, alpha=slope)


def clipped_relu(graph, x, slope=0.0, highest=None, threshold=0.0):
    """``slope * (x - threshold)`` below the threshold, x above it, up to `highest`."""
    below = graph.op("Mul", graph.op("Sub", x, threshold), slope)
    out = graph.where(graph.op("Less", x, threshold), below, x, graph.types[x])
    return out if highest is None else graph.op("Min", out, highest)


def _node(kind, **attributes):
    return lambda graph, x: graph.op(kind, x, **attributes)


def _shrunk(graph, x):
    return graph.op("Sub", x, graph.op("Tanh", x))


ACTIVATIONS = {
    "linear": lambda graph, x: x,
    "relu": _node("Relu"),
    "relu6": relu6,
    "sigmoid": sigmoid,
    "tanh": _node("Tanh"),
    "softmax": softmax,
    "log_softmax": _node("LogSoftmax", axis=-1),
    "softplus": softplus,
    "softsign": _node("Softsign"),
    "elu": _node("Elu", alpha=1.0),
    "selu": _node("Selu", alpha=1.6732632423543772, gamma=1.0507009873554805),
    "celu": _node("Celu", alpha=1.0),
    "exponential": _node("Exp"),
    "silu": silu,
    "swish": silu,
    "mish": mish,
    "gelu": gelu,
    "leaky_relu": leaky_relu,
    "hard_sigmoid": hard_sigmoid,
    "hard_silu": lambda graph, x: graph.op("Mul", x, hard_sigmoid(graph, x)),
    "hard_tanh": lambda graph, x: graph.op("Clip", x, -1.0, 1.0),
    "log_sigmoid": lambda graph, x: graph.op("Neg", softplus(graph, graph.op("Neg", x))),
    "tanh_shrink": _shrunk,
}


@LAYERS.add("keras.Activation")
def activation_layer(graph, layer, x):
    return activate(graph, layer.activation, x)


@LAYERS.add("keras.ReLU")
def relu_layer(graph, layer, x):
    plain = layer.negative_slope == 0 and layer.threshold == 0 and layer.max_value is None
    if plain:
        return _changed(x, graph.op("Relu", x.value))
    out = clipped_relu(
        graph, x.value, float(layer.negative_slope), layer.max_value, float(layer.threshold)
    )
    return _changed(x, out)


@LAYERS.add("keras.LeakyReLU")
def leaky_relu_layer(graph, layer, x):
    return _changed(x, leaky_relu(graph, x.value, float(layer.negative_slope)))


@LAYERS.add("keras.ELU")
def elu_layer(graph, layer, x):
    return _changed(x, graph.op("Elu", x.value, alpha=float(layer.alpha)))


@LAYERS.add("keras.PReLU")
def prelu_layer(graph, layer, x):
    below = graph.op("Mul", graph.op("Min", x.value, 0.0), layer.alpha.numpy())
    return _changed(x, graph.op("Add", graph.op("Relu", x.value), below))


@LAYERS.add("keras.Softmax")
def softmax_layer(graph, layer, x):
    if x.mask is not None:
        msg = "a softmax with a mask cannot be written"
        raise ExportError(msg)
    return _changed(x, graph.op("Softmax", x.value, axis=int(layer.axis)))
