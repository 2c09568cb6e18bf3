"""Metrics of Series and frames that are not of pandas."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from sklearn.linear_model import LogisticRegression

from skhep_nn.exceptions import ColumnError
from skhep_nn.metrics import (
    auc_by_parameter,
    auc_by_parameter_from_scores,
    binned_significance,
    brier_score,
    closure_test,
    log_loss,
    make_auc_scorer,
    make_fom_scorer,
    make_parametric_auc_scorer,
    optimise_binning,
    roc_auc,
    significance_scan,
    threshold_at,
    weighted_ks,
)
from skhep_nn.plotting import RocPairsDisplay, ScorePanelsDisplay

SERIES = {
    "polars": pl.Series,
    "pyarrow": pa.array,
    "chunked": lambda values: pa.chunked_array([values[:7], values[7:]]),
    "nullable": lambda values: pd.Series(values).convert_dtypes(),
    "Arrow-backed": lambda values: pd.Series(values).convert_dtypes(dtype_backend="pyarrow"),
}


@pytest.fixture
def events():
    rng = np.random.default_rng(0)
    y = np.arange(200) % 2
    X = pd.DataFrame(
        {"x": rng.normal(y, 1), "mass": np.where(y == 1, 1.0 + np.arange(200) // 100, 0)}
    )
    return X.assign(weight=rng.uniform(0.5, 2, 200)), y


@pytest.mark.parametrize("series", SERIES.values(), ids=SERIES)
def test_labels_scores_and_weights_may_be_series_of_any_library(events, series):
    X, y = events
    scores = 1 / (1 + np.exp(-X["x"].to_numpy()))
    weights = X["weight"].to_numpy()
    given = series(y), series(scores), series(weights)
    assert roc_auc(*given) == roc_auc(y, scores, weights)
    scan = significance_scan(*given)
    assert scan.best == significance_scan(y, scores, weights).best
    edges = optimise_binning(*given)
    np.testing.assert_array_equal(edges, optimise_binning(y, scores, weights))
    bins = {"bins": [-1, 0.5, 2], "n_bootstrap": 0}
    expected = binned_significance(y, scores, weights, variations={"x": (scores**4, 1.0)}, **bins)
    found = binned_significance(*given, variations={"x": (series(scores**4), 1.0)}, **bins)
    assert found.significance == expected.significance
    expected = closure_test(y, scores, by=X["x"].to_numpy(), bins=5)
    found = closure_test(given[0], given[1], by=series(X["x"].to_numpy()), bins=5)
    np.testing.assert_array_equal(found.pulls, expected.pulls)
    assert weighted_ks(given[1], given[2]) == weighted_ks(scores, weights)
    expected = auc_by_parameter_from_scores(y, scores, X["mass"], sample_weight=weights)
    found = auc_by_parameter_from_scores(
        *given[:2], series(X["mass"].to_numpy()), sample_weight=given[2]
    )
    np.testing.assert_array_equal(found.to_numpy(), expected.to_numpy())


@pytest.mark.parametrize("convert", [pl.from_pandas, pa.Table.from_pandas])
def test_scorers_and_metrics_find_the_columns_of_a_frame(events, convert):
    X, y = events
    model = LogisticRegression().fit(X, y)
    native = convert(X)
    columns = {"weight_column": "weight"}
    scorers = (
        make_auc_scorer(**columns),
        make_fom_scorer(**columns),
        make_parametric_auc_scorer(**columns),
    )
    model = LogisticRegression().fit(native, y) if convert is pl.from_pandas else model
    if convert is pl.from_pandas:
        for scorer in scorers:
            assert scorer(model, native, pl.Series(y)) == scorer(model, X, y)
    expected = auc_by_parameter(model, X, y, parameter="mass", **columns)
    found = auc_by_parameter(model, native, y, parameter="mass", **columns)
    np.testing.assert_array_equal(found.to_numpy(), expected.to_numpy())


OF_CLASSES = {
    "log_loss": log_loss,
    "brier_score": brier_score,
    "threshold_at": lambda y, p: threshold_at(y, p, efficiency=0.5, signal="b"),
    "significance_scan": lambda y, p: significance_scan(y, p, signal="b", node="b").signal.tolist(),
    "RocPairsDisplay": lambda y, p: RocPairsDisplay.from_predictions(y, p).auc().loc["b", "c"],
    "ScorePanelsDisplay": lambda y, p: (
        ScorePanelsDisplay.from_predictions(y, p, bins=4).displays["b"].test["b"].values().tolist()
    ),
}


@pytest.mark.parametrize("function", OF_CLASSES.values(), ids=OF_CLASSES.keys())
@pytest.mark.parametrize("convert", [lambda frame: frame, pl.from_pandas, pa.Table.from_pandas])
def test_columns_that_are_named_as_the_classes_may_be_in_any_order(function, convert):
    rng = np.random.default_rng(0)
    y = np.array(["b", "c", "uds"])[rng.integers(0, 3, 300)]
    p = pd.DataFrame(rng.dirichlet([1, 2, 3], 300), columns=["b", "c", "uds"])
    p["b"] += y == "b"
    p = p.div(p.sum(axis=1), axis=0)
    expected = function(y, p.to_numpy())
    assert function(y, convert(p)) == expected
    assert function(y, convert(p[["uds", "b", "c"]])) == expected
    # other names, or mere numbers, say nothing of the classes
    assert function(y, convert(p.set_axis(["x", "y", "z"], axis=1))) == expected


def test_columns_that_are_only_numbered_are_in_the_order_of_classes():
    y, p = np.array([0, 1, 1, 0]), np.array([[0.6, 0.4], [0.2, 0.8], [0.3, 0.7], [0.9, 0.1]])
    expected = log_loss(y, p)
    assert log_loss(y, pd.DataFrame(p[:, ::-1]), classes=[1, 0]) == expected
    assert log_loss(y, pd.DataFrame(p[:, ::-1]).set_axis([1, 0], axis=1)) == expected


@pytest.mark.parametrize("function", OF_CLASSES.values(), ids=OF_CLASSES.keys())
def test_columns_of_which_only_some_are_named_as_the_classes_are_an_error(function):
    y = np.array(["b", "c", "uds"] * 20)
    p = pd.DataFrame(np.full((60, 3), 1 / 3), columns=["c", "b", "light"])
    with pytest.raises(
        ColumnError, match=r"has the columns \['c', 'b', 'light'\], and the classes"
    ):
        function(y, p)


def test_columns_that_another_library_numbered_stay_where_they_are():
    y, p = np.array([1, 2, 2, 1]), pd.DataFrame([[0.6, 0.4], [0.2, 0.8], [0.3, 0.7], [0.9, 0.1]])
    assert log_loss(y, pl.from_pandas(p)) == log_loss(y, p.to_numpy())
