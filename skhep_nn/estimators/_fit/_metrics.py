"""Metrics that are followed in training: how they see the event weights."""

from __future__ import annotations

import inspect

import keras

from skhep_nn._keras_objects import is_keras_own

# Names that Keras makes the metric of that fits the outputs.
BY_OUTPUTS = ("accuracy", "acc", "crossentropy", "ce")


def metric_called(name):
    """Keras' metric of that name, the name itself where only the outputs tell which one it is."""
    return name if name in BY_OUTPUTS else keras.metrics.get(name)


class PerEvent:
    """A metric function whose values are one per event, also where it returns one per batch.

    A number that holds for a batch counts for each of its events, so that batches count by their
    weights.

    Parameters
    ----------
    function : callable
    name : str, optional
        In the history; the function's by default.
    arguments : dict, optional
        Further arguments of the function.
    """

    def __init__(self, function, name=None, arguments=None):
        self.function = function
        self.__name__ = name or getattr(function, "__name__", type(function).__name__)
        self.arguments = arguments or {}

    def __call__(self, y_true, y_pred):
        values = self.function(y_true, y_pred, **self.arguments)
        values = keras.ops.convert_to_tensor(values)
        if len(values.shape):
            return values
        return keras.ops.broadcast_to(values, keras.ops.shape(y_pred)[:1])


def weighted(metrics, weighted_metrics):
    """Metrics to compile with, all of them weighted.

    Parameters
    ----------
    metrics, weighted_metrics : str, metric, function, None, or a list or dict of these
        A dict or nested list names the one output.

    Returns
    -------
    list or None

    Raises
    ------
    TypeError
        If one takes no weights.
    """
    every = keras.tree.flatten([weighted_metrics, metrics])
    return [_per_event(metric) for metric in every if metric is not None] or None


def _per_event(metric):
    if type(metric) is keras.metrics.MeanMetricWrapper and not is_keras_own(metric._fn):
        return PerEvent(metric._fn, metric.name, metric._fn_kwargs)
    if isinstance(metric, keras.metrics.Metric):
        _check_takes_weights(metric)
        return metric
    return PerEvent(metric) if callable(metric) and not is_keras_own(metric) else metric


def _check_takes_weights(metric):
    arguments = inspect.signature(metric.update_state).parameters.values()
    if not any(p.name == "sample_weight" or p.kind is p.VAR_KEYWORD for p in arguments):
        msg = (
            f"update_state of the metric {type(metric).__name__} takes no sample_weight, which "
            "Keras passes; let it take sample_weight=None"
        )
        raise TypeError(msg)
