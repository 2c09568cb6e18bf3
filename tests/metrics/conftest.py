"""Parametric classifiers without a network, whose AUC at each mass is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin

SHIFT = {500.0: 0.5, 750.0: 1.0, 1000.0: 2.0}


def score(X, mass):
    """Projection on a direction that depends on the mass, as a probability."""
    angle = np.deg2rad(np.asarray(mass, dtype=float) * 90 / 500)
    return 1 / (1 + np.exp(-(np.asarray(X["a"]) * np.cos(angle) + X["b"] * np.sin(angle))))


class ColumnReader(ClassifierMixin, BaseEstimator):
    """Knows the best score at each mass, which it reads from its column."""

    def __init__(self, parameter="mass", weight_column=None, flip=False):
        self.parameter = parameter
        self.weight_column = weight_column
        self.flip = flip

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        self.feature_names_in_ = np.array(X.columns, dtype=object)
        return self

    def _probability(self, X, mass):
        if np.isnan(mass).any():
            msg = f"column {self.parameter!r} has NaN"
            raise ValueError(msg)
        p = score(X, mass)
        p = 1 - p if self.flip else p
        return np.stack([1 - p, p], axis=-1)

    def predict_proba(self, X):
        return self._probability(X, np.asarray(X[self.parameter], dtype=float))

    def predict(self, X):
        return self.classes_[self.predict_proba(X).argmax(axis=1)]


class Scanner(ColumnReader):
    """The same, which scans masses faster than one by one; it counts the events it is asked for."""

    def predict_proba_scan(self, X, masses):
        self.asked_ = [*getattr(self, "asked_", []), (len(X), list(masses))]
        return np.stack([self._probability(X, mass) for mass in masses], axis=1)


class Blind(ClassifierMixin, BaseEstimator):
    """Knows the score of one mass only."""

    def __init__(self, mass=750.0):
        self.mass = mass

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        self.feature_names_in_ = np.array(X.columns, dtype=object)
        return self

    def predict_proba(self, X):
        assert list(X.columns) == list(self.feature_names_in_)
        p = score(X, self.mass)
        return np.column_stack([1 - p, p])


def make_resonance(n_events=3000, seed=0):
    """Background around the origin without mass, signal shifted along the direction of its mass."""
    rng = np.random.default_rng(seed)
    mass = rng.choice([np.nan, *SHIFT], size=n_events, p=[0.4, 0.3, 0.2, 0.1])
    shift = np.array([SHIFT.get(value, 0.0) for value in mass])
    angle = np.deg2rad(np.nan_to_num(mass) * 90 / 500)
    a, b = rng.normal(size=(2, n_events)) + shift * [np.cos(angle), np.sin(angle)]
    weight = rng.uniform(0.5, 1.5, n_events) * np.where(np.isnan(mass), 1.0, 0.1)
    X = pd.DataFrame({"a": a, "b": b, "mass": mass, "weight": weight})
    return X, (~np.isnan(mass)).astype(int)


@pytest.fixture
def resonance():
    return make_resonance()


@pytest.fixture
def stubs():
    """The stand-ins: ``stubs["Scanner"]()``."""
    return {"ColumnReader": ColumnReader, "Scanner": Scanner, "Blind": Blind, "score": score}
