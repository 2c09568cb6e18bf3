"""IndividualMassClassifier: one classifier per mass, and which of them an event gets."""

from __future__ import annotations

import io

import joblib
import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_matrix
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import Pipeline

from skhep_nn import DenseClassifier, IndividualMassClassifier, MinMaxScaler
from skhep_nn.exceptions import ColumnError, WeightError
from skhep_nn.metrics import make_parametric_auc_scorer

MASSES = [500.0, 1000.0, 1500.0]


def make_sample(n_events=400, seed=0):
    rng = np.random.default_rng(seed)
    y = np.arange(n_events) % 2
    mass = np.where(y == 1, rng.choice(MASSES, n_events), np.nan)
    m = np.where(y == 1, mass, rng.uniform(0, 2000, n_events)) + rng.normal(0, 100, n_events)
    return pd.DataFrame({"m": m / 1000, "z": rng.normal(size=n_events), "mass": mass}), y


@pytest.fixture
def sample():
    return make_sample()


def individual(estimator=None, **parameters):
    return IndividualMassClassifier(estimator or LogisticRegression(), **parameters)


def test_each_mass_has_the_classifier_of_its_signal_and_all_background(sample):
    X, y = sample
    clf = individual().fit(X, y)
    assert clf.hypotheses_[:, 0].tolist() == MASSES
    for at, mass in enumerate(MASSES):
        chosen = (X["mass"] == mass) | (y == 0)
        alone = LogisticRegression().fit(X[chosen][["m", "z"]], y[chosen])
        assert np.array_equal(clf.estimators_[at].coef_, alone.coef_)
        expected = alone.predict_proba(X[["m", "z"]])
        assert np.array_equal(clf.predict_proba(X.assign(mass=mass)), expected)
        assert np.array_equal(clf.at(mass=mass).predict_proba(X), expected)
        assert np.array_equal(clf.at(mass=mass).predict_log_proba(X), np.log(expected))
        assert np.array_equal(clf.predict_proba_scan(X, MASSES)[:, at], expected)


def test_logarithms_of_probabilities(sample):
    X, y = sample
    clf, X = individual().fit(X, y), X.assign(mass=500.0)
    for one in (clf, clf.at(500)):
        assert np.array_equal(one.predict_log_proba(X), np.log(one.predict_proba(X)))
    # 0 is minus infinity, without a warning
    far = X.assign(m=1e6)
    for one in (clf, clf.at(500)):
        found = one.predict_log_proba(far)
        assert (np.isneginf(found) == (one.predict_proba(far) == 0)).all()
        assert np.isneginf(found).any()


def test_each_event_goes_to_the_classifier_of_its_mass(sample):
    X, y = sample
    clf = individual().fit(X, y)
    mass = np.random.default_rng(1).choice(MASSES, len(y))
    together = clf.predict_proba(X.assign(mass=mass))
    scan = clf.predict_proba_scan(X, MASSES)
    assert np.array_equal(together, scan[np.arange(len(y)), np.searchsorted(MASSES, mass)])
    assert np.array_equal(clf.predict(X.assign(mass=mass)), clf.classes_[together.argmax(axis=1)])


def test_an_unknown_mass_is_an_error_that_names_the_known_ones(sample):
    X, y = sample
    clf = individual().fit(X, y)
    message = r"400 of 400 events are at a mass without a classifier, the first at mass=700; .*500"
    with pytest.raises(ValueError, match=message):
        clf.predict_proba(X.assign(mass=700.0))
    with pytest.raises(ValueError, match=r"hypotheses are at a mass without"):
        clf.at(700)


def test_the_nearest_classifier_takes_an_unknown_mass_if_asked_to(sample):
    X, y = sample
    clf = individual(dispatch="nearest").fit(X, y)
    assert np.array_equal(clf.at(700).predict_proba(X), clf.at(500).predict_proba(X))
    assert np.array_equal(clf.at(800).predict_proba(X), clf.at(1000).predict_proba(X))


def test_given_masses_take_the_signal_nearest_to_them(sample):
    X, y = sample
    clf = individual(hypotheses=[600, 1400], dispatch="nearest").fit(X, y)
    # 1000 is as far from both, and goes to the first
    chosen = (X["mass"] < 1200) | (y == 0)
    alone = LogisticRegression().fit(X[chosen][["m", "z"]], y[chosen])
    assert np.array_equal(clf.estimators_[0].coef_, alone.coef_)


def test_a_given_mass_without_signal_is_an_error(sample):
    with pytest.raises(ValueError, match="there is no signal at mass=2000"):
        individual(hypotheses=[*MASSES, 2000]).fit(*sample)


def test_sample_weights_reach_the_classifiers(sample):
    X, y = sample
    weights = np.random.default_rng(1).uniform(size=len(y))
    clf = individual().fit(X, y, sample_weight=weights)
    chosen = (X["mass"] == 1000) | (y == 0)
    alone = LogisticRegression().fit(X[chosen][["m", "z"]], y[chosen], weights[chosen])
    assert np.array_equal(clf.estimators_[1].coef_, alone.coef_)


def test_a_weight_column_is_that_of_the_estimator(sample):
    X, y = sample
    X = X.assign(weight=np.random.default_rng(1).uniform(size=len(y)))
    network = DenseClassifier((4,), epochs=2, weight_column="weight", random_state=0, verbose=0)
    clf = individual(network).fit(X, y)
    chosen = (X["mass"] == 500) | (y == 0)
    alone = clone(network).fit(X[chosen].drop(columns="mass"), y[chosen])
    expected = alone.predict_proba(X[["m", "z"]])
    assert np.array_equal(clf.at(500).predict_proba(X[["m", "z"]]), expected)
    assert clf.at(500).score(X, y) == pytest.approx(alone.score(X.drop(columns="mass"), y))


def test_a_pipeline_keeps_its_weight_column(sample):
    X, y = sample
    X = X.assign(weight=np.random.default_rng(1).uniform(size=len(y)))
    settings = {"epochs": 2, "random_state": 0, "verbose": 0}
    network = DenseClassifier((4,), weight_column="weight", **settings)
    pipeline = Pipeline([("scale", MinMaxScaler(exclude=["weight"])), ("network", network)])
    clf = individual(Pipeline([("inner", pipeline)])).fit(X, y)
    at, features = clf.at(500), X.drop(columns="mass")
    chosen = (X["mass"] == 500) | (y == 0)
    alone = clone(pipeline).fit(features[chosen], y[chosen])
    expected = alone.predict_proba(X[["m", "z"]])
    assert np.array_equal(at.predict_proba(X[["m", "z"]]), expected)
    assert np.array_equal(clf.predict_proba(X[["m", "z", "mass"]].assign(mass=500.0)), expected)
    weighted = np.average(at.predict(X) == y, weights=X["weight"])
    assert weighted != pytest.approx(np.mean(at.predict(X) == y))
    assert at.score(X, y) == pytest.approx(weighted)
    with pytest.raises(WeightError, match=r"weight_column='weight' and sample_weight"):
        at.score(X, y, sample_weight=np.ones(len(y)))


def test_a_weight_column_by_position_is_that_of_what_the_estimator_sees(sample):
    X, y = sample
    weights = np.random.default_rng(1).uniform(size=len(y))
    # m, mass, weight, z: the estimator's column 1 is X's column 2
    table = np.column_stack([X["m"], X["mass"], weights, X["z"]])
    network = DenseClassifier((4,), weight_column=1, epochs=2, random_state=0, verbose=0)
    at = individual(network, parameter=1).fit(table, y).at(500)
    expected = np.average(at.predict(table) == y, weights=weights)
    assert at.score(table, y) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ([], r"parameter=\[\] names no column of X"),
        (["mass", "mass"], r"parameter=\['mass', 'mass'\] names column 'mass' twice"),
    ],
)
def test_the_parameter_is_at_least_one_column_and_none_twice(sample, columns, message):
    with pytest.raises(ValueError, match=message):
        individual(parameter=columns).fit(*sample)


@pytest.mark.parametrize("masses", [[], 5.0, "heavy", [None]])
def test_masses_that_are_no_numbers_are_named(sample, masses):
    clf = individual().fit(*sample)
    for call in (
        lambda: individual(hypotheses=masses).fit(*sample),
        lambda: clf.predict_proba_scan(sample[0], masses),
    ):
        with pytest.raises(ValueError, match=r"masses|hypotheses"):
            call()


def test_a_continuous_mass_makes_no_thousand_classifiers():
    X, y = make_sample(2_400)
    X = X.assign(mass=np.linspace(500, 1500, 2_400))
    message = r"1200 different values of \['mass'\].*give `hypotheses` and dispatch=\"nearest\""
    with pytest.raises(ValueError, match=message):
        individual().fit(X, y)
    clf = individual(hypotheses=[750, 1250], dispatch="nearest").fit(X, y)
    assert len(clf.estimators_) == 2


def test_dense_networks_are_the_default(sample):
    X, y = sample
    clf = IndividualMassClassifier(hypotheses=[1000], dispatch="nearest")
    clf.fit(X.iloc[:50], y[:50])
    assert isinstance(clf.estimators_[0], DenseClassifier)


def test_several_parameters():
    rng = np.random.default_rng(0)
    points = np.array([[500.0, 100.0], [900.0, 100.0]])
    y = np.arange(200) % 2
    values = np.where(y[:, None] == 1, points[rng.choice(2, 200)], np.nan)
    X = pd.DataFrame({"x": rng.normal(size=200), "m_stop": values[:, 0], "m_lsp": values[:, 1]})
    clf = individual(parameter=["m_stop", "m_lsp"]).fit(X, y)
    assert clf.hypotheses_.tolist() == points.tolist()
    expected = clf.predict_proba(X.assign(m_stop=900.0, m_lsp=100.0))
    assert np.array_equal(clf.at(m_stop=900, m_lsp=100).predict_proba(X), expected)


def test_more_than_two_classes(sample):
    X, y = sample
    labels = np.where(y == 1, "x", np.where(X["z"] > 0, "tt", "W"))
    clf = individual(signal="x").fit(X, labels)
    assert clf.predict_proba_scan(X, MASSES).shape == (400, 3, 3)


def test_a_class_in_place_of_an_estimator_is_an_error(sample):
    with pytest.raises(ValueError, match=r"estimator=LogisticRegression .* pass an instance, Log"):
        IndividualMassClassifier(LogisticRegression).fit(*sample)


def test_nan_in_prediction_names_the_column_and_the_scorer(sample):
    X, y = sample
    clf = individual().fit(X, y)
    with pytest.raises(
        ValueError, match=r"'mass' .* 200 of 400 events.*make_parametric_auc_scorer"
    ):
        clf.predict_proba(X)
    with pytest.raises(ColumnError, match=r"X has no column 'mass'; .*at\("):
        clf.predict_proba(X[["m", "z"]])


def test_a_signal_event_without_mass_is_an_error(sample):
    X, y = sample
    with pytest.raises(ValueError, match=r"1 of 200 signal events"):
        individual().fit(X.assign(mass=np.where(np.arange(400) == 1, np.nan, X["mass"])), y)


def test_a_signal_that_is_no_class_is_an_error(sample):
    with pytest.raises(ValueError, match=r"signal=5 is not a label of y"):
        individual(signal=5).fit(*sample)


def test_the_parametric_scorer_takes_it(sample):
    clf = individual().fit(*sample)
    assert 0 < make_parametric_auc_scorer()(clf, *sample) < 1


def test_joblib_changes_no_bit(sample):
    X, y = sample
    clf = individual().fit(X, y)
    file = io.BytesIO()
    joblib.dump(clf, file)
    file.seek(0)
    expected = clf.predict_proba_scan(X, MASSES)
    assert np.array_equal(joblib.load(file).predict_proba_scan(X, MASSES), expected)


def test_before_the_fit_there_is_no_prediction(sample):
    with pytest.raises(NotFittedError):
        individual().at(500)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda X: X.iloc[:0], "X has 0 events"),
        (lambda X: [[1.0], [1.0, 2.0]], "X must be an array of numbers"),
        (lambda X: X.assign(x=np.zeros(len(X), [("a", float)])), "column 'x' holds records"),
        (lambda X: csr_matrix(X.to_numpy()), "[Ss]parse"),
    ],
)
def test_what_is_no_table_of_events_is_an_error(wrong, message):
    X = pd.DataFrame({"x": [0.0, 1.0, 2.0, 3.0], "mass": [1.0, 1.0, 2.0, 2.0]})
    clf = IndividualMassClassifier(GaussianNB()).fit(X, [0, 1, 0, 1])
    with pytest.raises((TypeError, ValueError), match=message):
        clf.predict_proba(wrong(X))


def test_numbers_of_another_byte_order_are_numbers():
    X = pd.DataFrame({"x": [0.0, 1.0, 2.0, 3.0], "mass": [1.0, 1.0, 2.0, 2.0]})
    clf = IndividualMassClassifier(GaussianNB()).fit(X, [0, 1, 0, 1])
    np.testing.assert_array_equal(clf.predict_proba(X.astype(">f8")), clf.predict_proba(X))


def test_a_signal_that_is_no_label_is_an_error_that_names_it():
    X = pd.DataFrame({"x": [0.0, 1.0, 2.0, 3.0], "mass": [1.0, 1.0, 2.0, 2.0]})
    clf = IndividualMassClassifier(GaussianNB(), signal=np.array([0, 1]))
    with pytest.raises(ValueError, match=r"signal=.*it must be a label"):
        clf.fit(X, [0, 1, 0, 1])
