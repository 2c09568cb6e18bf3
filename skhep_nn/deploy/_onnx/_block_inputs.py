"""Blocks as a network takes them."""

from __future__ import annotations

import numpy as np

from skhep_nn.deploy._onnx._values import Tensor
from skhep_nn.exceptions import ExportError

PARAMETER = "parameter"


def network_inputs(graph, model, blocks, fixed):
    """What the network of `model` is called with.

    Parameters
    ----------
    graph : Graph
    model : fitted classifier
    blocks : dict of str to Block
    fixed : list of float or None
        Hypothesis that is built in.
    """
    from skhep_nn.deploy._onnx._classifiers import constant_rows

    names = [model.columns_.names[at] for at in model.columns_.required]
    missing = [name for name in names if name not in blocks]
    if missing:
        msg = f"the network reads block {missing[0]!r}; there are {sorted(blocks)}"
        raise ExportError(msg)
    x = _features(graph, model, blocks, names)
    if not hasattr(model, "parameter_names_"):
        return x
    x = x if isinstance(x, dict) else {"features": x}
    if fixed is not None:
        like = next(iter(blocks.values())).value
        return {**x, PARAMETER: constant_rows(graph, fixed, like)}
    parameters = [model.columns_.names[at] for at in model._parameter_columns]
    return {**x, PARAMETER: _table(graph, [blocks[name] for name in parameters])}


def _features(graph, model, blocks, names):
    kinds = model.block_kinds_
    columns = all(kinds[n].name == "features" and not model.block_shapes_[n] for n in names)
    if columns or not isinstance(model.X_shape_, dict):
        x = _table(graph, [blocks[name] for name in names])
        return x if not isinstance(model.X_shape_, dict) else {names[0]: x}
    return {name: _tensor(graph, model, name, blocks) for name in names}


def _table(graph, blocks):
    """Blocks of one number, or of several, side by side."""
    values = []
    for block in blocks:
        value = block.value if block.shape else graph.expand_dims(block.value, -1)
        values.append(graph.cast(value, np.float32))
    width = sum(block.shape[-1] if block.shape else 1 for block in blocks)
    return Tensor(graph.concat(values), (width,))


def _tensor(graph, model, name, blocks):
    block, kind = blocks[name], model.block_kinds_[name].name
    if kind == "lengths" and not block.shape:
        length = model.block_shapes_[name][0]
        number = graph.constant(np.arange(length, dtype=np.int64)[None])
        there = graph.op("Less", number, graph.expand_dims(graph.cast(block.value, np.int64), -1))
        return Tensor(there, (length,), packed=True)
    dtype = {"tokens": np.int32, "mask": bool, "lengths": bool}.get(kind, np.float32)
    return Tensor(graph.cast(block.value, dtype), block.shape, packed=block.packed)
