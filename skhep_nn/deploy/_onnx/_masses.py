"""One network per mass in one file: the mass of an event, an input, picks its network."""

from __future__ import annotations

import numpy as np

from skhep_nn.deploy._onnx._classifiers import probabilities
from skhep_nn.deploy._onnx._members import emitted, picked
from skhep_nn.deploy._onnx._registry import CLASSIFIERS
from skhep_nn.deploy._onnx._values import Features
from skhep_nn.exceptions import ExportError

# within which a mass is one of those that have a network, as in `IndividualMassClassifier`
SAME = 1e-6


@CLASSIFIERS.add("skhep_nn.IndividualMassClassifier")
def one_per_mass(graph, model, data, fixed):
    features = _without_masses(graph, model, data)
    if fixed is not None:
        number = int(model._numbers(np.array([fixed]), "hypotheses")[0])
        return probabilities(graph, model.estimators_[number], features)
    if not isinstance(data, Features):
        msg = (
            "a file holds one network per mass of tables only, and these read blocks; write one of "
            "them, export_onnx(model, path, at=mass), or train a ParametricClassifier"
        )
        raise ExportError(msg)
    number, unknown = _numbers(graph, model, data)
    if model.dispatch == "exact":
        graph.refused.append(unknown)
    return picked(graph, emitted(graph, model, features, None), number)


def _without_masses(graph, model, data):
    if not isinstance(data, Features):
        return data
    data.check_width(model.n_features_in_)
    kept = [at for at in range(model.n_features_in_) if at not in model._parameter_columns]
    return data.taken(graph, kept)


def _numbers(graph, model, data):
    """Number of the network of each event, (n, 1), and whether its mass is none of them, (n,)."""
    points = model.hypotheses_
    width = np.ptp(points, axis=0)
    data.need(model._parameter_columns)
    values = graph.cast(data.taken(graph, model._parameter_columns).value, np.float64)
    values = graph.expand_dims(values, 1)
    distance = graph.op("Abs", graph.op("Sub", values, points[None]))
    scaled = graph.op("Div", distance, np.where(width > 0, width, 1.0))
    far = graph.sum(graph.op("Mul", scaled, scaled), -1, keepdims=False)
    number = graph.op("ArgMax", graph.op("Neg", far), axis=-1, keepdims=1)
    beyond = graph.op("Max", graph.op("Sub", distance, SAME * np.abs(points)[None]), 0.0)
    is_there = graph.op("LessOrEqual", graph.sum(beyond, -1, keepdims=False), 0.0)
    n_there = graph.sum(graph.cast(is_there, np.float32), -1, keepdims=False)
    return number, graph.op("Less", n_there, 0.5)
