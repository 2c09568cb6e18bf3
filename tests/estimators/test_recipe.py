"""The default recipe: AdamW, a cosine, a length by the sample; what stops, phases and continues."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from skhep_nn import BlockClassifier, CNNClassifier, DenseClassifier, EventBlocks, KerasClassifier
from skhep_nn.training._plan import auto_batch_size, auto_epochs

RNG = np.random.default_rng(0)
X = RNG.normal(size=(1200, 4))
Y = (X[:, 0] + X[:, 1] + RNG.normal(size=1200) > 0).astype(int)
SMALL = {"units": (8,), "batch_size": 200, "random_state": 0, "verbose": 0}


def rates(clf, **arguments):
    """The learning rate at the beginning of each epoch, and afterwards."""
    seen = []

    class Watch(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            seen.append(float(self.model.optimizer.learning_rate.numpy()))

        def __deepcopy__(self, memo):
            return self

    clf.set_params(callbacks=[Watch()]).fit(X, Y, **arguments)
    return seen


def test_the_default_is_adamw_of_the_recipe():
    optimizer = DenseClassifier(**SMALL, epochs=1).fit(X, Y).model_.optimizer
    config = optimizer.get_config()
    assert type(optimizer) is keras.optimizers.AdamW
    assert config["learning_rate"] == pytest.approx(2e-3)
    assert (config["weight_decay"], config["beta_2"]) == (0.02, 0.95)


def test_what_is_given_stands_above_the_recipe():
    given = {"learning_rate": 0.01, "weight_decay": 0.1, "optimizer__beta_2": 0.9}
    config = DenseClassifier(**SMALL, **given).initialize(X, Y).model_.optimizer.get_config()
    assert config["learning_rate"] == pytest.approx(0.01)
    assert (config["weight_decay"], config["beta_2"]) == (0.1, 0.9)


@pytest.mark.parametrize("optimizer", ["adam", keras.optimizers.AdamW])
def test_other_optimizers_are_those_of_keras(optimizer):
    clf = DenseClassifier(**SMALL, optimizer=optimizer).initialize(X, Y)
    kind = keras.optimizers.Adam if optimizer == "adam" else optimizer
    ours, theirs = clf.model_.optimizer.get_config(), kind().get_config()
    assert ours["beta_2"] == theirs["beta_2"]
    assert ours["weight_decay"] == theirs["weight_decay"]
    assert ours["learning_rate"] == pytest.approx(theirs["learning_rate"])


def test_weight_decay_reaches_any_optimizer_by_name():
    clf = DenseClassifier(**SMALL, optimizer="sgd", weight_decay=0.3).initialize(X, Y)
    assert clf.model_.optimizer.get_config()["weight_decay"] == 0.3


def test_weight_decay_said_twice_is_an_error():
    with pytest.raises(ValueError, match=r"weight_decay=0.1 and optimizer__weight_decay=0.2 are"):
        DenseClassifier(weight_decay=0.1, optimizer__weight_decay=0.2).fit(X, Y)
    adam = keras.optimizers.Adam(0.1)
    with pytest.raises(ValueError, match=r"weight_decay=0.1 together with the optimizer object"):
        DenseClassifier(weight_decay=0.1, optimizer=adam).fit(X, Y)


def test_the_rate_falls_to_nothing_over_the_epochs():
    seen = rates(DenseClassifier(**SMALL, epochs=10))
    assert max(seen) < 2e-3
    assert (np.diff(seen[1:]) < 0).all()
    assert seen[-1] < 2e-5


def test_all_events_are_trained_on_to_the_end():
    clf = DenseClassifier(**SMALL, epochs=12).fit(X, Y)
    assert (clf.best_epoch_, clf.n_epochs_) == (12, 12)
    assert "val_loss" not in clf.history_


def test_validation_events_that_are_given_pick_the_epoch_and_stop_nothing():
    clf = DenseClassifier(**SMALL, epochs=30, patience=1).fit(X, Y, X_val=X, y_val=1 - Y)
    assert clf.n_epochs_ == 30
    assert clf.best_epoch_ == 1 + int(np.argmin(clf.history_["val_loss"]))
    assert clf.best_epoch_ < 30


def test_early_stopping_cuts_the_cosine_off():
    clf = DenseClassifier(**SMALL, epochs=30, patience=1, early_stopping=True)
    assert clf.fit(X, Y, X_val=X, y_val=1 - Y).n_epochs_ < 30
    assert "val_loss" in DenseClassifier(**SMALL, epochs=2, early_stopping=True).fit(X, Y).history_


def test_other_schedules_split_events_off_as_they_need_a_best_epoch():
    clf = DenseClassifier(**SMALL, epochs=2, learning_rate_schedule="constant").fit(X, Y)
    assert "val_loss" in clf.history_


def test_each_phase_has_a_cosine_of_its_own():
    phases = [{"learning_rate": 0.02, "epochs": 4}, {"learning_rate": 0.002, "epochs": 6}]
    seen = rates(DenseClassifier(**SMALL, phases=phases))
    assert len(seen) == 10
    assert seen[3] < 0.02 * 0.05
    assert 0.002 * 0.5 < seen[4] < 0.002
    assert seen[9] < 0.002 * 0.05


def test_each_fit_that_goes_on_has_a_cosine_of_its_own():
    clf = DenseClassifier(**SMALL, epochs=4, warm_start=True)
    first = rates(clf)
    np.testing.assert_allclose(rates(clf), first)


def test_partial_fit_has_the_highest_rate():
    clf = DenseClassifier(**SMALL, optimizer="sgd", learning_rate=0.1, weight_decay=0.0)
    clf.partial_fit(X, Y)
    constant = DenseClassifier(
        **SMALL, optimizer="sgd", learning_rate=0.1, weight_decay=0.0,
        learning_rate_schedule="constant",
    ).partial_fit(X, Y)  # fmt: skip
    assert np.array_equal(clf.predict_proba(X), constant.predict_proba(X))


def test_an_optimizer_object_is_scheduled_from_its_rate_and_keeps_a_schedule_of_its_own():
    number = rates(DenseClassifier(**SMALL, epochs=5, optimizer=keras.optimizers.Adam(0.05)))
    assert 0.02 < max(number) < 0.05
    assert number[-1] < 0.005
    slow = keras.optimizers.schedules.ExponentialDecay(0.05, 1000, 0.5)
    own = rates(DenseClassifier(**SMALL, epochs=5, optimizer=keras.optimizers.Adam(slow)))
    assert min(own) > 0.045


@pytest.mark.parametrize(
    "callback",
    [keras.callbacks.ReduceLROnPlateau(), keras.callbacks.LearningRateScheduler(lambda e: 0.1)],
)
def test_a_callback_that_sets_the_rate_is_an_error_that_names_the_way_out(callback):
    message = f'{type(callback).__name__} sets the learning rate.*schedule="constant" with it'
    with pytest.raises(ValueError, match=message):
        DenseClassifier(**SMALL, callbacks=[callback]).fit(X, Y)
    DenseClassifier(**SMALL, epochs=1, callbacks=[callback], learning_rate_schedule="constant").fit(
        X, Y
    )


def test_a_network_of_the_users_takes_the_cosine_too():
    def network(meta):
        nodes = keras.layers.Dense(1, activation="sigmoid")
        return keras.Sequential([keras.layers.Input((meta["n_features_in_"],)), nodes])

    arguments = {"optimizer": "adam", "learning_rate": 0.1, "epochs": 6, "verbose": 0}
    clf = KerasClassifier(network, **arguments, learning_rate_schedule="cosine", random_state=0)
    seen = rates(clf)
    assert seen[-1] < 0.01 < max(seen)
    # and the optimizer has its own rate again, for fits that go on
    assert float(clf.model_.optimizer.learning_rate.numpy()) == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("n_events", "batch_size", "expected"),
    [(1_000_000, 256, 20), (33_000, 256, 20), (768, 256, 20), (200, 256, 60), (10, 10, 60)],
)
def test_the_length_is_in_steps_where_there_are_few(n_events, batch_size, expected):
    assert auto_epochs(n_events, batch_size) == expected


@pytest.mark.parametrize(
    ("n_events", "expected"),
    [(0, 32), (1, 32), (1000, 32), (2500, 64), (5000, 128), (10_000, 256), (10**7, 256)],
)
def test_batches_of_few_sequences_are_small(n_events, expected):
    assert auto_batch_size(n_events, reads_sequences=True) == expected


@pytest.mark.parametrize(
    ("n_events", "expected"),
    [(0, 64), (1000, 64), (5000, 64), (6000, 128), (10_000, 128), (12_000, 256), (10**7, 256)],
)
def test_batches_of_few_events_are_small(n_events, expected):
    assert auto_batch_size(n_events, reads_sequences=False) == expected


@pytest.mark.parametrize(
    ("clf", "events", "expected"),
    [
        (DenseClassifier(8), X, 64),
        (BlockClassifier(), X, 64),
        (BlockClassifier(), X[:, :, None], 32),
        (BlockClassifier(), EventBlocks({"event": X, "pdg": X[:, :, None]}), 32),
        (CNNClassifier(8, dense_units=()), X[:, :, None], 32),
        (CNNClassifier(8, dense_units=(), batch_size=100), X[:, :, None], 100),
    ],
)
def test_networks_take_the_batches_that_suit_what_they_read(clf, events, expected):
    steps = []

    class Count(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            steps.append(int(keras.ops.convert_to_numpy(self.model.optimizer.iterations)))

        def __deepcopy__(self, memo):
            return self

    clf.set_params(epochs=1, callbacks=[Count()], verbose=0, random_state=0).fit(events, Y)
    assert steps == [-(-len(Y) // expected)]


def test_epochs_overrule_the_length_of_the_sample():
    assert DenseClassifier(**SMALL).fit(X, Y).n_epochs_ == 20
    assert DenseClassifier(**SMALL, epochs=3).fit(X, Y).n_epochs_ == 3


def test_averages_of_the_weights_are_what_is_validated_and_kept():
    clf = DenseClassifier(**SMALL, epochs=5, ema=0.9).fit(X, Y, X_val=X, y_val=Y)
    p = clf.predict_proba(X)[np.arange(len(Y)), Y].astype(float)
    assert np.mean(-np.log(p)) == pytest.approx(min(clf.history_["val_loss"]), rel=1e-4)
    plain = DenseClassifier(**SMALL, epochs=5).fit(X, Y, X_val=X, y_val=Y)
    assert not np.allclose(plain.predict_proba(X), clf.predict_proba(X), atol=1e-4)
