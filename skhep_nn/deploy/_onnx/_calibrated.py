"""The package's CalibratedClassifier: maps of probabilities, and priors by Bayes' rule."""

from __future__ import annotations

import numpy as np

from skhep_nn.deploy._onnx._calibration import normalised
from skhep_nn.deploy._onnx._classifiers import probabilities
from skhep_nn.deploy._onnx._graph_root import inner_classifiers
from skhep_nn.deploy._onnx._interpolation import piecewise_linear
from skhep_nn.deploy._onnx._registry import CLASSIFIERS
from skhep_nn.estimators._parametric._at import HypothesisClassifier


@CLASSIFIERS.add("skhep_nn.CalibratedClassifier")
def calibrated(graph, model, data, fixed):
    inner = inner_classifiers(model)[0]
    if fixed is not None and hasattr(inner, "predict_proba_scan"):
        inner, fixed = HypothesisClassifier(inner, fixed), None
    p = graph.cast(probabilities(graph, inner, data, "model", fixed), np.float64)
    if model.method == "temperature":
        p = _at_temperature(graph, model.calibrators_[0], p)
        return _moved(graph, p, model.model_prior_, model.class_prior_)
    p = _moved(graph, p, model.model_prior_, model.events_prior_)
    with graph.scope("calibration"):
        p = _by_class(graph, model.calibrators_, p)
    return _moved(graph, p, model.events_prior_, model.class_prior_)


def _by_class(graph, calibrators, p):
    if len(calibrators) == 1:
        signal = _mapped(graph, calibrators[0], graph.take(p, [1]))
        return graph.concat([graph.op("Sub", np.float64(1), signal), signal])
    columns = [_mapped(graph, one, graph.take(p, [at])) for at, one in enumerate(calibrators)]
    return normalised(graph, graph.concat(columns), otherwise=1 / len(columns))


def _mapped(graph, calibrator, p):
    return _MAPS[type(calibrator).__name__](graph, calibrator, p)


def _isotonic(graph, calibrator, p):
    return piecewise_linear(graph, p, calibrator.x, calibrator.y)


def _logistic(graph, calibrator, p):
    of_signal, of_background = _logarithms(graph, calibrator, p)
    logit = graph.op("Sub", of_signal, of_background)
    return _sigmoid(graph, graph.op("Mul", logit, calibrator.slope), calibrator.intercept)


def _beta(graph, calibrator, p):
    of_signal, of_background = _logarithms(graph, calibrator, p)
    powers = (
        graph.op("Mul", of_signal, calibrator.a),
        graph.op("Mul", of_background, calibrator.b),
    )
    return _sigmoid(graph, graph.op("Sub", *powers), calibrator.c)


_MAPS = {"IsotonicMap": _isotonic, "LogisticMap": _logistic, "BetaMap": _beta}


def _sigmoid(graph, score, constant):
    return graph.op("Sigmoid", graph.op("Add", score, constant))


def _logarithms(graph, calibrator, p):
    """Logarithms of p and of 1 - p."""
    least = calibrator.resolution
    p = graph.op("Min", graph.op("Max", p, least), 1 - least)
    return graph.op("Log", p), graph.op("Log", graph.op("Sub", np.float64(1), p))


def _at_temperature(graph, calibrator, p):
    logs = graph.op("Log", graph.op("Max", p, calibrator.resolution))
    return graph.op("Softmax", graph.op("Mul", logs, 1 / calibrator.temperature), axis=-1)


def _moved(graph, p, before, after):
    if np.array_equal(before, after):
        return p
    return normalised(graph, graph.op("Mul", p, after / before), otherwise=0.0)
