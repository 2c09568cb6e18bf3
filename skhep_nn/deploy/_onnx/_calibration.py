"""Classifiers around classifiers: calibrated, voting, one against the rest."""

from __future__ import annotations

import numpy as np

from skhep_nn.deploy._onnx._classifiers import probabilities
from skhep_nn.deploy._onnx._interpolation import piecewise_linear
from skhep_nn.deploy._onnx._registry import CLASSIFIERS
from skhep_nn.exceptions import ExportError

# What scikit-learn adds to probabilities before it takes their logarithm.
LOG_OFFSET = 1e-12


@CLASSIFIERS.add("sklearn.CalibratedClassifierCV")
def calibrated(graph, model, data, fixed):
    parts = []
    for number, one in enumerate(model.calibrated_classifiers_):
        inner = probabilities(graph, one.estimator, data, f"fold {number}", fixed)
        with graph.scope(f"calibration_{number}"):
            parts.append(_calibrated(graph, one, graph.cast(inner, np.float64)))
    return average(graph, parts)


@CLASSIFIERS.add("sklearn.VotingClassifier")
def voting(graph, model, data, fixed):
    if model.voting != "soft":
        msg = f"voting={model.voting!r} gives no probabilities; it must be 'soft'"
        raise ExportError(msg)
    parts = [
        graph.cast(probabilities(graph, one, data, f"estimator {number}", fixed), np.float64)
        for number, one in enumerate(model.estimators_)
    ]
    return average(graph, parts, model._weights_not_none)


@CLASSIFIERS.add("sklearn.OneVsRestClassifier")
def one_vs_rest(graph, model, data, fixed):
    if model.multilabel_:
        msg = "labels that do not exclude each other cannot be written"
        raise ExportError(msg)
    parts = [
        graph.take(probabilities(graph, one, data, f"class {number}", fixed), [1])
        for number, one in enumerate(model.estimators_)
    ]
    parts = [graph.cast(part, np.float64) for part in parts]
    if len(parts) == 1:
        parts = [graph.op("Sub", np.float64(1), parts[0]), parts[0]]
    return normalised(graph, graph.concat(parts), otherwise=0.0)


def average(graph, parts, weights=None):
    """The weighted mean of probabilities, in double precision."""
    weights = np.ones(len(parts)) if weights is None else np.asarray(weights, float)
    weights = weights / weights.sum()
    total = None
    for part, weight in zip(parts, weights.tolist(), strict=True):
        term = graph.op("Mul", part, weight)
        total = term if total is None else graph.op("Add", total, term)
    return total


def normalised(graph, values, otherwise):
    """`values` over their sum, `otherwise` where that is 0."""
    total = graph.sum(values, -1)
    none = graph.op("Equal", total, 0.0)
    shares = graph.op("Div", values, graph.where(none, 1.0, total, np.float64))
    return graph.where(none, otherwise, shares, np.float64)


def _calibrated(graph, one, inner):
    if one.method == "temperature":
        return _at_temperature(graph, one.calibrators[0], inner)
    if one.method not in ("sigmoid", "isotonic"):
        msg = f"method={one.method!r} of calibration cannot be written"
        raise ExportError(msg)
    classes = one.classes.tolist()
    if len(classes) == 2:
        signal = _by(graph, one.calibrators[0], graph.take(inner, [1]))
        signal = graph.op("Min", signal, 1.0)
        return graph.concat([graph.op("Sub", np.float64(1.0), signal), signal])
    columns = {
        label: _by(graph, calibrator, graph.take(inner, [place]))
        for place, (label, calibrator) in enumerate(
            zip(one.estimator.classes_.tolist(), one.calibrators, strict=True)
        )
    }
    # a class without events in a fold has probability 0
    nothing = graph.op("Mul", graph.take(inner, [0]), 0.0)
    values = graph.concat([columns.get(label, nothing) for label in classes])
    return normalised(graph, values, otherwise=1 / len(classes))


def _by(graph, calibrator, value):
    if hasattr(calibrator, "X_thresholds_"):
        x, y = (np.asarray(v, float) for v in (calibrator.X_thresholds_, calibrator.y_thresholds_))
        return piecewise_linear(graph, value, x, y)
    line = graph.op("Add", graph.op("Mul", value, float(calibrator.a_)), float(calibrator.b_))
    return graph.op("Sigmoid", graph.op("Neg", line))


def _at_temperature(graph, calibrator, inner):
    logits = graph.op("Log", graph.op("Add", inner, LOG_OFFSET))
    return graph.op("Softmax", graph.op("Mul", logits, float(calibrator.beta_)), axis=-1)
