"""Fitting the steps of a transformer on a stream of events, by as few passes as there can be."""

from __future__ import annotations

from scipy.sparse import issparse

from skhep_nn import _composition
from skhep_nn._composition import is_fitted, learns
from skhep_nn.cache._memmap_cache import MemmapCache


def steps_of(transformer):
    """The transformers that `transformer` (one, a Pipeline, or None) consists of.

    Raises
    ------
    TypeError
        If one of them cannot transform.
    """
    steps = _composition.transformers(transformer)
    if steps and isinstance(steps[-1], MemmapCache):
        steps = steps[:-1]
    for step in steps:
        lacking = [name for name in ("transform", "fit") if not hasattr(step, name)]
        if lacking or isinstance(step, type):
            what = f"has no {lacking[0]}" if lacking else "is a class; pass an object of it"
            msg = f"transformer={step!r:.100} {what}"
            raise TypeError(msg)
    return steps


def _lack(step):
    """That a step has no ``partial_fit``; a step of parts says which of them."""
    plain = f"{type(step).__name__} has no partial_fit"
    try:
        step.partial_fit  # noqa: B018
    except AttributeError as error:
        return str(error) if str(error).startswith(plain) else plain
    return plain


def is_ready(step):
    """Whether a step is fitted; one that learns nothing may still lack the names of columns."""
    return is_fitted(step) and (
        learns(step) or hasattr(step, "n_features_in_") or hasattr(step, "_learns")
    )


def fit_on_stream(steps, events, by_parts=None):
    """Fit those of `steps` that are not fitted, each on what the steps before it give.

    Parameters
    ----------
    steps : list of transformers
    events : callable
        Starts a pass: returns an iterator over chunks of events.
    by_parts : callable, optional
        Given `steps`, fits the next of them that learns on parts of the events by themselves, and
        merges these; returns whether there were events. For a step that has ``merge``.

    Raises
    ------
    ValueError
        If a step learns from events and has no ``partial_fit``.
    """
    for step in steps:
        if not is_fitted(step) and not _composition.can_stream(step):
            msg = (
                f"{_lack(step)}, so that it cannot be fitted on files "
                "chunk by chunk; fit it on a part of the events, and pass it fitted"
            )
            raise ValueError(msg)
    while not all(is_fitted(step) for step in steps):
        ready = [is_ready(step) for step in steps]
        if by_parts is not None and _next_merges(steps, ready):
            if not by_parts(steps):
                return
            continue
        n_events = sum(fit_next(steps, ready, chunk) for chunk in events())
        if not n_events:
            return
    _fit_on_first(steps, events)


def _fit_on_first(steps, events):
    """Show those that learn nothing, but have seen no events, the first of these."""
    if all(map(is_ready, steps)):
        return
    found = next(iter(events()), None)
    for step in steps if found is not None else ():
        if not is_ready(step):
            step.fit(found)
        found = step.transform(found)


def transformed(steps, chunk):
    """`chunk` behind all `steps`."""
    for step in steps:
        chunk = step.transform(chunk)
    # as BlockTransformer does with what an encoder gives
    return chunk.toarray() if issparse(chunk) else chunk


def next_that_learns(steps, ready):
    """Position of the first step that learns and is not fitted; None if there is none."""
    left = (at for at, step in enumerate(steps) if not ready[at] and learns(step))
    return next(left, None)


def _next_merges(steps, ready):
    at = next_that_learns(steps, ready)
    return at is not None and hasattr(steps[at], "merge")


def fit_next(steps, ready, chunk):
    """Fit the first step that learns, and those before it that do not; number of events."""
    n_events = len(chunk)
    for number, step in enumerate(steps):
        if not ready[number] and learns(step):
            step.partial_fit(chunk)
            break
        if not ready[number]:
            step.fit(chunk)
            ready[number] = True
        chunk = step.transform(chunk)
    return n_events
