"""The graph as it grows: nodes, constants and inputs, of core ONNX operators."""

from __future__ import annotations

from contextlib import contextmanager

import numpy as np

from skhep_nn._extras import require

# What ONNX Runtime reads from 1.10 on.
OPSET = 13
IR_VERSION = 7
BATCH = "n"

# Operators whose outcome is of another type than what goes in.
TYPES = {
    **dict.fromkeys(
        ["Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual", "Not", "And", "Or"], bool
    ),
    **dict.fromkeys(["Shape", "ArgMax", "Size"], np.int64),
}


class Graph:
    """Nodes, constants and inputs of a model.

    A value is known by its name. Where a node takes a value, a number or an array may stand, which
    becomes a constant of the type of the node's first value.

    Parameters
    ----------
    single : bool, default=False
        Compute in single precision what is computed in double else.
    batch : str or int
        Number of events, ``"n"`` for any.
    """

    def __init__(self, *, single=False, batch=BATCH):
        self.single, self.batch = single, batch
        self._onnx = require("onnx", "onnx")
        self.nodes, self.inputs, self.outputs = [], [], []
        # booleans of shape (n,): events that the model refuses, whose outcome is to be NaN
        self.refused = []
        # number of the network that scores each event of a cross-fit, int64 of shape (n, 1)
        self.fold = None
        self.types = {}
        self._constants, self._cached = {}, {}
        self._scope = []

    @contextmanager
    def scope(self, name):
        """Nodes made inside have `name` in theirs."""
        self._scope.append("".join(c if c.isalnum() else "_" for c in str(name)))
        try:
            yield
        finally:
            self._scope.pop()

    def input(self, name, dtype, shape):
        """A new input; `shape` without the events' axis, None for an axis of any length."""
        self.types[name] = np.dtype(dtype)
        axes = [self.batch, *(f"{name}_length" if n is None else n for n in shape)]
        self.inputs.append(self._info(name, axes))
        return name

    def output(self, name, value, shape):
        """Make `value` the output `name`."""
        self.types[name] = self.types[value]
        self.nodes.append(self._onnx.helper.make_node("Identity", [value], [name], name=name))
        self.outputs.append(self._info(name, [self.batch, *shape]))

    def constant(self, value, dtype=None):
        """The name of a constant; equal ones are one."""
        array = np.asarray(value, None if dtype is None else self._precision(dtype))
        array = array.astype(self._precision(array.dtype))
        array = np.ascontiguousarray(array).reshape(np.shape(value))
        key = (array.dtype.str, array.shape, array.tobytes())
        if key not in self._constants:
            name = self._free(f"constant_{len(self._constants)}")
            self._constants[key] = self._onnx.numpy_helper.from_array(array, name)
            self.types[name] = array.dtype
        return self._constants[key].name

    def op(self, kind, *values, n_outputs=1, dtype=None, **attributes):
        """A node; returns the name of its outcome, or a list of names if it has several.

        Parameters
        ----------
        kind : str
            The operator.
        *values : str, number, array or None
            What goes in; None for an optional input that is left out.
        n_outputs : int, default=1
        dtype : numpy type, default=None
            Of the outcome, where it is not that of the first value or of `TYPES`.
        **attributes
            Of the node.
        """
        like = next((self.types[v] for v in values if isinstance(v, str) and v), None)
        names = [self._named(value, like) for value in values]
        key = (kind, *names, n_outputs, repr(sorted(attributes.items())))
        if key not in self._cached:
            self._cached[key] = self._new(kind, names, n_outputs, dtype, like, attributes)
        outputs = self._cached[key]
        return outputs[0] if n_outputs == 1 else list(outputs)

    def cast(self, value, dtype):
        """`value` in another type."""
        dtype = self._precision(dtype)
        if self.types[value] == dtype:
            return value
        return self.op("Cast", value, dtype=dtype, to=self._type_of(dtype))

    def where(self, condition, one, other, dtype):
        """``one`` where the `condition` holds, else ``other``; values, numbers or arrays."""
        one, other = (
            self.cast(v, dtype) if isinstance(v, str) else self.constant(v, dtype)
            for v in (one, other)
        )
        return self.op("Where", condition, one, other, dtype=self._precision(dtype))

    def axes(self, *numbers):
        """The constant that holds axes or a shape."""
        return self.constant(list(numbers), np.int64)

    def reshape(self, value, *shape):
        """`value` in another shape; 0 keeps an axis, -1 is what remains."""
        return self.op("Reshape", value, self.axes(*shape))

    def expand_dims(self, value, axis):
        """`value` with one more axis."""
        return self.op("Unsqueeze", value, self.axes(axis))

    def take(self, value, positions, axis=-1):
        """The entries at `positions` (int or list of int) along an axis."""
        return self.op("Gather", value, self.constant(positions, np.int64), axis=axis)

    def concat(self, values, axis=-1):
        """Values side by side."""
        values = list(values)
        return values[0] if len(values) == 1 else self.op("Concat", *values, axis=axis)

    def sum(self, value, axis, *, keepdims=True):
        """The sum along an axis."""
        return self.op("ReduceSum", value, self.axes(axis), keepdims=int(keepdims))

    def is_missing(self, value):
        """Where `value` is NaN, the one number that differs from itself."""
        return self.op("Not", self.op("Equal", value, value))

    def operators(self):
        """Nodes that the outputs depend on, as pairs of operator and name."""
        return [(node.op_type, node.name) for node in self._needed()]

    def model(self, metadata, **about):
        """The finished model.

        Parameters
        ----------
        metadata : dict of str to str
        **about
            ``producer_name`` and the like.
        """
        helper = self._onnx.helper
        graph = helper.make_graph(
            self._needed(), "model", self._sorted_inputs(), self.outputs, self._used_constants()
        )
        opset = helper.make_opsetid("", OPSET)
        model = helper.make_model(graph, opset_imports=[opset], ir_version=IR_VERSION, **about)
        helper.set_model_props(model, metadata)
        return model

    def _sorted_inputs(self):
        # some frameworks feed inputs in the order of their names
        return sorted(self.inputs, key=lambda info: info.name)

    def _needed(self):
        """Nodes that the outputs depend on."""
        wanted, kept = {info.name for info in self.outputs}, []
        for node in reversed(self.nodes):
            if wanted & {*node.output}:
                wanted |= {*node.input}
                kept.append(node)
        return kept[::-1]

    def _used_constants(self):
        used = {name for node in self._needed() for name in node.input}
        return [tensor for tensor in self._constants.values() if tensor.name in used]

    def _precision(self, dtype):
        """`dtype`, or float32 in place of float64 where all is computed in single precision."""
        dtype = np.dtype(dtype)
        return np.dtype(np.float32) if self.single and dtype == np.float64 else dtype

    def _free(self, name):
        # an input may be called like anything
        while name in self.types:
            name += "_"
        return name

    def _named(self, value, like):
        if value is None:
            return ""
        return value if isinstance(value, str) else self.constant(value, like)

    def _new(self, kind, names, n_outputs, dtype, like, attributes):
        stem = self._free("_".join([*self._scope, kind, str(len(self.nodes))]))
        outputs = [stem if n_outputs == 1 else f"{stem}_{n}" for n in range(n_outputs)]
        self.nodes.append(
            self._onnx.helper.make_node(kind, names, outputs, name=stem, **attributes)
        )
        for name in outputs:
            self.types[name] = np.dtype(dtype or TYPES.get(kind) or like)
        return outputs

    def _info(self, name, axes):
        return self._onnx.helper.make_tensor_value_info(name, self._type_of(self.types[name]), axes)

    def _type_of(self, dtype):
        return self._onnx.helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
