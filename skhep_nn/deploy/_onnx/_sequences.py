"""The package's transformers of particles: padding, PDG codes, blocks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from skhep_nn import _composition
from skhep_nn.deploy._onnx._registry import TRANSFORMERS, named
from skhep_nn.deploy._onnx._search import count_below
from skhep_nn.deploy._onnx._values import Block, Column
from skhep_nn.exceptions import ExportError

# Whole numbers up to here are themselves in single precision.
EXACT_IN_FLOAT32 = 2**24
LONGEST = 2**31 - 1


@TRANSFORMERS.add("skhep_nn.BlockTransformer")
def block_transformer(graph, step, data):
    blocks = {}
    for name, transformer, positions in step._resolved:
        part = data[name] if isinstance(data, dict) else data.taken(graph, positions)
        with named(f"block {name!r}"), graph.scope(name):
            for one in _composition.transformers(transformer):
                part = _through(graph, one, part)
        blocks |= _finished(graph, name, part)
    for target, names in (step.join or {}).items():
        blocks |= _side_by_side(graph, target, names, blocks)
    return blocks


def _side_by_side(graph, target, names, blocks):
    """Blocks side by side as one; events whose entries differ between them are refused."""
    parts = [blocks.pop(name) for name in names]
    masks = [blocks.pop(f"{name}_mask", None) for name in names]
    types = {graph.types[part.value] for part in parts}
    kind = np.float64 if len(types) > 1 else types.pop()
    value = graph.concat([graph.cast(part.value, kind) for part in parts])
    width = sum(part.shape[-1] for part in parts)
    joined = {target: Block(value, (*parts[0].shape[:-1], width))}
    if masks[0] is None:
        return joined
    first, *others = masks
    for other in others:
        same = graph.op("Equal", first.value, other.value)
        differ = graph.cast(graph.op("Not", same), np.int32)
        graph.refused.append(
            graph.op("Greater", graph.op("ReduceMax", differ, axes=[1], keepdims=0), 0)
        )
    return joined | {f"{target}_mask": first}


def _through(graph, step, part):
    """A part after one step, which sees particles only."""
    from skhep_nn.deploy._onnx._classifiers import transformed

    out = transformed(graph, step, part, type(step).__name__.lower())
    if part.mask is None or hasattr(step, "_takes_sequences"):
        return out
    real = graph.expand_dims(part.mask, -1)
    kind = graph.types[out.value]
    same = len(out.columns) == len(part.columns)
    padding = graph.cast(part.value, kind) if same else 0
    return replace(out, value=graph.where(real, out.value, padding, kind))


def _finished(graph, name, part):
    """The block of a part, and that of its mask."""
    part.need(range(len(part.columns)))
    value, shape = part.value, (*part.inner, len(part.columns))
    if part.vocabulary is not None and part.inner and shape[-1] == 1:
        value, shape = graph.op("Squeeze", value, graph.axes(-1)), shape[:-1]
    blocks = {name: Block(value, shape)}
    if part.mask is not None:
        blocks[f"{name}_mask"] = Block(part.mask, part.inner[:1], part.packed)
    return blocks


@TRANSFORMERS.add("skhep_nn.DecayStringTokenizer")
def decay_strings(graph, step, features):
    msg = "decay strings are text, which cannot be read in a graph; feed their tokens as a block"
    raise ExportError(msg)


@TRANSFORMERS.add("skhep_nn.SequencePadder")
def sequence_padder(graph, step, features):
    value, lengths = features.value, features.lengths
    features.need(range(len(features.columns)))
    if not features.inner:
        # the columns of a table are the entries of a sequence
        value = graph.expand_dims(value, -1)
        features = replace(features, columns=(Column(),), inner=(len(features.columns),))
    if lengths is None:
        lengths = _lengths(graph, features, value)
    mask, places = _places(graph, step, value, lengths)
    order = _order(graph, step, features, value, lengths)
    if order is not None:
        places = graph.op("GatherElements", order, places, axis=1)
    # one more entry, so that there is one even where all lists are empty
    longer = graph.op("Pad", value, graph.axes(0, 0, 0, 0, 1, 0))
    kept = graph.op("GatherND", longer, graph.expand_dims(places, -1), batch_dims=1)
    kept = graph.where(
        graph.expand_dims(mask, -1), kept, step.pad_value, _padded_type(graph, kept, step)
    )
    return replace(
        features, value=kept, inner=(step.max_length,), mask=mask, packed=True, lengths=None
    )


def _padded_type(graph, kept, step):
    kind = graph.types[kept]
    return kind if kind.kind == "f" or float(step.pad_value).is_integer() else np.float32


def _lengths(graph, features, value):
    """Number of entries of sequences that are rectangular already."""
    if features.mask is not None:
        if not features.packed:
            msg = "a sequence whose padding is between its entries cannot be padded again"
            raise ExportError(msg)
        return graph.sum(graph.cast(features.mask, np.int64), 1, keepdims=False)
    shape = graph.op("Shape", value)
    n_events, length = (
        graph.op("Slice", shape, graph.axes(at), graph.axes(at + 1)) for at in (0, 1)
    )
    return graph.op("Expand", length, n_events)


def _places(graph, step, value, lengths):
    """Mask of the padded sequences, and where in the lists each of their entries is."""
    size = step.max_length
    column = graph.expand_dims(graph.cast(lengths, np.int64), -1)
    number = np.arange(size, dtype=np.int64)[None]
    mask = graph.op("Less", graph.constant(number), column)
    start = 0
    if step.truncate == "head":
        start = graph.op("Max", graph.op("Sub", column, size), 0)
    places = graph.op("Add", column if start == 0 else start, number)
    if start == 0:
        # the same numbers for every event
        places = graph.op("Add", graph.op("Mul", column, 0), number)
    return mask, graph.op("Min", places, _length(graph, value))


def _length(graph, value):
    """Entries of the longest list."""
    return graph.op("Slice", graph.op("Shape", value), graph.axes(1), graph.axes(2))


def _order(graph, step, features, value, lengths):
    """Positions of the particles sorted by falling `sort_by`, and the one behind the last."""
    if step.sort_by is None:
        return None
    kind = graph.types[value] if graph.types[value].kind == "f" else np.float64
    key = graph.cast(graph.take(value, _sort_field(step, features)), kind)
    length = _length(graph, value)
    zero, one = (graph.constant(n, np.int64) for n in (0, 1))
    number = graph.op("Range", zero, graph.op("Squeeze", length), one)
    column = graph.expand_dims(graph.cast(lengths, np.int64), -1)
    real = graph.op("Less", graph.expand_dims(number, 0), column)
    key = graph.where(real, key, -np.inf, kind)
    _, order = graph.op("TopK", key, length, n_outputs=2, axis=1, largest=1, sorted=1)
    graph.types[order] = np.dtype(np.int64)
    # what comes behind the last entry is nothing
    return _with_last(graph, order, length)


def _with_last(graph, order, length):
    n_events = graph.op("Slice", graph.op("Shape", order), graph.axes(0), graph.axes(1))
    shape = graph.concat([n_events, graph.axes(1)], 0)
    return graph.concat([order, graph.op("Expand", graph.expand_dims(length, 0), shape)], 1)


def _sort_field(step, features):
    names = list(step.fields_ or [column.name for column in features.columns])
    return names.index(step.sort_by) if step.sort_by in names else int(step.sort_by)


@TRANSFORMERS.add("skhep_nn.PDGTokenizer")
def pdg_tokenizer(graph, step, features):
    tokens, unknown = _positions(graph, step, features, first=2)
    other = {"other": 1, "ignore": 0, "error": 0}[step.handle_unknown]
    if other != 1:
        tokens = graph.where(unknown, other, tokens, np.int64)
    tokens = graph.cast(tokens, np.int32)
    return replace(features.with_value(tokens), vocabulary=step.vocabulary_)


@TRANSFORMERS.add("skhep_nn.PDGOneHotEncoder")
def pdg_one_hot(graph, step, features):
    found, _ = _positions(graph, step, features, first=2)
    n_categories = len(step.categories_)
    # padding, unknown, categories
    rows = np.zeros((n_categories + 2, n_categories + 1), np.float32)
    rows[1, -1] = 1
    rows[np.arange(n_categories) + 2, np.arange(n_categories)] = 1
    rows = rows if step.handle_unknown == "other" else rows[:, :-1]
    hot = graph.op("Gather", graph.constant(rows), found, axis=0)
    shape = [0] * (len(features.inner) + 1)
    width = len(features.columns) * rows.shape[1]
    value = graph.reshape(hot, *shape, width)
    names = [f"pdg_{k}" for k in range(width)]
    return features.made(value, names)


def _positions(graph, step, features, first):
    """Number of each code's category from `first` on, 1 for unknown ones, 0 for padding."""
    features.need(range(len(features.columns)))
    codes = _codes(graph, step, features)
    if step.antiparticles == "merge":
        codes = graph.op("Abs", codes)
    members = {0: 0} | {code: first + at for code, at in step._vocabulary.members.items()}
    known = np.array(sorted(members), np.int64)
    features.learn("categories", [known.tolist()] * len(features.columns), raw=True)
    place = graph.op("Max", graph.op("Sub", count_below(graph, codes, known), 1), 0)
    same = graph.op("Equal", graph.op("Gather", graph.constant(known), place, axis=0), codes)
    number = np.array([members[code] for code in known.tolist()], np.int64)
    found = graph.where(
        same, graph.op("Gather", graph.constant(number), place, axis=0), 1, np.int64
    )
    unknown = graph.op("Not", same)
    if step.handle_unknown == "error":
        _refuse(graph, features, unknown)
    return found, unknown


def _codes(graph, step, features):
    """PDG codes as whole numbers, 0 in the padding."""
    value = features.value
    largest = max((abs(code) for code in step._vocabulary.members), default=0)
    if graph.types[value] == np.float32 and largest > EXACT_IN_FLOAT32:
        msg = (
            f"its codes go up to {largest}, and float32 holds whole numbers up to "
            f"{EXACT_IN_FLOAT32}; give dtype='float64', or tokens='int32' for blocks"
        )
        raise ExportError(msg)
    codes = graph.cast(value, np.int64)
    if features.mask is not None:
        codes = graph.where(graph.expand_dims(features.mask, -1), codes, 0, np.int64)
    return codes


def _refuse(graph, features, unknown):
    """Events with an unknown code have no probabilities."""
    number = graph.cast(unknown, np.int32)
    if features.lengths is not None:
        msg = "handle_unknown='error' before SequencePadder cannot be written; put it behind"
        raise ExportError(msg)
    axes = list(range(1, len(features.inner) + 2))
    graph.refused.append(
        graph.op("Greater", graph.op("ReduceMax", number, axes=axes, keepdims=0), 0)
    )
