from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_matrix
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression

from skhep_nn import EventBlocks, feature_importance
from skhep_nn.events import BlockKind
from skhep_nn.exceptions import ColumnError
from skhep_nn.metrics import roc_auc
from skhep_nn.robustness._units import units_of


def make(seed, n_events=1000, negative=0.15):
    """Three features, two of which are correlated, labels and weights of either sign."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, n_events)
    X = np.column_stack([rng.normal(y), rng.normal(0.4 * y), rng.normal(size=n_events)])
    X[:, 1] += 0.8 * X[:, 0]
    sign = np.where(rng.random(n_events) < negative, -1, 1)
    return X, y, rng.exponential(size=n_events) * sign


@pytest.fixture(scope="module")
def model():
    X, y, _ = make(99, 20_000, 0)
    return LogisticRegression().fit(X, y)


class OfBlocks(ClassifierMixin, BaseEstimator):
    """The score is the first number of the jet plus the sum of the first number of each track."""

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def predict_proba(self, X):
        real = np.asarray(X["track_mask"])
        score = np.asarray(X["jet"])[:, 0] + (np.asarray(X["track"])[..., 0] * real).sum(axis=1)
        p = 1 / (1 + np.exp(-score))
        return np.column_stack([1 - p, p])


@pytest.fixture
def blocks():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 400)
    lengths = rng.integers(1, 4, 400)
    X = EventBlocks(
        {
            "jet": rng.normal(y[:, None], size=(400, 2)),
            "track": rng.normal(y[:, None, None], size=(400, 3, 2)),
            "track_mask": np.arange(3) < lengths[:, None],
            "weight": np.ones(400),
        }
    )
    return X, y, OfBlocks().fit(X, y)


def test_it_is_the_loss_of_the_weighted_auc(model):
    X, y, w = make(0)
    found = feature_importance(model, X, y, sample_weight=w, n_repeats=1, random_state=3)
    order = np.random.RandomState(3).permutation(len(y))
    permuted = np.column_stack([X[order, 0], X[:, 1:]])
    scores = [model.predict_proba(x)[:, 1] for x in (X, permuted)]
    areas = [roc_auc(y, score, w) for score in scores]
    assert found.names == ["x0", "x1", "x2"]
    assert found.auc == areas[0]
    assert found.importance[0] == pytest.approx(areas[0] - areas[1])


def test_what_the_model_does_not_read_has_no_importance_and_no_error(model):
    X, y, w = make(0)
    frozen = LogisticRegression().fit(X, y)
    frozen.coef_[0, 2] = 0.0
    found = feature_importance(frozen, X, y, sample_weight=w)
    assert found.importance[2] == 0.0
    assert found.error[2] == pytest.approx(0, abs=1e-15)


def test_the_most_important_comes_first_in_the_table(model):
    found = feature_importance(model, make(0))
    table = found.to_frame()
    assert table.index[0] == "x0"
    assert table["importance"].is_monotonic_decreasing
    assert "Loss of AUC: x0" in repr(found)


def test_features_that_tell_the_same_are_important_together():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 2000)
    a = rng.normal(y)
    X = pd.DataFrame({"a": a, "copy": a + 0.01 * rng.normal(size=2000), "c": rng.normal(y)})
    model = LogisticRegression().fit(X, y)
    alone = feature_importance(model, X, y).to_frame()["importance"]
    grouped = feature_importance(model, X, y, groups="correlated")
    assert sorted(grouped.names) == ["a, copy", "c"]
    together = grouped.to_frame()["importance"]
    assert together["a, copy"] > 1.5 * max(alone["a"], alone["copy"])
    assert grouped.columns[grouped.names.index("a, copy")] == ["a", "copy"]
    by_name = feature_importance(model, X, y, groups={"both": ["a", "copy"]})
    assert by_name.names == ["both", "c"]
    assert by_name.importance[0] == pytest.approx(together["a, copy"], abs=0.02)


def test_columns_that_are_no_features_are_not_permuted(events):
    features = ["pt", "eta", "mt"]
    model = LogisticRegression(max_iter=1000).fit(events[features], events["is_signal"])
    found = feature_importance(model, events, "is_signal", weight_column="weight", n_repeats=1)
    assert found.names == features


def test_a_sequence_goes_to_another_event_whole_with_its_mask(blocks):
    X, y, model = blocks
    units = units_of(model, X, None, 0.7, None)
    assert list(units) == ["jet[0]", "jet[1]", "track"]
    assert [place.column for place in units["track"]] == ["track", "track_mask"]
    found = feature_importance(model, X, y)
    assert found.importance[1] == 0.0
    assert found.importance[2] > found.importance[0] > 0
    order = np.random.RandomState(0).permutation(400)
    permuted = X.assign(
        track=np.asarray(X["track"])[order], track_mask=np.asarray(X["track_mask"])[order]
    )
    once = feature_importance(model, X, y, groups={"all": ["track"]}, n_repeats=1)
    expected = [roc_auc(y, model.predict_proba(x)[:, 1]) for x in (X, permuted)]
    assert once.importance[0] == pytest.approx(expected[0] - expected[1])


def test_blocks_may_be_looked_at_whole_or_in_groups_of_their_columns(blocks):
    X, y, model = blocks
    assert feature_importance(model, X, y, groups="blocks", n_repeats=1).names == ["jet", "track"]
    groups = {"first": ["jet[0]", "track"]}
    assert feature_importance(model, X, y, groups=groups, n_repeats=1).names == ["first", "jet[1]"]


def test_tokens_of_a_sequence_go_with_it():
    X = EventBlocks(
        {"track": np.zeros((4, 2, 3)), "pdg": np.zeros((4, 2), int), "word": np.zeros((4, 5), int)},
        kinds={
            "pdg": BlockKind("tokens", vocabulary_size=3, of="track"),
            "word": BlockKind("tokens", vocabulary_size=3),
        },
    )
    units = units_of(OfBlocks(), X, None, 0.7, None)
    assert {n: [p.column for p in places] for n, places in units.items()} == {
        "track": ["track", "pdg"],
        "word": ["word"],
    }


def test_some_of_the_events_may_be_enough(model):
    X, y, w = make(0, 4000)
    found = feature_importance(model, X, y, sample_weight=w, max_events=500)
    whole = feature_importance(model, X, y, sample_weight=w)
    assert found.auc != whole.auc
    assert found.error[0] > 1.5 * whole.error[0]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_repeats": 0}, "n_repeats=0; it must be a whole number from 1"),
        ({"max_events": 0.5}, "max_events=0.5; it must be a whole number >= 1"),
        ({"min_correlation": 2}, "min_correlation=2; it must be between 0 and 1"),
        ({"groups": "some"}, "groups='some'; it must be a dict"),
        ({"signal": 7}, "signal=7 is not a class of the estimator"),
    ],
)
def test_what_makes_no_sense_is_an_error(model, options, message):
    X, y, w = make(0, 50)
    with pytest.raises(ValueError, match=message):
        feature_importance(model, X, y, sample_weight=w, **options)


def test_a_group_of_what_is_not_there_is_an_error(model):
    X, y, w = make(0, 50)
    with pytest.raises(ColumnError, match=r"groups\['a'\] names 'x7', which is none of"):
        feature_importance(model, X, y, sample_weight=w, groups={"a": ["x7"]})


class Sum(ClassifierMixin, BaseEstimator):
    """The logistic function of a sum of the features."""

    def __init__(self, slopes=(1.0,)):
        self.slopes = slopes

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def predict_proba(self, X):
        p = 1 / (1 + np.exp(-X @ np.array(self.slopes)))
        return np.column_stack([1 - p, p])


@pytest.mark.parametrize("slope", [0.01, 0.3])
def test_the_error_of_a_feature_that_tells_nothing_is_its_spread(slope):
    n_toys, values, errors = 150, [], []
    model = Sum((1.0, 0.5, slope)).fit(None, [0, 1])
    for seed in range(n_toys):
        found = feature_importance(model, make(seed, 400), groups={"others": ["x0", "x1"]})
        at = found.names.index("x2")
        values.append(found.importance[at])
        errors.append(found.error[at])
    # the truth is zero; of a standard deviation n toys tell to 1 / sqrt(2 n)
    spread, three_errors = np.sqrt(np.mean(np.square(values))), 3 / np.sqrt(2 * n_toys)
    assert np.sqrt(np.mean(np.square(errors))) == pytest.approx(spread, rel=three_errors)
    covered = np.mean(np.abs(values) < errors)
    assert abs(covered - 0.683) < 3 * np.sqrt(0.683 * 0.317 / n_toys)


@pytest.mark.slow
def test_the_error_covers_the_truth(model):
    n_toys = 300
    truth = feature_importance(model, make(10**6, 500_000, 0), n_repeats=2).importance
    toys = [feature_importance(model, make(seed)) for seed in range(n_toys)]
    inside = [np.abs(toy.importance - truth) < toy.error for toy in toys]
    # the last feature tells nothing
    covered, three_errors = np.mean(inside, axis=0), 3 * np.sqrt(0.683 * 0.317 / n_toys)
    assert np.abs(covered - 0.683).max() < three_errors


def test_a_single_column_is_no_table():
    X, y, _ = make(99, 50, 0)
    model = LogisticRegression().fit(np.asarray(X), y)
    with pytest.raises(ValueError, match="X is a Series of 1 axes; give a table"):
        feature_importance(model, pd.Series(np.asarray(X)[:, 0]), y)


def test_a_sparse_matrix_is_an_error_that_says_what_to_pass():
    X, y, _ = make(99, 50, 0)
    model = LogisticRegression().fit(np.asarray(X), y)
    with pytest.raises(TypeError, match=r"X is a sparse matrix.*; pass a dense array, X.toarray"):
        feature_importance(model, csr_matrix(np.asarray(X)), y)
