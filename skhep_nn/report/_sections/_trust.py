"""How far to trust it: sculpting and importance."""

from __future__ import annotations

import pandas as pd

from skhep_nn import _columns, _composition
from skhep_nn._validation import check_random_state
from skhep_nn.metrics import sculpting
from skhep_nn.plotting import ImportanceDisplay, SculptingDisplay
from skhep_nn.report._contents import Measured, Missing, Picture, Table, Text
from skhep_nn.report._sections import _sums
from skhep_nn.robustness import feature_importance, gradient_importance
from skhep_nn.robustness._importance import drawn

_WORDS = {
    "background_efficiency": "background efficiency",
    "n_free": "degrees of freedom",
    "p_value": "probability",
}


def sculpted(context):
    """What a cut does to the shape of a variable of the background."""
    columns = _columns.as_list(context.report.sculpting)
    if not columns:
        msg = "It needs the name of a variable that a cut should not shape."
        raise Missing(
            msg,
            'Give Report(..., sculpting="mass"), or --sculpting mass on the command line.',
        )
    test = context.part("test")
    _sums.with_sums(test)
    for column in columns:
        values = _columns.take(test.sample.table, column, role="sculpting")
        found = sculpting(test.is_signal, test.scores, values, test.weights, signal=True)
        display = SculptingDisplay.from_result(found, variable=str(column))
        yield Picture(
            display.figure_,
            f"Background against {column} before and after cuts on the score",
            f"Shape of {column} for background at {len(found.thresholds)} cuts, and efficiencies",
        )
        table = found.to_frame()
        table["divergence"] = [
            Measured(*pair) for pair in zip(table["divergence"], table.pop("error"), strict=True)
        ]
        table.index = [f"{100 * efficiency:g} % of background" for efficiency in table.index]
        table = table.rename(columns=_WORDS)
        yield Table(table, f"Sculpting of {column}: Jensen-Shannon divergence in bits")


def importance(context):
    """Loss of the AUC when a feature has the values of other events."""
    (part, without), report = _sums.first_with_sums(context, "test", "validation"), context.report
    yield from map(Text, without)
    sample = drawn(part.sample, report.max_events, check_random_state(report.random_state))
    found = feature_importance(
        context.model,
        _with_masses(context, sample),
        sample.y,
        sample_weight=sample.weights,
        signal=context.signal,
        n_repeats=3,
        random_state=report.random_state,
    )
    yield Picture(
        ImportanceDisplay.from_result(found).figure_,
        f"Loss of AUC without each feature, {len(sample)} {part.word} events",
        f"Bars of importance; the first is {found.names[found.order[0]]}",
    )
    table = found.to_frame()
    cells = [Measured(*pair) for pair in zip(table["importance"], table["error"], strict=True)]
    yield Table(pd.DataFrame({"loss of AUC": cells}, index=table.index), "Importance of features")
    if hasattr(_composition.steps(context.model)[-1], "model_"):
        yield _gradients(context, sample)


def _gradients(context, sample):
    """How far each input of a network moves its score."""
    found = gradient_importance(
        context.model,
        _with_masses(context, sample),
        sample.y,
        sample_weight=sample.weights,
        signal=context.signal,
    )
    left_out = f"; {', '.join(found.passed_over)} have none" if found.passed_over else ""
    return Picture(
        ImportanceDisplay.from_result(found).figure_,
        f"How far each input moves the score: mean of |gradient × input|{left_out}",
        f"Bars of gradient times input; the first is {found.names[found.order[0]]}",
    )


def _with_masses(context, sample):
    from skhep_nn.metrics import _inputs

    return context.with_masses(sample, _inputs.signal_mask(sample.y, context.signal))
