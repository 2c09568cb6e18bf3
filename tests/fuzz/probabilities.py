"""Calls of calibration curves, scoring rules, calibrated classifiers and likelihood ratios."""

from __future__ import annotations

import functools
import math

import numpy as np
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline

from fuzz import plain
from fuzz.call import SCORE, TABLE, WEIGHT, Call, Y
from fuzz.metrics import close
from fuzz.models import AT_MASS, Known, fitted, weighted
from skhep_nn import CalibratedClassifier, LikelihoodRatio, MinMaxScaler, metrics

EVENTS = {"y_true": Y, "probability": SCORE, "sample_weight": WEIGHT}
MASKED = {"labels": ("y_true",), "masked": ("y_true", "probability", "sample_weight")}
WORDS = ("signal", "background", "classes", "class ", "sums to", "bins")


def events(y_true, probability, sample_weight):
    """(whether signal, its probability, weight) of each event."""
    y = plain.labels(y_true)
    if plain.is_table(probability):
        p = [row[1] for row in plain.matrix(probability)]
    else:
        p = plain.numbers(probability)
    weights = plain.weights(sample_weight, len(y))
    return [(t == 1, q, w) for t, q, w in zip(y, p, weights, strict=True)]


def mean(values):
    """Of pairs of value and weight; the weights may be of any scale."""
    values = list(values)
    largest = max(abs(w) for _, w in values)
    return math.fsum(v * (w / largest) for v, w in values) / math.fsum(
        w / largest for _, w in values
    )


def check_brier(got, **given):
    close(got.value, mean(((p - t) ** 2, w) for t, p, w in events(**given)))


def check_log_loss(got, **given):
    least = np.finfo(float).eps
    rows = events(**given)
    close(got.value, mean((-math.log(max(p if t else 1 - p, least)), w) for t, p, w in rows))


def check_curve(got, **given):
    rows = events(**given)
    assert np.isfinite(got.probability).all()
    assert len(got.probability) <= len(rows)


def check_calibration_error(got, **given):
    events(**given)
    assert np.isfinite(got.value)


BINS_OF_PROBABILITY = {"bins": 2, "min_effective_events": 1.0, "signal": 1}


@functools.cache
def calibrated(method="isotonic"):
    return CalibratedClassifier(weighted(), method).fit(TABLE, Y)


def fit(X, y, sample_weight):
    # scikit-learn's words for a column of text do not name it
    model = make_pipeline(MinMaxScaler(), GaussianNB())
    return CalibratedClassifier(model, cv=2).fit(X, y, sample_weight).predict_proba(TABLE)


def fit_of_options(**options):
    return CalibratedClassifier(**options).fit(TABLE, Y).predict_proba(TABLE)


def check_fit(got, X, y, sample_weight):
    check_probabilities(got)
    y = plain.labels(np.ravel(y) if np.ndim(y) == 2 else y)
    plain.weights(sample_weight, len(y))


def check_probabilities(got, **arguments):
    assert np.isfinite(got).all()
    assert np.allclose(got.sum(axis=1), 1)


def check_calibrated(got, probabilities):
    check_probabilities(got)
    plain.matrix(probabilities)


def score(X, y, sample_weight):
    return calibrated().score(X, y, sample_weight)


def check_score(got, X, y, sample_weight):
    y = plain.labels(np.ravel(y) if np.ndim(y) == 2 else y)
    plain.weights(sample_weight, len(y))
    assert 0 <= got <= 1


def calibrated_at(mass):
    model = CalibratedClassifier(fitted("ParametricClassifier")).fit(AT_MASS, Y)
    return model.at(mass).predict_proba(AT_MASS.drop(columns="mass"))


def reweighted(X, sample_weight, total):
    ratio = LikelihoodRatio(Known(), prior=0.5)
    return ratio.predict_weights(X, sample_weight=sample_weight, total=total)


def check_weights(got, X, sample_weight, total):
    assert np.isfinite(got).all()
    plain.weights(sample_weight, X.shape[0] if hasattr(X, "shape") else len(X))
    if total is not None:
        close(got.sum(), plain.numbers([total])[0])


def ratio_of(**options):
    return LikelihoodRatio(Known(), **options).predict(TABLE)


def check_ratio(got, **arguments):
    assert (got >= 0).all()


def check_reweighting(got, source, target, weights_after, weights_before, weights_target):
    plain.weights(weights_before, len(plain.numbers(source)))
    plain.weights(weights_after, len(source))
    plain.weights(weights_target, len(plain.numbers(target)))
    for part in (got.before, got.after, got.target):
        close(part.sum(), 1.0)


SAMPLES = {
    "source": SCORE,
    "target": SCORE**2,
    "weights_after": WEIGHT,
    "weights_before": WEIGHT[::-1].copy(),
    "weights_target": WEIGHT,
}
MODEL_WORDS = (
    "weight",
    "X",
    "column",
    "label",
    "feature",
    "events",
    "class ",
    "predict_proba of the model",
    "estimator",
    *WORDS,
)
PROBABILITIES = np.column_stack([1 - SCORE, SCORE])

CALLS = [
    Call("brier_score", metrics.brier_score, EVENTS, check_brier, WORDS, **MASKED),
    Call("log_loss", metrics.log_loss, EVENTS, check_log_loss, WORDS, **MASKED),
    *[
        Call(
            f"{function.__name__} of classes",
            function,
            {"y_true": Y, "probability": PROBABILITIES, "signal": 1, "classes": np.array([0, 1])},
            None,
            WORDS,
            labels=("y_true",),
            masked=("y_true", "probability"),
        )
        for function in (metrics.brier_score, metrics.log_loss)
    ],
    *[
        Call(function.__name__, function, EVENTS, check, WORDS, **MASKED, cost=3)
        for function, check in (
            (metrics.calibration_curve, check_curve),
            (metrics.expected_calibration_error, check_calibration_error),
        )
    ],
    *[
        Call(
            f"{function.__name__} of options",
            lambda function=function, **options: function(**EVENTS, **options),
            BINS_OF_PROBABILITY,
            None,
            (*WORDS, "sample_weight"),
            cost=3,
        )
        for function in (metrics.calibration_curve, metrics.expected_calibration_error)
    ],
    Call(
        "reweighting_test",
        metrics.reweighting_test,
        SAMPLES,
        check_reweighting,
        ("weights",),
        masked=tuple(SAMPLES),
        cost=2,
    ),
    Call(
        "reweighting_test of bins",
        lambda bins: metrics.reweighting_test(**SAMPLES, bins=bins),
        {"bins": np.array([0.0, 0.5, 1.0])},
        None,
        (),
        cost=2,
    ),
    Call(
        "CalibratedClassifier.fit",
        fit,
        {"X": TABLE, "y": Y, "sample_weight": WEIGHT},
        check_fit,
        MODEL_WORDS,
        labels=("y",),
        masked=("y", "sample_weight"),
        cost=4,
    ),
    Call(
        "CalibratedClassifier of options",
        fit_of_options,
        {
            "model": GaussianNB(),
            "method": "isotonic",
            "prior": "training",
            "weight_column": None,
            "training_prior": None,
            "cv": 2,
        },
        check_probabilities,
        MODEL_WORDS,
        cost=4,
    ),
    Call(
        "CalibratedClassifier.calibrate",
        lambda probabilities: calibrated().calibrate(probabilities),
        {"probabilities": PROBABILITIES},
        check_calibrated,
        WORDS,
        masked=("probabilities",),
        cost=2,
    ),
    Call(
        "CalibratedClassifier.score",
        score,
        {"X": TABLE, "y": Y, "sample_weight": WEIGHT},
        check_score,
        MODEL_WORDS,
        labels=("y",),
        masked=("y", "sample_weight"),
        cost=3,
    ),
    *[
        Call(
            f"CalibratedClassifier.{method}",
            lambda X, method=method: getattr(calibrated(), method)(X),
            {"X": TABLE},
            check,
            MODEL_WORDS,
            cost=3,
        )
        for method, check in (
            ("predict", None),
            ("predict_proba", check_probabilities),
            ("predict_log_proba", None),
        )
    ],
    Call(
        "CalibratedClassifier.at",
        calibrated_at,
        {"mass": 750.0},
        check_probabilities,
        ("hypothes", *MODEL_WORDS),
        cost=12,
    ),
    Call(
        "LikelihoodRatio",
        ratio_of,
        {"prior": 0.5, "signal": 1, "max_ratio": 10.0},
        check_ratio,
        MODEL_WORDS,
        cost=2,
    ),
    Call(
        "LikelihoodRatio.predict_weights",
        reweighted,
        {"X": TABLE, "sample_weight": WEIGHT, "total": 5.0},
        check_weights,
        MODEL_WORDS,
        masked=("sample_weight",),
        cost=2,
    ),
]
