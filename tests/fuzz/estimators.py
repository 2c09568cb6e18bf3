"""Calls of the classifiers, of the smallest network."""

from __future__ import annotations

import functools

import numpy as np

from fuzz import plain
from fuzz.call import RANDOM, TABLE, WEIGHT, Call, N, Y
from skhep_nn import (
    BlockClassifier,
    DenseClassifier,
    EventBlocks,
    IndividualMassClassifier,
    LSTMClassifier,
    ParametricClassifier,
)

SMALL = {"units": (2,), "epochs": 1, "verbose": 0, "random_state": 0}
FEATURES = TABLE[["pt", "eta"]].to_numpy()
WEIGHTED = {"weight_column": "weight", **SMALL}
TRACKS = RANDOM.normal(size=(N, 3, 2)).astype("float32")
WITH_MASS = TABLE.assign(mass=np.where(Y == 1, np.repeat([500.0, 750.0], N // 2), np.nan))


@functools.cache
def fitted(*, weighted):
    if weighted:
        return DenseClassifier(**WEIGHTED).fit(TABLE, Y)
    return DenseClassifier(**SMALL).fit(FEATURES, Y)


def fit(X, y, sample_weight):
    return DenseClassifier(**SMALL).fit(X, y, sample_weight).predict_proba(X)


def fit_with_validation(X_val, y_val, sample_weight_val):
    network = DenseClassifier(**SMALL)
    network.fit(FEATURES, Y, WEIGHT, X_val=X_val, y_val=y_val, sample_weight_val=sample_weight_val)
    return network.predict_proba(FEATURES)


def fit_in_parts(X, y, classes):
    return DenseClassifier(**SMALL).partial_fit(X, y, classes).predict_proba(X)


def predict(X):
    return fitted(weighted=False).predict_proba(X)


def predict_frame(X):
    return fitted(weighted=True).predict_proba(X)


def fit_frame(X):
    return DenseClassifier(**WEIGHTED).fit(X, Y).predict_proba(X)


def score(X, y, sample_weight):
    return fitted(weighted=False).score(X, y, sample_weight)


def check(got, X=None, y=None, sample_weight=None, classes=None, **validation):
    assert np.isfinite(got).all()
    assert (got >= 0).all()
    assert np.allclose(got.sum(axis=1), 1, atol=1e-5)
    if y is not None:
        plain.labels(np.ravel(y) if np.ndim(y) == 2 else y)
    plain.weights(sample_weight, len(got))


def check_score(got, X, y, sample_weight):
    y = plain.labels(np.ravel(y) if np.ndim(y) == 2 else y)
    weights = plain.weights(sample_weight, len(y))
    predicted = fitted(weighted=False).predict(X)
    right = [w for p, t, w in zip(predicted, y, weights, strict=True) if p == t]
    assert np.isclose(got, sum(right) / sum(weights))


def fit_of(make, X):
    return lambda y, sample_weight: make().fit(X, y, sample_weight)


OTHERS = {
    "LSTMClassifier": fit_of(lambda: LSTMClassifier(epochs=1, verbose=0), TRACKS),
    "BlockClassifier": fit_of(
        lambda: BlockClassifier(epochs=1, verbose=0), EventBlocks({"event": FEATURES, "t": TRACKS})
    ),
    "ParametricClassifier": fit_of(
        lambda: ParametricClassifier(epochs=1, verbose=0), WITH_MASS.drop(columns="weight")
    ),
    "IndividualMassClassifier": fit_of(
        lambda: IndividualMassClassifier(DenseClassifier(**SMALL)), WITH_MASS.drop(columns="weight")
    ),
}
WORDS = ("X", "column", "block", "label", "feature", "events", "weight", "classes", "class ")
OF_LABELS = {"labels": ("y",), "masked": ("y", "sample_weight")}
EVENTS = {"X": FEATURES, "y": Y, "sample_weight": WEIGHT}

CALLS = [
    Call("fit", fit, EVENTS, check, WORDS, ("y",), ("X", "y", "sample_weight"), cost=15),
    Call("fit of a frame", fit_frame, {"X": TABLE}, check, WORDS, cost=15),
    Call(
        "fit with validation",
        fit_with_validation,
        {"X_val": FEATURES, "y_val": Y, "sample_weight_val": WEIGHT},
        check,
        WORDS,
        labels=("y_val",),
        masked=("X_val", "y_val", "sample_weight_val"),
        cost=15,
    ),
    Call(
        "partial_fit",
        fit_in_parts,
        {"X": FEATURES, "y": Y, "classes": np.array([0, 1])},
        check,
        WORDS,
        labels=("y", "classes"),
        masked=("X", "y", "classes"),
        cost=15,
    ),
    Call("predict_proba", predict, {"X": FEATURES}, check, WORDS, masked=("X",), cost=3),
    Call("predict_proba of a frame", predict_frame, {"X": TABLE}, check, WORDS, cost=3),
    Call("score", score, EVENTS, check_score, WORDS, ("y",), ("X", "y", "sample_weight"), cost=3),
]
PLACES = [
    Call(name, function, {"y": Y, "sample_weight": WEIGHT}, None, WORDS, **OF_LABELS)
    for name, function in OTHERS.items()
]
