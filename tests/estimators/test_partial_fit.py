"""partial_fit: one epoch a call, on streams of events."""

from __future__ import annotations

import numpy as np
import pytest

from skhep_nn.exceptions import WeightError

FEATURES = ["pt", "eta", "mt"]


def test_one_call_is_one_epoch(dense, sample):
    X, y = sample
    by_calls = dense(weight_column="weight")
    for _ in range(3):
        by_calls.partial_fit(X, y)
    at_once = dense(weight_column="weight", epochs=3).fit(X, y)
    assert (by_calls.predict_proba(X) == at_once.predict_proba(X)).all()
    assert by_calls.history_ == at_once.history_
    assert by_calls.n_epochs_ == by_calls.best_epoch_ == 3


def test_the_weight_factor_of_the_first_call_is_kept(dense, sample):
    X, y = sample
    clf = dense().partial_fit(X[FEATURES], y, sample_weight=np.full(600, 4.0))
    assert clf.weight_factor_ == 0.25
    clf.partial_fit(X[FEATURES], y, sample_weight=np.full(600, 8.0))
    assert clf.weight_factor_ == 0.25
    # the loss of the second call counts twice
    one = dense().partial_fit(X[FEATURES], y).partial_fit(X[FEATURES], y, sample_weight=[2.0] * 600)
    assert clf.history_["loss"] == pytest.approx(one.history_["loss"], rel=1e-6)


def test_classes_tells_labels_that_the_first_events_lack(dense, sample):
    X, _ = sample
    clf = dense().partial_fit(X[:300], np.zeros(300), classes=[2.0, 1.0, 0.0])
    assert clf.classes_.tolist() == [0.0, 1.0, 2.0]
    clf.partial_fit(X[300:], np.full(300, 2.0))
    assert clf.predict_proba(X).shape == (600, 3)
    with pytest.raises(ValueError, match=r"y has the labels \[3.0\]; the classes are \[0.0, 1.0"):
        clf.partial_fit(X, np.full(600, 3.0))


def test_without_classes_the_first_events_have_them_all(dense, sample):
    X, _ = sample
    with pytest.raises(ValueError, match="needs at least two classes"):
        dense().partial_fit(X, np.zeros(600))


def test_the_weights_of_the_first_call_must_have_a_positive_sum(dense, sample):
    X, y = sample
    with pytest.raises(WeightError, match="weights of the first call sum to -600"):
        dense().partial_fit(X, y, sample_weight=np.full(600, -1.0))


def test_negative_weights_of_all_calls_are_counted(dense, sample):
    X, y = sample
    weights = np.where(np.arange(600) < 10, -0.1, 1.0)
    clf = dense(negative_weights="drop")
    clf.partial_fit(X, y, sample_weight=weights).partial_fit(X, y, sample_weight=weights)
    assert (clf.n_negative_weights_, clf.n_zero_weights_) == (20, 20)


def test_partial_fit_goes_on_after_fit(dense, sample):
    X, y = sample
    clf = dense(weight_column="weight", epochs=2).fit(X, y).partial_fit(X, y)
    straight = dense(weight_column="weight", epochs=3).fit(X, y)
    assert (clf.predict_proba(X) == straight.predict_proba(X)).all()


def test_partial_fit_goes_on_after_initialize(dense, sample):
    X, y = sample
    clf = dense().initialize(X, y).partial_fit(X, y)
    assert (clf.predict_proba(X) == dense(epochs=1).fit(X, y).predict_proba(X)).all()


def test_other_columns_than_in_the_first_call_are_an_error(dense, sample):
    X, y = sample
    clf = dense().partial_fit(X, y)
    with pytest.raises(ValueError, match="yet now missing:\n- weight"):
        clf.partial_fit(X[FEATURES], y)
