"""Calls of the displays of results: calibration, overtraining, sculpting, templates and others."""

from __future__ import annotations

import functools

from fuzz import plotting, probabilities, robustness
from fuzz.call import SCORE, TABLE, WEIGHT, Call, Y
from fuzz.models import Known
from fuzz.plotting import closing
from fuzz.templates import templates
from skhep_nn import LikelihoodRatio, metrics
from skhep_nn import plotting as displays
from skhep_nn.robustness import evaluate_variations, feature_importance

BY = TABLE["pt"].to_numpy()
PROBABILITY = {"y_true": Y, "probability": SCORE, "sample_weight": WEIGHT}
SCULPTED = {**robustness.BY}
WORDS = (*plotting.WORDS, *robustness.WORDS, "ratio", "variable", "score", "file")


def call(name, valid, method="from_predictions", labels=(), fixed=(), **options):
    """A display whose answer is a picture: only errors are on trial."""
    made = plotting.call(name, valid, None, labels, method, fixed, **options)
    return Call(**{**vars(made), "words": WORDS})


def result_of(name, method, valid):
    """A display of what another function gave."""
    return call(name, valid, method)


@functools.cache
def results():
    """What functions of other modules give."""
    variations = {"nominal": TABLE, "up": TABLE}
    return {
        "curve": metrics.calibration_curve(**PROBABILITY, bins=2, min_effective_events=1),
        "overtraining": metrics.overtraining_test(**robustness.TRAINED, n_bootstrap=2),
        "sculpting": metrics.sculpting(**SCULPTED, bins=2),
        "reweighting": metrics.reweighting_test(**probabilities.SAMPLES, bins=2),
        "importance": feature_importance(Known(), TABLE, Y, n_repeats=1),
        "variations": evaluate_variations(Known(), variations, Y),
        "binned": metrics.binned_significance(Y, SCORE, WEIGHT, bins=2, n_bootstrap=2),
    }


def plotted(display):
    """The methods `plot`, which are given a style only."""

    def draw(**options):
        return display().plot(**options)

    return closing(draw)


def estimated(name, valid, **options):
    given = {"estimator": Known(), **options}
    labels = tuple(one for one in valid if one in ("y", "y_train", "y_test"))
    return call(name, valid, "from_estimator", labels, **given)


EVENTS = {"X": TABLE, "y": Y, "sample_weight": WEIGHT}
PLOTS = {
    "CalibrationDisplay": (
        lambda: displays.CalibrationDisplay(results()["curve"]),
        {"ax": None, "log": False, "name": None},
    ),
    "ImportanceDisplay": (
        lambda: displays.ImportanceDisplay(results()["importance"]),
        {"ax": None, "n_most": 20},
    ),
    "ReweighterDisplay": (
        lambda: displays.ReweighterDisplay(results()["reweighting"]),
        {"ax": None, "log": False},
    ),
    "SculptingDisplay": (
        lambda: displays.SculptingDisplay(results()["sculpting"]),
        {"ax": None},
    ),
    "VariationsDisplay": (
        lambda: displays.VariationsDisplay(results()["variations"]),
        {"ax": None},
    ),
    "TemplatesDisplay": (lambda: displays.TemplatesDisplay(templates()), {"ax": None}),
}
CALLS = [
    call("CalibrationDisplay", PROBABILITY, labels=("y_true",)),
    call(
        "CalibrationDisplay",
        {
            **PROBABILITY,
            "bins": 2,
            "min_effective_events": 1.0,
            "signal": 1,
            "name": "",
            "ax": None,
        },
        fixed=tuple(PROBABILITY),
    ),
    estimated("CalibrationDisplay", EVENTS),
    call("OvertrainingDisplay", robustness.TRAINED, labels=("y_train", "y_test"), n_bootstrap=2),
    call(
        "OvertrainingDisplay",
        {**robustness.TRAINED, "bins": 2, "score_name": "Score", "test": None, "ax": None},
        fixed=tuple(robustness.TRAINED),
        n_bootstrap=2,
    ),
    estimated(
        "OvertrainingDisplay",
        {
            "X_train": TABLE,
            "y_train": Y,
            "X_test": TABLE,
            "y_test": Y,
            "sample_weight_train": WEIGHT,
            "sample_weight_test": WEIGHT,
        },
        n_bootstrap=2,
    ),
    call("SculptingDisplay", SCULPTED, labels=("y_true",), bins=2),
    call(
        "SculptingDisplay",
        {**SCULPTED, "variable": "", "efficiencies": (0.5,), "of": "background", "ax": None},
        fixed=tuple(SCULPTED),
        bins=2,
    ),
    estimated("SculptingDisplay", {**EVENTS, "by": BY, "variable": None}, bins=2),
    result_of(
        "SculptingDisplay",
        "from_result",
        {"result": results()["sculpting"], "variable": "", "ax": None},
    ),
    call("ReweighterDisplay", probabilities.SAMPLES, "from_weights"),
    call(
        "ReweighterDisplay",
        {**probabilities.SAMPLES, "bins": 2, "variable": "", "ax": None},
        "from_weights",
        fixed=tuple(probabilities.SAMPLES),
    ),
    call(
        "ReweighterDisplay",
        {**EVENTS, "by": BY, "bins": 2, "variable": None},
        "from_estimator",
        ("y",),
        ratio=LikelihoodRatio(Known(), prior=0.5),
    ),
    result_of(
        "ReweighterDisplay",
        "from_test",
        {"test": results()["reweighting"], "variable": "", "ax": None},
    ),
    estimated("ImportanceDisplay", {"X": TABLE, "y": Y, "n_most": 20}, n_repeats=1),
    result_of("ImportanceDisplay", "from_result", {"result": results()["importance"], "ax": None}),
    estimated(
        "VariationsDisplay", {"variations": {"nominal": TABLE, "up": TABLE}, "y": Y, "ax": None}
    ),
    result_of("VariationsDisplay", "from_result", {"result": results()["variations"], "ax": None}),
    result_of("TemplatesDisplay", "from_templates", {"templates": templates(), "ax": None}),
    result_of("SignificanceDisplay", "from_binned", {"binned": results()["binned"], "ax": None}),
    *[
        Call(f"{name}.plot", plotted(display), options, None, WORDS, cost=5, draws=True)
        for name, (display, options) in PLOTS.items()
    ],
]
