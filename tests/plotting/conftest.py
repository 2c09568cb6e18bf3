"""Classifiers with known scores, and figures that are closed after each test."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin


class KnownScore(ClassifierMixin, BaseEstimator):
    """Binary classifier whose probability of the second class is the column ``score``."""

    def __init__(self, weight_column=None):
        self.weight_column = weight_column

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def predict_proba(self, X):
        return np.column_stack([1 - X["score"], X["score"]])

    def predict(self, X):
        return self.classes_[self.predict_proba(X).argmax(axis=1)]


class ThreeNodes(KnownScore):
    """Three classes, with the columns ``a``, ``b``, ``c`` as their probabilities."""

    def predict_proba(self, X):
        return X[["a", "b", "c"]].to_numpy()


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


@pytest.fixture
def scored():
    """Four events with a score and a weight, their classes, and the classifier of the score."""
    X = pd.DataFrame({"score": [0.1, 0.6, 0.4, 0.9], "weight": [3.0, 1.0, 2.0, 6.0]})
    y = np.array([0, 0, 1, 1])
    return X, y, KnownScore("weight").fit(X, y)


@pytest.fixture
def three():
    """Three classes with their probabilities."""
    X = pd.DataFrame({"a": [0.7, 0.2, 0.1, 0.5], "b": [0.2, 0.7, 0.1, 0.3]}, dtype=float)
    X["c"] = 1 - X["a"] - X["b"]
    y = np.array(["tt", "W", "Z", "W"])
    return X, y, ThreeNodes().fit(X, ["W", "Z", "tt"])


def overlapping(n=400, seed=0, n_negative=0):
    """Labels, overlapping scores in [0, 1] and weights over three decades."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, n)
    score = np.clip(rng.normal(0.4 + 0.25 * y, 0.15), 0, 1)
    weight = 10 ** rng.uniform(-2, 1, n)
    weight[rng.choice(n, n_negative, replace=False)] *= -0.5
    return y, score, weight


@pytest.fixture
def sample():
    return overlapping()


@pytest.fixture
def negative_sample():
    return overlapping(n_negative=60)
