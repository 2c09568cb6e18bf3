"""Calls of the displays: what they draw is tested elsewhere, here only what they are given."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np

from fuzz import plain
from fuzz.call import MASS, SCORE, TABLE, WEIGHT, Call, Y
from fuzz.models import AT_MASS, Known, fitted, weighted
from skhep_nn import metrics, plotting


def closing(function):
    def called(**arguments):
        try:
            return function(**arguments)
        finally:
            plt.close("all")

    return called


def check(got, y_true=None, sample_weight=None, y_score=None, y_pred=None, **others):
    if y_true is None:
        return
    y = plain.labels(y_true)
    plain.weights(sample_weight, len(y))
    if y_pred is not None:
        plain.labels(y_pred)
    if y_score is not None and np.ndim(y_score) != 2:
        plain.numbers(y_score)


def check_of_estimator(got, y, sample_weight=None, **others):
    check(got, y, sample_weight)


EVENTS = {"y_true": Y, "y_score": SCORE, "sample_weight": WEIGHT}
BY_MASS = {**EVENTS, "parameter": MASS}
FEW = {"min_effective_background": 1}
SCAN = metrics.significance_scan(Y, SCORE, WEIGHT, **FEW)
CLOSURE = metrics.closure_test(Y, SCORE, WEIGHT, bins=3)
AUCS = metrics.auc_by_parameter_from_scores(**BY_MASS)
MERITS = metrics.significance_by_parameter_from_scores(**BY_MASS, **FEW)
HISTORY = {"loss": [1.0, 0.5], "val_loss": [1.0, 0.6], "learning_rate": [0.1, 0.05]}
WORDS = (
    "bins",
    "names",
    "signal",
    "background",
    "class",
    "column",
    "mass",
    "events",
    "X",
    "history",
    "weight",
    "threshold",
    "labels",
    "ax",
)
# these are given events: most of what they are called with they draw
OF_EVENTS = ("from_predictions", "from_estimator", "from_data", "from_events", "from_weights")


def call(
    name, valid, check=check, labels=("y_true",), method="from_predictions", fixed=(), **options
):
    def draw(**arguments):
        return getattr(getattr(plotting, name), method)(**arguments, **options)

    free = [argument for argument in valid if argument not in fixed]
    masked = tuple(n for n in free if isinstance(valid[n], np.ndarray))
    return Call(
        f"{name}.{method}" + " of options" * bool(fixed),
        closing(draw),
        valid,
        check,
        WORDS,
        labels,
        masked,
        cost=15 if method in OF_EVENTS and not fixed else 5,
        draws=True,
        fixed=fixed,
    )


def of_options(name, events, options, **settings):
    """The same, with options that are odd and events that are not."""
    valid = {**events, **options}
    return call(name, valid, None, labels=(), fixed=tuple(events), **settings)


def of_estimator(name, events=None, odd_estimator=False, **options):
    """From the estimator, with odd events or an odd estimator."""
    valid = {"X": TABLE, "y": Y, "sample_weight": WEIGHT, **(events or {})}
    if odd_estimator:
        valid = {"estimator": Known(), **valid}
        fixed = [argument for argument in valid if argument != "estimator"]
        return call(name, valid, None, (), "from_estimator", fixed=tuple(fixed), **options)
    options = {"estimator": Known(), **options}
    return call(name, valid, check_of_estimator, ("y",), "from_estimator", **options)


def of_network(name, **options):
    """From a network, whose X is odd; weights are in its column."""
    options = {"estimator": weighted(), "y": Y, **options}
    return call(name, {"X": TABLE}, None, (), "from_estimator", **options)


def of_matrix(normalize):
    matrix = plotting.ConfusionMatrixDisplay.from_predictions(Y, Y[::-1].copy())
    return matrix.normalized(normalize)


def of_history(estimator):
    return plotting.HistoryDisplay.from_estimator(estimator)


LOOKS = {"ax": None, "class_names": None}
BY = {"parameter": MASS}
CALLS = [
    call("RocDisplay", EVENTS),
    of_options(
        "RocDisplay",
        EVENTS,
        {"signal": 1, "name": None, "ax": None, "kind": "efficiency", "band": True},
    ),
    call("SignificanceDisplay", EVENTS, **FEW),
    of_options("SignificanceDisplay", EVENTS, {"cut": None, "ax": None, "kind": "asimov"}, **FEW),
    call("SignificanceDisplay", {"scan": SCAN, "cut": None}, None, (), "from_scan"),
    call(
        "SignificanceDisplay",
        {**EVENTS, "y_test": Y, "score_test": EVENTS["y_score"], "sample_weight_test": WEIGHT},
        None,
        labels=("y_true", "y_test"),
        **FEW,
    ),
    call("ScoreDisplay", EVENTS),
    call(
        "ScoreDisplay",
        {**EVENTS, "y_train": Y, "score_train": SCORE, "sample_weight_train": WEIGHT},
        None,
        labels=("y_true", "y_train"),
    ),
    of_options("ScoreDisplay", EVENTS, {"bins": 4, "score_name": "Score", "log": False, **LOOKS}),
    call(
        "ConfusionMatrixDisplay",
        {"y_true": Y, "y_pred": Y[::-1].copy(), "sample_weight": WEIGHT},
        labels=("y_true", "y_pred"),
    ),
    of_options(
        "ConfusionMatrixDisplay",
        {"y_true": Y, "y_pred": Y},
        {"labels": [0, 1], "normalize": "true", "cmap": "Blues", "colorbar": True, **LOOKS},
    ),
    Call(
        "ConfusionMatrixDisplay.normalized",
        closing(of_matrix),
        {"normalize": "true"},
        None,
        WORDS,
        draws=True,
        cost=10,
    ),
    call(
        "ClosureDisplay",
        {"y_true": Y, "probability": SCORE, "by": WEIGHT, "sample_weight": WEIGHT},
        bins=3,
    ),
    of_options(
        "ClosureDisplay",
        {"y_true": Y, "probability": SCORE, "by": WEIGHT},
        {"bins": 3, "variable": "", "name": "", "log": False, "legend": True, "signal": 1},
    ),
    call("ClosureDisplay", {"test": CLOSURE, "variable": ""}, None, (), "from_test"),
    call("AUCByParameterDisplay", BY_MASS),
    of_options(
        "AUCByParameterDisplay",
        BY_MASS,
        {"hypotheses": [500.0, 750.0], "signal": 1, "parameter_name": None, "ax": None},
    ),
    call("AUCByParameterDisplay", {"tables": {"a": AUCS}}, None, (), "from_tables"),
    call("ScoreByParameterDisplay", BY_MASS),
    of_options(
        "ScoreByParameterDisplay",
        BY_MASS,
        {"hypotheses": [500.0, 750.0], "bins": 4, "n_columns": 3, "log": False, **LOOKS},
    ),
    call("SignificanceByParameterDisplay", BY_MASS, **FEW),
    of_options(
        "SignificanceByParameterDisplay",
        BY_MASS,
        {"hypotheses": [500.0, 750.0], "quantity": "figure_of_merit", "parameter_name": None},
        **FEW,
    ),
    call("SignificanceByParameterDisplay", {"tables": {"a": MERITS}}, None, (), "from_tables"),
    call(
        "InputVariablesDisplay",
        {"X": TABLE[["pt", "eta"]].to_numpy(), "y": Y, "sample_weight": WEIGHT},
        None,
        labels=("y",),
        method="from_data",
    ),
    of_options(
        "InputVariablesDisplay",
        {"X": TABLE, "y": Y},
        {
            "columns": ["pt", "eta"],
            "exclude": (),
            "bins": 4,
            "missing_value": None,
            "labels": None,
            "weight_column": "weight",
            **LOOKS,
        },
        method="from_data",
    ),
    call("HistoryDisplay", {"history": HISTORY, "best_epoch": 2}, None, (), "from_history"),
    Call(
        "HistoryDisplay.from_estimator",
        closing(of_history),
        {"estimator": fitted("DenseClassifier")},
        None,
        WORDS,
        draws=True,
        cost=15,
    ),
]
OF_ESTIMATORS = {
    "RocDisplay": {},
    "SignificanceDisplay": FEW,
    "ScoreDisplay": {},
    "ConfusionMatrixDisplay": {},
    "ClosureDisplay": {"by": WEIGHT, "bins": 3},
    "AUCByParameterDisplay": BY,
    "ScoreByParameterDisplay": BY,
    "SignificanceByParameterDisplay": {**BY, **FEW},
    "InputVariablesDisplay": {},
}
CALLS += [
    call
    for name, options in OF_ESTIMATORS.items()
    for call in (
        of_estimator(name, **options),
        of_estimator(name, odd_estimator=True, **options),
        of_network(name, **options),
    )
]
CALLS += [
    call(
        name,
        {"estimators": {"a": Known()}, "X": AT_MASS, "y": Y},
        None,
        ("y",),
        "from_estimators",
        **options,
    )
    for name, options in (
        ("AUCByParameterDisplay", BY),
        ("SignificanceByParameterDisplay", {**BY, **FEW}),
    )
]
