"""Parametric models: AUC and significance at each mass."""

from __future__ import annotations

import warnings

from skhep_nn.exceptions import ExtrapolationWarning
from skhep_nn.metrics import auc_by_parameter, significance_by_parameter
from skhep_nn.plotting import AUCByParameterDisplay, SignificanceByParameterDisplay
from skhep_nn.report._contents import Measured, Missing, Picture, Table
from skhep_nn.report._sections import _shared


def masses(context):
    """At each mass its signal against all background at that mass."""
    if context.parameter is None:
        msg = "It needs a model with a mass."
        raise Missing(msg, "ParametricClassifier and IndividualMassClassifier have one.")
    part = context.any_part("test", "validation")
    events = (context.model, part.sample.X, part.y)
    options = {"signal": context.signal, "sample_weight": part.weights}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExtrapolationWarning)
        areas = auc_by_parameter(*events, **options)
        found = _shared.or_none(
            lambda: significance_by_parameter(*events, **options, **_scan(context))
        )
    yield Table(_table(areas, found), f"At each mass, {part.word} events")
    yield from _pictures(areas, found, context.parameter)


def _table(areas, found):
    """Both results in one table; `found` may be None."""
    table = areas[["n_signal", "n_background"]].copy()
    table.insert(0, "AUC", _measured(areas, "auc"))
    if found is not None:
        table.insert(1, "significance of the best cut", _measured(found, "figure_of_merit"))
        table.insert(2, "threshold", found["threshold"])
    table.index = [str(point) for point in table.index]
    return table


def _pictures(areas, found, parameter):
    yield Picture(
        AUCByParameterDisplay.from_tables(areas).figure_,
        "AUC at each mass, with statistical errors",
        f"AUC against {parameter} at {len(areas)} masses",
    )
    if found is not None:
        yield Picture(
            SignificanceByParameterDisplay.from_tables(found).figure_,
            "Significance of the best cut at each mass",
            f"Significance against {parameter} at {len(found)} masses",
        )


def _scan(context):
    report = context.report
    return {
        "systematic": report.systematic,
        "min_effective_background": report.min_effective_background,
    }


def _measured(table, column):
    return [Measured(*pair) for pair in zip(table[column], table["standard_error"], strict=True)]
