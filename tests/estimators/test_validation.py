"""Validation events: split off or given, weighted like training, never trained on; best epoch."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import sklearn
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import Pipeline

from skhep_nn import DenseClassifier, EventWeightBalancer, KerasClassifier, MinMaxScaler
from skhep_nn.estimators._fit import _split
from skhep_nn.estimators._fit._events import Events
from skhep_nn.exceptions import ColumnError

FEATURES = ["pt", "eta", "mt"]


@pytest.fixture
def halves(sample):
    """(X, y, X_val, y_val), with very different weights in the two classes."""
    X, y = sample
    return X[:400], y[:400], X[400:], y[400:]


def matched(y_val, w_val, y, w):
    """Validation weights with the class shares of the training weights `w`, by hand."""
    out = np.array(w_val, dtype=float)
    for c in np.unique(y):
        out[y_val == c] *= w[y == c].sum() / w_val[y_val == c].sum()
    return out


def test_unweighted_validation(dense, halves, weighted_cross_entropy):
    # the scripts' defect: weights were forgotten in the validation loss
    X, y, X_val, y_val = halves
    clf = dense(weight_column="weight").fit(X, y, X_val=X_val, y_val=y_val)
    weights = matched(y_val, X_val["weight"], y, X["weight"])
    expected = weighted_cross_entropy(clf, X_val, y_val, weights)
    assert clf.history_["val_loss"][clf.best_epoch_ - 1] == pytest.approx(expected, rel=1e-5)
    unweighted = weighted_cross_entropy(clf, X_val, y_val, np.ones(len(y_val)))
    assert abs(unweighted - expected) > 0.1 * expected


def test_the_training_loss_is_weighted(dense, halves, weighted_cross_entropy):
    # one batch of all events: the loss of the first epoch is that of the initial network
    X, y, _, _ = halves
    initial = dense(weight_column="weight").initialize(X, y)
    clf = dense(weight_column="weight", batch_size=-1, epochs=1).fit(X, y)
    expected = weighted_cross_entropy(initial, X, y, X["weight"])
    assert clf.history_["loss"][0] == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("balance", ["equal", "n_background", "sqrt"])
def test_validation_weights_get_the_class_shares_of_balanced_training(
    dense, halves, weighted_cross_entropy, balance
):
    X, y, X_val, y_val = halves
    clf = dense(weight_column="weight", balance=balance).fit(X, y, X_val=X_val, y_val=y_val)
    trained_on = EventWeightBalancer(balance).balance(y, sample_weight=X["weight"])
    weights = matched(y_val, X_val["weight"], y, trained_on)
    expected = weighted_cross_entropy(clf, X_val, y_val, weights)
    assert clf.history_["val_loss"][clf.best_epoch_ - 1] == pytest.approx(expected, rel=1e-5)


def test_physical_validation_weights_behind_a_balancer_in_a_pipeline(
    dense, halves, weighted_cross_entropy
):
    X, y, X_val, y_val = halves
    with sklearn.config_context(enable_metadata_routing=True):
        network = dense(weight_column="weight").set_fit_request(X_val=True, y_val=True)
        steps = [
            ("balance", EventWeightBalancer("sqrt", weight_column="weight")),
            ("scale", MinMaxScaler(exclude=["weight"])),
            ("network", network),
        ]
        pipeline = Pipeline(steps, transform_input=["X_val"])
        pipeline.fit(X, y, X_val=X_val, y_val=y_val)
    clf = pipeline[-1]
    trained_on = EventWeightBalancer("sqrt").balance(y, sample_weight=X["weight"])
    weights = matched(y_val, X_val["weight"], y, trained_on)
    expected = weighted_cross_entropy(clf, pipeline[:-1].transform(X_val), y_val, weights)
    assert clf.history_["val_loss"][clf.best_epoch_ - 1] == pytest.approx(expected, rel=1e-5)


def test_validation_weights_may_come_by_argument(dense, halves):
    X, y, X_val, y_val = halves
    by_column = dense(weight_column="weight").fit(X, y, X_val=X_val, y_val=y_val)
    by_argument = dense().fit(
        X[FEATURES],
        y,
        X["weight"],
        X_val=X_val[FEATURES],
        y_val=y_val,
        sample_weight_val=X_val["weight"],
    )
    assert by_column.history_ == by_argument.history_


def test_the_scale_of_the_validation_weights_does_not_matter(dense, halves):
    X, y, X_val, y_val = halves
    scaled = X_val.assign(weight=X_val["weight"] * 2.0**20)
    one = dense(weight_column="weight").fit(X, y, X_val=X_val, y_val=y_val)
    other = dense(weight_column="weight").fit(X, y, X_val=scaled, y_val=y_val)
    assert one.history_ == other.history_


def test_validation_keeps_the_sign_of_negative_weights(dense, halves, weighted_cross_entropy):
    X, y, X_val, y_val = halves
    sign = np.where(np.arange(len(y_val)) % 10 == 0, -1.0, 1.0)
    X_val = X_val.assign(weight=X_val["weight"] * sign)
    clf = dense(weight_column="weight", negative_weights="drop").fit(X, y, X_val=X_val, y_val=y_val)
    weights = matched(y_val, X_val["weight"], y, X["weight"])
    expected = weighted_cross_entropy(clf, X_val, y_val, weights)
    assert clf.history_["val_loss"][clf.best_epoch_ - 1] == pytest.approx(expected, rel=1e-5)


def test_validation_events_never_train(dense, halves):
    # the leak of the scripts: training and validation drew from the same events
    X, y, X_val, y_val = halves
    extreme = X_val.assign(weight=1e6 * X_val["weight"], pt=-X_val["pt"])
    one = dense(weight_column="weight", epochs=1).fit(X, y, X_val=X_val, y_val=y_val)
    other = dense(weight_column="weight", epochs=1).fit(X, y, X_val=extreme, y_val=1 - y_val)
    assert (one.predict_proba(X) == other.predict_proba(X)).all()
    assert one.history_["val_loss"] != other.history_["val_loss"]


def split(events, fraction, seed):
    return events.parted(_split.drawn(events, fraction, seed))


def test_no_event_is_in_both_parts_of_the_split():
    codes = np.repeat([0, 1, 2], [700, 297, 3])
    rows = np.arange(1000)
    train, validation = split(Events(rows[:, None], codes, np.ones(1000)), 0.2, seed=0)
    together = np.concatenate([train.x, validation.x]).ravel()
    assert sorted(together) == rows.tolist()
    # a fifth of each class, and at least one
    assert np.bincount(validation.codes).tolist() == [140, 59, 1]
    # not the last events of each class
    assert validation.x[:140].max() < 699 or validation.x[:140].min() < 500


def test_the_split_depends_on_the_seed_alone():
    events = Events(np.arange(100)[:, None], np.arange(100) % 2, np.ones(100))
    first, again, other = (split(events, 0.2, seed)[1].x for seed in (0, 0, 1))
    assert (first == again).all()
    assert (first != other).any()


def test_early_stopping_is_automatic_from_1000_events(dense):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(1000, 3)), rng.integers(2, size=1000)
    assert "val_loss" in dense(epochs=1).fit(X, y).history_
    assert "val_loss" not in dense(epochs=1).fit(X[:999], y[:999]).history_
    assert "val_loss" not in dense(epochs=1, early_stopping=False).fit(X, y).history_


def test_automatic_early_stopping_is_off_where_a_class_has_one_event(dense):
    X, y = np.random.default_rng(0).normal(size=(1000, 3)), np.arange(1000) % 2
    y[:1] = 2
    assert "val_loss" not in dense(epochs=1).fit(X, y).history_


def test_a_rare_class_is_in_both_parts(dense):
    X, y = np.random.default_rng(0).normal(size=(1000, 3)), np.arange(1000) % 2
    y[:2] = 2
    assert "val_loss" in dense(epochs=1).fit(X, y).history_


def test_early_stopping_names_a_class_that_cannot_be_split(dense):
    X, y = np.random.default_rng(0).normal(size=(20, 3)), np.array(["b"] * 19 + ["s"])
    message = "early_stopping=True needs at least two events of every class.*class 's' has 1"
    with pytest.raises(ValueError, match=message):
        dense(early_stopping=True).fit(X, y)


def test_training_stops_when_validation_no_longer_improves(dense, halves):
    X, y, X_val, _ = halves
    # labels that are nonsense in validation: the better the training, the worse
    clf = dense(epochs=50, patience=4, exclude="weight").fit(X, y, X_val=X_val, y_val=1 - halves[3])
    assert clf.n_epochs_ == clf.best_epoch_ + 4 < 50
    assert len(clf.history_["val_loss"]) == clf.n_epochs_


def test_last_epoch(dense, halves, weighted_cross_entropy):
    # the scripts' defect: the network of the last epoch was applied instead of the best one
    X, y, X_val, y_val = halves
    clf = dense(
        epochs=15, learning_rate=0.5, weight_column="weight", balance="equal", early_stopping=False
    ).fit(X, y, X_val=X_val, y_val=y_val)
    losses = clf.history_["val_loss"]
    assert clf.n_epochs_ == 15
    assert clf.best_epoch_ == 1 + np.argmin(losses) < 15
    trained_on = EventWeightBalancer("equal").balance(y, sample_weight=X["weight"])
    weights = matched(y_val, X_val["weight"], y, trained_on)
    kept = weighted_cross_entropy(clf, X_val, y_val, weights)
    assert kept == pytest.approx(min(losses), rel=1e-5)
    assert kept != pytest.approx(losses[-1], rel=1e-3)


def test_without_validation_events_the_last_epoch_is_kept(dense, sample):
    X, y = sample
    clf = dense(exclude="weight", epochs=4).fit(X, y)
    assert clf.best_epoch_ == clf.n_epochs_ == 4
    assert list(clf.history_) == ["loss"]


def test_the_validation_split_of_keras_is_the_tail(sample):
    X, y = sample
    X = X[FEATURES].to_numpy()

    def network():
        nodes = keras.layers.Dense(1, activation="sigmoid")
        return keras.Sequential([keras.layers.Input((3,)), nodes])

    split = KerasClassifier(network, validation_split=0.25, random_state=0, verbose=0, epochs=2)
    given = KerasClassifier(network, random_state=0, verbose=0, epochs=2)
    given.fit(X[:450], y[:450], X_val=X[450:], y_val=y[450:])
    assert split.fit(X, y).history_ == given.history_
    routed = KerasClassifier(network, fit__validation_split=0.25, random_state=0, verbose=0)
    assert routed.fit(X, y, epochs=2).history_ == given.history_
    keras_way = KerasClassifier(network, random_state=0, verbose=0, epochs=2)
    keras_way.fit(X[:450], y[:450], validation_data=(X[450:], y[450:]))
    assert keras_way.history_ == given.history_


def test_validation_events_without_weights_beside_weighted_training_warn(dense, halves):
    X, y, X_val, y_val = halves
    with pytest.warns(UserWarning, match="got sample_weight but no sample_weight_val"):
        dense().fit(X[FEATURES], y, X["weight"], X_val=X_val[FEATURES], y_val=y_val)


def test_validation_events_need_the_weight_column(dense, halves):
    X, y, X_val, y_val = halves
    with pytest.raises(ColumnError, match="weight_column='weight' is not a column of X"):
        dense(weight_column="weight").fit(X, y, X_val=X_val[FEATURES], y_val=y_val)


def test_validation_events_and_labels_come_together(dense, halves):
    X, y, X_val, y_val = halves
    with pytest.raises(ValueError, match="needs X_val and y_val together; y_val is missing"):
        dense().fit(X, y, X_val=X_val)
    with pytest.raises(ValueError, match="needs X_val and y_val together; X_val is missing"):
        dense().fit(X, y, y_val=y_val)
    with pytest.raises(ValueError, match="got X_val and validation_data"):
        dense().fit(X, y, X_val=X_val, y_val=y_val, validation_data=(X_val, y_val))


def test_a_class_without_validation_events_is_named(dense, halves):
    X, y, X_val, y_val = halves
    background = X_val[y_val == 0]
    with pytest.raises(ValueError, match="validation events have none of class 1"):
        dense(weight_column="weight").fit(X, y, X_val=background, y_val=np.zeros(len(background)))


def test_a_label_that_only_validation_has_is_named(dense, halves):
    X, y, X_val, y_val = halves
    with pytest.raises(ValueError, match=r"y_val has the labels \[2\]; the classes are \[0, 1\]"):
        dense(weight_column="weight").fit(X, y, X_val=X_val, y_val=np.where(y_val == 1, 2, 0))


def test_reordered_validation_columns_are_an_error(dense, halves):
    X, y, X_val, y_val = halves
    with pytest.raises(ColumnError, match="must be in the same order as they were in fit"):
        dense(weight_column="weight").fit(X, y, X_val=X_val[X_val.columns[::-1]], y_val=y_val)


@pytest.mark.parametrize("weights", [[1, 0, 0, 0, 0, 1], [1, 1, 1, -0.4, -0.4, 1]])
def test_auto_early_stopping_never_fails_by_the_seed(weights):
    y = np.zeros(1000, dtype=int)
    y[:6] = 1
    sample_weight = np.ones(1000)
    sample_weight[:6] = weights
    x = np.arange(1000.0)[:, None] / 1000
    for seed in range(8):
        network = DenseClassifier(units=(3,), epochs=1, batch_size=1000, random_state=seed)
        network.fit(x, y, sample_weight=sample_weight)
        assert np.isfinite(network.history_["loss"]).all()


def test_validation_weights_without_validation_events_are_an_error():
    x, y = np.arange(20.0)[:, None], np.arange(20) % 2
    with pytest.raises(ValueError, match="needs X_val and y_val together; X_val and y_val"):
        DenseClassifier(units=(3,), epochs=1).fit(x, y, sample_weight_val=np.ones(20))


def test_a_parameter_of_another_class_is_an_error_in_fit():
    x, y = np.arange(20.0)[:, None], np.arange(20) % 2
    with pytest.raises(TypeError, match="unexpected keyword argument 'validation_split'"):
        DenseClassifier(units=(3,), epochs=1).fit(x, y, validation_split=0.3)


def test_a_fit_that_fails_forgets_the_network_of_before():
    x, y = np.linspace(-1, 1, 40)[:, None], np.arange(40) // 20
    network = DenseClassifier(units=(3,), epochs=1).fit(x, y)
    with pytest.raises(ValueError, match="zero"):
        network.fit(x, np.where(y == 1, "a", "b"), sample_weight=np.zeros(40))
    with pytest.raises(NotFittedError):
        network.predict(x)


def test_other_classes_in_a_later_partial_fit_are_an_error():
    x, y = np.arange(20.0)[:, None], np.arange(20) % 2
    network = DenseClassifier(units=(3,)).partial_fit(x, y, classes=[0, 1])
    with pytest.raises(ValueError, match=r"classes=\[0, 1, 2\] is not the same"):
        network.partial_fit(x, y, classes=[0, 1, 2])


def test_a_score_needs_weights_with_a_positive_sum():
    x, y = np.arange(20.0)[:, None], np.arange(20) % 2
    network = DenseClassifier(units=(3,), epochs=1).fit(x, y)
    with pytest.raises(ValueError, match="sum to -20; a score needs a positive sum"):
        network.score(x, y, sample_weight=-np.ones(20))
