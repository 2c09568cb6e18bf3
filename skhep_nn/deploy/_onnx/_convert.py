"""From a fitted model to a graph."""

from __future__ import annotations

import datetime
import hashlib
import platform
from importlib.metadata import PackageNotFoundError, version

import numpy as np

from skhep_nn import _class_names
from skhep_nn._version import __version__
from skhep_nn.deploy._onnx import (  # noqa: F401  (they fill the tables)
    _calibrated,
    _calibration,
    _columns,
    _encoders,
    _functions,
    _masses,
    _members,
    _missing,
    _quantiles,
    _scalers,
    _scaling,
    _sequences,
    _sofie,
)
from skhep_nn.deploy._onnx._classifiers import probabilities
from skhep_nn.deploy._onnx._graph import Graph
from skhep_nn.deploy._onnx._graph_root import (
    ONE_PER_MASS,
    is_fixed,
    range_of_masses,
    reader_of_masses,
)
from skhep_nn.deploy._onnx._metadata import Metadata
from skhep_nn.deploy._onnx._registry import NeededColumnError
from skhep_nn.deploy._onnx._session import MEAN_OUTPUT, OUTPUT

# How graphs for each target differ.
TARGETS = {"onnxruntime": {}, "sofie": {"single": True, "batch": 1}}
LIBRARIES = ("onnx", "keras", "tensorflow", "scikit-learn", "numpy")


def convert(model, options):
    """The graph of a fitted model, and what is known of it.

    Returns
    -------
    tuple of (Graph, Metadata)

    Raises
    ------
    ExportError
        Naming the step that cannot be written.
    """
    wanted = set()
    model, options = _members.opened(model, options)
    while True:
        graph = Graph(**TARGETS[options.target])
        root = _members.root_of(graph, model, options, wanted)
        try:
            out = probabilities(graph, model, root.data, fixed=options.at)
        except NeededColumnError as needed:
            wanted.add(needed.source)
            continue
        _output(graph, OUTPUT, out, model)
        if _members.picks(model):
            graph.refused, graph.fold = [], _members.MEAN
            out = probabilities(graph, model, root.data, fixed=options.at)
            _output(graph, MEAN_OUTPUT, out, model)
        root = _members.finished(root, model)
        if options.target == "sofie":
            _sofie.check(graph, root.inputs)
        return graph, _metadata(model, root, options)


def to_bytes(graph, metadata):
    """The file: nodes and weights, their digest among the metadata."""
    bare = graph.model({})
    metadata.digest = hashlib.sha256(bare.graph.SerializeToString()).hexdigest()
    about = {"producer_name": "skhep_nn", "producer_version": __version__}
    return graph.model(metadata.to_text(), **about).SerializeToString()


def describe(model):
    """The classes of a model's steps in one line."""
    if hasattr(model, "steps"):
        steps = [step for _, step in model.steps if not (isinstance(step, str) or step is None)]
        return " > ".join(describe(step) for step in steps)
    names = ("estimator_" if hasattr(model, "_wraps") else "estimator", "classifier")
    inner = next((found for found in (getattr(model, n, None) for n in names) if found), None)
    name = type(model).__name__
    return f"{name}({describe(inner)})" if hasattr(inner, "predict_proba") else name


def _output(graph, name, out, model):
    value = graph.cast(_guarded(graph, out), np.float32)
    graph.output(name, value, [len(model.classes_)])


def _guarded(graph, out):
    """NaN for events that the model refuses, e.g. with a category that it does not know."""
    for refused in graph.refused:
        missing = graph.constant(np.nan, graph.types[out])
        out = graph.op(
            "Where", graph.expand_dims(refused, -1), missing, out, dtype=graph.types[out]
        )
    return out


def _metadata(model, root, options):
    return Metadata(
        classes=np.asarray(model.classes_),
        inputs=root.inputs,
        names=root.names,
        n_columns=root.n_columns,
        optional=root.optional,
        facts=root.facts,
        parameters=_parameters(model, root, options),
        model=describe(model),
        versions=_versions(),
        created=datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        digest="",
        tolerance=0.0,
        loose=root.loose,
        class_names=_class_names_of(model),
    )


def _class_names_of(model):
    named = _class_names.of_estimator(model)
    return [named.get(label) for label in np.asarray(model.classes_).tolist()] if named else None


def _parameters(model, root, options):
    """Mass hypotheses that are inputs."""
    network = reader_of_masses(model)
    if not hasattr(network, "parameter_names_") or is_fixed(model, options):
        return {}
    names, columns = list(network.parameter_names_), list(network._parameter_columns)
    if root.names is None or network.columns_.names is None:
        columns = _members.outer(model, columns)
    else:
        columns = [network.columns_.names[at] for at in columns]
        columns = [root.names.index(name) if name in root.names else name for name in columns]
    return {
        "names": [str(name) for name in names],
        "columns": columns,
        "range": range_of_masses(network).tolist(),
        **_listed(network),
    }


def _listed(classifier):
    """The masses that alone are taken, if there are such."""
    exact = getattr(classifier, ONE_PER_MASS, None) == "exact"
    return {"listed": classifier.hypotheses_.tolist()} if exact else {}


def _versions():
    found = {"skhep_nn": __version__, "python": platform.python_version()}
    for library in LIBRARIES:
        try:
            found[library] = version(library)
        except PackageNotFoundError:
            continue
    return found
