"""A parametric classifier in each fold: hypotheses are asked for as of one."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline

from skhep_nn import (
    CrossFitClassifier,
    EnsembleClassifier,
    IndividualMassClassifier,
    MinMaxScaler,
    ParametricClassifier,
    make_parametric_auc_scorer,
)
from skhep_nn.events import EventBlocks
from skhep_nn.exceptions import ColumnError
from skhep_nn.metrics import auc_by_parameter

pytestmark = pytest.mark.filterwarnings("ignore::skhep_nn.exceptions.FoldsDifferWarning")

MASSES = [500.0, 1000.0]
SMALL = {"units": (4,), "epochs": 2, "batch_size": 64, "random_state": 0, "verbose": 0}


def make_sample(n_events=400, seed=0):
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, n_events)
    mass = np.where(y == 1, rng.choice(MASSES, n_events), np.nan)
    m = np.where(y == 1, mass, rng.uniform(0, 2000, n_events)) + rng.normal(0, 100, n_events)
    X = pd.DataFrame(
        {"m": m, "mass": mass, "event_number": np.arange(n_events), "z": rng.normal(size=n_events)}
    )
    return X, y


@pytest.fixture(scope="module")
def sample():
    return make_sample()


@pytest.fixture(scope="module")
def model(sample):
    return CrossFitClassifier(ParametricClassifier(**SMALL), n_folds=3).fit(*sample)


def own(model, X, mass):
    """Scores by hand: each event by the network of its fold."""
    folds = model.folds(X)
    features = X[["m", "mass", "z"]]
    each = [network.at(mass).predict_proba(features) for network in model.estimators_]
    return np.array([each[fold][at] for at, fold in enumerate(folds)])


def test_at_a_mass_each_event_is_scored_by_its_network(sample, model):
    X, _ = sample
    at = model.at(mass=500)
    assert np.allclose(at.predict_proba(X), own(model, X, 500), atol=1e-7)
    assert np.array_equal(at.predict_proba(X.drop(columns="mass")), at.predict_proba(X))
    assert at.feature_names_in_.tolist() == ["m", "event_number", "z"]
    scan = model.predict_proba_scan(X, MASSES)
    assert scan.shape == (len(X), 2, 2)
    assert np.allclose(scan[:, 1], own(model, X, 1000), atol=1e-7)
    assert np.array_equal(model.predict_proba(X.assign(mass=500.0)), at.predict_proba(X))


def test_data_without_number_and_mass_are_the_mean_at_the_hypothesis(sample, model):
    data = sample[0][["m", "z"]]
    each = [network.at(500).predict_proba(data) for network in model.estimators_]
    assert np.allclose(model.at(500).predict_proba(data), np.mean(each, axis=0), atol=1e-7)


def test_it_says_what_its_parameter_is(sample, model):
    assert model.parameter == "mass"
    assert model.parameter_names_ == ["mass"]
    assert model.parameter_range_.tolist() == [MASSES]
    plain = CrossFitClassifier(LogisticRegression())
    assert plain.parameter is None
    assert not hasattr(plain, "at")
    assert not hasattr(plain, "predict_proba_scan")
    with pytest.raises(AttributeError, match="has no parameter_names_ before it is fitted"):
        _ = CrossFitClassifier(ParametricClassifier()).parameter_names_


def test_a_position_of_the_parameter_counts_the_columns_that_the_network_sees(sample):
    X, y = sample
    table = X[["event_number", "mass", "m", "z"]].to_numpy()
    network = ParametricClassifier(parameter=0, **SMALL)
    model = CrossFitClassifier(network, n_folds=3, fold_column=0).fit(table, y)
    assert model.parameter == 1
    assert model._parameter_columns == [1]
    assert model.at(500).n_features_in_ == 3
    at = model.at(500)
    named = CrossFitClassifier(ParametricClassifier(**SMALL), n_folds=3)
    named.fit(X[["event_number", "mass", "m", "z"]], y)
    expected = named.at(500).predict_proba(X[["event_number", "mass", "m", "z"]])
    assert np.allclose(at.predict_proba(table), expected, atol=1e-6)
    expected = named.at(500).predict_proba(X[["m", "z"]])
    assert np.allclose(at.predict_proba(table[:, 2:]), expected, atol=1e-6)
    # whether the mass or the number is absent nobody can say
    with pytest.raises(ColumnError, match="X has 3 features, but CrossFitClassifier is expecting"):
        at.predict_proba(table[:, 1:])


def test_curves_by_mass_and_the_scorer(sample, model):
    X, y = sample
    table = auc_by_parameter(model, X, y)
    assert table.index.tolist() == MASSES
    assert np.isfinite(make_parametric_auc_scorer()(model, X, y))


def test_a_pipeline_in_each_fold_has_the_mass_put_in_its_column(sample):
    X, y = sample
    pipeline = Pipeline([("scale", MinMaxScaler()), ("network", ParametricClassifier(**SMALL))])
    model = CrossFitClassifier(pipeline, n_folds=3).fit(X, y)
    folds, features = model.folds(X), X[["m", "mass", "z"]].assign(mass=500.0)
    each = [network.predict_proba(features) for network in model.estimators_]
    expected = [each[fold][at] for at, fold in enumerate(folds)]
    assert np.allclose(model.at(500).predict_proba(X), expected, atol=1e-7)
    without = X.drop(columns="mass")
    assert np.allclose(model.at(500).predict_proba(without), expected, atol=1e-7)
    assert np.allclose(model.at(500).predict_proba(X[["m", "z"]]), np.mean(each, axis=0), atol=1e-6)


def test_blocks(sample):
    X, y = sample
    blocks = EventBlocks({name: X[name].to_numpy() for name in X})
    model = CrossFitClassifier(ParametricClassifier(**SMALL), n_folds=3).fit(blocks, y)
    found = model.at(500).predict_proba(blocks)
    assert np.array_equal(
        model.at(500).predict_proba(blocks.select(["m", "event_number", "z"])), found
    )
    pipeline = Pipeline([("network", ParametricClassifier(**SMALL))])
    inside = CrossFitClassifier(pipeline, n_folds=3).fit(blocks, y)
    assert inside.at(500).predict_proba(blocks.select(["m", "z"])).shape == (len(y), 2)


def test_one_classifier_per_mass_in_each_fold(sample):
    X, y = sample
    model = CrossFitClassifier(IndividualMassClassifier(LogisticRegression()), n_folds=3)
    model.fit(X, y)
    assert np.allclose(model.at(1000).predict_proba(X), own(model, X, 1000))


def test_an_ensemble_at_a_mass(sample):
    X, y = sample
    X = X.drop(columns="event_number")
    model = EnsembleClassifier(ParametricClassifier(**SMALL), 2).fit(X, y)
    each = [member.at(500).predict_proba(X) for member in model.estimators_]
    assert np.allclose(model.at(500).predict_proba(X), np.mean(each, axis=0), atol=1e-7)


def test_the_spread_reads_background_at_masses_of_the_signal(sample, model):
    # without masses for background no network of the fit could score it
    assert np.isfinite(model.fold_spread_.values).all()
