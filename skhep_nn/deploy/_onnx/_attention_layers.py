"""The package's layers of attention, and what they know of pairs of particles."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from skhep_nn.deploy._onnx._package_layers import factor
from skhep_nn.deploy._onnx._registry import LAYERS
from skhep_nn.deploy._onnx._values import Tensor

NEVER = -3e4
# As in the package's own layer.
SMALL = 1e-8


@LAYERS.add("skhep_nn.HeadsOfAttention")
def heads_of_attention(graph, layer, queries, keys, values, entries, bias=None):
    q, k, v = (
        _heads(graph, layer, x, order)
        for x, order in ((queries, (0, 2, 1, 3)), (keys, (0, 2, 3, 1)), (values, (0, 2, 1, 3)))
    )
    match = graph.op("MatMul", q, k)
    match = graph.op("Div", match, math.sqrt(queries.shape[-1] // layer.n_heads))
    if bias is not None:
        match = graph.op("Add", match, graph.op("Transpose", bias.value, perm=[0, 3, 1, 2]))
    real = graph.op("Unsqueeze", entries.value, graph.axes(1, 2))
    match = graph.where(real, match, NEVER, np.float32)
    taken = graph.op("MatMul", graph.op("Softmax", match, axis=-1), v)
    taken = graph.op("Transpose", taken, perm=[0, 2, 1, 3])
    shape = (queries.shape[0], values.shape[-1])
    return Tensor(graph.reshape(taken, -1, *shape), shape)


def _heads(graph, layer, x, order):
    length, width = x.shape
    parts = graph.reshape(x.value, -1, length, layer.n_heads, width // layer.n_heads)
    return graph.op("Transpose", parts, perm=list(order))


@LAYERS.add("skhep_nn.AttentionPooling")
def attention_pooling(graph, layer, x, scores, entries):
    real = graph.expand_dims(entries.value, -1)
    scores = graph.where(real, scores.value, NEVER, np.float32)
    shares = graph.op("Softmax", scores, axis=1)
    shares = graph.op("Mul", shares, factor(graph, entries))
    value = graph.sum(graph.op("Mul", x.value, shares), 1, keepdims=False)
    return Tensor(value, x.shape[1:])


@LAYERS.add("skhep_nn.WithOneInFront")
def with_one_in_front(graph, layer, first, x, entries):
    number = graph.cast(entries.value, np.float32)
    there = graph.op("Add", graph.op("Mul", graph.take(number, [0], axis=1), 0.0), 1.0)
    mask = graph.op("Greater", graph.concat([there, number], 1), 0.5)
    length, width = x.shape
    value = graph.concat([first.value, x.value], 1)
    return (
        Tensor(value, (length + 1, width)),
        Tensor(mask, (length + 1,), packed=entries.packed),
    )


@LAYERS.add("skhep_nn.ZeroWithoutEntries")
def zero_without_entries(graph, layer, x, entries):
    number = graph.cast(entries.value, np.float32)
    some = graph.op("ReduceMax", number, axes=[1], keepdims=1)
    return replace(x, value=graph.op("Mul", x.value, some))


@LAYERS.add("skhep_nn.PairFeatures")
def pair_features(graph, layer, momenta, entries):
    length, n_numbers = momenta.shape
    parts = [graph.take(momenta.value, at) for at in range(n_numbers)]
    convert = {"cartesian": lambda graph, p: p, "cylindrical": _of_cylindrical}
    features = _logarithms(graph, *convert[layer.coordinates](graph, parts))
    value = graph.concat([graph.expand_dims(feature, -1) for feature in features])
    one, other = _two(graph, entries.value)
    both = graph.expand_dims(graph.op("And", one, other), -1)
    value = graph.where(both, value, 0.0, np.float32)
    return Tensor(value, (length, length, len(features)))


def _of_cylindrical(graph, p):
    pt, eta, phi, *mass = p
    pz = graph.op("Mul", pt, graph.op("Sinh", eta))
    square = _sum_of_squares(graph, pt, pz, *mass)
    px = graph.op("Mul", pt, graph.op("Cos", phi))
    py = graph.op("Mul", pt, graph.op("Sin", phi))
    return px, py, pz, graph.op("Sqrt", square)


def _logarithms(graph, px, py, pz, energy):
    pt = graph.op("Sqrt", _sum_of_squares(graph, px, py))
    inverse = graph.op("Reciprocal", graph.op("Max", pt, SMALL))
    rapidity = _difference(graph, _rapidity(graph, pt, pz, energy))
    angle = _angle(graph, graph.op("Mul", px, inverse), graph.op("Mul", py, inverse))
    delta = graph.op("Sqrt", _sum_of_squares(graph, rapidity, angle))
    softer = graph.op("Min", *_two(graph, pt))
    z = graph.op("Div", softer, graph.op("Max", _total(graph, pt), SMALL))
    total = _squared(graph, _total(graph, energy))
    mass = total
    for part in (px, py, pz):
        mass = graph.op("Sub", mass, _squared(graph, _total(graph, part)))
    least = graph.op("Max", graph.op("Mul", total, 1e-7), SMALL)
    return [
        graph.op("Log", graph.op("Max", delta, 1e-4)),
        graph.op("Log", graph.op("Max", graph.op("Mul", softer, delta), SMALL)),
        graph.op("Log", graph.op("Max", z, SMALL)),
        graph.op("Log", graph.op("Max", mass, least)),
    ]


def _rapidity(graph, pt, pz, energy):
    length = graph.op("Abs", pz)
    product = graph.op("Mul", graph.op("Sub", energy, length), graph.op("Add", energy, length))
    transverse = graph.op("Sqrt", graph.op("Max", product, _squared(graph, pt)))
    above = graph.op("Add", graph.op("Max", energy, length), length)
    ratio = graph.op("Div", above, graph.op("Max", transverse, SMALL))
    return graph.op("Mul", graph.op("Sign", pz), graph.op("Log", graph.op("Max", ratio, 1.0)))


def _angle(graph, x, y):
    chord = graph.op("Sqrt", _sum_of_squares(graph, _difference(graph, x), _difference(graph, y)))
    half = graph.op("Min", graph.op("Mul", chord, 0.5), 1.0)
    return graph.op("Mul", graph.op("Asin", half), 2.0)


def _two(graph, x):
    return graph.expand_dims(x, 2), graph.expand_dims(x, 1)


def _difference(graph, x):
    return graph.op("Sub", *_two(graph, x))


def _total(graph, x):
    return graph.op("Add", *_two(graph, x))


def _squared(graph, x):
    return graph.op("Mul", x, x)


def _sum_of_squares(graph, first, *others):
    out = _squared(graph, first)
    for other in others:
        out = graph.op("Add", out, _squared(graph, other))
    return out
