"""Cross-fits, which pick the network of an event by its number, and ensembles."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from skhep_nn.deploy._onnx import _folds
from skhep_nn.deploy._onnx._calibration import average
from skhep_nn.deploy._onnx._classifiers import probabilities
from skhep_nn.deploy._onnx._graph_root import inner_classifiers, make_root
from skhep_nn.deploy._onnx._registry import CLASSIFIERS
from skhep_nn.deploy._onnx._specs import Input
from skhep_nn.deploy._onnx._values import Features
from skhep_nn.estimators._parametric._at import HypothesisClassifier
from skhep_nn.exceptions import ExportError

NUMBER = "event_number"
# in place of a fold: events have none
MEAN = "mean"
BEHIND = (
    "a cross-fit picks the network by an input of the file, the event number as X has it, which no "
    "step before it may change or rename; name the columns in X and leave the number out of the "
    "steps (exclude=), or have the steps inside, CrossFitClassifier(Pipeline([...])), where they "
    "are fitted without the events that are scored"
)


def opened(model, options):
    """What a frozen cross-fit, or one at a mass hypothesis, is; the hypothesis among the options.

    Returns
    -------
    tuple of (model, Options)
    """
    inner = getattr(model, "classifier", None) or getattr(model, "estimator", None)
    name = type(model).__name__
    if name == "FrozenEstimator":
        found = opened(inner, options)
        return found if picks(found[0]) else (model, options)
    if name == "HypothesisClassifier" and picks(inner):
        return inner, replace(options, at=list(model.values))
    if hasattr(model, "_wraps"):
        found, options = opened(model.estimator_, options)
        return (model if found is model.estimator_ else model._around(found)), options
    return model, options


def picks(model):
    """Whether `model` picks networks by event number, as a cross-fit does."""
    return _cross_fit_in(model) is not None


def _cross_fit_in(model):
    """The cross-fit with event numbers that `model` is, calibrates or ends with, or None."""
    if hasattr(model, "_wraps"):
        return _cross_fit_in(model.estimator_)
    if hasattr(model, "steps"):
        return _cross_fit_in(model.steps[-1][1])
    is_one = type(model).__name__ == "CrossFitClassifier" and bool(model._hidden)
    return model if is_one else None


def root_of(graph, model, options, wanted):
    """As `make_root`; a cross-fit has the inputs of its networks, and the event number."""
    if not picks(model):
        return make_root(graph, model, options, wanted)
    steps, model = _steps_in(model), _cross_fit_in(model)
    first = inner_classifiers(model)[0] if steps is None else steps
    root = make_root(graph, first if steps else _at(first, options.at), options, wanted)
    if steps is not None:
        _numbers_of_steps(model, root)
    if NUMBER in graph.types:
        msg = f"a feature is called {NUMBER!r}, as the input for it is; use inputs='matrix'"
        raise ExportError(msg)
    n_columns = len(model._hidden)
    graph.input(NUMBER, np.int64, [n_columns])
    numbers = [graph.take(NUMBER, [at]) for at in range(n_columns)]
    graph.fold = _folds.fold(graph, model._rule(), numbers)
    return root


def _steps_in(model):
    """The Pipeline that ends with a cross-fit, or None."""
    if hasattr(model, "_wraps"):
        return _steps_in(model.estimator_)
    return model if hasattr(model, "steps") else None


def _numbers_of_steps(model, root):
    """Positions of the event numbers in X, of which steps make the columns of a cross-fit.

    Raises
    ------
    ExportError
        If it is not known which columns they are, or a step reads them.
    """
    names = model.columns_.names
    called = [] if names is None else [names[at] for at in model._hidden]
    found = [root.names.index(n) for n in called if root.names and n in root.names]
    untouched = isinstance(root.data, Features) and set(found) <= set(root.optional)
    if not found or len(found) < len(model._hidden) or not untouched:
        raise ExportError(BEHIND)
    return found


def finished(root, model):
    """The root of a cross-fit with positions of the columns of X, the event number among them."""
    if not picks(model):
        return root
    steps, model = _steps_in(model), _cross_fit_in(model)
    if steps is not None:
        at = _numbers_of_steps(model, root)
        number = Input(NUMBER, "numbers", "int64", [len(at)], at, of=model.hash)
        optional = [one for one in root.optional if one not in at]
        return replace(root, inputs=[*root.inputs, number], optional=optional)
    hidden, columns = list(model._hidden), model.columns_
    kept = [at for at in range(columns.n_columns) if at not in hidden]
    inputs = [
        replace(spec, columns=[c if isinstance(c, str) else kept[c] for c in spec.columns])
        for spec in root.inputs
    ]
    number = Input(NUMBER, "numbers", "int64", [len(hidden)], hidden, of=model.hash)
    return replace(
        root,
        inputs=[*inputs, number],
        names=None if root.names is None else list(columns.names),
        n_columns=columns.n_columns,
        optional=[kept[at] for at in root.optional],
        facts={kept[at]: facts for at, facts in root.facts.items()},
    )


def outer(model, positions):
    """Positions of columns that the networks of a cross-fit see, as positions of those of X."""
    if not picks(model) or _steps_in(model) is not None:
        return positions
    model = _cross_fit_in(model)
    kept = [at for at in range(model.columns_.n_columns) if at not in model._hidden]
    return [at if isinstance(at, str) else kept[at] for at in positions]


@CLASSIFIERS.add("skhep_nn.EnsembleClassifier")
def ensemble(graph, model, data, fixed):
    parts = []
    for value, refused in emitted(graph, model, data, fixed):
        parts.append(value)
        graph.refused += refused
    return average(graph, [graph.cast(part, np.float64) for part in parts])


@CLASSIFIERS.add("skhep_nn.CrossFitClassifier")
def cross_fit(graph, model, data, fixed):
    data = _without_numbers(graph, model, data)
    if not picks(model) or graph.fold == MEAN:
        return ensemble(graph, model, data, fixed)
    if graph.fold is None:
        raise ExportError(BEHIND)
    return picked(graph, emitted(graph, model, data, fixed), graph.fold)


def _without_numbers(graph, model, data):
    """What the networks see of the columns that steps before the cross-fit hand on."""
    if not isinstance(data, Features) or len(data.columns) != model.columns_.n_columns:
        return data
    return data.taken(graph, [at for at in range(len(data.columns)) if at not in model._hidden])


def picked(graph, members, wanted):
    """Of each event the probabilities of one member, by a value of numbers, of shape (n, 1)."""
    out = None
    for number, (value, refused) in enumerate(members):
        mine = graph.op("Equal", wanted, number)
        out = value if out is None else graph.where(mine, value, out, np.float32)
        of_event = graph.reshape(mine, -1)
        graph.refused += [graph.op("And", one, of_event) for one in refused]
    return out


def emitted(graph, model, data, fixed):
    """(probabilities, events that it refuses) of each member."""
    found, before = [], graph.refused
    members = [_at(member, fixed) for member in inner_classifiers(model)]
    for number, member in enumerate(members):
        graph.refused = []
        is_fixed = type(member).__name__ == "HypothesisClassifier"
        at = None if is_fixed else fixed
        value = probabilities(graph, member, data, f"network {number}", at)
        value = graph.cast(value, np.float32)
        found.append((value, graph.refused))
    graph.refused = before
    return found


def _at(member, fixed):
    """A member at the hypothesis that is built in, if it can be asked for one."""
    if fixed is None or not hasattr(member, "predict_proba_scan"):
        return member
    return HypothesisClassifier(member, fixed)
