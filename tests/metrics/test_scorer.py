from __future__ import annotations

import copy
import pickle
import sys

import numpy as np
import pytest
import sklearn
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.compose import make_column_transformer
from sklearn.exceptions import UnsetMetadataPassedError
from sklearn.inspection import permutation_importance
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import (
    GridSearchCV,
    StratifiedKFold,
    TunedThresholdClassifierCV,
    cross_val_score,
    cross_validate,
)
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from skhep_nn.exceptions import ColumnError, WeightError
from skhep_nn.metrics import (
    figure_of_merit,
    make_auc_scorer,
    make_binned_scorer,
    make_fom_scorer,
    make_parametric_auc_scorer,
    roc_auc,
    significance_scan,
)
from skhep_nn.metrics._scorer import FigureOfMeritScorer

FEATURES = ["pt", "eta", "mt"]
CV = StratifiedKFold(3)
MAKERS = [make_auc_scorer, make_fom_scorer, make_parametric_auc_scorer, make_binned_scorer]


class Classifier(ClassifierMixin, BaseEstimator):
    """A logistic regression that knows a weight column, as the package's classifiers do."""

    def __init__(self, weight_column=None, C=1.0):
        self.weight_column = weight_column
        self.C = C

    def fit(self, X, y, sample_weight=None):
        self.model_ = LogisticRegression(C=self.C).fit(self._features(X), y, sample_weight)
        self.classes_ = self.model_.classes_
        return self

    def _features(self, X):
        return X[FEATURES] / [50, 1, 80]

    def predict_proba(self, X):
        return self.model_.predict_proba(self._features(X))

    def predict(self, X):
        return self.model_.predict(self._features(X))


def without_weights():
    """A pipeline that drops the weight column and knows nothing of it otherwise."""
    features = make_column_transformer((StandardScaler(), FEATURES))
    return make_pipeline(features, LogisticRegression())


@pytest.fixture
def routing():
    with sklearn.config_context(enable_metadata_routing=True):
        yield


@pytest.fixture
def fitted(table):
    return Classifier("weight").fit(*table)


def test_it_scores_the_best_cut_of_the_scan(table, fitted):
    X, y = table
    scan = significance_scan(
        y, fitted.predict_proba(X)[:, 1], X["weight"], systematic=0.2, min_effective_background=50
    )
    scorer = make_fom_scorer("asimov", systematic=0.2, weight_column="weight")
    assert scorer(fitted, X, y) == scan.best_value


def test_it_scores_a_fixed_cut(table, fitted):
    X, y = table
    kept = fitted.predict_proba(X)[:, 1] >= 0.3
    s, b = (X["weight"][kept & (y == label)].sum() for label in (1, 0))
    scorer = make_fom_scorer("s/sqrt(s+b)", threshold=0.3, weight_column="weight")
    assert scorer(fitted, X, y) == pytest.approx(float(figure_of_merit(s, b, kind="s/sqrt(s+b)")))


def test_a_fixed_cut_without_enough_background_scores_nan(table, fitted):
    X, y = table
    scorer = make_fom_scorer(threshold=0.9999, weight_column="weight")
    assert np.isnan(scorer(fitted, X, y))


def test_the_auc_scorer_is_the_weighted_auc(table, fitted):
    X, y = table
    expected = roc_auc_score(y, fitted.predict_proba(X)[:, 1], sample_weight=X["weight"])
    assert make_auc_scorer(weight_column="weight")(fitted, X, y) == pytest.approx(expected)


def test_negative_weights_keep_their_sign(table, fitted):
    X, y = table
    X = X.assign(weight=np.where(np.arange(len(X)) % 10 == 0, -1, 1) * X["weight"])
    expected = roc_auc(y, fitted.predict_proba(X)[:, 1], X["weight"])
    assert make_auc_scorer(weight_column="weight")(fitted, X, y) == expected
    assert make_fom_scorer(weight_column="weight")(fitted, X, y) > 0


def test_column_and_argument_give_the_same(table, fitted):
    X, y = table
    for make in (make_fom_scorer, make_auc_scorer):
        by_column = make(weight_column="weight")(fitted, X, y)
        assert make()(fitted, X, y, sample_weight=X["weight"]) == by_column
        assert make(weight_column=3)(fitted, X, y) == by_column


def test_weights_change_the_score(table):
    X, y = table
    model = without_weights().fit(X, y)
    for make in (make_fom_scorer, make_auc_scorer):
        assert make(weight_column="weight")(model, X, y) != make()(model, X, y)


def test_signal_may_be_the_first_class_and_of_any_type(events):
    X, label = events, events["process"].where(events["process"] == "signal", "background")
    model = Classifier("weight").fit(X, label)
    assert model.classes_.tolist() == ["background", "signal"]
    expected = roc_auc(label, model.predict_proba(X)[:, 0], X["weight"], signal="background")
    scorer = make_auc_scorer(signal="background", weight_column="weight")
    assert scorer(model, X, label) == expected > 0.5


def test_more_than_two_classes_score_signal_against_the_rest(events):
    y = events["process"]
    model = Classifier("weight").fit(events, y)
    column = model.predict_proba(events)[:, list(model.classes_).index("signal")]
    expected = roc_auc(y == "signal", column, events["weight"])
    assert make_auc_scorer(signal="signal", weight_column="weight")(model, events, y) == expected


@pytest.mark.parametrize("signal", [0, 1])
def test_an_estimator_without_probabilities_gives_its_decision_function(table, signal):
    X, y = table
    model = RidgeClassifier().fit(X[FEATURES], y)
    values = model.decision_function(X[FEATURES]) * (1 if signal else -1)
    expected = roc_auc(y, values, signal=signal)
    assert make_auc_scorer(signal=signal)(model, X[FEATURES], y) == expected


def test_each_fold_is_scaled_to_the_full_yields(table, fitted):
    X, y = table
    full = {label: X["weight"][y == label].sum() for label in (0, 1)}
    scorer = make_fom_scorer(
        "s/sqrt(b)", threshold=0.0, weight_column="weight", yields=full, luminosity=4
    )
    # without a cut the figure is that of the full yields, in any part of the events
    expected = 4 * full[1] / np.sqrt(4 * full[0])
    for part in (slice(None), slice(0, 200), slice(1, None, 4)):
        assert scorer(fitted, X[part], y[part]) == pytest.approx(expected)


def test_without_yields_a_fold_scores_its_own_events(table, fitted):
    X, y = table
    scorer = make_fom_scorer("s/sqrt(b)", threshold=0.0, weight_column="weight")
    s, b = (X["weight"][:200][y[:200] == label].sum() for label in (1, 0))
    assert scorer(fitted, X[:200], y[:200]) == pytest.approx(s / np.sqrt(b))


@pytest.mark.parametrize("n_jobs", [None, 2])
def test_grid_search_by_column(table, n_jobs):
    X, y = table
    scorer = make_fom_scorer("asimov", systematic=0.2, weight_column="weight")
    model = Pipeline([("network", Classifier(weight_column="weight"))])
    grid = {"network__C": [1e-3, 1.0]}
    search = GridSearchCV(model, grid, scoring=scorer, cv=CV, n_jobs=n_jobs).fit(X, y)
    train, test = next(CV.split(X, y))
    first = clone(model).set_params(network__C=1e-3).fit(X.iloc[train], y[train])
    assert search.cv_results_["split0_test_score"][0] == pytest.approx(
        scorer(first, X.iloc[test], y[test])
    )
    assert search.score(X, y) == scorer(search.best_estimator_, X, y)


def test_regression_leak_no_event_of_a_scored_fold_was_trained_on(table):
    X, y = table
    seen = []

    class Spy(Classifier):
        def fit(self, X, y):
            self.trained_on_ = set(X.index)
            return super().fit(X, y)

        def predict_proba(self, X):
            seen.append(self.trained_on_ & set(X.index))
            return super().predict_proba(X)

    cross_val_score(Spy("weight"), X, y, scoring=make_fom_scorer(weight_column="weight"), cv=CV)
    assert seen == [set()] * 3


def test_cross_validation_with_several_scorers_does_not_mix_up_their_columns(table):
    X, y = table
    scoring = {
        "accuracy": "accuracy",
        "auc": "roc_auc",
        "plain": make_auc_scorer(weighted=False),
        "weighted": make_auc_scorer(weight_column="weight"),
        # scikit-learn's cache of predictions would hand it the column of class 1
        "reverse": make_auc_scorer(signal=0, weighted=False),
    }
    scores = cross_validate(Classifier("weight"), X, y, scoring=scoring, cv=CV)
    np.testing.assert_allclose(scores["test_plain"], scores["test_auc"])
    np.testing.assert_allclose(scores["test_reverse"], scores["test_auc"])
    one = cross_val_score(Classifier("weight"), X, y, scoring=scoring["weighted"], cv=CV)
    np.testing.assert_array_equal(scores["test_weighted"], one)


def test_permutation_importance_by_column_and_by_argument(table, fitted):
    X, y = table
    by_column = permutation_importance(
        fitted, X, y, scoring=make_auc_scorer(weight_column="weight"), random_state=0
    )
    by_argument = permutation_importance(
        fitted, X, y, scoring=make_auc_scorer(), sample_weight=X["weight"], random_state=0
    )
    np.testing.assert_allclose(by_column.importances[:3], by_argument.importances[:3])
    # pt separates the classes, mt does not
    assert by_column.importances_mean[0] > by_column.importances_mean[2]


def weighted_in_fit():
    return Classifier().set_fit_request(sample_weight=True)


def test_cross_validation_with_weights_by_routing(table, routing):
    X, y = table
    by_column = make_fom_scorer(weight_column="weight").set_score_request(sample_weight=False)
    by_routing = make_fom_scorer().set_score_request(sample_weight=True)
    options = {"cv": CV, "params": {"sample_weight": X["weight"]}}
    found = cross_val_score(weighted_in_fit(), X, y, scoring=by_routing, **options)
    expected = cross_val_score(weighted_in_fit(), X, y, scoring=by_column, **options)
    np.testing.assert_array_equal(found, expected)


def test_routing_under_another_name_and_in_a_search(table, routing):
    X, y = table
    scorer = make_auc_scorer().set_score_request(sample_weight="yields")
    search = GridSearchCV(Classifier(), {"C": [0.1, 1]}, scoring=scorer, cv=CV)
    search.fit(X, y, yields=X["weight"])
    by_column = GridSearchCV(
        Classifier(), {"C": [0.1, 1]}, scoring=make_auc_scorer(weight_column="weight"), cv=CV
    ).fit(X, y)
    np.testing.assert_array_equal(
        search.cv_results_["mean_test_score"], by_column.cv_results_["mean_test_score"]
    )


def test_weights_that_nobody_asked_for_are_scikit_learns_error(table, routing):
    X, y = table
    options = {"cv": CV, "params": {"sample_weight": X["weight"]}}
    message = r"not explicitly set as requested or not requested for \w+[sS]corer"
    with pytest.raises(UnsetMetadataPassedError, match=message):
        cross_val_score(weighted_in_fit(), X, y, scoring=make_fom_scorer(), **options)


@pytest.mark.parametrize("make", [make_fom_scorer, make_auc_scorer, make_binned_scorer])
def test_requested_weights_that_do_not_come_are_an_error(table, routing, make):
    X, y = table
    scorer = make().set_score_request(sample_weight=True)
    message = r"is weighted by set_score_request\(sample_weight=...\), but got no sample_weight"
    with pytest.raises(WeightError, match=message):
        scorer(without_weights().fit(X, y), X, y)
    with pytest.raises(WeightError, match=message):
        cross_val_score(
            without_weights(), X, y, scoring=scorer, cv=CV, error_score="raise", params={}
        )


def test_a_request_can_be_taken_back(table, routing):
    X, y = table
    model = without_weights().fit(X, y)
    scorer = make_fom_scorer().set_score_request(sample_weight=True)
    scorer.set_score_request(sample_weight=False)
    assert scorer(model, X, y) == make_fom_scorer()(model, X, y)


def test_weighted_true_without_weights_is_an_error(table):
    fitted = without_weights().fit(*table)
    with pytest.raises(WeightError, match="weighted by weighted=True, but got no sample_weight"):
        make_fom_scorer(weighted=True)(fitted, *table)


@pytest.mark.parametrize("make", [make_fom_scorer, make_auc_scorer, make_binned_scorer])
def test_the_weight_column_of_the_estimator_is_the_scorers(table, make):
    X, y = table
    model = Pipeline([("network", Classifier("weight"))]).fit(X, y)
    expected = make(weight_column="weight")(model, X, y)
    assert make()(model, X, y) == make(weighted=True)(model, X, y) == expected
    assert make(weighted=False)(model, X, y) != expected


def test_a_column_that_is_not_there_is_an_error(table, fitted):
    X, y = table
    scorer = make_fom_scorer(weight_column="Weight")
    with pytest.raises(ColumnError, match="'Weight' is not a column of X; did you mean 'weight'"):
        scorer(fitted, X, y)
    with pytest.raises(ColumnError, match="X is an array without column names"):
        scorer(fitted, X.to_numpy(), y)


def test_weights_given_twice_are_an_error(table, fitted):
    X, y = table
    with pytest.raises(WeightError, match="make_fom_scorer got weight_column='weight' and sample_"):
        make_fom_scorer(weight_column="weight")(fitted, X, y, sample_weight=X["weight"])


def tuned(scorer, **options):
    estimator = Classifier()
    if sklearn.get_config()["enable_metadata_routing"]:
        estimator.set_fit_request(sample_weight=True)
    return TunedThresholdClassifierCV(estimator, scoring=scorer, cv=CV, **options)


def test_a_tuned_threshold_maximises_the_weighted_figure_of_merit(table, routing):
    X, y = table
    scorer = make_fom_scorer("s/sqrt(s+b)").set_score_request(sample_weight=True)
    prefit = weighted_in_fit().fit(X, y)
    model = TunedThresholdClassifierCV(
        prefit, scoring=scorer, cv="prefit", refit=False, thresholds=50
    ).fit(X, y, sample_weight=X["weight"])
    grid = significance_scan(
        y,
        prefit.predict_proba(X)[:, 1],
        X["weight"],
        kind="s/sqrt(s+b)",
        thresholds=50,
        min_effective_background=50,
    )
    assert model.best_threshold_ == pytest.approx(grid.best_threshold)
    assert model.best_score_ == pytest.approx(grid.best_value)


def test_a_tuned_threshold_works_in_folds_and_with_the_first_class_as_signal(table, routing):
    X, y = table
    scorer = make_fom_scorer(signal=0, systematic=0.1).set_score_request(sample_weight=True)
    model = tuned(scorer, store_cv_results=True).fit(X, y, sample_weight=X["weight"])
    kept = model.estimator_.predict_proba(X)[:, 0] >= model.best_threshold_
    np.testing.assert_array_equal(model.predict(X) == 0, kept)
    assert model.best_score_ == model.cv_results_["scores"].max() > 0


def test_an_empty_tail_scores_0_for_a_tuned_threshold(table, routing):
    X, y = table
    scorer = make_fom_scorer("s/sqrt(b)").set_score_request(sample_weight=True)
    model = tuned(scorer, store_cv_results=True).fit(X, y, sample_weight=X["weight"])
    # scikit-learn's argmax would take a NaN for the best
    assert model.cv_results_["scores"][-1] == 0
    assert model.best_score_ > 0


def test_a_tuned_threshold_with_a_weight_column_is_an_error(table):
    message = "weight_column='weight', but TunedThresholdClassifierCV gives a scorer the predicted"
    with pytest.raises(WeightError, match=message):
        tuned(make_fom_scorer(weight_column="weight")).fit(*table)


def test_a_tuned_threshold_without_requested_weights_is_an_error(table, routing):
    scorer = make_fom_scorer().set_score_request(sample_weight=True)
    with pytest.raises(WeightError, match="but got no sample_weight"):
        tuned(scorer).fit(*table)


def test_a_tuned_threshold_without_weights_has_to_be_said(table):
    with pytest.raises(WeightError, match="without event weights, and cannot see whether"):
        tuned(make_fom_scorer()).fit(*table)
    assert tuned(make_fom_scorer(weighted=False)).fit(*table).best_score_ > 0


def test_a_threshold_cannot_be_tuned_by_the_auc(table):
    with pytest.raises(ValueError, match="the AUC does not depend on a threshold"):
        tuned(make_auc_scorer()).fit(*table)


@pytest.mark.parametrize("turn", [copy.deepcopy, lambda s: pickle.loads(pickle.dumps(s))])
def test_a_copy_scores_the_same(table, routing, turn):
    X, y = table
    model = without_weights().fit(X, y)
    scorer = make_fom_scorer("ams", b_reg=5).set_score_request(sample_weight=True)
    again = turn(scorer)
    assert again(model, X, y, sample_weight=X["weight"]) == scorer(
        model, X, y, sample_weight=X["weight"]
    )
    with pytest.raises(WeightError, match="got no sample_weight"):
        again(model, X, y)


def test_a_search_with_a_scorer_can_be_cloned(table):
    search = GridSearchCV(
        Classifier("weight"), {"C": [1]}, scoring=make_fom_scorer(weight_column="weight"), cv=CV
    )
    assert isinstance(clone(search).fit(*table).scorer_, FigureOfMeritScorer)


def test_repr_shows_what_is_not_default():
    scorer = make_fom_scorer("asimov", systematic=0.2, weight_column="weight")
    assert repr(scorer) == "make_fom_scorer(kind='asimov', systematic=0.2, weight_column='weight')"
    assert repr(make_auc_scorer(signal="tt")) == "make_auc_scorer(signal='tt')"


def test_a_signal_that_the_estimator_does_not_know_is_an_error(table, fitted):
    with pytest.raises(ValueError, match=r"signal=2 is not a class of the estimator; .* \[0, 1\]"):
        make_fom_scorer(signal=2, weight_column="weight")(fitted, *table)


def test_a_sample_of_one_class_is_an_error(table, fitted):
    X, y = table
    with pytest.raises(ValueError, match="y_true has no background"):
        make_fom_scorer(weight_column="weight")(fitted, X[y == 1], y[y == 1])


def test_a_sample_without_enough_background_is_an_error(table, fitted):
    X, y = table
    few = np.r_[np.flatnonzero(y == 1), np.flatnonzero(y == 0)[:3]]
    with pytest.raises(ValueError, match="no cut keeps"):
        make_fom_scorer(weight_column="weight")(fitted, X.iloc[few], y[few])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"kind": "S/B"}, "kind='S/B'; it must be one of"),
        ({"threshold": "Best"}, "threshold='Best'; it must be a number or \"best\""),
        ({"systematic": -0.2}, "systematic=-0.2; it must be"),
    ],
)
def test_bad_parameters_are_errors_at_once(options, message):
    with pytest.raises(ValueError, match=message):
        make_fom_scorer(**options)


@pytest.mark.parametrize("make", MAKERS)
def test_skops_finds_the_functions_of_a_scorer(make):
    # skops looks functions up in their module by name
    scorer = make()
    function = scorer._score_func
    assert getattr(sys.modules[function.__module__], function.__name__) is function
    skops = pytest.importorskip("skops.io")
    data = skops.dumps(scorer)
    again = skops.loads(data, trusted=skops.get_untrusted_types(data=data))
    assert repr(again) == repr(scorer)


@pytest.mark.parametrize("make", [make_auc_scorer, make_fom_scorer, make_binned_scorer])
def test_a_fold_of_sorted_events_that_has_no_signal_is_told_what_to_do(make):
    X, y = np.arange(30.0)[:, np.newaxis], np.repeat([0, 1, 2], 10)
    model = LogisticRegression().fit(X, y)
    said = r"signal=2 is not in y_true; its classes are \[0, 1\]; .*StratifiedKFold.* or shuffle"
    with pytest.raises(ValueError, match=said):
        make(signal=2)(model, X[:15], y[:15])
    with pytest.raises(ValueError, match=r"y_true has no background: .* or shuffle"):
        roc_auc(y[:5], X[:5, 0], signal=0)
