"""Pipelines, searches, metadata routing and meta-estimators of scikit-learn."""

from __future__ import annotations

import joblib
import numpy as np
import pytest
import sklearn
from sklearn.base import is_classifier
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import BaggingClassifier, StackingClassifier, VotingClassifier
from sklearn.inspection import permutation_importance
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    GridSearchCV,
    LearningCurveDisplay,
    StratifiedKFold,
    cross_val_predict,
    cross_val_score,
)
from sklearn.pipeline import Pipeline
from sklearn.utils.fixes import parse_version

from skhep_nn import (
    DenseClassifier,
    EventWeightBalancer,
    MinMaxScaler,
    make_auc_scorer,
    make_binned_scorer,
    make_fom_scorer,
)
from skhep_nn.metrics import make_parametric_auc_scorer

FEATURES = ["pt", "eta", "mt"]


@pytest.fixture
def routing():
    with sklearn.config_context(enable_metadata_routing=True):
        yield


@pytest.fixture
def pipeline(dense):
    return Pipeline(
        [
            ("balance", EventWeightBalancer(mode="sqrt", weight_column="weight")),
            ("scale", MinMaxScaler(exclude=["weight"])),
            ("network", dense(weight_column="weight", epochs=2)),
        ]
    )


def test_the_search_of_the_introduction(pipeline, table, tmp_path):
    X, y = table
    search = GridSearchCV(
        pipeline,
        {"network__units": [(8,), (4, 4)], "balance__mode": ["sqrt", "n_background"]},
        scoring=make_binned_scorer(
            systematic=0.2, weight_column="weight", min_effective_background=20
        ),
        cv=2,
    ).fit(X, y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    joblib.dump(search.best_estimator_, tmp_path / "model.joblib")
    model = joblib.load(tmp_path / "model.joblib")
    assert (model.predict_proba(X[FEATURES]) == search.predict_proba(X)).all()


def test_a_search_in_two_processes_finds_what_one_finds(pipeline, table):
    X, y = table
    grid = {"network__learning_rate": [1e-4, 0.05]}
    scoring = make_auc_scorer(weight_column="weight")
    one, two = (GridSearchCV(pipeline, grid, scoring=scoring, cv=2, n_jobs=n) for n in (None, 2))
    one.fit(X, y)
    two.fit(X, y)
    # processes have fewer threads each, so that last bits, and the order of two scores, may differ
    scores = two.cv_results_["mean_test_score"]
    assert one.cv_results_["mean_test_score"] == pytest.approx(scores, rel=1e-3)
    assert one.best_params_ == two.best_params_


def test_every_hyper_parameter_can_be_searched(dense, sample):
    X, y = sample
    grid = {
        "batch_normalization": [False, "all"],
        "balance": ["equal"],
        "optimizer__beta_1": [0.8],
        "early_stopping": [True],
        "dropout": [0.1],
    }
    search = GridSearchCV(dense(weight_column="weight", epochs=1), grid, cv=2).fit(X, y)
    assert search.best_estimator_.optimizer__beta_1 == 0.8
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


def test_it_is_a_classifier_for_scikit_learn(dense, sample):
    X, y = sample
    assert is_classifier(DenseClassifier())
    scores = cross_val_score(dense(exclude="weight", epochs=5), X, y, scoring="roc_auc", cv=2)
    assert scores.min() > 0.5


def test_weights_by_routing_are_weights_by_column(dense, sample, routing):
    X, y = sample
    # scikit-learn 1.6 routes params=None as a mapping
    by_column = cross_val_score(dense(weight_column="weight"), X, y, cv=2, params={})
    routed = dense().set_fit_request(sample_weight=True).set_score_request(sample_weight=True)
    by_routing = cross_val_score(
        routed, X[FEATURES], y, cv=2, params={"sample_weight": X["weight"].to_numpy()}
    )
    assert by_routing.tolist() == by_column.tolist()


def test_weights_go_through_a_pipeline_by_routing(dense, sample, routing):
    X, y = sample
    network = dense().set_fit_request(sample_weight=True)
    pipeline = Pipeline([("scale", MinMaxScaler()), ("network", network)])
    pipeline.fit(X[FEATURES], y, sample_weight=X["weight"])
    by_column = Pipeline(
        [("scale", MinMaxScaler(exclude="weight")), ("network", dense(weight_column="weight"))]
    ).fit(X, y)
    assert (pipeline.predict_proba(X[FEATURES]) == by_column.predict_proba(X)).all()


@pytest.mark.parametrize("enabled", [False, True])
def test_without_requests_nothing_is_routed(pipeline, table, enabled):
    X, y = table
    with sklearn.config_context(enable_metadata_routing=enabled):
        assert pipeline.fit(X, y).predict(X).shape == y.shape
        assert pipeline.score(X, y) == pipeline[-1].score(pipeline[:-1].transform(X), y)


def test_weights_that_nobody_asked_for_are_an_error(dense, sample, routing):
    X, y = sample
    with pytest.raises(ValueError, match="are passed but are not explicitly set as requested"):
        GridSearchCV(dense(), {"epochs": [1]}, cv=2).fit(X, y, sample_weight=X["weight"])


def test_requests_of_every_method(dense):
    with sklearn.config_context(enable_metadata_routing=True):
        clf = dense().set_fit_request(X_val=True, y_val=True, sample_weight_val=True)
        clf.set_partial_fit_request(classes=True, sample_weight=True)
        requests = clf.get_metadata_routing()
    assert requests.fit.requests["sample_weight_val"]
    assert requests.partial_fit.requests == {"classes": True, "sample_weight": True}


def test_cross_validated_probabilities(pipeline, table):
    X, y = table
    probabilities = cross_val_predict(pipeline, X, y, method="predict_proba", cv=2)
    for train, test in StratifiedKFold(2).split(X, y):
        expected = pipeline.fit(X.iloc[train], y[train]).predict_proba(X.iloc[test])
        assert (probabilities[test] == expected).all()


# scikit-learn 1.8 brought the last
NEW = parse_version(sklearn.__version__) >= parse_version("1.8")
OLD = parse_version(sklearn.__version__) < parse_version("1.7")
METHODS = ["sigmoid", "isotonic", *(["temperature"] if NEW else [])]


@pytest.mark.parametrize("method", METHODS)
def test_calibration_with_the_weights(dense, sample, method):
    X, y = sample
    # before 1.7 the sigmoid takes weights of the type of the probabilities only
    weights = np.where(y == 1, 5.0, 1.0).astype("float32" if OLD else "float64")
    converged = dense(epochs=30)
    calibrated = CalibratedClassifierCV(converged, method=method, cv=2, ensemble=False)
    calibrated.fit(X[FEATURES], y, sample_weight=weights)
    probabilities = calibrated.predict_proba(X[FEATURES])[:, 1]
    expected = np.average(y, weights=weights)
    assert np.average(probabilities, weights=weights) == pytest.approx(expected, abs=0.05)


@pytest.mark.skipif(not OLD, reason="scikit-learn 1.7 takes weights of any type")
def test_an_old_sigmoid_refuses_weights_of_another_type_than_the_probabilities(dense, sample):
    X, y = sample
    calibrated = CalibratedClassifierCV(dense(epochs=1), method="sigmoid", cv=2, ensemble=False)
    with pytest.raises(ValueError, match="Buffer dtype mismatch"):
        calibrated.fit(X[FEATURES], y, sample_weight=np.ones(len(y)))


def test_voting_bagging_and_stacking(dense, sample):
    X, y = sample
    X = X[FEATURES]
    one, other = dense(), dense(random_state=1)
    voting = VotingClassifier([("one", one), ("other", other)], voting="soft").fit(X, y)
    mean = np.mean([clf.fit(X, y).predict_proba(X) for clf in (one, other)], axis=0)
    np.testing.assert_allclose(voting.predict_proba(X), mean, atol=1e-7)

    stacked = StackingClassifier([("one", one)], LogisticRegression(), cv=2).fit(X, y)
    assert stacked.predict(X).shape == y.shape

    bagged = BaggingClassifier(one, n_estimators=2, random_state=0).fit(X, y)
    assert bagged.predict_proba(X).shape == (600, 2)


def test_ensembles_with_weights(dense, sample):
    X, y = sample
    weights = X["weight"].to_numpy()
    voting = VotingClassifier([("one", dense())], voting="soft")
    voting.fit(X[FEATURES], y, sample_weight=weights)
    alone = dense().fit(X[FEATURES], y, weights)
    np.testing.assert_allclose(
        voting.predict_proba(X[FEATURES]), alone.predict_proba(X[FEATURES]), atol=1e-7
    )


def test_importance_of_a_column_that_is_no_feature_is_zero(dense, sample):
    X, y = sample
    X = X.assign(weight=1.0, noise=np.arange(600.0))
    clf = dense(weight_column="weight", exclude="noise", epochs=20).fit(X, y)
    importance = permutation_importance(clf, X, y, n_repeats=2, random_state=0)
    by_name = dict(zip(X.columns, importance.importances_mean, strict=True))
    assert by_name["noise"] == by_name["weight"] == 0
    assert by_name["pt"] == max(by_name.values()) > 0


def test_weighted_scorers_give_importances(pipeline, table):
    X, y = table
    scorer = make_auc_scorer(weight_column="weight")
    importance = permutation_importance(
        pipeline.fit(X, y), X, y, scoring=scorer, n_repeats=1, random_state=0
    )
    assert np.isfinite(importance.importances_mean).all()


@pytest.mark.parametrize(
    ("scoring", "label"),
    [
        (make_fom_scorer(min_effective_background=1), "Figure of merit"),
        (make_auc_scorer(), "Auc"),
        (make_parametric_auc_scorer(parameter="mt"), "Parametric auc"),
    ],
    ids=["fom", "auc", "parametric"],
)
def test_a_learning_curve_is_labelled_by_the_scorer(dense, sample, scoring, label):
    pyplot = pytest.importorskip("matplotlib.pyplot")
    X, y = sample
    X, y = X[:120].assign(mt=500.0), y[:120]
    network = dense(units=(3,), epochs=1)
    shown = LearningCurveDisplay.from_estimator(
        network, X, y, scoring=scoring, cv=2, train_sizes=[0.5, 1.0]
    )
    assert shown.ax_.get_ylabel() == label
    assert np.isfinite(shown.test_scores).all()
    pyplot.close(shown.figure_)
