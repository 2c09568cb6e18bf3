from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline
from sklearn.svm import LinearSVC

from skhep_nn import _composition
from skhep_nn.exceptions import ColumnError, WeightError
from skhep_nn.plotting import _events


def test_weights_come_from_the_estimators_own_column(scored):
    X, _, model = scored
    pipeline = Pipeline([("scale", "passthrough"), ("network", model)])
    for estimator in (model, pipeline):
        weights = _events.weights_of(estimator, X, None, None, "Display")
        assert weights.tolist() == [3.0, 1.0, 2.0, 6.0]


def test_a_search_is_asked_for_its_best_classifier(scored):
    X, y, model = scored
    search = GridSearchCV(model, {"weight_column": ["weight"]}, cv=2).fit(X, y)
    assert _composition.last_step(search).weight_column == "weight"
    assert _composition.last_step(search) is search.best_estimator_


def test_given_weights_win_over_the_estimators_own_column(scored):
    X, _, model = scored
    assert _events.weights_of(model, X, 1.0, None, "Display").tolist() == [1.0] * 4


def test_a_weighted_classifier_is_not_drawn_without_its_weights(scored):
    X, _, model = scored
    with pytest.raises(ColumnError, match="weight_column='weight' is not a column of X"):
        _events.weights_of(model, X[["score"]], None, None, "Display")


def test_weights_given_twice_are_an_error(scored):
    X, _, model = scored
    with pytest.raises(WeightError, match="give the event weights one way only"):
        _events.weights_of(model, X, np.ones(4), "weight", "Display")


def test_the_score_is_the_probability_of_the_signal(scored, three):
    X, _, model = scored
    assert _composition.signal_score(model, X, 1).tolist() == [0.1, 0.6, 0.4, 0.9]
    assert _composition.signal_score(model, X, 0).tolist() == pytest.approx([0.9, 0.4, 0.6, 0.1])
    X, _, model = three
    assert _composition.signal_score(model, X, "Z").tolist() == X["b"].tolist()
    assert _composition.signal_score(model, X, ["W", "Z"]).tolist() == pytest.approx(
        X["a"] + X["b"]
    )


def test_a_decision_function_points_to_the_signal():
    X, y = np.array([[0.0], [1.0], [2.0], [3.0]]), [0, 0, 1, 1]
    model = LinearSVC().fit(X, y)
    score = _composition.signal_score(model, X, 1)
    assert score.tolist() == model.decision_function(X).tolist()
    assert _composition.signal_score(model, X, 0).tolist() == (-score).tolist()


def test_an_unknown_signal_is_an_error_that_names_the_classes(scored):
    X, _, model = scored
    with pytest.raises(ValueError, match=r"signal='s' is not a class of .* \[0, 1\]"):
        _composition.signal_score(model, X, "s")


def test_an_estimator_without_scores_is_an_error():
    model = LinearSVC().fit([[0.0], [1.0], [2.0]], [0, 1, 2])
    with pytest.raises(TypeError, match="LinearSVC has no predict_proba"):
        _composition.signal_score(model, [[0.0]], [0, 1])


def test_events_without_a_label_are_an_error():
    with pytest.raises(ValueError, match=r"y_true contains NaN: 2 of 3 .* event 1"):
        _events.labels_and_weights(np.array(["s", None, np.nan], dtype=object), None)


def test_scores_of_another_shape_are_an_error():
    with pytest.raises(ValueError, match=r"one score per event, got \(3, 2\)"):
        _events.scores_of(np.ones((3, 2)), 3)


def test_a_score_that_is_not_finite_is_an_error():
    with pytest.raises(ValueError, match="y_score of 1 events is not finite, the first is event 1"):
        _events.scores_of([0.0, np.nan], 2)


def test_a_class_whose_weights_sum_to_nothing_is_an_error():
    y, weights = np.array([0, 1, 1]), np.array([1.0, 2.0, -2.0])
    with pytest.raises(WeightError, match="sample_weight of class 1 in y_true sums to 0"):
        _events.class_masks(y, weights, [0, 1])


def test_an_array_classifier_needs_no_weights():
    model = LogisticRegression().fit([[0.0], [1.0]], [0, 1])
    assert _events.weights_of(model, np.zeros((3, 1)), None, None, "D").tolist() == [1.0] * 3
