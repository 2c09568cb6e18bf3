"""Classifiers: our networks, and what stands around them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from skhep_nn.deploy._onnx._registry import CLASSIFIERS, TRANSFORMERS, named
from skhep_nn.deploy._onnx._values import Column, Features, Tensor
from skhep_nn.exceptions import ExportError

PARAMETER = "parameter"
# Steps that act in training only, of imbalanced-learn.
RESAMPLES = "fit_resample"


def transformed(graph, step, data, name=None):
    """What a transformer makes of `data`.

    Raises
    ------
    ExportError
        Naming the step, if it is none that can be written.
    """
    what = f"step {name!r} ({type(step).__name__})" if name else type(step).__name__
    if isinstance(step, str) or step is None:
        return data
    with named(what), graph.scope(name or type(step).__name__):
        return TRANSFORMERS[step](graph, step, data)


def probabilities(graph, model, data, name=None, fixed=None):
    """The class probabilities of a classifier, a value of shape (n, n_classes).

    Parameters
    ----------
    graph : Graph
    model : fitted classifier
    data : Features or dict of str to Block
    name : str, default=None
        Of the step, for error messages.
    fixed : list of float, default=None
        Hypothesis at which a parametric classifier is read.
    """
    what = f"step {name!r} ({type(model).__name__})" if name else type(model).__name__
    # the steps of a Pipeline name themselves
    what = what if name or not hasattr(model, "steps") else ""
    with named(what), graph.scope(name or type(model).__name__):
        return CLASSIFIERS[model](graph, model, data, fixed)


@CLASSIFIERS.add("sklearn.Pipeline", "imblearn.Pipeline")
def pipeline(graph, model, data, fixed):
    data = through(graph, model.steps[:-1], data)
    name, last = model.steps[-1]
    return probabilities(graph, last, data, name, fixed)


@TRANSFORMERS.add("sklearn.Pipeline", "imblearn.Pipeline")
def transformer_pipeline(graph, model, data):
    return through(graph, model.steps, data)


def through(graph, steps, data):
    """`data` after the transformers of a Pipeline."""
    for name, step in steps:
        if not hasattr(step, RESAMPLES):
            data = transformed(graph, step, data, name)
    return data


@CLASSIFIERS.add("sklearn.FrozenEstimator")
def frozen(graph, model, data, fixed):
    return probabilities(graph, model.estimator, data, None, fixed)


@CLASSIFIERS.add("skhep_nn.HypothesisClassifier")
def at_hypothesis(graph, model, data, fixed):
    inner = model.classifier
    if isinstance(data, Features):
        data = _with_gaps(graph, data, inner._parameter_columns, inner.n_features_in_)
    return probabilities(graph, inner, data, None, list(model.values))


def _with_gaps(graph, data, positions, n_columns):
    """`data` with absent columns at `positions`, where these are not there."""
    if len(data.columns) == n_columns:
        return data
    columns = list(data.columns)
    for at in sorted(positions):
        columns.insert(at, Column(absent=True))
    return replace(data, columns=tuple(columns))


@CLASSIFIERS.add("skhep_nn.BaseClassifier")
def network(graph, model, data, fixed):
    from skhep_nn.deploy._onnx._network import emit_model

    x = _inputs(graph, model, data, fixed)
    out = emit_model(graph, model.model_, x)
    # older versions of Keras tell of the only output as a list
    out = out[0] if isinstance(out, list) and len(out) == 1 else out
    if not isinstance(out, Tensor) or len(out.shape) != 1:
        msg = "the network has not one output of probabilities"
        raise ExportError(msg)
    return _as_probabilities(graph, out, model.network_.from_logits)


def _as_probabilities(graph, out, from_logits):
    value, binary = out.value, out.shape[0] == 1
    if from_logits:
        value = graph.op("Sigmoid", value) if binary else graph.op("Softmax", value, axis=-1)
    if not binary:
        return value
    return graph.concat([graph.op("Sub", np.float32(1.0), value), value])


def _inputs(graph, model, data, fixed):
    """What the network is called with."""
    if not isinstance(data, Features):
        from skhep_nn.deploy._onnx._block_inputs import network_inputs

        return network_inputs(graph, model, data, fixed)
    if data.mask is not None:
        msg = "sequences with a mask reach the network as blocks only, see BlockTransformer"
        raise ExportError(msg)
    data.check_width(model.columns_.n_columns)
    _learn_scaling(model, data)
    x = tensor_of(graph, data, model.columns_.required)
    if not hasattr(model, "parameter_names_"):
        return x
    return {"features": x, PARAMETER: parameter_of(graph, model, data, fixed)}


def _learn_scaling(model, data):
    """Note where the features lie, by the constants of the network that scale them."""
    from skhep_nn.deploy._onnx._scaling import widths
    from skhep_nn.networks._input_scaling import scaling_name

    one = getattr(model, "members_", [model])[0]
    layers = {layer.name: layer for layer in one.model_.layers}
    scaling = layers.get(scaling_name("features"))
    if scaling is None:
        return
    centre, slope = (np.asarray(getattr(scaling, name), float) for name in ("center", "slope"))
    found = np.full((2, len(data.columns)), np.nan)
    found[:, model.columns_.required] = centre, widths(slope)
    data.lie_around(*found)


def tensor_of(graph, data, positions):
    """Columns as what a network reads."""
    data.need(positions)
    chosen = data.taken(graph, positions)
    return Tensor(graph.cast(chosen.value, np.float32), (*data.inner, len(positions)))


def parameter_of(graph, model, data, fixed):
    """The mass hypotheses of events, or the one that is built in."""
    if fixed is None:
        return tensor_of(graph, data, model._parameter_columns)
    return constant_rows(graph, fixed, data.value)


def constant_rows(graph, values, like):
    """The same numbers for every event of `like`."""
    row = graph.constant([[float(v) for v in values]], np.float32)
    if graph.batch == 1:
        return Tensor(row, (len(values),))
    first = graph.op("Slice", graph.op("Shape", like), graph.axes(0), graph.axes(1))
    shape = graph.concat([first, graph.axes(len(values))], 0)
    return Tensor(graph.op("Expand", row, shape), (len(values),))
