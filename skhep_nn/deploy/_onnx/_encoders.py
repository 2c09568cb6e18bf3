"""scikit-learn's encoders of categories that are numbers."""

from __future__ import annotations

import numpy as np

from skhep_nn.deploy._onnx._registry import TRANSFORMERS
from skhep_nn.deploy._onnx._scalers import in_double
from skhep_nn.exceptions import ExportError


@TRANSFORMERS.add("sklearn.OneHotEncoder")
def one_hot(graph, step, features):
    parts = []
    for at, hot in enumerate(_all_hot(graph, step, features)):
        dropped = None if step.drop_idx_ is None else step.drop_idx_[at]
        n_categories = len(step.categories_[at])
        kept = [k for k in range(n_categories) if k != dropped]
        if kept:
            parts.append(hot if dropped is None else graph.take(hot, kept))
    value = graph.concat(parts)
    return features.made(value, step.get_feature_names_out())


@TRANSFORMERS.add("sklearn.OrdinalEncoder")
def ordinal(graph, step, features):
    parts = []
    for at, hot in enumerate(_all_hot(graph, step, features)):
        numbers = np.arange(len(step.categories_[at]), dtype=float)
        numbers[np.isnan(_categories(step, at))] = step.encoded_missing_value
        # NaN as a number would spoil the sum
        is_nan = np.isnan(numbers)
        number = graph.sum(graph.op("Mul", hot, np.where(is_nan, 0.0, numbers)), -1)
        if is_nan.any():
            of_nan = graph.op("Greater", graph.sum(graph.op("Mul", hot, is_nan * 1.0), -1), 0.5)
            number = graph.where(of_nan, np.nan, number, np.float64)
        if step.handle_unknown == "use_encoded_value":
            known = graph.op("Greater", graph.sum(hot, -1), 0.5)
            number = graph.where(known, number, float(step.unknown_value), np.float64)
        parts.append(number)
    return features.with_value(graph.concat(parts))


def _all_hot(graph, step, features):
    """For each column 1 for its category and 0 for the others; events of no category refused."""
    if getattr(step, "infrequent_categories_", None) is not None and any(
        found is not None for found in step.infrequent_categories_
    ):
        msg = "infrequent categories (min_frequency, max_categories) cannot be written"
        raise ExportError(msg)
    value = in_double(graph, step, features)
    features.need(range(len(features.columns)))
    single = graph.types[features.value] == np.float32
    hot = []
    for at, column in enumerate(features.columns):
        numbers = _categories(step, at)
        known = numbers[~np.isnan(numbers)].tolist()
        features.learn_one(at, "categories", known)
        if single and column.raw:
            numbers = numbers.astype(np.float32).astype(float)
        hot.append(_hot(graph, graph.take(value, [at]), numbers))
        if step.handle_unknown == "error":
            _refuse(graph, features, hot[-1])
    if any(np.isnan(_categories(step, at)).any() for at in range(len(features.columns))):
        features.learn("filled_with", [None] * len(features.columns))
    return hot


def _hot(graph, value, numbers):
    same = graph.op("Equal", value, np.where(np.isnan(numbers), 0.0, numbers))
    hot = graph.cast(same, np.float64)
    if not np.isnan(numbers).any():
        return hot
    missing = graph.cast(graph.is_missing(value), np.float64)
    of_nan = np.isnan(numbers) * 1.0
    return graph.op("Add", graph.op("Mul", hot, 1 - of_nan), graph.op("Mul", missing, of_nan))


def _categories(step, at):
    found = np.asarray(step.categories_[at])
    if found.dtype.kind in "biuf":
        return found.astype(float)
    try:
        if any(isinstance(one, str) for one in found.tolist()):
            raise ValueError
        return np.array([np.nan if one is None else one for one in found.tolist()], float)
    except (TypeError, ValueError):
        msg = (
            f"the categories of column {at} are text, as {str(found[0])!r}; encode them as numbers"
        )
        raise ExportError(msg) from None


def _refuse(graph, features, hot):
    """Events of an unknown category have no probabilities, as the model itself gives none."""
    found = graph.sum(hot, -1, keepdims=False)
    if features.inner:
        if features.mask is not None:
            real = graph.cast(features.mask, np.float64)
            found = graph.op("Add", found, graph.op("Sub", np.float64(1.0), real))
        axes = list(range(1, len(features.inner) + 1))
        found = graph.op("ReduceMin", found, axes=axes, keepdims=0)
    graph.refused.append(graph.op("Less", found, 0.5))
