"""Gradient times input: how far each input moves the score of a network, event by event."""

from __future__ import annotations

import numpy as np

from skhep_nn import _composition, _samples, _weights
from skhep_nn._validation import check_random_state
from skhep_nn.metrics import _inputs
from skhep_nn.robustness._importance import drawn
from skhep_nn.robustness._results import FeatureImportance
from skhep_nn.robustness._same_events import spread

# events whose gradients are computed at once
_CHUNK = 4096


def gradient_importance(
    model,
    X,
    y=None,
    *,
    sample_weight=None,
    signal=1,
    weight_column=None,
    max_events=None,
    random_state=0,
):
    r"""Mean absolute gradient of a network's score times input, for each input and sequence.

    Parameters
    ----------
    model : fitted classifier of the package, or Pipeline or search that ends in one
        Inputs are those of the network, behind the earlier steps.
    X : DataFrame, array or blocks
    y : array-like of shape (n_events,) or str, default=None
        Labels, or the column of `X` that holds them; None if `X` is (X, y) or (X, y,
        sample_weight).
    sample_weight : array-like of shape (n_events,) or number, default=None
    signal : label, default=1
    weight_column : str or int, default=None
        Column with the event weights; None is the model's own, if it has one.
    max_events : int, default=None
        Use so many events, drawn at random; None is all.
    random_state : int or RandomState, default=0

    Returns
    -------
    FeatureImportance
        Tokens, masks and lengths have no gradient and are in ``passed_over``.

    Raises
    ------
    TypeError
        If the last step is no network of the package.
    ValueError
        If `signal` is not a class of the model.

    Notes
    -----
    Of an input :math:`x_j` it is :math:`\langle |g_j (x_j - \bar x_j)| \rangle` with
    :math:`g_j = \partial s / \partial x_j` at each event, of a sequence the absolute sum over its
    entries. Counted from its mean, no input depends on its unit or offset. Signal and background
    have the same share of the mean. It says what the network reads where its score is in motion;
    :func:`feature_importance` says what is lost without it.

    The error is that of the weighted means of signal and background.
    """
    sample = _samples.read(
        model, X, y, sample_weight, weight_column=weight_column, owner="gradient_importance"
    )
    sample = drawn(sample, max_events, check_random_state(random_state))
    *steps, network = _composition.steps(model)
    x = _inputs_of(network, _composition.transformed(steps, sample.X))
    weights = _balanced(sample, signal)
    gradients = _gradients(network.model_, x, _output_of(network, signal))
    kinds = vars(network).get("block_kinds_") or {}
    found, passed_over = {}, []
    for name, array in x.items():
        if gradients[name] is None:
            passed_over.append(name)
            continue
        found |= _moves(name, array, gradients[name], weights, _names(network, name, array, kinds))
    mask = _inputs.signal_mask(sample.y, signal)
    results = [_mean(moves, weights, mask) for moves in found.values()]
    return FeatureImportance(
        names=list(found),
        importance=np.array([mean for mean, _ in results]),
        error=np.array([error for _, error in results]),
        columns=[[name] for name in found],
        quantity="Mean |gradient × input|",
        passed_over=tuple(passed_over),
    )


def _inputs_of(network, X):
    """What the network reads, as a dict."""
    if not hasattr(network, "model_"):
        msg = (
            f"{type(network).__name__} is no network of the package; feature_importance takes any "
            "classifier"
        )
        raise TypeError(msg)
    x = network._read_for_prediction(X)
    x = x if isinstance(x, dict) else {"features": x}
    return {name: np.asarray(array) for name, array in x.items()}


def _balanced(sample, signal):
    """Weights that sum to one half for signal and for background."""
    mask = _inputs.signal_mask(sample.y, signal)
    _inputs.check_yields(mask, sample.weights)
    weights = _weights.classes_of_moderate_scale(mask, sample.weights)
    sums = np.where(mask, weights.sum(where=mask), weights.sum(where=~mask))
    return weights / (2 * sums)


def _output_of(network, signal):
    """A function of the network's output that is the score of the signal, up to a constant."""
    at = _composition.class_position(network, signal)
    sign = 1.0 if at else -1.0
    return lambda output: sign * output[:, 0] if output.shape[-1] == 1 else output[:, at]


def _gradients(model, x, score):
    """Gradients by the inputs that are floating-point numbers; None for the others."""
    import tensorflow as tf

    n_events = len(next(iter(x.values())))
    parts = {name: [] for name in x}
    for start in range(0, n_events, _CHUNK):
        tensors = {n: tf.convert_to_tensor(array[start : start + _CHUNK]) for n, array in x.items()}
        with tf.GradientTape() as tape:
            watched = {n: tensor for n, tensor in tensors.items() if tensor.dtype.is_floating}
            tape.watch(list(watched.values()))
            single = not isinstance(model.input, dict) and len(tensors) == 1
            output = score(model(next(iter(tensors.values())) if single else tensors))
        found = dict(zip(watched, tape.gradient(output, list(watched.values())), strict=True))
        for name, part in parts.items():
            part.append(found.get(name))
    return {name: _gradient_of_parts(part) for name, part in parts.items()}


def _gradient_of_parts(parts):
    if any(part is None for part in parts):
        return None
    return np.concatenate([np.asarray(part) for part in parts])


def _names(network, name, array, kinds):
    """What the columns of an input are called; None for an input that is looked at whole."""
    if array.ndim != 2:
        return None
    if name in kinds:
        features = kinds[name].features or range(array.shape[1])
        return [f"{name}[{feature}]" for feature in features]
    columns = getattr(network, "columns_", None)
    if columns is None or columns.names is None or len(columns.required) != array.shape[1]:
        return [f"x{at}" for at in range(array.shape[1])]
    return [str(columns.names[at]) for at in columns.required]


def _moves(name, array, gradient, weights, names):
    """How far each input moves the score of each event, by name."""
    away = array - np.tensordot(weights, array, axes=1) if names else array - _center(array)
    moves = gradient * away
    if names is None:
        return {name: moves.reshape(len(moves), -1).sum(axis=1)}
    return dict(zip(names, moves.T, strict=True))


def _center(array):
    """Mean of each feature over the entries that a sequence has; padding is zero."""
    entries = array.reshape(-1, array.shape[-1])
    entries = entries[(entries != 0).any(axis=1)]
    return entries.mean(axis=0) if len(entries) else 0.0


def _mean(moves, weights, mask):
    """(weighted mean of the absolute values, its error).

    Signal and background have half of it each, so that their difference is no fluctuation.
    """
    sizes = np.abs(moves)
    means = [2 * weights[side] @ sizes[side] for side in (mask, ~mask)]
    return float(weights @ sizes), spread(weights * (sizes - np.where(mask, *means)))
