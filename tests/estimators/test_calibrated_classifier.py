"""CalibratedClassifier: weights, priors, and whatever is inside or around."""

from __future__ import annotations

import subprocess
import sys

import joblib
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import sklearn
from sklearn.base import clone
from sklearn.ensemble import VotingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, KFold, cross_val_predict
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils.estimator_checks import parametrize_with_checks

from skhep_nn import (
    BlockClassifier,
    CalibratedClassifier,
    DenseClassifier,
    EnsembleClassifier,
    EventBlocks,
    EventWeightBalancer,
    MinMaxScaler,
    ParametricClassifier,
    apply,
    make_auc_scorer,
)
from skhep_nn.exceptions import ColumnError, WeightError
from skhep_nn.metrics import calibration_curve, closure_test
from skhep_nn.plotting import CalibrationDisplay, RocDisplay

SMALL = {"units": (4,), "epochs": 2, "batch_size": 64, "random_state": 0, "verbose": 0}
BINARY = ["isotonic", "beta", "logistic"]
METHODS = [*BINARY, "temperature"]
PRIOR = 0.05


@parametrize_with_checks(
    [
        CalibratedClassifier(LogisticRegression(), cv=2),
        CalibratedClassifier(GaussianNB(), "logistic", cv=2),
    ],
)
def test_checks_of_scikit_learn(estimator, check):
    check(estimator)


def drawn(n=6000, seed=0, negative=0.2):
    """A rare signal by weight, as frequent as background by number; a fifth of negative weights."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, n)
    X = pd.DataFrame(rng.normal(y[:, None] * [1.2, 0.6], 1.0), columns=["a", "b"])
    weights = np.where(rng.random(n) < negative, -0.5, 1.0)
    weights *= np.where(y == 1, PRIOR, 1 - PRIOR)
    return X.assign(weight=weights), y


def truth(X, fraction):
    """The true probability of signal where it is a `fraction` of all events."""
    odds = np.exp(1.2 * X["a"] - 0.72 + 0.6 * X["b"] - 0.18) * fraction / (1 - fraction)
    return (odds / (1 + odds)).to_numpy()


class TooSure(LogisticRegression):
    """Fitted on balanced classes, with logits twice as far from 0 as they should be."""

    def predict_proba(self, X):
        p = super().predict_proba(X[["a", "b"]]) ** 2
        return p / p.sum(axis=1, keepdims=True)


@pytest.fixture(scope="module")
def too_sure():
    X, y = drawn(20_000, 1)
    return TooSure().fit(X[["a", "b"]], y)


@pytest.mark.parametrize("method", BINARY)
@pytest.mark.parametrize("prior", ["training", "physical"])
def test_the_sum_of_weights_times_probabilities_is_that_of_signal(too_sure, method, prior):
    X, y = drawn()
    model = CalibratedClassifier(too_sure, method, prior=prior, weight_column="weight").fit(X, y)
    p, weights = model.predict_proba(X)[:, 1], X["weight"].to_numpy()
    assert np.dot(weights, p) == pytest.approx(weights[y == 1].sum(), rel=1e-9)


@pytest.mark.parametrize("method", METHODS)
def test_calibrated_probabilities_are_near_the_truth(too_sure, method):
    X, y = drawn(40_000)
    settings = {"prior": "physical", "weight_column": "weight", "training_prior": 0.5}
    model = CalibratedClassifier(too_sure, method, **settings).fit(X, y)
    test, _ = drawn(5000, 2)
    before = np.abs(too_sure.predict_proba(test)[:, 1] - truth(test, PRIOR)).mean()
    after = np.abs(model.predict_proba(test)[:, 1] - truth(test, PRIOR)).mean()
    assert after < 0.01
    assert after < before / 10


@pytest.mark.parametrize("method", METHODS)
def test_another_prior_is_the_rule_of_bayes(too_sure, method):
    X, y = drawn()
    settings = {"weight_column": "weight", "training_prior": 0.5}
    weights = X["weight"].to_numpy()
    fraction = weights[y == 1].sum() / weights.sum()
    odds, priors = {}, {"training": 0.5, "physical": fraction, 0.2: 0.2}
    for prior, number in priors.items():
        model = CalibratedClassifier(too_sure, method, prior=prior, **settings).fit(X, y)
        assert model.class_prior_ == pytest.approx([1 - number, number])
        p = model.predict_proba(X)[:, 1]
        p = p[(p > 0) & (p < 1)]
        odds[prior] = p / (1 - p) / (number / (1 - number))
    np.testing.assert_allclose(odds["physical"], odds["training"], rtol=1e-9)
    np.testing.assert_allclose(odds[0.2], odds["training"], rtol=1e-9)


def test_temperature_scaling_knows_the_prior_that_the_model_was_trained_at(too_sure):
    X, y = drawn(40_000)
    settings = {"weight_column": "weight", "method": "temperature"}
    knows = CalibratedClassifier(too_sure, training_prior=0.5, **settings).fit(X, y)
    assert knows.calibrators_[0].temperature == pytest.approx(2, rel=0.1)


@pytest.mark.parametrize("balance", ["pipeline", "parameter", "sampler", None])
def test_a_network_tells_the_prior_that_it_was_trained_at(balance):
    X, y = drawn(2000)
    settings = {"pipeline": {}, "sampler": {"batch_sampler": "balanced"}, None: {}}
    network = DenseClassifier(
        weight_column="weight", **SMALL, **settings.get(balance, {"balance": "equal"})
    )
    model = network
    if balance == "pipeline":
        model = make_pipeline(EventWeightBalancer(weight_column="weight"), network)
    model.fit(X, y)
    held_out, y_held_out = drawn(2000, 1)
    calibrated = CalibratedClassifier(model).fit(held_out, y_held_out)
    weights = held_out["weight"].to_numpy()
    physical = weights[y_held_out == 1].sum() / weights.sum()
    assert calibrated.events_prior_[1] == pytest.approx(physical)
    # a prior that differs from that of the events by chance is that of the events
    expected = physical if balance is None else 0.5
    assert calibrated.class_prior_[1] == pytest.approx(expected, abs=1e-6)
    if balance is None:
        assert network.class_prior_[1] != pytest.approx(physical, rel=1e-6)


def test_a_model_whose_prior_nobody_knows_is_taken_at_that_of_the_events(too_sure):
    X, y = drawn()
    model = CalibratedClassifier(too_sure, weight_column="weight").fit(X, y)
    assert model.class_prior_ is model.events_prior_
    by_bayes = GaussianNB().fit(X[["a", "b"]], y)
    model = CalibratedClassifier(by_bayes).fit(X[["a", "b"]], y, X["weight"])
    assert model.model_prior_ == pytest.approx(by_bayes.class_prior_)


def test_weights_by_column_and_by_argument_are_the_same(too_sure):
    X, y = drawn()
    by_column = CalibratedClassifier(too_sure, weight_column="weight").fit(X, y)
    by_argument = CalibratedClassifier(too_sure).fit(X, y, X["weight"])
    scaled = CalibratedClassifier(too_sure).fit(X, y, 2.0**-40 * X["weight"])
    expected = by_column.predict_proba(X)
    for other in (by_argument, scaled):
        np.testing.assert_allclose(other.predict_proba(X), expected, rtol=1e-12)
    assert np.abs(CalibratedClassifier(too_sure).fit(X, y).predict_proba(X) - expected).max() > 0.1
    with pytest.raises(WeightError, match="give the event weights one way only"):
        CalibratedClassifier(too_sure, weight_column="weight").fit(X, y, X["weight"])


def test_the_weight_column_is_found_as_scorers_find_it():
    X, y = drawn(1000)
    network = DenseClassifier(weight_column="weight", **SMALL)
    model = make_pipeline(MinMaxScaler(exclude=["weight"]), network).fit(X, y)
    calibrated = CalibratedClassifier(model, "logistic").fit(X, y)
    p, weights = calibrated.predict_proba(X)[:, 1], X["weight"].to_numpy()
    assert np.dot(weights, p) == pytest.approx(weights[y == 1].sum(), rel=1e-9)
    scorer = make_auc_scorer()
    assert scorer(calibrated, X, y) == make_auc_scorer(weight_column="weight")(calibrated, X, y)
    assert calibrated.score(X, y) == pytest.approx(
        np.average(calibrated.predict(X) == y, weights=weights)
    )
    # real data have no weights
    without = X.drop(columns="weight")
    np.testing.assert_array_equal(calibrated.predict_proba(without), calibrated.predict_proba(X))


@pytest.mark.parametrize("method", METHODS)
def test_three_classes(method):
    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, 9000)
    X = rng.normal(size=(9000, 2)) + np.array([[0, 0], [1.5, 0], [0, 1.5]])[y]
    weights = np.array([1.0, 0.2, 0.05])[y] * rng.choice([1.0, -0.5], 9000, p=[0.8, 0.2])
    labels = np.array(["b", "c", "light"])[y]
    model = GaussianNB().fit(X[:3000], labels[:3000])
    events = (X[3000:], labels[3000:], weights[3000:])
    calibrated = CalibratedClassifier(model, method, prior="physical").fit(*events)
    p = calibrated.predict_proba(events[0])
    np.testing.assert_allclose(p.sum(axis=1), 1)
    assert calibrated.classes_.tolist() == ["b", "c", "light"]
    for at, label in enumerate(calibrated.classes_):
        yields = events[2][events[1] == label].sum()
        assert np.dot(events[2], p[:, at]) == pytest.approx(yields, rel=0.1)
    shares = {"light": 0.2, "b": 0.5, "c": 0.3}
    other = CalibratedClassifier(model, method, prior=shares).fit(*events)
    np.testing.assert_allclose(other.class_prior_, [0.5, 0.3, 0.2])
    ratio = other.predict_proba(events[0][:5]) / p[:5] / [0.5, 0.3, 0.2] * calibrated.events_prior_
    kept = p[:5].min(axis=1) > 0
    np.testing.assert_allclose(ratio[kept] / ratio[kept, :1], 1)
    with pytest.raises(ValueError, match=r"prior=0.3; it must be the fraction of signal"):
        CalibratedClassifier(model, method, prior=0.3).fit(*events)


def test_a_fitted_model_is_not_fitted_again_and_stays_in_a_clone(too_sure):
    X, y = drawn()
    before = joblib.hash(too_sure)
    calibrated = CalibratedClassifier(too_sure, weight_column="weight").fit(X, y)
    assert joblib.hash(too_sure) == before
    assert calibrated.estimator_ is too_sure
    copy = clone(calibrated)
    assert copy.model is too_sure
    assert not hasattr(copy, "calibrators_")
    search = GridSearchCV(copy, {"method": METHODS}, scoring="neg_log_loss", cv=2).fit(X, y)
    assert search.best_estimator_.estimator_ is too_sure
    with pytest.raises(ValueError, match=r"model__C is a parameter of a model that is fitted"):
        copy.set_params(model__C=2.0)
    assert too_sure.C == 1.0


def test_a_model_that_is_not_fitted_is_calibrated_on_events_that_its_fits_did_not_see():
    X, y = drawn(1000)
    X, weights = X[["a", "b"]], X["weight"].abs().to_numpy()
    trees = DecisionTreeClassifier(max_depth=3, random_state=0)
    model = CalibratedClassifier(trees, "logistic", cv=3).fit(X, y, weights)
    assert not hasattr(trees, "classes_")
    scores = cross_val_predict(
        trees, X, y, cv=3, method="predict_proba", params={"sample_weight": weights}
    )
    p = model.calibrate(scores)[:, 1]
    assert np.dot(weights, p) == pytest.approx(weights[y == 1].sum(), rel=1e-9)
    by_all = clone(trees).fit(X, y, weights)
    np.testing.assert_array_equal(model.estimator_.predict_proba(X), by_all.predict_proba(X))
    search = GridSearchCV(model, {"model__max_depth": [2, 4]}, cv=2).fit(X, y)
    assert search.best_params_["model__max_depth"] in (2, 4)


def test_weights_are_routed_through_a_search():
    X, y = drawn(600)
    X, weights = X[["a", "b"]], X["weight"].to_numpy()
    model = GaussianNB().fit(X, y)
    with sklearn.config_context(enable_metadata_routing=True):
        calibrated = CalibratedClassifier(model, prior="physical").set_fit_request(
            sample_weight=True
        )
        scorer = make_auc_scorer().set_score_request(sample_weight=True)
        search = GridSearchCV(calibrated, {"method": ["logistic"]}, scoring=scorer, cv=2)
        best = search.fit(X, y, sample_weight=weights).best_estimator_
    p = best.predict_proba(X)[:, 1]
    assert np.dot(weights, p) == pytest.approx(weights[y == 1].sum(), rel=1e-9)


def test_a_weight_column_that_an_unfitted_model_would_train_on_is_an_error():
    X, y = drawn(200)
    with pytest.raises(
        WeightError, match=r"LogisticRegression, which is not fitted yet, would take"
    ):
        CalibratedClassifier(LogisticRegression(), weight_column="weight").fit(X, y)
    network = DenseClassifier(weight_column="weight", **SMALL)
    assert CalibratedClassifier(network, "logistic", cv=2).fit(X, y).predict_proba(X).shape == (
        200,
        2,
    )


@pytest.mark.parametrize("kind", ["search", "vote", "ensemble", "pipeline around"])
def test_whatever_is_inside_or_around(kind):
    X, y = drawn(600)
    network = DenseClassifier(weight_column="weight", **SMALL)
    inside = {
        "search": lambda: GridSearchCV(network, {"units": [(4,)]}, scoring=make_auc_scorer(), cv=2),
        "vote": lambda: VotingClassifier([("a", network), ("b", network)], voting="soft"),
        "ensemble": lambda: EnsembleClassifier(network, 2),
        "pipeline around": lambda: network,
    }[kind]()
    if kind == "pipeline around":
        model = make_pipeline(
            MinMaxScaler(exclude=["weight"]), CalibratedClassifier(inside, "beta")
        )
        calibrated = model.fit(X, y)[-1]
    else:
        model = calibrated = CalibratedClassifier(inside.fit(X, y), "beta").fit(X, y)
    assert calibrated.events_prior_[1] < 0.1
    loaded = pickled(model)
    np.testing.assert_array_equal(loaded.predict_proba(X), model.predict_proba(X))
    assert loaded.predict_proba(X).shape == (600, 2)


def pickled(model):
    import io

    file = io.BytesIO()
    joblib.dump(model, file)
    file.seek(0)
    return joblib.load(file)


def test_blocks():
    X, y = drawn(400)
    blocks = EventBlocks({"jet": X[["a", "b"]].to_numpy(), "weight": X["weight"].to_numpy()})
    settings = {k: v for k, v in SMALL.items() if k != "units"}
    network = BlockClassifier(head={"units": (4,)}, weight_column="weight", **settings)
    model = CalibratedClassifier(network.fit(blocks, y), "logistic").fit(blocks, y)
    p, weights = model.predict_proba(blocks)[:, 1], blocks["weight"]
    assert np.dot(weights, p) == pytest.approx(weights[y == 1].sum(), rel=1e-9)


@pytest.fixture(scope="module")
def parametric():
    X, y = drawn(600)
    X["mass"] = np.where(np.arange(600) % 4 < 2, 500.0, 1000.0)
    return ParametricClassifier("mass", weight_column="weight", **SMALL).fit(X, y), X, y


def test_a_parametric_network_at_one_mass(parametric):
    network, X, y = parametric
    calibrated = CalibratedClassifier(network, "logistic").fit(X, y)
    at = calibrated.at(500)
    features = X.drop(columns="mass")
    expected = calibrated.calibrate(network.at(500).predict_proba(features))
    np.testing.assert_array_equal(at.predict_proba(features), expected)
    scan = calibrated.predict_proba_scan(features, [500, 1000])
    np.testing.assert_array_equal(scan[:, 0], expected)
    assert calibrated.parameter == "mass"
    assert at.parameter is None
    assert at.feature_names_in_.tolist() == ["a", "b", "weight"]
    of_one_mass = CalibratedClassifier(network.at(500), "logistic").fit(features, y)
    p, weights = of_one_mass.predict_proba(features)[:, 1], X["weight"].to_numpy()
    assert np.dot(weights, p) == pytest.approx(weights[y == 1].sum(), rel=1e-9)
    assert not hasattr(CalibratedClassifier(GaussianNB()), "at")


def test_displays_apply_and_frames(too_sure, tmp_path):
    X, y = drawn(2000)
    # what is applied to files takes only what it reads
    model = DenseClassifier(weight_column="weight", **SMALL).fit(X, y)
    calibrated = CalibratedClassifier(model, "isotonic").fit(X, y)
    curve = CalibrationDisplay.from_estimator(calibrated, X, y).curve
    expected = calibration_curve(y, calibrated.predict_proba(X)[:, 1], X["weight"])
    np.testing.assert_array_equal(curve.fraction, expected.fraction)
    assert RocDisplay.from_estimator(calibrated, X, y).auc > 0.5
    X.drop(columns="weight").to_parquet(tmp_path / "events.parquet")
    apply(calibrated, tmp_path / "events.parquet", tmp_path / "scores.parquet", progress=False)
    found = pd.read_parquet(tmp_path / "scores.parquet")["score"]
    np.testing.assert_array_equal(found, calibrated.predict_proba(X)[:, 1])
    of_polars = CalibratedClassifier(model, "isotonic").fit(pl.from_pandas(X), y)
    np.testing.assert_array_equal(of_polars.predict_proba(X), calibrated.predict_proba(X))


def test_what_is_wrong_is_an_error_that_says_so(too_sure):
    X, y = drawn(400)
    with pytest.raises(ValueError, match="method"):
        CalibratedClassifier(too_sure, "platt").fit(X, y)
    with pytest.raises(ValueError, match="prior"):
        CalibratedClassifier(too_sure, prior="balanced").fit(X, y)
    with pytest.raises(WeightError, match=r"sample_weight of class 1 sums to -"):
        CalibratedClassifier(too_sure).fit(X, y, np.where(y == 1, -1.0, 1.0))
    with pytest.raises(ValueError, match=r"the classes are \[0, 1\]"):
        CalibratedClassifier(too_sure).fit(X, y + 1)
    with pytest.raises(WeightError, match=r"class 1 sums to 0"):
        CalibratedClassifier(too_sure).fit(X, 0 * y)

    class NoProbabilities(GaussianNB):
        def predict_proba(self, X):
            return 2 * super().predict_proba(X)

    with pytest.raises(ValueError, match=r"between 0 and 1 and sum to 1"):
        CalibratedClassifier(NoProbabilities().fit(X, y)).fit(X, y)


@pytest.mark.slow
@pytest.mark.parametrize("method", METHODS)
def test_a_calibrated_model_passes_the_closure_test_in_bins_of_its_probability(too_sure, method):
    settings = {"weight_column": "weight", "prior": "physical", "training_prior": 0.5}
    X, y = drawn(100_000)
    model = CalibratedClassifier(too_sure, method, **settings).fit(X, y)
    per_bin = {"before": [], "after": []}
    for seed in range(10):
        test, y_test = drawn(20_000, 100 + seed, negative=0)
        options = {"sample_weight": test["weight"].to_numpy(), "bins": np.linspace(0, 1, 11)}
        for name, one in (("before", too_sure), ("after", model)):
            p = one.predict_proba(test)[:, 1]
            per_bin[name].append(closure_test(y_test, p, p, **options).chi2_per_bin)
    assert np.mean(per_bin["after"]) < 3
    assert np.mean(per_bin["before"]) > 20


def test_it_imports_neither_keras_nor_tensorflow():
    code = (
        "import sys; from skhep_nn import CalibratedClassifier; "
        "assert not {'keras', 'tensorflow'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("convert", [lambda frame: frame, pl.from_pandas, pa.Table.from_pandas])
def test_probabilities_in_a_frame_are_taken_by_the_names_of_the_classes(convert):
    X, y = np.arange(40.0)[:, None], np.repeat(["ttbar", "Higgs"], 20)
    model = CalibratedClassifier(GaussianNB().fit(X, y), "logistic").fit(X, y)
    p = pd.DataFrame(model.estimator_.predict_proba(X), columns=["Higgs", "ttbar"])
    expected = model.calibrate(p.to_numpy())
    assert (model.calibrate(convert(p)) == expected).all()
    assert (model.calibrate(convert(p[["ttbar", "Higgs"]])) == expected).all()
    with pytest.raises(ColumnError, match=r"has the columns \['ttbar', 'other'\], and the classes"):
        model.calibrate(convert(p.set_axis(["ttbar", "other"], axis=1)))


@pytest.mark.parametrize("cv", [np.array(1.0), np.array(3), 1, True])
def test_what_is_no_number_of_folds_is_an_error(cv):
    X, y = np.arange(8.0)[:, None], np.repeat([0, 1], 4)
    with pytest.raises(ValueError, match=r"cv=.*; it must be a number of folds, 2 or more"):
        CalibratedClassifier(GaussianNB(), cv=cv).fit(X, y)


@pytest.mark.parametrize("name", ["prior", "training_prior"])
@pytest.mark.parametrize("value", [1e-310, 5e-324, [1.0, 1e-309], {0: 1e300, 1: 1e-300}])
def test_a_prior_by_which_nothing_can_be_divided_is_an_error(name, value):
    X, y = np.arange(8.0)[:, None], np.repeat([0, 1], 4)
    model = CalibratedClassifier(GaussianNB().fit(X, y), "logistic", **{name: value})
    with pytest.raises(ValueError, match=rf"{name}=.*; it must be the fraction of signal"):
        model.fit(X, y)


def test_a_part_of_sorted_events_that_lacks_a_class_is_told_what_to_do():
    X, y = np.arange(40.0)[:, np.newaxis], np.repeat([0, 1, 2, 3], 10)
    model = CalibratedClassifier(LogisticRegression(), cv=KFold(4))
    with pytest.raises(ValueError, match=r"each needs all of \[0, 1, 2, 3\]; .*or shuffle"):
        model.fit(X, y)


@pytest.mark.parametrize("heavy", [1e19, 1e200])
def test_one_event_that_outweighs_all_others_is_no_trouble_for_the_prior(heavy):
    X, y = np.arange(40.0)[:, None], np.arange(40) % 2
    weights = np.where(np.arange(40) == 7, heavy, 1.0)
    model = CalibratedClassifier(GaussianNB(), cv=2).fit(X, y, weights)
    assert model.events_prior_[1] == pytest.approx(1.0)


def test_ragged_rows_are_no_table():
    with pytest.raises(ValueError, match="X"):
        CalibratedClassifier(GaussianNB(), cv=2).fit([[1], [1, 2]], [0, 1])
