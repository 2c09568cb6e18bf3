"""Calls of what says how far a model can be trusted: variations, importance, overtraining."""

from __future__ import annotations

import numpy as np

from fuzz import inputs, plain
from fuzz.call import SCORE, TABLE, WEIGHT, Call, N, Y
from fuzz.models import FEATURES, Known, fitted
from skhep_nn import metrics, robustness

# so many permutations are what was asked for
FEW_TIMES = inputs.values.filter(lambda value: not inputs.is_huge(value))
WORDS = (
    "variation",
    "signal",
    "background",
    "class ",
    "column",
    "feature",
    "events",
    "label",
    "weight",
    "X",
    "y_true",
    "y_score",
    "nominal",
    "block",
    "sums to",
    "bins",
)


def varied(up, y, sample_weight):
    variations = {"nominal": TABLE, "up": up}
    return robustness.evaluate_variations(Known(), variations, y, sample_weight=sample_weight)


def varied_with(**options):
    variations = {"nominal": TABLE, "up": TABLE.assign(event_number=np.arange(N))}
    return robustness.evaluate_variations(
        **{"model": Known(), "variations": variations, "y": Y, **options}
    )


def check_varied(got, up, y, sample_weight):
    plain.weights(sample_weight, len(plain.labels(y)))
    assert all(np.isfinite(one.auc) for one in got.variations.values())


def important(X, y, sample_weight):
    return robustness.feature_importance(Known(), X, y, sample_weight=sample_weight, n_repeats=1)


def important_with(**options):
    given = {"model": Known(), "X": TABLE, "y": Y, "n_repeats": 1}
    return robustness.feature_importance(**{**given, **options})


def gradients(X, y, sample_weight):
    return robustness.gradient_importance(
        fitted("ResNetClassifier"), X, y, sample_weight=sample_weight
    )


def gradients_with(**options):
    given = {"model": fitted("ResNetClassifier"), "X": FEATURES, "y": Y}
    return robustness.gradient_importance(**{**given, **options})


def check_importance(got, X, y, sample_weight):
    plain.weights(sample_weight, len(plain.labels(y)))
    assert np.isfinite(got.importance).all()


def overtrained(**options):
    return metrics.overtraining_test(**options, n_bootstrap=2)


def check_overtrained(
    got, y_train, score_train, y_test, score_test, sample_weight_train, sample_weight_test
):
    parts = (y_train, score_train, sample_weight_train), (y_test, score_test, sample_weight_test)
    for y, scores, weights in parts:
        plain.weights(weights, len(plain.labels(y)))
        plain.numbers(scores)


def check_sculpting(got, y_true, y_score, by, sample_weight):
    y = plain.labels(y_true)
    plain.numbers(y_score)
    plain.numbers_or_missing(by)
    plain.weights(sample_weight, len(y))


TRAINED = {
    "y_train": Y,
    "score_train": SCORE,
    "y_test": Y[::-1].copy(),
    "score_test": SCORE**2,
    "sample_weight_train": WEIGHT,
    "sample_weight_test": WEIGHT,
}
BY = {"y_true": Y, "y_score": SCORE, "by": TABLE["pt"].to_numpy(), "sample_weight": WEIGHT}
FEW = {"labels": ("y",), "masked": ("y", "sample_weight")}

CALLS = [
    Call(
        "evaluate_variations",
        varied,
        {"up": TABLE, "y": Y, "sample_weight": WEIGHT},
        check_varied,
        WORDS,
        **FEW,
        cost=6,
    ),
    Call(
        "evaluate_variations of options",
        varied_with,
        {
            "model": Known(),
            "variations": {"nominal": TABLE, "up": TABLE},
            "signal": 1,
            "weight_column": "weight",
            "nominal": "nominal",
            "threshold": None,
            "efficiency": 0.5,
            "bins": 2,
            "paired": True,
            "event_number": None,
        },
        None,
        ("estimator", *WORDS),
        cost=6,
    ),
    Call(
        "feature_importance",
        important,
        {"X": TABLE, "y": Y, "sample_weight": WEIGHT},
        check_importance,
        WORDS,
        **FEW,
        cost=6,
    ),
    Call(
        "feature_importance of options",
        important_with,
        {
            "model": Known(),
            "signal": 1,
            "weight_column": "weight",
            "groups": None,
            "min_correlation": 0.7,
            "n_repeats": 1,
            "max_events": None,
            "random_state": 0,
        },
        None,
        ("estimator", "seed", *WORDS),
        cost=6,
        odd={"n_repeats": FEW_TIMES},
    ),
    Call(
        "gradient_importance",
        gradients,
        {"X": FEATURES, "y": Y, "sample_weight": WEIGHT},
        check_importance,
        WORDS,
        **FEW,
        cost=8,
    ),
    Call(
        "gradient_importance of options",
        gradients_with,
        {"model": fitted("ResNetClassifier"), "signal": 1, "max_events": None, "random_state": 0},
        None,
        ("estimator", "seed", "network", *WORDS),
        cost=8,
    ),
    Call(
        "overtraining_test",
        overtrained,
        TRAINED,
        check_overtrained,
        WORDS,
        labels=("y_train", "y_test"),
        masked=tuple(TRAINED),
        cost=4,
    ),
    Call(
        "overtraining_test of options",
        lambda **options: metrics.overtraining_test(**TRAINED, **options),
        {
            "signal": 1,
            "threshold": None,
            "efficiency": 0.5,
            "bins": 2,
            "n_bootstrap": 2,
            "random_state": 0,
        },
        None,
        ("seed", *WORDS),
        cost=4,
    ),
    Call(
        "sculpting",
        lambda **events: metrics.sculpting(**events, bins=2),
        BY,
        check_sculpting,
        WORDS,
        labels=("y_true",),
        masked=tuple(BY),
        cost=4,
    ),
    Call(
        "sculpting of options",
        lambda **options: metrics.sculpting(**BY, **options),
        {"signal": 1, "efficiencies": (0.5, 0.2), "of": "background", "bins": 2},
        None,
        WORDS,
        cost=4,
    ),
]
