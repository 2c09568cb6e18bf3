"""A Keras model as a graph: its configuration is walked, each layer written by its emitter."""

from __future__ import annotations

from skhep_nn._keras_configurations import check_configurations
from skhep_nn.deploy._onnx import (  # noqa: F401  (they fill the table of layers)
    _attention_layers,
    _convolution_layers,
    _layers,
    _operations,
    _package_layers,
    _recurrent_layers,
)
from skhep_nn.deploy._onnx._registry import LAYERS, named
from skhep_nn.deploy._onnx._values import Tensor
from skhep_nn.exceptions import ExportError


def emit_model(graph, model, inputs):
    """The outcome of a Keras model.

    Parameters
    ----------
    graph : Graph
    model : keras.Model
        Functional or Sequential.
    inputs : Tensor, list or dict of these
        As the model is called.

    Returns
    -------
    Tensor, list or dict of these

    Raises
    ------
    ExportError
        Naming the layer that cannot be written.
    """
    if type(model).__name__ == "Sequential":
        return _sequential(graph, model, inputs)
    if not _is_functional(model):
        raise ExportError(_no_graph(model))
    return _functional(graph, model, inputs)


def emit_layer(graph, layer, *values, **named_values):
    """The outcome of one layer or operation."""
    with named(f"layer {layer.name!r}"), graph.scope(layer.name):
        if _is_model(layer):
            return emit_model(graph, layer, *values)
        emitter = LAYERS[layer]
        policy = getattr(layer, "compute_dtype", None) or "float32"
        if policy != "float32":
            msg = (
                f"it computes in {policy}; only layers of float32 can be written; fit anew with "
                "precision='float32' (a network of your own: under Keras' dtype policy 'float32')"
            )
            raise ExportError(msg)
        return emitter(graph, layer, *values, **named_values)


def _sequential(graph, model, x):
    x = next(iter(x.values())) if isinstance(x, dict) and len(x) == 1 else x
    for layer in model.layers:
        if type(layer).__name__ != "InputLayer":
            x = emit_layer(graph, layer, x)
    return x


def _functional(graph, model, inputs):
    config = _config(model)
    known = _inputs(config, inputs)
    operations = {operation.name: operation for operation in _all_operations(model)}
    waiting = [
        ((layer["name"], number), node)
        for layer in config["layers"]
        for number, node in enumerate(layer["inbound_nodes"])
    ]
    while waiting:
        # a layer that is called several times may stand before what its later calls need
        ready = [entry for entry in waiting if _needs(entry[1]) <= set(known)]
        if not ready:
            msg = f"the layers {[name for (name, _), _ in waiting]} have no input"
            raise ExportError(msg)
        for (name, number), node in ready:
            values = _filled(node["args"], known)
            options = _filled(_without_training(node["kwargs"]), known)
            outcome = emit_layer(graph, operations[name], *values, **options)
            _remember(known, name, number, outcome)
        waiting = [entry for entry in waiting if entry not in ready]
    outcome = _structure(_places_of_outputs(config["output_layers"], operations), known)
    # older versions of Keras list an output that is the only one
    return outcome[0] if isinstance(outcome, list) and len(outcome) == 1 else outcome


def _config(model):
    try:
        return model.get_config()
    except NotImplementedError as error:
        raise ExportError(_lack_of_a_layer(model) or _no_graph(model)) from error


def _lack_of_a_layer(model):
    try:
        for layer in model.layers:
            check_configurations(layer)
    except TypeError as error:
        return str(error)
    return None


def _no_graph(model):
    return (
        f"{type(model).__name__} is no functional or sequential Keras model, so that its "
        "configuration does not say what it computes"
    )


def _is_functional(layer):
    return any(cls.__name__ == "Functional" for cls in type(layer).__mro__)


def _is_model(layer):
    return hasattr(layer, "layers") and hasattr(layer, "get_layer")


def _all_operations(model):
    # layers and, between them, operations of keras.ops
    return getattr(model, "operations", None) or model._operations


def _inputs(config, inputs):
    """What is fed, by the history of the symbolic tensors."""
    places = config["input_layers"]
    if isinstance(places, dict):
        pairs = [(place, inputs[key]) for key, place in places.items()]
    else:
        listed = [places] if isinstance(places[0], str) else places
        pairs = list(zip(listed, _listed(inputs, listed), strict=True))
    return {tuple(place): value for place, value in pairs}


def _listed(inputs, places):
    if isinstance(inputs, dict):
        return [inputs[place[0]] if len(places) > 1 else _only(inputs, place) for place in places]
    return list(inputs) if isinstance(inputs, (list, tuple)) else [inputs]


def _only(inputs, place):
    return inputs.get(place[0], next(iter(inputs.values())))


def _needs(node):
    """Histories of all symbolic tensors in the arguments of a node."""
    found = set()
    _visit([node["args"], node["kwargs"]], found.add)
    return found


def _filled(arguments, known):
    return _visit(arguments, known.__getitem__)


def _visit(thing, function):
    """A copy of nested arguments with `function` of the history in place of each tensor."""
    if isinstance(thing, dict):
        if thing.get("class_name") == "__keras_tensor__":
            return function(tuple(thing["config"]["keras_history"]))
        return {key: _visit(part, function) for key, part in thing.items()}
    if isinstance(thing, (list, tuple)):
        return [_visit(part, function) for part in thing]
    return thing


def _without_training(options):
    return {k: v for k, v in options.items() if k != "training" and v is not None}


def _remember(known, name, number, outcome):
    outcomes = [outcome] if isinstance(outcome, Tensor) else list(outcome)
    for place, value in enumerate(outcomes):
        known[name, number, place] = value


def _places_of_outputs(places, operations):
    """Where the outputs come from; as arguments they are counted in another way.

    Among the outputs Keras counts the own inputs of a functional model inside as its first call.
    """
    if isinstance(places, dict):
        return {key: _places_of_outputs(place, operations) for key, place in places.items()}
    if not isinstance(places[0], str):
        return [_places_of_outputs(place, operations) for place in places]
    name, number, place = places
    return [name, number - int(_is_functional(operations[name])), place]


def _structure(places, known):
    if isinstance(places, dict):
        return {key: _structure(place, known) for key, place in places.items()}
    if isinstance(places[0], str):
        return known[tuple(places)]
    return [_structure(place, known) for place in places]
