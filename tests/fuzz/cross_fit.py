"""Calls of folds by event number, cross-fits and ensembles of small networks."""

from __future__ import annotations

import functools
import math

import numpy as np

from fuzz import inputs, models, plain
from fuzz.call import SCORE, TABLE, WEIGHT, Call, N, Y
from skhep_nn import CrossFitClassifier, EnsembleClassifier, EventNumberFold
from skhep_nn.metrics import fold_spread

NUMBERS = np.arange(N)
X = TABLE[["pt", "eta"]].assign(event_number=NUMBERS)
FEATURES = X[["pt", "eta"]]
TABLES = {"CrossFitClassifier": X, "EnsembleClassifier": FEATURES}
WORD = 2**64


def folds(groups):
    return EventNumberFold(3).folds(None, groups)


def fold_of(number):
    x = (int(number) + 0x9E3779B97F4A7C15) % WORD
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9 % WORD
    x = (x ^ (x >> 27)) * 0x94D049BB133111EB % WORD
    return (x ^ (x >> 31)) % 3


def check_folds(got, groups):
    if np.ndim(groups) == 1:
        numbers = plain.numbers(groups)
        assert all(math.isfinite(number) and number == int(number) for number in numbers)
        assert got.tolist() == [fold_of(number) for number in np.asarray(groups).tolist()]


def splits(**parameters):
    return list(EventNumberFold(**parameters).split(X, Y))


def check_splits(got, **parameters):
    assert sorted(np.concatenate([test for _, test in got])) == list(range(N))


def spread(y_true, y_score, folds, sample_weight):
    return fold_spread(y_true, y_score, folds, sample_weight=sample_weight).values


def check_spread(got, y_true, y_score, folds, sample_weight):
    plain.labels(y_true)
    plain.numbers(y_score)
    plain.weights(sample_weight, len(y_true))


MODELS = {"CrossFitClassifier": CrossFitClassifier, "EnsembleClassifier": EnsembleClassifier}
OPTIONS = {
    "CrossFitClassifier": {
        "n_folds": 2,
        "fold_column": "event_number",
        "rotate_validation": False,
        "hash": "mix",
        "salt": 0,
        "random_state": 0,
    },
    "EnsembleClassifier": {"n_members": 2, "bootstrap": False, "random_state": 0},
}


def make(kind, **parameters):
    size = {"n_folds": 2} if kind == "CrossFitClassifier" else {"n_members": 2}
    size |= {"rotate_validation": False} if kind == "CrossFitClassifier" else {}
    network = models.make("DenseClassifier", n_networks=1)
    return MODELS[kind](**{"estimator": network, **size, **parameters})


@functools.cache
def fitted(kind):
    return make(kind).fit(TABLES[kind], Y)


def fit_of(kind):
    return lambda X, y, sample_weight: make(kind).fit(X, y, sample_weight).predict_proba(X)


def options_of(kind):
    return lambda **options: make(kind, **options).fit(TABLES[kind], Y).predict_proba(TABLES[kind])


def check(got, y=None, sample_weight=None, **others):
    assert np.isfinite(got).all()
    assert np.allclose(got.sum(axis=1), 1, atol=1e-5)
    if y is not None:
        plain.labels(np.ravel(y) if np.ndim(y) == 2 else y)
        plain.weights(sample_weight, len(y))


WORDS = (
    "X",
    "column",
    "feature",
    "label",
    "class ",
    "events",
    "fold",
    "groups",
    "number",
    "weight",
)
# a million members are trained for as long as they take
NUMBERS_OF = {"n_members": inputs.values.filter(lambda value: not inputs.is_huge(value))}
FEW = {"words": WORDS, "cost": 12}


def calls_of(kind):
    weights = {"y": Y, "sample_weight": WEIGHT}
    return [
        Call(
            f"{kind}.fit",
            fit_of(kind),
            {"X": TABLES[kind], **weights},
            check,
            labels=("y",),
            masked=("y", "sample_weight"),
            **FEW,
        ),
        Call(
            f"{kind}.predict_proba",
            lambda X: fitted(kind).predict_proba(X),
            {"X": TABLES[kind]},
            check,
            **FEW,
        ),
        Call(f"{kind} of options", options_of(kind), OPTIONS[kind], check, odd=NUMBERS_OF, **FEW),
    ]


CALLS = [
    Call("EventNumberFold.folds", folds, {"groups": NUMBERS}, check_folds, WORDS),
    Call(
        "EventNumberFold",
        splits,
        {"n_folds": 3, "columns": "event_number", "hash": "mix", "salt": 0},
        check_splits,
        WORDS,
    ),
    Call(
        "fold_spread",
        spread,
        {"y_true": Y, "y_score": SCORE, "folds": NUMBERS % 3, "sample_weight": WEIGHT},
        check_spread,
        ("signal", "background", "folds"),
        labels=("y_true",),
        masked=("y_true", "y_score", "sample_weight"),
    ),
    *[call for kind in MODELS for call in calls_of(kind)],
    *[
        Call(
            f"EnsembleClassifier.{method}",
            lambda X, method=method: getattr(fitted("EnsembleClassifier"), method)(X),
            {"X": FEATURES},
            None,
            **FEW,
        )
        for method in ("predict", "predict_log_proba", "predict_spread")
    ],
    Call(
        "EnsembleClassifier.score",
        lambda X, y, sample_weight: fitted("EnsembleClassifier").score(X, y, sample_weight),
        {"X": FEATURES, "y": Y, "sample_weight": WEIGHT},
        None,
        labels=("y",),
        masked=("y", "sample_weight"),
        **FEW,
    ),
]
