"""Metrics against the mass, of the package's own networks on one table."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skhep_nn import (
    DenseClassifier,
    IndividualMassClassifier,
    LeaveOneMassOut,
    MinMaxScaler,
    ParametricClassifier,
    make_auc_scorer,
    make_parametric_auc_scorer,
)
from skhep_nn.metrics import _by_parameter_scores, auc_by_parameter, roc_auc

FAST = {"units": (16,), "epochs": 5, "batch_size": 256, "learning_rate": 0.02, "random_state": 0}


@pytest.fixture(scope="module")
def events():
    """A resonance at its mass on a flat background, with weights."""
    rng = np.random.default_rng(0)
    n = 3000
    mass = np.where(rng.random(n) < 0.5, rng.choice([500.0, 750.0, 1000.0], n), np.nan)
    m = np.where(np.isnan(mass), rng.uniform(200, 1300, n), mass + 60 * rng.normal(size=n))
    weight = rng.uniform(0.5, 1.5, n)
    X = pd.DataFrame({"m": m, "noise": rng.normal(size=n), "mass": mass, "weight": weight})
    return X, (~np.isnan(mass)).astype(int)


@pytest.fixture(scope="module")
def networks(events):
    X, y = events
    blind = make_pipeline(StandardScaler(), DenseClassifier(**FAST))
    one = make_pipeline(
        MinMaxScaler(exclude=["mass", "weight"]),
        IndividualMassClassifier(DenseClassifier(weight_column="weight", **FAST)),
    )
    parametric = make_pipeline(
        MinMaxScaler(exclude=["mass", "weight"]),
        ParametricClassifier(weight_column="weight", **FAST),
    )
    return {
        "parametric": parametric.fit(X, y),
        "one per mass": one.fit(X, y),
        "blind": blind.fit(X[["m", "noise"]], y),
    }


def test_a_scan_is_what_the_network_says_at_each_mass(events, networks):
    X, y = events
    for name in ("parametric", "one per mass"):
        table = auc_by_parameter(networks[name], X, y)
        for mass in (500.0, 750.0, 1000.0):
            rows = (y == 0) | (X["mass"] == mass).to_numpy()
            part = X[rows].assign(mass=mass)
            p = networks[name].predict_proba(part)[:, 1]
            expected = roc_auc(y[rows], p, part["weight"])
            assert table.loc[mass, "auc"] == pytest.approx(expected, abs=1e-5)


def test_networks_that_know_the_mass_beat_the_blind_one_away_from_the_middle(events, networks):
    X, y = events
    auc = pd.DataFrame(
        {
            name: auc_by_parameter(model, X, y, parameter="mass", weight_column="weight")["auc"]
            for name, model in networks.items()
        }
    )
    # the blind one learns that signal is in the middle of the background
    outer = auc.loc[[500.0, 1000.0]]
    assert (outer["parametric"] > outer["blind"] + 0.1).all()
    assert (outer["one per mass"] > outer["blind"] + 0.1).all()


def test_both_are_scanned_and_not_run_once_per_mass(events, networks, monkeypatch):
    def no(*args):
        raise AssertionError

    monkeypatch.setattr(_by_parameter_scores, "_by_column", no)
    for name in ("parametric", "one per mass"):
        assert len(auc_by_parameter(networks[name], *events)) == 3


def test_one_hypothesis_is_a_classifier_whose_score_counts_at_every_mass(events, networks):
    X, y = events
    at_500 = networks["parametric"][-1].at(mass=500.0)
    scaled = networks["parametric"][:-1].transform(X)
    fixed = auc_by_parameter(at_500, scaled, y, parameter="mass", weight_column="weight")
    table = auc_by_parameter(networks["parametric"], X, y)
    assert fixed.loc[500.0, "auc"] == pytest.approx(table.loc[500.0, "auc"], abs=1e-5)
    assert fixed.loc[1000.0, "auc"] < 0.5 < table.loc[1000.0, "auc"]


def test_an_ordinary_scorer_names_the_parametric_one(events, networks):
    with pytest.raises(ValueError, match="make_parametric_auc_scorer"):
        make_auc_scorer(weight_column="weight")(networks["parametric"], *events)


def test_a_search_over_the_conditioning(events):
    X, y = events
    search = GridSearchCV(
        make_pipeline(
            MinMaxScaler(exclude=["mass", "weight"]),
            ParametricClassifier(weight_column="weight", **FAST),
        ),
        {"parametricclassifier__conditioning": ["affine", "concatenate"]},
        scoring=make_parametric_auc_scorer(weight_column="weight"),
        cv=2,
        error_score="raise",
    )
    scores = search.fit(X, y).cv_results_["mean_test_score"]
    assert len(set(scores)) == 2
    assert (scores > 0.55).all()


def test_the_mass_that_is_left_out_is_interpolated(events):
    X, y = events
    cv = LeaveOneMassOut(hypotheses="inner", random_state=0)
    (score,) = cross_val_score(
        make_pipeline(
            MinMaxScaler(exclude=["mass", "weight"]),
            ParametricClassifier(weight_column="weight", **{**FAST, "epochs": 20}),
        ),
        X,
        y,
        cv=cv,
        scoring=make_parametric_auc_scorer(weight_column="weight"),
        error_score="raise",
    )
    assert cv.masses(X, y).tolist() == [750]
    # a network that had learnt nothing of it would be at 0.5
    assert score > 0.6
