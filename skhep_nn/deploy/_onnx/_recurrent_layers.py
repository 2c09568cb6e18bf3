"""Recurrent layers: ONNX's own cells on sequences whose real entries stand in front.

ONNX reads the first ``sequence_lens`` entries of a sequence, Keras those where a mask is True,
wherever they are. So real entries are brought to the front, and where a whole sequence comes out,
each entry gets the state behind the last real one, as in Keras.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from skhep_nn.deploy._onnx._layers import array_of
from skhep_nn.deploy._onnx._registry import LAYERS, named
from skhep_nn.deploy._onnx._values import Tensor
from skhep_nn.exceptions import ExportError

# What a cell's activations are called in ONNX, and their settings.
ACTIVATIONS = {
    "tanh": ("Tanh", 0.0, 0.0),
    "sigmoid": ("Sigmoid", 0.0, 0.0),
    "relu": ("Relu", 0.0, 0.0),
    "softsign": ("Softsign", 0.0, 0.0),
    "softplus": ("Softplus", 0.0, 0.0),
    "hard_sigmoid": ("HardSigmoid", 1 / 6, 0.5),
    "linear": ("Affine", 1.0, 0.0),
}


@LAYERS.add("keras.LSTM", "keras.GRU", "keras.SimpleRNN")
def recurrent(graph, layer, x, mask=None):
    entries = Entries(graph, x, mask or x.mask)
    out = run(graph, layer, x, entries)
    if layer.return_sequences and layer.go_backwards:
        # the outcome comes in the order in which it was read
        out = replace(out, value=reverse(graph, out.value), mask=None)
    return out


@LAYERS.add("keras.Bidirectional")
def bidirectional(graph, layer, x, mask=None):
    entries = Entries(graph, x, mask or x.mask)
    forward, backward = (
        run(graph, one, x, entries) for one in (layer.forward_layer, layer.backward_layer)
    )
    return _merged(graph, layer.merge_mode, forward, backward)


def _merged(graph, mode, forward, backward):
    pair = (forward.value, backward.value)
    if mode == "concat":
        shape = (*forward.shape[:-1], forward.shape[-1] + backward.shape[-1])
        return replace(forward, value=graph.concat(pair), shape=shape)
    kinds = {"sum": "Add", "ave": "Add", "mul": "Mul"}
    if mode not in kinds:
        msg = f"Bidirectional with merge_mode={mode!r} cannot be written"
        raise ExportError(msg)
    value = graph.op(kinds[mode], *pair)
    return replace(forward, value=graph.op("Mul", value, 0.5) if mode == "ave" else value)


class Entries:
    """The real entries of sequences.

    Parameters
    ----------
    graph : Graph
    x : Tensor
        The sequences, of shape (length, n_features).
    mask : Tensor or None
        None: all entries are real.
    """

    def __init__(self, graph, x, mask):
        self.graph, self.mask, self.length = graph, mask, x.shape[0]
        if mask is not None:
            number = graph.cast(mask.value, np.int32)
            self.count = graph.op("CumSum", number, graph.constant(1, np.int32))
            self.before = graph.op("Sub", self.count, number)
            self.lengths = graph.op("ReduceSum", number, graph.axes(1), keepdims=0)

    @property
    def sequence_lengths(self):
        """As ONNX's cells take them: never 0, which old runtimes refuse."""
        return None if self.mask is None else self.graph.op("Max", self.lengths, 1)

    def to_front(self, value):
        """`value` with the real entries of each event first, in their order."""
        if self.mask is None or self.mask.packed:
            return value
        graph = self.graph
        rank = np.arange(self.length, 0, -1, dtype=np.float32)
        real = graph.op("Mul", graph.cast(self.mask.value, np.float32), float(self.length))
        _, order = self._sorted(graph.op("Add", real, rank))
        return self._gathered(value, order)

    def to_places(self, value, *, backward=False):
        """What came out for the entries in front, at every place of the sequence.

        Padding gets what the entry read before it got, or 0 if there was none.
        """
        if self.mask is None:
            return value
        graph = self.graph
        place = self.before if backward else graph.op("Sub", self.count, 1)
        last = graph.expand_dims(graph.op("Sub", self.lengths, 1), -1)
        there = (
            graph.op("LessOrEqual", place, last)
            if backward
            else graph.op("GreaterOrEqual", place, 0)
        )
        inside = graph.op("Min", graph.op("Max", place, 0), self.length - 1)
        values = self._gathered(value, graph.cast(inside, np.int64))
        return graph.where(graph.expand_dims(there, -1), values, 0.0, np.float32)

    def where_any(self, value):
        """`value` for events with entries, 0 for those without."""
        if self.mask is None:
            return value
        graph = self.graph
        some = graph.expand_dims(graph.op("Greater", self.lengths, 0), -1)
        return graph.where(some, value, 0.0, np.float32)

    def only_real(self, value):
        """`value` with 0 in the padding."""
        if self.mask is None:
            return value
        real = self.graph.expand_dims(self.mask.value, -1)
        return self.graph.where(real, value, 0.0, np.float32)

    def _sorted(self, keys):
        outputs = self.graph.op(
            "TopK", keys, self.graph.axes(self.length), n_outputs=2, axis=-1, largest=1, sorted=1
        )
        self.graph.types[outputs[1]] = np.dtype(np.int64)
        return outputs

    def _gathered(self, value, order):
        return self.graph.op("GatherND", value, self.graph.expand_dims(order, -1), batch_dims=1)


def run(graph, layer, x, entries):
    """The outcome of one cell; a whole sequence in the order of the entries."""
    _check(layer)
    kind, weights, options = CELLS[type(layer).__name__](layer)
    sequence = graph.op("Transpose", entries.to_front(x.value), perm=[1, 0, 2])
    every, last = graph.op(
        kind,
        sequence,
        *weights,
        entries.sequence_lengths,
        n_outputs=2,
        hidden_size=int(layer.units),
        direction="reverse" if layer.go_backwards else "forward",
        **options,
    )
    if not layer.return_sequences:
        state = graph.op("Squeeze", last, graph.axes(0))
        return Tensor(entries.where_any(state), (layer.units,))
    states = graph.op("Transpose", graph.op("Squeeze", every, graph.axes(1)), perm=[1, 0, 2])
    states = entries.to_places(states, backward=layer.go_backwards)
    if getattr(layer, "zero_output_for_mask", False):
        states = entries.only_real(states)
    return Tensor(states, (x.shape[0], layer.units), x.mask)


def reverse(graph, value, axis=1):
    """`value` in reverse order along an axis."""
    ends = (graph.axes(-1), graph.axes(-(2**31)), graph.axes(axis), graph.axes(-1))
    return graph.op("Slice", value, *ends)


def _lstm(layer):
    # input, forget, cell, output in Keras; input, output, forget, cell in ONNX
    kernel, recurrent, bias = (_gates(layer, v, [0, 3, 1, 2]) for v in _weights(layer))
    names = [layer.recurrent_activation, layer.activation, layer.activation]
    return "LSTM", _stacked(kernel, recurrent, bias), _activations(names)


def _gru(layer):
    kernel, recurrent, bias = (_gates(layer, v, [0, 1, 2]) for v in _weights(layer))
    options = _activations([layer.recurrent_activation, layer.activation])
    options["linear_before_reset"] = int(layer.reset_after)
    return "GRU", _stacked(kernel, recurrent, bias), options


def _simple(layer):
    kernel, recurrent, bias = (_gates(layer, v, [0]) for v in _weights(layer))
    return "RNN", _stacked(kernel, recurrent, bias), _activations([layer.activation])


CELLS = {"LSTM": _lstm, "GRU": _gru, "SimpleRNN": _simple}


def _weights(layer):
    cell = layer.cell
    bias = array_of(cell.bias) if layer.use_bias else np.zeros(cell.kernel.shape[-1], np.float32)
    bias = bias if bias.ndim == 2 else np.stack([bias, np.zeros_like(bias)])
    return array_of(cell.kernel), array_of(cell.recurrent_kernel), bias


def _gates(layer, values, order):
    """Values (..., n_gates * units) with the gates in another order, transposed."""
    parts = np.split(values, len(order), axis=-1)
    return np.concatenate([parts[at] for at in order], axis=-1).T


def _stacked(kernel, recurrent, bias):
    return [np.ascontiguousarray(v)[None] for v in (kernel, recurrent, bias.T.reshape(-1))]


def _activations(functions):
    names = [getattr(function, "__name__", str(function)) for function in functions]
    for name in names:
        if name not in ACTIVATIONS:
            msg = f"a cell with activation {name!r} cannot be written; {sorted(ACTIVATIONS)} can"
            raise ExportError(msg)
    if all(name in ("tanh", "sigmoid", "relu", "softsign") for name in names):
        return {"activations": [ACTIVATIONS[name][0] for name in names]}
    kinds, alphas, betas = zip(*(ACTIVATIONS[name] for name in names), strict=True)
    return {
        "activations": list(kinds),
        "activation_alpha": list(alphas),
        "activation_beta": list(betas),
    }


def _check(layer):
    with named(f"cell {layer.name!r}"):
        for option in ("stateful", "return_state"):
            if getattr(layer, option, False):
                msg = f"{option}=True cannot be written: events do not depend on each other"
                raise ExportError(msg)
        if type(layer).__name__ not in CELLS:
            msg = f"a {type(layer).__name__} cannot be written"
            raise ExportError(msg)
