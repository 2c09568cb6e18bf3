"""Event weights in fit and score: by column or argument, scale-free, negative or not."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import clone

from skhep_nn import DenseClassifier, EventWeightBalancer
from skhep_nn.exceptions import ColumnError, WeightError

FEATURES = ["pt", "eta", "mt"]


def test_weights_by_column_and_by_argument_give_the_same_network(dense, sample):
    X, y = sample
    by_column = dense(weight_column="weight").fit(X, y)
    by_argument = dense().fit(X[FEATURES], y, sample_weight=X["weight"])
    same = by_column.predict_proba(X) == by_argument.predict_proba(X[FEATURES])
    assert same.all()
    assert by_column.score(X, y) == by_argument.score(X[FEATURES], y, sample_weight=X["weight"])


def test_an_array_may_have_its_weights_in_a_column_by_number(dense, sample):
    X, y = sample
    by_name = dense(weight_column="weight").fit(X, y)
    by_number = dense(weight_column=-1).fit(X.to_numpy(), y)
    assert (by_name.predict_proba(X) == by_number.predict_proba(X.to_numpy())).all()


def test_weights_change_the_network(dense, sample):
    X, y = sample
    weighted = dense(weight_column="weight").fit(X, y).predict_proba(X)
    unweighted = dense(exclude="weight").fit(X, y).predict_proba(X)
    # the background has about 2,000 times the weight of the signal
    assert weighted[:, 1].mean() < unweighted[:, 1].mean()


@pytest.mark.parametrize("factor", [2.0**-20, 2.0**20])
def test_a_factor_on_all_weights_changes_no_bit(dense, sample, factor):
    X, y = sample
    scaled = X.assign(weight=X["weight"] * factor)
    one = dense(weight_column="weight", early_stopping=True).fit(X, y)
    other = dense(weight_column="weight", early_stopping=True).fit(scaled, y)
    assert (one.predict_proba(X) == other.predict_proba(X)).all()
    assert one.history_ == other.history_


@pytest.mark.parametrize("factor", [1e-6, 1e6])
@pytest.mark.parametrize("balance", [None, "sqrt"])
def test_a_factor_on_all_weights_changes_nothing_but_rounding(dense, sample, factor, balance):
    X, y = sample
    scaled = X.assign(weight=X["weight"] * factor)
    one = dense(weight_column="weight", balance=balance).fit(X, y)
    other = dense(weight_column="weight", balance=balance).fit(scaled, y)
    np.testing.assert_allclose(one.predict_proba(X), other.predict_proba(X), atol=2e-6)


def test_integer_weights_are_weights(dense, sample):
    X, y = sample
    integers = np.arange(len(y)) % 3 + 1
    one = dense(weight_column="weight").fit(X.assign(weight=integers), y)
    other = dense(weight_column="weight").fit(X.assign(weight=integers.astype(float)), y)
    assert (one.predict_proba(X) == other.predict_proba(X)).all()


def test_real_data_need_no_weights(dense, sample):
    X, y = sample
    clf = dense(weight_column="weight").fit(X, y)
    assert (clf.predict_proba(X[FEATURES]) == clf.predict_proba(X)).all()
    assert (clf.predict(X[FEATURES]) == clf.predict(X)).all()


def test_score_is_the_weighted_accuracy(dense, sample):
    X, y = sample
    clf = dense(weight_column="weight").fit(X, y)
    right = clf.predict(X) == y
    expected = X["weight"][right].sum() / X["weight"].sum()
    assert clf.score(X, y) == pytest.approx(expected, rel=1e-12)


def test_score_without_the_weights_it_was_meant_to_have_is_an_error(dense, sample):
    X, y = sample
    clf = dense(weight_column="weight").fit(X, y)
    with pytest.raises(ColumnError, match="weight_column='weight' is not a column of X"):
        clf.score(X[FEATURES], y)


def test_weights_given_twice_are_an_error(dense, sample):
    X, y = sample
    message = "got weight_column='weight' and sample_weight; give the event weights one way only"
    with pytest.raises(WeightError, match=message):
        dense(weight_column="weight").fit(X, y, sample_weight=np.ones(len(y)))


def test_a_weight_column_by_name_needs_names(dense, sample):
    X, y = sample
    with pytest.raises(ColumnError, match="weight_column='weight' is a name, but X is an array"):
        dense(weight_column="weight").fit(X.to_numpy(), y)


def test_a_class_whose_weights_sum_to_nothing_or_less_is_named(dense, sample):
    X, y = sample
    message = r"sample_weight of class 1 sums to -\d.*; a class needs a positive sum"
    with pytest.raises(WeightError, match=message):
        dense(weight_column="weight").fit(X.assign(weight=np.where(y == 1, -1.0, 1.0)), y)


def test_weights_that_are_all_zero_leave_nothing_to_learn(dense, sample):
    X, y = sample
    with pytest.raises(WeightError, match="every one of the 600 event weights is zero"):
        dense(weight_column="weight").fit(X.assign(weight=0.0), y)


def test_a_weight_that_is_not_finite_is_named(dense, sample):
    X, y = sample
    weights = X["weight"].to_numpy().copy()
    weights[7] = np.nan
    with pytest.raises(WeightError, match=r"weight column 'weight' contains NaN.* event 7"):
        dense(weight_column="weight").fit(X.assign(weight=weights), y)


def test_an_event_of_zero_weight_teaches_nothing(dense, sample):
    X, y = sample
    idle = np.arange(len(y)) % 4 == 0
    weights = np.where(idle, 0.0, X["weight"])
    nonsense = X[FEATURES].to_numpy() + np.where(idle, 100.0, 0.0)[:, None]
    one = dense().fit(X[FEATURES].to_numpy(), y, weights)
    other = dense().fit(nonsense, y, weights)
    assert (
        one.predict_proba(X[FEATURES].to_numpy()) == other.predict_proba(X[FEATURES].to_numpy())
    ).all()


def test_negative_weights_are_kept_with_their_sign(dense, sample, weighted_cross_entropy):
    X, y = sample
    weights = np.where(np.arange(len(y)) % 10 == 0, -0.5, 1.0)
    initial = dense().initialize(X[FEATURES], y)
    clf = dense(batch_size=-1, epochs=1).fit(X[FEATURES], y, weights)
    expected = weighted_cross_entropy(initial, X[FEATURES], y, weights)
    assert clf.history_["loss"][0] == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(
    ("policy", "treated"),
    [("drop", lambda w: np.where(w < 0, 0.0, w)), ("abs", np.abs), ("keep", lambda w: w)],
)
def test_a_policy_on_negative_weights_acts_as_if_they_came_so(dense, sample, policy, treated):
    X, y = sample
    weights = np.where(np.arange(len(y)) % 10 == 0, -0.5, 1.0) * X["weight"].to_numpy()
    clf = dense(negative_weights=policy, balance="equal").fit(X[FEATURES], y, weights)
    by_hand = dense(balance="equal").fit(X[FEATURES], y, treated(weights))
    assert (clf.predict_proba(X[FEATURES]) == by_hand.predict_proba(X[FEATURES])).all()


def test_negative_weights_can_be_refused(dense, sample):
    X, y = sample
    weights = np.where(np.arange(len(y)) % 10 == 0, -0.5, 1.0)
    message = '60 of 600 event weights are negative .* and negative_weights="error"'
    with pytest.raises(WeightError, match=message):
        dense(negative_weights="error").fit(X[FEATURES], y, weights)


def test_scores_keep_the_sign_of_weights_whatever_training_does(dense, sample):
    X, y = sample
    weights = np.where(np.arange(len(y)) % 10 == 0, -0.5, 1.0)
    clf = dense(negative_weights="drop").fit(X[FEATURES], y, weights)
    right = clf.predict(X[FEATURES]) == y
    expected = weights[right].sum() / weights.sum()
    assert clf.score(X[FEATURES], y, weights) == pytest.approx(expected, rel=1e-12)


def test_negative_and_zero_weights_are_counted(dense):
    X = np.random.default_rng(0).normal(size=(8, 3))
    y = [0, 0, 0, 0, 1, 1, 1, 1]
    weights = [1.0, 2.0, -0.5, 0.0, 1.0, 1.0, -0.5, -0.1]
    kept = dense().fit(X, y, weights)
    assert (kept.n_negative_weights_, kept.n_zero_weights_) == (3, 1)
    dropped = dense(negative_weights="drop").fit(X, y, weights)
    assert (dropped.n_negative_weights_, dropped.n_zero_weights_) == (3, 4)
    none = dense().fit(X, y)
    assert (none.n_negative_weights_, none.n_zero_weights_) == (0, 0)


def test_balance_equals_balancing_beforehand(dense, sample):
    X, y = sample
    inside = dense(balance="sqrt").fit(X[FEATURES], y, X["weight"])
    weights = EventWeightBalancer("sqrt").balance(y, sample_weight=X["weight"])
    before = dense().fit(X[FEATURES], y, weights)
    np.testing.assert_allclose(
        inside.predict_proba(X[FEATURES]), before.predict_proba(X[FEATURES]), atol=2e-6
    )


def test_the_fitted_balancer_tells_what_it_did(dense, sample):
    X, y = sample
    clf = dense(balance="equal").fit(X[FEATURES], y, X["weight"])
    # each class sums to N / 2 = 300
    sums = {c: X["weight"][y == c].sum() for c in (0, 1)}
    assert clf.balancer_.factors_ == pytest.approx({c: 300 / sums[c] for c in (0, 1)})
    assert dense().fit(X[FEATURES], y).balancer_ is None


def test_a_balancer_that_is_given_is_not_changed(dense, sample):
    X, y = sample
    balancer = EventWeightBalancer("sqrt")
    before = dict(vars(balancer))
    clf = dense(balance=balancer).fit(X[FEATURES], y, X["weight"])
    assert vars(balancer) == before
    assert clf.balancer_ is not balancer


def test_processes_are_balanced_by_a_column_of_text_that_is_no_feature(dense, sample, events):
    X, y = sample
    X = X.assign(process=events["process"])
    balancer = EventWeightBalancer("equal", process_column="process")
    clf = dense(weight_column="weight", exclude=["process"], balance=balancer).fit(X, y)
    # 600 events, two classes: 300 for the signal, 150 for each of two backgrounds
    sums = X.groupby("process")["weight"].sum()
    expected = {
        "signal": 300 / sums["signal"],
        "Wjets": 150 / sums["Wjets"],
        "tt": 150 / sums["tt"],
    }
    assert clf.balancer_.factors_ == pytest.approx(expected)
    assert (clf.predict_proba(X[FEATURES]) == clf.predict_proba(X)).all()


def test_a_balancer_names_a_signal_that_is_no_class(dense, sample):
    X, y = sample
    labels = np.where(y == 1, "Higgs", "tt")
    with pytest.raises(
        ValueError, match=r"signal=1 is not a class of y, which has \['Higgs', 'tt'\]"
    ):
        dense(balance=EventWeightBalancer("sqrt")).fit(X[FEATURES], labels)


@pytest.mark.parametrize("mode", ["sqrt", "n_background"])
def test_a_mode_needs_no_signal_since_a_common_factor_changes_nothing(dense, sample, mode):
    X, y = sample
    labels = np.where(y == 1, "Higgs", "tt")
    by_mode, first, last = (
        dense(balance=balance, epochs=1).fit(X[FEATURES], labels, X["weight"])
        for balance in (mode, *(EventWeightBalancer(mode, signal=s) for s in ("Higgs", "tt")))
    )
    assert by_mode.balancer_.factors_ == last.balancer_.factors_
    np.testing.assert_allclose(
        by_mode.predict_proba(X[FEATURES]), first.predict_proba(X[FEATURES]), atol=1e-5
    )
    np.testing.assert_allclose(by_mode.class_prior_, first.class_prior_, rtol=1e-12)


def test_class_weight_multiplies_the_weights_of_a_class(sample):
    import keras

    from skhep_nn import KerasClassifier

    X, y = sample
    X = X[FEATURES].to_numpy()
    model = keras.Sequential(
        [keras.layers.Input((3,)), keras.layers.Dense(1, activation="sigmoid")]
    )
    clf = KerasClassifier(model, random_state=0, verbose=0, epochs=2)
    one = clone(clf).set_params(class_weight={0: 1.0, 1: 4.0}).fit(X, y)
    other = clone(clf).fit(X, y, sample_weight=np.where(y == 1, 4.0, 1.0))
    assert (one.predict_proba(X) == other.predict_proba(X)).all()
    balanced = clone(clf).set_params(class_weight="balanced").fit(X, y)
    by_hand = clone(clf).fit(X, y, sample_weight=len(y) / (2 * np.bincount(y))[y])
    np.testing.assert_allclose(balanced.predict_proba(X), by_hand.predict_proba(X), atol=1e-6)


def test_a_batch_sampler_leaves_weights_to_act_within_a_class(dense, sample):
    X, y = sample
    per_class = np.where(y == 1, 1000.0, 0.001)
    one = dense(batch_sampler="balanced").fit(X[FEATURES], y, X["weight"])
    other = dense(batch_sampler="balanced").fit(X[FEATURES], y, X["weight"] * per_class)
    np.testing.assert_allclose(
        one.predict_proba(X[FEATURES]), other.predict_proba(X[FEATURES]), atol=2e-6
    )


def test_balance_takes_a_mode_a_balancer_or_none_only():
    with pytest.raises(ValueError, match="The 'balance' parameter of DenseClassifier must be"):
        DenseClassifier(balance="squirt").fit([[0.0], [1.0]], [0, 1])
