"""The inputs of a graph that reads blocks, or makes them of a table: each by its name."""

from __future__ import annotations

from skhep_nn import _composition
from skhep_nn.deploy._onnx._graph_root import Root, is_fixed, network_of
from skhep_nn.deploy._onnx._specs import Input
from skhep_nn.deploy._onnx._values import Block, Column, Features
from skhep_nn.exceptions import ExportError
from skhep_nn.preprocessing import _block_join


def make_root(graph, model, first, options):
    """The inputs of `model`, whose first reader of X is `first`."""
    if type(first).__name__ == "BlockTransformer":
        return _of_transformer(graph, model, first, options)
    return _of_classifier(graph, model, first, options)


def _of_classifier(graph, model, classifier, options):
    columns = classifier.columns_
    parameters = list(getattr(classifier, "_parameter_columns", ()))
    read = list(columns.required)
    if not is_fixed(model, options):
        read += parameters
    inputs, blocks = [], {}
    for at in sorted(read):
        name = columns.names[at]
        spec = _block_input(classifier, name, options)
        inputs.append(spec)
        value = graph.input(spec.name, spec.dtype, spec.shape)
        blocks[name] = Block(value, tuple(spec.shape), packed=spec.of == "lengths")
    optional = [at for at in range(columns.n_columns) if at not in read]
    return Root(blocks, inputs, list(columns.names), optional, {}, columns.n_columns)


def _block_input(classifier, name, options):
    kind = classifier.block_kinds_.get(name)
    if kind is None:
        # the block of a parameter, which is no input of the classifier's own
        return Input(name, "block", options.dtype, [_width_of_parameter(classifier, name)], [name])
    shape = list(classifier.block_shapes_[name])
    if kind.name == "lengths":
        return Input(name, "block", "int64", [], [name], "lengths")
    dtype = {"tokens": options.tokens, "mask": options.masks}.get(kind.name, options.dtype)
    size = kind.vocabulary_size if kind.name == "tokens" else None
    return Input(name, "block", dtype, shape or [1], [name], kind.name, size)


def _width_of_parameter(classifier, name):
    names = [str(n) for n in classifier.parameter_names_]
    return sum(n == name or n.startswith(f"{name}[") for n in names) or 1


def _of_transformer(graph, model, transformer, options):
    columns = transformer._fitted_columns
    facts, parts, inputs = {}, {}, []
    for name, step, positions in transformer._resolved:
        spec = _part_input(model, transformer, name, step, positions, options)
        inputs += spec
        parts[name] = _part(graph, spec, columns, facts)
    names = None if columns.names is None else list(columns.names)
    optional = list(columns.optional)
    return Root(parts, inputs, names, optional, facts, columns.n_columns, loose=names is not None)


def _part_input(model, transformer, name, step, positions, options):
    """The inputs that a part of a BlockTransformer is made of."""
    steps = _composition.transformers(step)
    padder = next((s for s in steps if type(s).__name__ == "SequencePadder"), None)
    reads = next((s for s in steps if s is not padder), None)
    # PDG codes are whole numbers, of which float32 does not hold all
    dtype = options.tokens if hasattr(reads, "_vocabulary") else options.dtype
    columns = list(positions)
    if padder is not None and not padder._by_columns:
        width = padder.n_features_in_ if padder is steps[0] else _width(transformer, positions)
        lists = Input(name, "lists", dtype, [None, width], columns)
        return [lists, Input(f"{name}_lengths", "lengths", "int64", [], columns, name)]
    behind = _block_join.targets(transformer.join).get(name, name)
    kind, shape = _kind_behind(model, behind)
    if behind != name and not steps:
        msg = f"block {name!r} passes unchanged into {behind!r}; give it a transformer to write it"
        raise ExportError(msg)
    if kind in ("sequence", "tokens") and padder is None:
        mask = network_of(model).block_kinds_[behind].mask
        return _sequence_input(transformer, name, shape, dtype, columns, steps, options, mask)
    # what passes unchanged is as wide as the block
    width = getattr(steps[0], "n_features_in_", None) if steps else shape[-1:] and shape[-1]
    return [Input(name, "table", dtype, [width or len(columns)], columns)]


def _sequence_input(transformer, name, shape, dtype, columns, steps, options, mask):
    if transformer._fitted_columns.names is None:
        return [Input(name, "array", dtype, [shape[0], len(columns)], columns)]
    width = getattr(steps[0], "n_features_in_", None) if steps else shape[-1]
    inputs = [Input(name, "sequence", dtype, [shape[0], int(width or 1)], columns)]
    if mask is not None:
        inputs.append(Input(f"{name}_mask", "mask", options.masks, [shape[0]], columns, name))
    return inputs


def _kind_behind(model, name):
    """What a block is for the network."""
    network = network_of(model)
    kinds = getattr(network, "block_kinds_", {})
    if name not in kinds:
        return "features", ()
    return kinds[name].name, network.block_shapes_[name]


def _width(transformer, positions):
    if transformer._fitted_columns.names is None or hasattr(transformer, "feature_names_in_"):
        return len(positions)
    msg = "a step before SequencePadder cannot be written for blocks"
    raise ExportError(msg)


def _part(graph, specs, columns, facts):
    """The features that the inputs of a part become."""
    spec = specs[0]
    value = graph.input(spec.name, spec.dtype, spec.shape)
    *inner, width = spec.shape
    single = width == len(spec.columns)
    made = tuple(
        Column(
            columns.names[spec.columns[k]] if single and columns.names else None,
            spec.columns[k] if single else None,
            raw=True,
        )
        for k in range(width)
    )
    features = Features(value, made, tuple(inner), facts=facts)
    if len(specs) == 1:
        return features
    other = graph.input(specs[1].name, specs[1].dtype, specs[1].shape)
    if specs[1].kind == "lengths":
        return Features(value, made, tuple(inner), lengths=other, facts=facts)
    return Features(value, made, tuple(inner), mask=graph.cast(other, bool), facts=facts)
