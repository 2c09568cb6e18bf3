"""The numbers that are quoted first."""

from __future__ import annotations

from itertools import combinations

from skhep_nn import _columns, _composition
from skhep_nn.report._common_events import n_common
from skhep_nn.report._contents import Measured, Missing, Numbers, Text
from skhep_nn.report._sections import _shared, _sums, _varied


def summary(context):
    """AUC, verdict on overtraining, significance: as far as there are events for them."""
    if not context.parts:
        msg = "It needs events."
        raise Missing(msg, "Give Report(..., test=(X, y)).")
    without = {name: _sums.without_sum(part) for name, part in context.parts.items()}
    yield Numbers(
        {
            "Model": type(_composition.steps(context.model)[-1]).__name__,
            **{
                f"AUC, {name}": _shared.auc(context.parts[name])
                for name in without
                if not without[name]
            },
            **_overtraining(context),
            **_significance(context),
        }
    )
    yield Text(_scale(context))
    yield from (Text(text) for text in without.values() if text)
    for name, other in combinations(reversed(context.parts), 2):
        common = n_common(context, name, other)
        if common:
            yield Text(_of_common(context, common, name, other))


def _overtraining(context):
    found = _shared.or_none(_shared.overtraining, context)
    if found is None:
        return {}
    return {
        "Overtraining": found.verdict,
        "Probability of the verdict": Measured(found.p_value),
    }


def _significance(context):
    """Of a histogram of the score, and with variations as nuisances if there are any."""
    numbers = {}
    binned = _shared.or_none(_shared.binned, context)
    if binned is not None:
        where = "validation" if "validation" in context.parts else "test"
        name = f"Expected significance, {len(binned.edges) - 1} bins chosen on {where} events"
        numbers[name] = Measured(binned.significance, binned.standard_error)
    varied = _shared.or_none(_varied.binned, context) if context.report.variations else None
    if varied is not None:
        name = "The same with the variations as nuisances"
        numbers[name] = Measured(varied.found.significance, varied.found.standard_error)
    return numbers


def _scale(context):
    signal = context.signal if context.process_column is None else f"{context.signal} of the labels"
    named = context.names
    called = [named[label] for label in _columns.as_list(context.signal) if label in named]
    signal = f"{signal} ({', '.join(map(str, called))})" if called else signal
    scale = (
        "as given" if context.luminosity == 1 else f"times a luminosity of {context.luminosity:g}"
    )
    weighted = any(part.sample.weighted for part in context.parts.values())
    weights = f"Event weights {scale}" if weighted else "Events without weights"
    return f"Signal is {signal}. {weights}; errors are statistical."


def _of_common(context, common, name, other):
    one, other = (context.parts[part] for part in (name, other))
    return (
        f"{common} of {len(one)} {one.word} events are {other.word} events too, by their features "
        "and label: unless each was scored by a network that never saw it, what they say is "
        "optimistic."
    )
