"""The inputs of a graph, by what the model was fitted on."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from skhep_nn import _columns, _composition
from skhep_nn._unread import unread
from skhep_nn.deploy._onnx._specs import Input
from skhep_nn.deploy._onnx._values import Column, Features
from skhep_nn.exceptions import ExportError

# what a classifier has that keeps one for each mass
ONE_PER_MASS = "dispatch"


@dataclass
class Options:
    """How a graph is to look; see `export_onnx`."""

    inputs: str = "matrix"
    dtype: str = "float32"
    tokens: str = "int32"
    masks: str = "bool"
    at: list | None = None
    target: str = "onnxruntime"


@dataclass
class Root:
    """What goes into a graph.

    Parameters
    ----------
    data : Features or dict of str to Block
    inputs : list of Input
    names : list or None
        All columns or blocks of X, those without which it works too.
    optional : list of int
        Positions of columns that are no inputs.
    facts : dict
        As of `Features`.
    loose : bool
        Whether X may have further columns, and in another order: the model takes what it reads.
    """

    data: object
    inputs: list
    names: list | None
    optional: list
    facts: dict = field(default_factory=dict)
    n_columns: int = 0
    loose: bool = False


def make_root(graph, model, options, wanted):
    """The inputs of `model`; columns at the positions `wanted` are among them in any case."""
    first = first_reader(model)
    of_blocks = type(first).__name__ == "BlockTransformer" or hasattr(first, "block_kinds_")
    if of_blocks:
        from skhep_nn.deploy._onnx import _block_root

        if options.inputs == "columns":
            msg = "inputs='columns' is for tables; blocks are inputs by their names"
            raise ExportError(msg)
        return _block_root.make_root(graph, model, first, options)
    shape = getattr(network_of(model), "X_shape_", (None, None))
    if not isinstance(shape, dict) and len(shape) > 2:
        return _array(graph, model, shape[1:], options)
    return _table(graph, model, options, wanted)


def first_reader(model):
    """The first step that reads X."""
    for inner in _inside(model):
        return first_reader(inner)
    return model


def _inside(model):
    """What `model` hands X to, the first of it."""
    if hasattr(model, "steps"):
        steps = [s for _, s in model.steps if not (isinstance(s, str) or s is None)]
        idle = ("EventWeightBalancer",)
        reading = [
            s for s in steps if type(s).__name__ not in idle and not hasattr(s, "fit_resample")
        ]
        return reading[:1]
    return inner_classifiers(model)[:1]


def inner_classifiers(model):
    """The classifiers that a classifier is made of."""
    if hasattr(model, "calibrated_classifiers_"):
        return [one.estimator for one in model.calibrated_classifiers_]
    if hasattr(model, "estimators_"):
        return [_best(member) for member in model.estimators_]
    if type(model).__name__ == "FrozenEstimator":
        return [model.estimator]
    if hasattr(model, "_wraps"):
        return [_best(model.estimator_)]
    return [model.classifier] if type(model).__name__ == "HypothesisClassifier" else []


def _best(member):
    """What a search that is one of several predicts with."""
    while hasattr(member, "best_estimator_"):
        member = member.best_estimator_
    return member


def network_of(model):
    """The first network inside a model, or None."""
    return _first_inside(model, ("network_",))


def reader_of_masses(model):
    """What reads the mass hypothesis inside a model, if anything does: a network, or many."""
    return _first_inside(model, ("network_", ONE_PER_MASS))


def range_of_masses(classifier):
    """Lowest and highest value of each parameter, of what `reader_of_masses` gives."""
    if hasattr(classifier, ONE_PER_MASS):
        points = classifier.hypotheses_
        return np.stack([points.min(axis=0), points.max(axis=0)], axis=1)
    return np.asarray(classifier.parameter_range_, float)


def _first_inside(model, marks):
    if any(hasattr(model, mark) for mark in marks):
        return model
    inside = [model.steps[-1][1]] if hasattr(model, "steps") else inner_classifiers(model)
    found = (_first_inside(one, marks) for one in inside)
    return next((one for one in found if one is not None), None)


def at_one_mass(model):
    """What a parametric classifier at one hypothesis is, or what one is that `model` calibrates."""
    if hasattr(model, "_wraps"):
        return at_one_mass(model.estimator_)
    return model if type(model).__name__ == "HypothesisClassifier" else None


def is_fixed(model, options):
    """Whether a mass hypothesis is built in."""
    if options.at is not None or at_one_mass(model) is not None:
        return True
    return hasattr(model, "steps") and is_fixed(model.steps[-1][1], options)


def _array(graph, model, shape, options):
    name = graph.input("sequence", options.dtype, shape)
    columns = tuple(Column(None, at, raw=True) for at in range(shape[-1]))
    spec = Input("sequence", "array", options.dtype, list(shape), list(range(shape[-1])))
    facts = {}
    data = Features(name, columns, tuple(shape[:-1]), facts=facts)
    return Root(data, [spec], None, [], facts, shape[-1])


def _table(graph, model, options, wanted):
    at = at_one_mass(model)
    fitted = model if at is None else at.classifier
    names = getattr(fitted, "feature_names_in_", None)
    names = None if names is None else list(names)
    n_columns = _n_columns(fitted, names)
    optional = _optional(model, names, n_columns)
    optional = sorted({*optional, *_unread_by(fitted, names)})
    if is_fixed(model, options):
        optional = sorted({*optional, *_parameters(at or model, names)})
    absent = [at for at in optional if at not in wanted]
    present = [at for at in range(n_columns) if at not in absent]
    if not present:
        msg = "the model reads no columns"
        raise ExportError(msg)
    inputs = _columns_of(names, present, options)
    for spec in inputs:
        graph.input(spec.name, spec.dtype, spec.shape)
    value = graph.concat([spec.name for spec in inputs])
    columns = tuple(
        Column(None if names is None else names[at], at, raw=True, absent=at in absent)
        for at in range(n_columns)
    )
    facts = {}
    data = Features(value, columns, facts=facts)
    return Root(data, inputs, names, absent, facts, n_columns, takes_by_name(fitted))


def takes_by_name(model):
    """Whether a model takes the columns that it reads by their names, wherever they are."""
    first = first_reader(model)
    return hasattr(first, "_reads") or type(first).__name__ == "ColumnTransformer"


def _unread_by(model, names):
    """Positions of the columns that no step reads."""
    if names is None:
        return []
    return [names.index(name) for name in unread(model, names)]


def _n_columns(model, names):
    if names is not None:
        return len(names)
    n_columns = getattr(model, "n_features_in_", None)
    n_columns = (
        getattr(first_reader(model), "n_features_in_", None) if n_columns is None else n_columns
    )
    if n_columns is None:
        msg = f"{type(model).__name__} does not say how many columns it was fitted on"
        raise ExportError(msg)
    return int(n_columns)


def _columns_of(names, present, options):
    if options.inputs == "matrix":
        return [Input("features", "table", options.dtype, [len(present)], present)]
    called = [f"x{at}" if names is None else str(names[at]) for at in present]
    if "probabilities" in called:
        msg = "a feature is called 'probabilities', as the output is; use inputs='matrix'"
        raise ExportError(msg)
    return [
        Input(name, "table", options.dtype, [1], [at])
        for name, at in zip(called, present, strict=True)
    ]


def _optional(model, names, n_columns):
    """Positions of the columns that some step names as weight, excluded or grouping column."""
    named = _composition.columns_named(model, _columns.ABSENT_IN_DATA)
    found = [position_of(column, names, n_columns) for column in named]
    return sorted({at for at in found if at is not None})


def _parameters(model, names):
    """Positions of the columns of the mass hypotheses."""
    network = model.classifier if hasattr(model, "classifier") else reader_of_masses(model)
    fitted = network.columns_.names
    if names is None or fitted is None:
        return [] if hasattr(model, "steps") else list(network._parameter_columns)
    called = [fitted[at] for at in network._parameter_columns]
    return [names.index(name) for name in called if name in names]


def position_of(column, names, n_columns):
    """Position of a column by name or number, None if there is none."""
    if names is not None and column in names:
        return names.index(column)
    if isinstance(column, str) or not -n_columns <= column < n_columns:
        return None
    return int(column) % n_columns
