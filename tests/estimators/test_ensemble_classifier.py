"""EnsembleClassifier: members by seeds and bootstraps, their mean and how far they are apart."""

from __future__ import annotations

import io

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline

from skhep_nn import DenseClassifier, EnsembleClassifier, MinMaxScaler
from skhep_nn.exceptions import WeightError

SMALL = {"units": (4,), "epochs": 2, "batch_size": 64, "verbose": 0}


class Recorder(ClassifierMixin, BaseEstimator):
    """Remembers what it was fitted on."""

    def __init__(self, random_state=None, weight_column=None):
        self.random_state = random_state
        self.weight_column = weight_column

    def fit(self, X, y, sample_weight=None):
        self.classes_, self.seen_ = np.unique(y), (X, y, sample_weight)
        return self

    def predict_proba(self, X):
        return np.full((len(X), 2), 0.5)


@pytest.fixture(scope="module")
def sample():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 500)
    weight = rng.uniform(0.5, 1.5, 500) * np.where(rng.random(500) < 0.1, -1, 1)
    return pd.DataFrame({"x": rng.normal(y), "z": rng.normal(size=500), "weight": weight}), y


def counts_of(members, n_events):
    """How often each event is in each member, from their sample weights."""
    out = np.zeros((len(members), n_events))
    for row, member in zip(out, members, strict=True):
        X, _, weights = member.seen_
        row[X.index] = weights
    return out


def test_members_differ_by_their_seeds_and_their_mean_is_the_score(sample):
    X, y = sample
    model = EnsembleClassifier(DenseClassifier(weight_column="weight", **SMALL), 3, random_state=1)
    model.fit(X, y)
    assert len({member.random_state for member in model.estimators_}) == 3
    each = np.array([member.predict_proba(X) for member in model.estimators_])
    assert np.allclose(model.predict_proba(X), each.mean(axis=0), atol=1e-7)
    assert np.array_equal(model.predict_spread(X), each.std(axis=0, ddof=1))
    assert (model.predict_spread(X) > 0).all()
    assert np.array_equal(clone(model).fit(X, y).predict_proba(X), model.predict_proba(X))
    assert model.weight_column == "weight"
    assert model.predict_proba(X[["x", "z"]]).shape == (500, 2)


def test_the_first_members_do_not_depend_on_how_many_there_are(sample):
    X, y = sample
    few, more = (
        EnsembleClassifier(Recorder(0), n, bootstrap=True, random_state=0).fit(X, y) for n in (2, 4)
    )
    for a, b in zip(few.estimators_, more.estimators_, strict=False):
        assert a.random_state == b.random_state
        assert np.array_equal(a.seen_[2], b.seen_[2])


@pytest.mark.parametrize("bootstrap", [True, "poisson", "events"])
def test_weights_are_multiplied_by_how_often_an_event_is_drawn(sample, bootstrap):
    X, y = sample
    model = EnsembleClassifier(Recorder(), 40, bootstrap=bootstrap, random_state=0).fit(X, y)
    counts = counts_of(model.estimators_, len(y))
    assert np.array_equal(counts, counts.round())
    if bootstrap == "events":
        assert (counts.sum(axis=1) == len(y)).all()
    else:
        # 500 Poisson numbers of mean 1
        assert counts.sum(axis=1).std(ddof=1) == pytest.approx(np.sqrt(500), rel=0.4)
    assert counts.mean() == pytest.approx(1, abs=0.03)
    # Poisson numbers of mean 1, and numbers of draws, have a variance of 1
    assert counts.var() == pytest.approx(1, abs=0.06)
    assert (np.bincount(counts.astype(int).ravel())[0] / counts.size) == pytest.approx(
        np.exp(-1), abs=0.02
    )
    weighted = EnsembleClassifier(Recorder(), 40, bootstrap=bootstrap, random_state=0)
    weighted.fit(X, y, X["weight"])
    found = counts_of(weighted.estimators_, len(y))
    assert np.allclose(found, counts * X["weight"].to_numpy())


def test_a_weight_column_has_the_new_weights(sample):
    X, y = sample
    model = EnsembleClassifier(Recorder(weight_column="weight"), 2, bootstrap=True, random_state=0)
    model.fit(X, y)
    plain = EnsembleClassifier(Recorder(), 2, bootstrap=True, random_state=0).fit(X, y)
    for member, other in zip(model.estimators_, plain.estimators_, strict=True):
        seen, labels, weights = member.seen_
        assert weights is None
        assert np.allclose(seen["weight"], X["weight"][seen.index] * other.seen_[2])
        assert np.array_equal(labels, y[seen.index])
    pd.testing.assert_frame_equal(X, sample[0])


def test_a_classifier_without_weights_gets_copies(sample):
    X, y = sample
    neighbours = EnsembleClassifier(
        KNeighborsClassifier(1), 2, bootstrap="events", random_state=0
    ).fit(X, y)
    assert neighbours.estimators_[0].n_samples_fit_ == len(y)
    with pytest.raises(WeightError, match="KNeighborsClassifier takes no sample_weight"):
        EnsembleClassifier(KNeighborsClassifier(), 2, bootstrap=True).fit(X, y, X["weight"])


def test_the_spread_of_bootstraps_is_that_of_new_samples():
    """Of a mean of weights, in closed form."""

    class Fraction(ClassifierMixin, BaseEstimator):
        def fit(self, X, y, sample_weight=None):
            self.classes_ = np.unique(y)
            self.p_ = np.average(y, weights=sample_weight)
            return self

        def predict_proba(self, X):
            return np.tile([1 - self.p_, self.p_], (len(X), 1))

    rng = np.random.default_rng(0)
    y = (rng.random(1000) < 0.3).astype(int)
    w = rng.uniform(0.5, 1.5, 1000) * np.where(rng.random(1000) < 0.1, -1, 1)
    mean = np.average(y, weights=w)
    error = np.sqrt(np.sum((w * (y - mean)) ** 2)) / w.sum()
    for bootstrap in ("poisson", "events"):
        model = EnsembleClassifier(Fraction(), 300, bootstrap=bootstrap, random_state=0)
        spread = model.fit(np.zeros((1000, 1)), y, w).predict_spread(np.zeros((1, 1)))
        # 300 members know a standard deviation to 4 %
        assert spread[0, 1] == pytest.approx(error, rel=0.15)


def test_pipelines_and_searches(sample):
    X, y = sample
    pipeline = Pipeline([("scale", MinMaxScaler(exclude="weight")), ("last", LogisticRegression())])
    model = EnsembleClassifier(pipeline, 2, bootstrap=True, random_state=0).fit(X, y)
    assert not np.array_equal(*(m["last"].coef_ for m in model.estimators_))
    grid = {"estimator__last__C": [0.1, 1.0]}
    assert GridSearchCV(model, grid, cv=2).fit(X, y).best_params_.keys() == grid.keys()


def test_validation_events_reach_every_member(sample):
    X, y = sample
    network = DenseClassifier(weight_column="weight", random_state=0, **SMALL)
    model = EnsembleClassifier(network, 2).fit(X[:300], y[:300], X_val=X[300:], y_val=y[300:])
    seed = model.estimators_[1].random_state
    alone = clone(network).set_params(random_state=seed)
    alone.fit(X[:300], y[:300], X_val=X[300:], y_val=y[300:])
    assert np.array_equal(alone.predict_proba(X), model.estimators_[1].predict_proba(X))
    with pytest.raises(ValueError, match="LogisticRegression takes no validation events"):
        EnsembleClassifier(LogisticRegression()).fit(X, y, X_val=X, y_val=y)
    with pytest.raises(ValueError, match="takes X_val and y_val together"):
        EnsembleClassifier(network).fit(X, y, X_val=X)


def test_checkpoints_of_members_are_in_folders_of_their_own(sample, tmp_path):
    X, y = sample
    network = DenseClassifier(checkpoint_dir=tmp_path, random_state=0, **SMALL)
    model = EnsembleClassifier(network, 2).fit(X, y)
    places = [member.checkpoint_dir for member in model.estimators_]
    assert places == [tmp_path / "member-1", tmp_path / "member-2"]


def test_joblib_and_one_member(sample):
    X, y = sample
    model = EnsembleClassifier(LogisticRegression(), 1).fit(X, y)
    file = io.BytesIO()
    joblib.dump(model, file)
    file.seek(0)
    assert np.array_equal(joblib.load(file).predict_proba(X), model.predict_proba(X))
    with pytest.raises(ValueError, match="predict_spread needs several members; n_members=1"):
        model.predict_spread(X)


@pytest.mark.parametrize(
    "parameters", [{"n_members": 0}, {"bootstrap": "rows"}, {"bootstrap": None}, {"verbose": 3}]
)
def test_what_makes_no_sense_is_named(sample, parameters):
    with pytest.raises(ValueError, match=next(iter(parameters))):
        EnsembleClassifier(LogisticRegression(), **parameters).fit(*sample)


def test_a_class_that_a_bootstrap_lacks_is_named(sample):
    X, y = sample
    labels = np.where(np.arange(len(y)) == 0, 2, y)
    with pytest.raises(ValueError, match="class 2 has so few events that a bootstrap has none"):
        EnsembleClassifier(Recorder(), 20, bootstrap=True, random_state=0).fit(X, labels)


def test_a_spread_of_members_that_are_all_the_same_warns(sample):
    X, y = sample
    model = EnsembleClassifier(LogisticRegression(), 2, random_state=0).fit(X[["x", "z"]], y)
    with pytest.warns(UserWarning, match="seeds change nothing in LogisticRegression") as warned:
        assert not model.predict_spread(X[["x", "z"]]).any()
    assert warned[0].filename == __file__
    model.set_params(bootstrap="poisson").fit(X[["x", "z"]], y)
    assert (model.predict_spread(X[["x", "z"]]) > 0).all()
