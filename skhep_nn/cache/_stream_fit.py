"""Fitting the steps of a transformer on a stream of events, by as few passes as there can be."""

from __future__ import annotations

from sklearn.exceptions import NotFittedError
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from skhep_nn.cache._memmap_cache import MemmapCache


def steps_of(transformer):
    """The transformers that `transformer` (one, a Pipeline, or None) consists of.

    Raises
    ------
    TypeError
        If one of them cannot transform.
    """
    steps = transformer.steps if isinstance(transformer, Pipeline) else [("", transformer)]
    steps = [step for _, step in steps if step not in (None, "passthrough")]
    steps = [inner for step in steps for inner in _flat(step)]
    if steps and isinstance(steps[-1], MemmapCache):
        steps = steps[:-1]
    for step in steps:
        if not hasattr(step, "transform"):
            msg = f"transformer={step!r:.100} has no transform"
            raise TypeError(msg)
    return steps


def is_fitted(step):
    """Whether `step` is fitted, or needs no fit."""
    try:
        check_is_fitted(step)
    except NotFittedError:
        return False
    return True


def fit_on_stream(steps, events):
    """Fit those of `steps` that are not fitted, each on what the steps before it give.

    Parameters
    ----------
    steps : list of transformers
    events : callable
        Starts a pass: returns an iterator over chunks of events.

    Raises
    ------
    ValueError
        If a step learns from events and has no ``partial_fit``.
    """
    for step in steps:
        if not is_fitted(step) and _learns(step) and not hasattr(step, "partial_fit"):
            msg = (
                f"{type(step).__name__} has no partial_fit, so that it cannot be fitted on files "
                "chunk by chunk; fit it on a part of the events, and pass it fitted"
            )
            raise ValueError(msg)
    while not all(is_fitted(step) for step in steps):
        ready = [is_fitted(step) for step in steps]
        n_events = sum(_fit_next(steps, ready, chunk) for chunk in events())
        if not n_events:
            return


def transformed(steps, chunk):
    """`chunk` behind all `steps`."""
    for step in steps:
        chunk = step.transform(chunk)
    return chunk


def _fit_next(steps, ready, chunk):
    """Fit the first step that learns, and those before it that do not; number of events."""
    n_events = len(chunk)
    for number, step in enumerate(steps):
        if not ready[number] and _learns(step):
            step.partial_fit(chunk)
            break
        if not ready[number]:
            step.fit(chunk)
            ready[number] = True
        chunk = step.transform(chunk)
    return n_events


def _learns(step):
    if hasattr(step, "_learns"):
        return step._learns
    return not hasattr(step, "__sklearn_tags__") or step.__sklearn_tags__().requires_fit


def _flat(step):
    return steps_of(step) if isinstance(step, Pipeline) else [step]
