"""Systematic variations: what they do to the model, its cut and the shape of its score."""

from __future__ import annotations

import pandas as pd

from skhep_nn.plotting import VariationsDisplay
from skhep_nn.report._contents import Measured, Picture, Table, Text
from skhep_nn.report._sections import _varied
from skhep_nn.robustness import evaluate_variations

# of its error, from which on a change has a direction
_CLEAR = 2.0
_COMMON = ("auc", "auc_difference")
_OF_CLASS = ("efficiency", "efficiency_difference", "yield_ratio")


def variations(context):
    """AUC, efficiencies and shapes of systematic variations."""
    event_number = context.report.event_number
    samples, texts = _varied.varied(context)
    yield from map(Text, texts)
    given = {
        name: (
            one.X if event_number is None else one.sample.table,
            one.sample.y,
            one.sample.weights,
        )
        for name, one in samples.items()
    }
    found = evaluate_variations(
        context.model, given, event_number=event_number, signal=context.signal
    )
    yield Table(_table(found), "Variations of the test events, at the nominal cut")
    yield from (Text(text) for text in _one_sided(found))
    yield Picture(
        VariationsDisplay.from_result(found).figure_,
        "Shape of the score relative to the nominal one; bands know that the events are the same",
        f"Ratio of the shape of the score in {len(found) - 1} variations to the nominal one",
    )


def _one_sided(found):
    """What there is to say of pairs `..._up`, `..._down` that both go the same way."""
    for up, down in _varied.pairs(found.variations).values():
        if up is None or down is None:
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


def _table(found):
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
