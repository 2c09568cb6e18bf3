"""Calls of the displays: what they draw is tested elsewhere, here only what they are given."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np

from fuzz import plain
from fuzz.call import MASS, SCORE, TABLE, WEIGHT, Call, Y
from skhep_nn import plotting


def closing(function):
    def called(**arguments):
        try:
            return function(**arguments)
        finally:
            plt.close("all")

    return called


def check(got, y_true, sample_weight=None, y_score=None, y_pred=None, **others):
    y = plain.labels(y_true)
    plain.weights(sample_weight, len(y))
    if y_pred is not None:
        plain.labels(y_pred)
    if y_score is not None and np.ndim(y_score) != 2:
        plain.numbers(y_score)


EVENTS = {"y_true": Y, "y_score": SCORE, "sample_weight": WEIGHT}
WORDS = ("bins", "names", "signal", "background", "class", "column", "mass", "events", "X")


def call(name, valid, check=check, labels=("y_true",), method="from_predictions", **options):
    def draw(**arguments):
        return getattr(getattr(plotting, name), method)(**arguments, **options)

    return Call(
        f"{name}.{method}",
        closing(draw),
        valid,
        check,
        WORDS,
        labels,
        tuple(valid),
        cost=15,
        draws=True,
    )


CALLS = [
    call("RocDisplay", EVENTS),
    call("SignificanceDisplay", EVENTS, min_effective_background=1),
    call("ScoreDisplay", EVENTS),
    call(
        "ScoreDisplay",
        {**EVENTS, "y_train": Y, "score_train": SCORE, "sample_weight_train": WEIGHT},
        None,
        labels=("y_true", "y_train"),
    ),
    call(
        "ConfusionMatrixDisplay",
        {"y_true": Y, "y_pred": Y[::-1].copy(), "sample_weight": WEIGHT},
        labels=("y_true", "y_pred"),
    ),
    call("ClosureDisplay", {"y_true": Y, "probability": SCORE, "by": WEIGHT}, bins=3),
    call("AUCByParameterDisplay", {**EVENTS, "parameter": MASS}),
    call("ScoreByParameterDisplay", {**EVENTS, "parameter": MASS}),
    call(
        "SignificanceByParameterDisplay", {**EVENTS, "parameter": MASS}, min_effective_background=1
    ),
    call(
        "InputVariablesDisplay",
        {"X": TABLE[["pt", "eta"]].to_numpy(), "y": Y, "sample_weight": WEIGHT},
        None,
        labels=("y",),
        method="from_data",
    ),
]
