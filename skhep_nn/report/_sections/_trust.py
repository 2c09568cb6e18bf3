"""How far to trust it: variations, sculpting and importance."""

from __future__ import annotations

import pandas as pd

from skhep_nn import _columns, _composition
from skhep_nn._validation import check_random_state
from skhep_nn.metrics import sculpting
from skhep_nn.plotting import ImportanceDisplay, SculptingDisplay, VariationsDisplay
from skhep_nn.report._contents import Measured, Missing, Picture, Table, Text
from skhep_nn.robustness import evaluate_variations, feature_importance, gradient_importance
from skhep_nn.robustness._importance import drawn

# of its error, from which on a change has a direction
_CLEAR = 2.0
_COMMON = ("auc", "auc_difference")
_WORDS = {
    "background_efficiency": "background efficiency",
    "n_free": "degrees of freedom",
    "p_value": "probability",
}
_OF_CLASS = ("efficiency", "efficiency_difference", "yield_ratio")


def variations(context):
    """AUC, efficiencies and shapes of systematic variations."""
    report = context.report
    if not report.variations:
        msg = "It needs systematic variations of the test events."
        raise Missing(
            msg,
            'Give Report(..., variations={"jes_up": (X_up, y), "jes_down": (X_down, y)}).',
        )
    samples = dict(report.variations)
    if "nominal" not in samples:
        context.part("test")
        samples = {"nominal": report.test, **samples}
    read = {name: context.read(sample, f"variation {name!r}") for name, sample in samples.items()}
    given = {name: (_with_masses(context, s), s.y, s.weights) for name, s in read.items()}
    options = {"event_number": report.event_number, "signal": context.signal}
    if report.event_number is not None:
        given = {name: (s.table, s.y, s.weights) for name, s in read.items()}
    found = evaluate_variations(context.model, given, **options)
    yield Table(_variations_table(found), "Variations of the test events, at the nominal cut")
    yield from (Text(text) for text in _one_sided(found))
    yield Picture(
        VariationsDisplay.from_result(found).figure_,
        "Shape of the score relative to the nominal one; bands know that the events are the same",
        f"Ratio of the shape of the score in {len(found) - 1} variations to the nominal one",
    )


def _one_sided(found):
    """What there is to say of pairs `..._up`, `..._down` that both go the same way."""
    pairs = {name[:-3]: name for name in found.variations if str(name).endswith("_up")}
    for stem, up in pairs.items():
        down = f"{stem}_down"
        if down not in found.variations:
            continue
        for side in ("signal", "background"):
            moves = [_move(found[name], side) for name in (up, down)]
            if all(abs(move) > _CLEAR for move in moves) and moves[0] * moves[1] > 0:
                way = "raise" if moves[0] > 0 else "lower"
                yield (
                    f"{up} and {down} both {way} the efficiency of the {side}: a fit that "
                    "interpolates between them has no two sides to choose from."
                )


def _move(variation, side):
    """Change of an efficiency in units of its error."""
    change = variation.efficiency_difference[side]
    error = variation.efficiency_difference_error[side]
    return change / error if error > 0 else 0.0


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
    part, report = context.any_part("test", "validation"), context.report
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


def _variations_table(found):
    rows = {}
    for name in found.variations:
        numbers = found[name].row()
        keys = [*_COMMON, *(f"{side}_{k}" for k in _OF_CLASS for side in ("signal", "background"))]
        rows[name] = {
            key.replace("_", " ").replace("auc", "AUC"): Measured(
                numbers[key], numbers[f"{key}_error"]
            )
            for key in keys
        }
    return pd.DataFrame.from_dict(rows, orient="index")
