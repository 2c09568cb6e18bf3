"""Displays of frames that are not of pandas."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin

from skhep_nn import _columns
from skhep_nn.plotting import (
    ClosureDisplay,
    ConfusionMatrixDisplay,
    InputVariablesDisplay,
    RocDisplay,
    ScoreDisplay,
    SignificanceDisplay,
)


class Sigmoid(ClassifierMixin, BaseEstimator):
    """Takes the column ``x`` of any frame as its score."""

    weight_column = "weight"
    classes_ = np.array([0, 1])

    def fit(self, X, y):
        return self

    def predict_proba(self, X):
        p = 1 / (1 + np.exp(-_columns.take(X, "x")))
        return np.stack([1 - p, p], axis=1)

    def predict(self, X):
        return (self.predict_proba(X)[:, 1] > 0.5).astype(int)

    def __sklearn_is_fitted__(self):
        return True


@pytest.fixture
def events():
    rng = np.random.default_rng(0)
    y = np.arange(200) % 2
    return pd.DataFrame({"x": rng.normal(y, 1), "weight": rng.uniform(0.5, 2, 200)}), y


CONTENT = {
    RocDisplay: lambda display: display.auc,
    ScoreDisplay: lambda display: [h.values() for h in display.test.values()],
    SignificanceDisplay: lambda display: display.scan.figure_of_merit,
    ConfusionMatrixDisplay: lambda display: display.matrix,
    InputVariablesDisplay: lambda display: display.histograms["x"][1].values(),
}


@pytest.mark.parametrize("convert", [pl.from_pandas, pa.Table.from_pandas])
@pytest.mark.parametrize("display", CONTENT)
def test_a_display_shows_what_it_shows_of_pandas(events, display, convert):
    X, y = events
    expected = display.from_estimator(Sigmoid(), X, y)
    found = display.from_estimator(Sigmoid(), convert(X), pl.Series(y))
    np.testing.assert_array_equal(CONTENT[display](found), CONTENT[display](expected))


@pytest.mark.parametrize("convert", [pl.from_pandas, pa.Table.from_pandas])
def test_a_closure_display_finds_its_variable(events, convert):
    X, y = events
    expected = ClosureDisplay.from_estimator(Sigmoid(), X, y, by="x")
    found = ClosureDisplay.from_estimator(Sigmoid(), convert(X), pa.array(y), by="x")
    np.testing.assert_array_equal(found.test.pulls, expected.test.pulls)
