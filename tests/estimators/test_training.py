"""During the fit: losses that are not finite, Ctrl-C, callbacks, progress, warm start."""

from __future__ import annotations

import logging

import keras
import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import NotFittedError

from skhep_nn import KerasClassifier
from skhep_nn.exceptions import TrainingError, TrainingInterruptedWarning

FEATURES = ["pt", "eta", "mt"]


class Recorder(keras.callbacks.Callback):
    """Notes what it sees; an instance serves one fit, its class any number."""

    seen: list = []  # noqa: RUF012

    def on_epoch_end(self, epoch, logs=None):
        type(self).seen.append((epoch, dict(logs)))


class Interrupt(keras.callbacks.Callback):
    """Ctrl-C at the end, or at the beginning, of an epoch."""

    def __init__(self, epoch, hook="end"):
        super().__init__()
        self.epoch, self.hook = epoch, hook

    def on_epoch_begin(self, epoch, logs=None):
        self._interrupt("begin", epoch)

    def on_epoch_end(self, epoch, logs=None):
        self._interrupt("end", epoch)

    def _interrupt(self, hook, epoch):
        if (hook, epoch + 1) == (self.hook, self.epoch):
            raise KeyboardInterrupt


class BatchInterrupt(keras.callbacks.Callback):
    """Ctrl-C in the middle of an epoch, in Keras' own loop."""

    def __init__(self, batch):
        super().__init__()
        self.batch, self.count = batch, 0

    def on_train_batch_end(self, batch, logs=None):
        self.count += 1
        if self.count == self.batch:
            raise KeyboardInterrupt


@pytest.fixture
def halves(sample):
    X, y = sample
    X = X[FEATURES].to_numpy()
    return (X[:400], y[:400]), {"X_val": X[400:], "y_val": y[400:]}


def network(meta):
    nodes = keras.layers.Dense(1, activation="sigmoid")
    return keras.Sequential([keras.layers.Input((meta["n_features_in_"],)), nodes])


@pytest.fixture(params=["DenseClassifier", "KerasClassifier"])
def make(request, dense):
    if request.param == "DenseClassifier":
        return dense
    return lambda **p: KerasClassifier(network, **({"random_state": 0, "verbose": 0} | p))


def test_a_loss_that_is_not_finite_names_the_epoch_and_what_to_try(make, sample):
    X, y = sample
    X = X[FEATURES].to_numpy() * 1e30
    message = (
        r"loss became (nan|inf) in epoch 1 of 5; try a lower learning_rate \(now 1e\+20\), "
        r"gradient clipping \(optimizer__clipnorm=1.0\), or features scaled"
    )
    clf = make(optimizer="sgd", learning_rate=1e20, epochs=5)
    with pytest.raises(TrainingError, match=message):
        clf.fit(X, y)
    with pytest.raises(NotFittedError):
        clf.predict(X)


def test_a_fit_that_fails_leaves_the_next_one_as_it_would_have_been(dense, sample):
    X, y = sample
    X = X[FEATURES].to_numpy()
    before = dense(optimizer="sgd", learning_rate=0.1).fit(X, y).predict_proba(X)
    with pytest.raises(TrainingError):
        dense(optimizer="sgd", learning_rate=1e20).fit(X * 1e30, y)
    after = dense(optimizer="sgd", learning_rate=0.1).fit(X, y).predict_proba(X)
    assert (before == after).all()


def test_ctrl_c_keeps_the_best_epoch_with_a_warning(make, halves):
    train, validation = halves
    full = make(epochs=3, early_stopping=True).fit(*train, **validation)
    clf = make(epochs=9, early_stopping=True, callbacks=[Interrupt(3)])
    message = "interrupted after 3 of 9 epochs; the network of epoch [123] is kept"
    with pytest.warns(TrainingInterruptedWarning, match=message):
        clf.fit(*train, **validation)
    assert clf.history_ == full.history_
    assert clf.best_epoch_ == full.best_epoch_ == 1 + np.argmin(clf.history_["val_loss"])
    assert (clf.predict_proba(train[0]) == full.predict_proba(train[0])).all()


def test_ctrl_c_without_validation_events_keeps_the_last_epoch(make, halves):
    train, _ = halves
    full = make(epochs=2).fit(*train)
    clf = make(epochs=9, callbacks=[Interrupt(3, "begin")])
    with pytest.warns(
        TrainingInterruptedWarning,
        match="after 2 of 9 epochs; the network as it was at the interruption is kept",
    ):
        clf.fit(*train)
    assert clf.best_epoch_ == clf.n_epochs_ == 2
    assert (clf.predict_proba(train[0]) == full.predict_proba(train[0])).all()


def test_ctrl_c_in_the_middle_of_an_epoch_keeps_the_best_epoch_too(make, halves):
    train, validation = halves
    # 400 events in batches of 100: the sixth is the second of epoch 2
    clf = make(epochs=9, batch_size=100, callbacks=[BatchInterrupt(6)])
    with pytest.warns(
        TrainingInterruptedWarning, match="after 1 of 9 epochs; the network of epoch 1"
    ):
        clf.fit(*train, **validation)
    expected = make(epochs=1, batch_size=100, callbacks=[BatchInterrupt(99)])
    expected.fit(*train, **validation)
    assert (clf.predict_proba(train[0]) == expected.predict_proba(train[0])).all()


def test_ctrl_c_in_the_first_epoch_is_ctrl_c(make, halves):
    train, validation = halves
    clf = make(epochs=9, callbacks=[Interrupt(1, "begin")])
    with pytest.raises(KeyboardInterrupt):
        clf.fit(*train, **validation)
    with pytest.raises(NotFittedError):
        clf.predict(train[0])


def test_verbose_1_shows_epoch_losses_and_time_left(dense, halves, capsys, monkeypatch):
    monkeypatch.setattr("skhep_nn._bar.is_watched", lambda: True)
    train, validation = halves
    dense(verbose=1, epochs=2).fit(*train, **validation)
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "DenseClassifier 100%" in shown.err
    assert "epoch 2.0/2" in shown.err
    assert "loss=" in shown.err
    assert "val_loss=" in shown.err
    # [elapsed<remaining, ...]
    assert "<00:00, " in shown.err


def test_verbose_0_is_silent(make, halves, capfd):
    train, validation = halves
    make(verbose=0, epochs=2).fit(*train, **validation).predict(train[0])
    shown = capfd.readouterr()
    assert (shown.out, shown.err) == ("", "")


def test_verbose_2_is_a_line_per_epoch(dense, halves, capsys):
    train, validation = halves
    clf = dense(verbose=2, epochs=2).fit(*train, **validation)
    lines = capsys.readouterr().out.strip().split("\n")
    losses = [f"{clf.history_['loss'][n]:.4g}" for n in range(2)]
    assert [line.split(",")[0] for line in lines] == [
        f"DenseClassifier: epoch {n + 1}/2: loss {losses[n]}" for n in range(2)
    ]


def test_callbacks_at_epochs_are_served_by_the_compiled_loop(make, halves):
    train, validation = halves
    Recorder.seen = []
    clf = make(epochs=2, callbacks=[Recorder()]).fit(*train, **validation)
    assert clf.training_loop_ == "compiled"
    assert [epoch for epoch, _ in Recorder.seen] == [0, 1]
    assert [logs["val_loss"] for _, logs in Recorder.seen] == clf.history_["val_loss"]


def test_callbacks_at_batches_train_with_keras_own_loop_and_say_so(make, halves, caplog):
    train, validation = halves
    batches = []
    callback = keras.callbacks.Callback()
    callback.on_train_batch_end = lambda batch, logs=None: batches.append(batch)
    with caplog.at_level(logging.WARNING, logger="skhep_nn"):
        clf = make(epochs=2, batch_size=100, callbacks=callback).fit(*train, **validation)
    assert clf.training_loop_ == "keras: Callback has hooks at batches"
    assert "training with Keras' own loop: Callback has hooks at batches" in caplog.text
    assert batches == [0, 1, 2, 3] * 2


def test_keras_own_loop_gives_the_numbers_of_the_compiled_one(make, halves):
    train, validation = halves
    common = {"epochs": 2, "batch_size": 64, "shuffle": False}
    weights = {"sample_weight": np.linspace(0.1, 1, 400), "sample_weight_val": np.ones(200)}
    compiled = make(**common).fit(*train, **validation, **weights)
    own = make(**common, callbacks=BatchInterrupt(999)).fit(*train, **validation, **weights)
    assert own.training_loop_.startswith("keras")
    np.testing.assert_allclose(
        own.predict_proba(train[0]), compiled.predict_proba(train[0]), atol=1e-5
    )
    for name, values in compiled.history_.items():
        assert own.history_[name] == pytest.approx(values, rel=1e-4)
    assert own.best_epoch_ == compiled.best_epoch_


def test_keras_own_loop_is_reproducible_too(make, halves):
    train, _ = halves
    fits = [make(epochs=2, callbacks=BatchInterrupt(999)).fit(*train) for _ in range(2)]
    assert (fits[0].predict_proba(train[0]) == fits[1].predict_proba(train[0])).all()


def test_a_callback_can_stop_the_training(make, halves):
    train, validation = halves
    stop = keras.callbacks.EarlyStopping(monitor="val_loss", patience=1, min_delta=1e9)
    clf = make(epochs=20, callbacks=[stop]).fit(*train, **validation)
    assert clf.n_epochs_ == 2


@pytest.mark.parametrize(
    "arguments",
    [
        {"callbacks": keras.callbacks.EarlyStopping, "callbacks__patience": 2},
        {"callbacks": [keras.callbacks.EarlyStopping], "callbacks__0__patience": 2},
        {"callbacks": {"stop": keras.callbacks.EarlyStopping}, "callbacks__stop__patience": 2},
        {"callbacks": [[keras.callbacks.EarlyStopping(patience=2)]]},
    ],
    ids=["class", "list", "dict", "nested list"],
)
def test_callbacks_are_routed(make, halves, arguments):
    train, validation = halves
    arguments = {"callbacks__min_delta": 1e9, **arguments}
    if isinstance(arguments["callbacks"], list) and not isinstance(arguments["callbacks"][0], type):
        arguments = {"callbacks": [[keras.callbacks.EarlyStopping(min_delta=1e9, patience=2)]]}
    clf = make(epochs=20, **arguments).fit(*train, **validation)
    assert clf.n_epochs_ == 3


def test_what_is_no_callback_is_an_error(make, halves):
    with pytest.raises(TypeError, match="callbacks holds 42; it must be"):
        make(callbacks=[42]).fit(*halves[0])


def test_a_callback_object_of_a_dense_classifier_is_copied(dense, halves):
    history = keras.callbacks.History()
    dense(callbacks=[history]).fit(*halves[0])
    assert history.history == {}
    assert history.model is None


def test_keras_writes_its_files_at_epochs(make, halves, tmp_path):
    train, validation = halves
    callbacks = [
        keras.callbacks.CSVLogger(tmp_path / "log.csv"),
        keras.callbacks.ModelCheckpoint(
            str(tmp_path / "epoch_{epoch}.weights.h5"), save_weights_only=True
        ),
    ]
    clf = make(epochs=2, callbacks=callbacks).fit(*train, **validation)
    assert clf.training_loop_ == "compiled"
    assert {path.name for path in tmp_path.iterdir()} == {
        "log.csv", "epoch_1.weights.h5", "epoch_2.weights.h5",
    }  # fmt: skip
    table = pd.read_csv(tmp_path / "log.csv")
    assert table["val_loss"].tolist() == pytest.approx(clf.history_["val_loss"])


def test_warm_start_trains_on(make, halves):
    (X, y), _ = halves
    clf = make(epochs=2, warm_start=True, batch_size=-1, shuffle=False).fit(X, y)
    first = clf.history_["loss"]
    clf.fit(X, y)
    straight = make(epochs=4, batch_size=-1, shuffle=False).fit(X, y)
    assert first + clf.history_["loss"] == pytest.approx(straight.history_["loss"], rel=1e-6)
    np.testing.assert_allclose(clf.predict_proba(X), straight.predict_proba(X), atol=1e-6)


def test_without_warm_start_a_fit_begins_anew(dense, halves):
    (X, y), _ = halves
    clf = dense().fit(X, y)
    first = clf.predict_proba(X)
    assert (clf.fit(X, y).predict_proba(X) == first).all()


def test_warm_start_takes_a_new_learning_rate(make, halves):
    (X, y), _ = halves
    clf = make(learning_rate=0.01, warm_start=True, batch_size=-1).fit(X, y)
    before = clf.predict_proba(X)
    clf.set_params(learning_rate=1e-12).fit(X, y)
    np.testing.assert_allclose(clf.predict_proba(X), before, atol=1e-6)
    assert float(clf.model_.optimizer.learning_rate.numpy()) == pytest.approx(1e-12)


def test_warm_start_goes_on_with_a_schedule(make, halves):
    (X, y), _ = halves
    schedule = {"learning_rate": 0.5, "learning_rate_schedule": "inverse_time", "decay": 1.0}
    clf = make(warm_start=True, batch_size=-1, epochs=1, **schedule).fit(X, y).fit(X, y)
    assert int(clf.model_.optimizer.iterations.numpy()) == 2
    assert float(clf.model_.optimizer.learning_rate.numpy()) == pytest.approx(0.5 / 3)


def test_warm_start_takes_another_optimizer(dense, halves):
    (X, y), _ = halves
    clf = dense(warm_start=True).fit(X, y)
    before = clf.predict_proba(X)
    clf.set_params(optimizer="sgd", learning_rate=1e-12).fit(X, y)
    np.testing.assert_allclose(clf.predict_proba(X), before, atol=1e-6)
    assert isinstance(clf.model_.optimizer, keras.optimizers.SGD)


def test_warm_start_keeps_the_architecture(dense, halves):
    clf = dense(warm_start=True).fit(*halves[0])
    with pytest.raises(ValueError, match="units changed since the last fit"):
        clf.set_params(units=(9,)).fit(*halves[0])


def test_the_keras_model_is_a_copy_that_has_the_weights(dense, halves):
    (X, y), _ = halves
    clf = dense().fit(X, y)
    outputs = clf.model_.predict(X, verbose=0)
    np.testing.assert_allclose(outputs[:, 0], clf.predict_proba(X)[:, 1], rtol=0, atol=1e-5)
    before = clf.predict_proba(X)
    clf.model_.set_weights([0 * w for w in clf.model_.get_weights()])
    assert (clf.predict_proba(X) == before).all()
