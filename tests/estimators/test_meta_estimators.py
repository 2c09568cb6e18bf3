"""scikit-learn's calibrator, stack and vote around classifiers with a weight column."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import StackingClassifier, VotingClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline

from skhep_nn import (
    DenseClassifier,
    EventWeightBalancer,
    IndividualMassClassifier,
    MinMaxScaler,
    ParametricClassifier,
)
from skhep_nn.exceptions import WeightError

SMALL = {"units": (3,), "epochs": 1, "batch_size": 64, "random_state": 0, "verbose": 0}


def network(**parameters):
    return DenseClassifier(**{"weight_column": "weight", **SMALL, **parameters})


def pipeline():
    balance = EventWeightBalancer(weight_column="weight")
    return make_pipeline(balance, MinMaxScaler(exclude=["weight"]), network())


@pytest.fixture(scope="module")
def events():
    """A tenth of signal by weight, half by number, some weights negative."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 300)
    weight = np.where(y == 1, 0.1, 1.0) * np.where(rng.random(300) < 0.2, -0.5, 1.0)
    X = pd.DataFrame({"a": rng.normal(y, 1.0), "b": rng.normal(size=300), "weight": weight})
    return X.assign(mass=500.0), y


INSIDE = {
    "network": network,
    "pipeline": pipeline,
    "search": lambda: GridSearchCV(network(), {"units": [(3,)]}, cv=2, scoring="accuracy"),
    "one against the rest": lambda: OneVsRestClassifier(network()),
    "one per mass": lambda: IndividualMassClassifier(network()),
    "parametric": lambda: ParametricClassifier(weight_column="weight", **SMALL),
    "vote": lambda: VotingClassifier([("a", network()), ("b", network())], voting="soft"),
    "frozen": lambda: FrozenEstimator(network()),
}


def calibrated(inner, **options):
    return CalibratedClassifierCV(inner, cv=2, **options)


def stacked(inner, **options):
    return StackingClassifier([("inner", inner)], LogisticRegression(), **{"cv": 2, **options})


@pytest.mark.parametrize("inside", INSIDE.values(), ids=INSIDE)
@pytest.mark.parametrize("meta", [calibrated, stacked])
def test_a_weight_column_that_would_be_lost_is_an_error(events, inside, meta):
    X, y = events
    inner = inside()
    if isinstance(inner, FrozenEstimator):
        inner.estimator.fit(X, y)
    with pytest.raises(WeightError, match=r"without event weights, but \w+ inside it has weight_c"):
        meta(inner).fit(X, y)


@pytest.mark.parametrize("meta", [calibrated, stacked])
def test_it_is_noticed_where_other_processes_fit_and_where_a_pipeline_is_around(events, meta):
    X, y = events
    with pytest.raises(WeightError, match="without event weights"):
        make_pipeline(MinMaxScaler(exclude=["weight"]), meta(network(), n_jobs=2)).fit(X, y)


def test_a_frozen_network_in_other_processes_notices_its_calibrator(events):
    X, y = events
    with pytest.raises(WeightError, match="without event weights"):
        calibrated(FrozenEstimator(network().fit(X, y)), n_jobs=2).fit(X, y)


@pytest.mark.parametrize("n_jobs", [None, 2])
def test_a_frozen_network_notices_its_stack_or_vote_with_any_number_of_workers(events, n_jobs):
    X, y = events
    frozen = FrozenEstimator(network().fit(X, y))
    with pytest.raises(WeightError, match="StackingClassifier fits its final estimator without"):
        stacked(frozen, n_jobs=n_jobs).fit(X, y)
    vote = VotingClassifier([("net", frozen), ("b", LogisticRegression())], n_jobs=n_jobs)
    with pytest.raises(WeightError, match=r"members \['b'\] without event weights"):
        vote.fit(X, y)


@pytest.mark.parametrize("ensemble", [True, False])
def test_the_error_names_what_to_use(events, ensemble):
    X, y = events
    with pytest.raises(WeightError, match=r"skhep_nn.CalibratedClassifier.*FrozenEstimator"):
        calibrated(network(), ensemble=ensemble).fit(X, y)
    with pytest.raises(WeightError, match=r"FrozenEstimator\(member\).*sample_weight"):
        stacked(FrozenEstimator(network().fit(X, y)), cv="prefit").fit(X, y)


@pytest.mark.filterwarnings("ignore:Since FrozenEstimator does not:UserWarning")
def test_what_the_errors_name_works(events):
    X, y = events
    weights, fitted = X["weight"].to_numpy(), FrozenEstimator(network().fit(X, y))
    positive = np.abs(weights)
    fraction = np.sum(positive[y == 1]) / np.sum(positive)
    for model in (calibrated(fitted), stacked(fitted, cv="prefit")):
        p = model.fit(X, y, sample_weight=positive).predict_proba(X)[:, 1]
        assert np.average(p, weights=positive) == pytest.approx(fraction, abs=0.02)
        assert np.sum(weights * p) != 0


def test_a_vote_of_weighted_networks_is_their_mean(events):
    X, y = events
    members = [network(), network(random_state=1)]
    vote = VotingClassifier([("a", members[0]), ("b", members[1])], voting="soft").fit(X, y)
    mean = np.mean([member.fit(X, y).predict_proba(X) for member in members], axis=0)
    np.testing.assert_allclose(vote.predict_proba(X), mean, atol=1e-7)
    with_pipeline = [("a", pipeline()), ("b", members[0]), ("c", "drop")]
    VotingClassifier(with_pipeline, voting="soft").fit(X, y)


def test_a_vote_with_a_member_without_weights_is_an_error_that_names_it(events):
    X, y = events
    members = [("net", network()), ("logistic", LogisticRegression())]
    with pytest.raises(WeightError, match=r"members \['logistic'\] without event weights"):
        VotingClassifier(members, voting="soft").fit(X, y)
    fitted = LogisticRegression().fit(X, y, sample_weight=np.abs(X["weight"]))
    members = [("net", network()), ("logistic", FrozenEstimator(fitted))]
    assert VotingClassifier(members, voting="soft").fit(X, y).predict_proba(X).shape == (300, 2)


def test_without_a_weight_column_everything_is_as_it_was(events):
    X, y = events
    X, weights = X[["a", "b"]], np.abs(X["weight"].to_numpy())
    plain = network(weight_column=None)
    for meta in (calibrated, stacked):
        assert meta(plain).fit(X, y).predict_proba(X).shape == (300, 2)
    assert calibrated(plain).fit(X, y, sample_weight=weights).predict_proba(X).shape == (300, 2)
