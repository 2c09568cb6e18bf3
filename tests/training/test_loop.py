from __future__ import annotations

import csv
import importlib
import re

import keras
import numpy as np
import pytest
import tensorflow as tf

from skhep_nn.exceptions import TrainingError, TrainingInterruptedWarning
from skhep_nn.training import _order as order
from skhep_nn.training._engine import Engine
from skhep_nn.training._schedule import Plateau

callbacks = keras.callbacks


class Custom(keras.callbacks.Callback):
    """Notes what it sees, and changes the learning rate."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def on_train_begin(self, logs=None):
        self.seen.append(("begin", self.params["epochs"]))

    def on_epoch_begin(self, epoch, logs=None):
        self.seen.append(("epoch", epoch, int(self.model.optimizer.iterations.numpy())))

    def on_test_end(self, logs=None):
        self.seen.append(("test", sorted(logs)))

    def on_epoch_end(self, epoch, logs=None):
        logs["own"] = epoch * 2.0
        self.seen.append(("end", sorted(logs)))
        self.model.optimizer.learning_rate = 0.01 / (epoch + 1)

    def on_train_end(self, logs=None):
        self.seen.append(("done", sorted(logs)))


PER_EPOCH = {
    "early stopping": lambda: callbacks.EarlyStopping(patience=1, min_delta=0.5),
    "restored": lambda: callbacks.EarlyStopping(
        patience=1, min_delta=0.5, restore_best_weights=True
    ),
    "plateau": lambda: callbacks.ReduceLROnPlateau(patience=1, min_delta=0.5, factor=0.3),
    "scheduler": lambda: callbacks.LearningRateScheduler(lambda epoch, rate: rate * 0.5),
    "lambda": lambda: callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: None),
    "custom": Custom,
}


@pytest.mark.parametrize("name", PER_EPOCH)
def test_callbacks_at_epochs_do_what_they_do_in_keras(name, make_data, compiled, run, keras_fit):
    data, validation = make_data(), make_data(70, seed=5)
    theirs, ours = PER_EPOCH[name](), PER_EPOCH[name]()
    expected = keras_fit(compiled(), data, validation, epochs=5, callbacks=[theirs])
    outcome, _ = run(compiled(), data, validation, epochs=5, callbacks=[ours])
    assert outcome.loop == "compiled"
    assert set(outcome.history) == set(expected)
    for key, values in expected.items():
        np.testing.assert_allclose(outcome.history[key], values, rtol=0, atol=1e-4)
    assert getattr(ours, "seen", None) == getattr(theirs, "seen", None)


def test_csv_logger_writes_what_it_writes_in_keras(tmp_path, make_data, compiled, run, keras_fit):
    data, validation = make_data(), make_data(70, seed=5)
    files = [tmp_path / "keras.csv", tmp_path / "ours.csv"]
    keras_fit(compiled(), data, validation, callbacks=[callbacks.CSVLogger(files[0])])
    run(compiled(), data, validation, callbacks=[callbacks.CSVLogger(files[1])])
    theirs, ours = (list(csv.reader(file.read_text().splitlines())) for file in files)
    assert ours[0] == theirs[0] == ["epoch", "loss", "val_loss"]
    np.testing.assert_allclose(
        np.array(ours[1:], float), np.array(theirs[1:], float), rtol=0, atol=1e-5
    )


def test_model_checkpoint_keeps_the_best_epoch_in_the_compiled_loop(
    tmp_path, make_data, compiled, run
):
    data, validation = make_data(), make_data(70, seed=5)
    file = tmp_path / "best.weights.h5"
    keep = callbacks.ModelCheckpoint(file, save_best_only=True, save_weights_only=True)
    model = compiled()
    outcome, _ = run(model, data, validation, callbacks=[keep])
    assert outcome.loop == "compiled"
    kept = compiled(seed=9)
    kept.optimizer.build(kept.trainable_variables)
    kept.load_weights(file)
    for one, other in zip(kept.weights, model.weights, strict=True):
        np.testing.assert_array_equal(one, other)


def test_tensorboard_writes_in_the_compiled_loop(
    tmp_path, make_data, compiled, run, keras_fit, monkeypatch
):
    # the writing of a value needs the package of that name; that it is asked for does not
    written = []
    monkeypatch.setattr(
        importlib.import_module("tensorflow.summary"),
        "scalar",
        lambda name, data, step: written.append((name, int(step))),
    )
    data, validation = make_data(), make_data(70)
    keras_fit(compiled(), data, validation, callbacks=[callbacks.TensorBoard(tmp_path / "keras")])
    expected, written[:] = list(written), []
    board = callbacks.TensorBoard(tmp_path / "ours")
    outcome, _ = run(compiled(), data, validation, callbacks=[board])
    assert outcome.loop == "compiled"
    assert {("epoch_loss", 2), ("epoch_learning_rate", 2)} <= set(written)
    # Keras' own evaluation writes losses by step beside; they have no epochs
    assert set(written) >= {entry for entry in expected if entry[0].startswith("epoch")}


def test_the_history_of_keras_is_filled(make_data, compiled, run):
    history = callbacks.History()
    outcome, _ = run(compiled(), make_data(), callbacks=[history])
    assert history.history == outcome.history


def test_the_network_of_the_best_epoch_is_kept(make_data, compiled, run):
    # the learning rate jumps after two epochs, so that later ones are worse
    jump = callbacks.LearningRateScheduler(lambda epoch: 0.01 if epoch < 2 else 50.0)
    data, validation = make_data(), make_data(70, seed=5)
    model = compiled()
    outcome, engine = run(model, data, validation, epochs=5, callbacks=[jump])
    assert outcome.best_epoch == 2
    assert outcome.n_epochs == 5
    loss = engine.evaluate(*validation)["loss"]
    assert loss == min(outcome.history["val_loss"]) == outcome.history["val_loss"][1]


def test_patience_ends_a_fit_that_no_longer_improves(make_data, compiled, run):
    jump = callbacks.LearningRateScheduler(lambda epoch: 0.01 if epoch < 2 else 50.0)
    data, validation = make_data(), make_data(70, seed=5)
    outcome, _ = run(compiled(), data, validation, epochs=50, patience=3, callbacks=[jump])
    assert (outcome.best_epoch, outcome.n_epochs) == (2, 5)


def test_without_validation_the_last_epoch_is_the_best(make_data, compiled, run):
    outcome, _ = run(compiled(), make_data(), epochs=4)
    assert (outcome.best_epoch, outcome.n_epochs) == (4, 4)


def test_averaged_weights_are_those_of_the_best_epoch(make_data, compiled, run):
    def averaging():
        return keras.optimizers.SGD(0.1, use_ema=True, ema_momentum=0.5)

    jump = callbacks.LearningRateScheduler(lambda epoch: 0.1 if epoch < 2 else 50.0)
    data, validation = make_data(), make_data(70, seed=5)
    longer, shorter = (compiled(optimizer=averaging) for _ in range(2))
    assert run(longer, data, validation, epochs=4, callbacks=[jump])[0].best_epoch == 2
    run(shorter, data, epochs=2)
    for one, other in zip(longer.weights, shorter.weights, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_plateau_lowers_the_learning_rate_and_history_tells(make_data, compiled, run):
    model = compiled(optimizer=lambda: keras.optimizers.SGD(50.0))
    plateau = Plateau(factor=0.1, patience=1)
    outcome, _ = run(model, make_data(), make_data(70, seed=5), epochs=6, plateau=plateau)
    losses, rates = outcome.history["val_loss"], outcome.history["learning_rate"]
    expected, best = 50.0, np.inf
    for loss, rate in zip(losses, rates, strict=True):
        assert rate == pytest.approx(expected)
        expected = expected if loss < best else expected * 0.1
        best = min(best, loss)
    assert rates[-1] < 50.0


def test_the_order_of_each_epoch_is_asked_for(make_data, compiled, run, assert_same_weights):
    data = make_data(100)
    shuffled = order.shuffled(100, seed=3)
    model = compiled()
    run(model, data, epochs=2, order=shuffled)
    step_by_step = compiled()
    for epoch in range(2):
        rows = shuffled(epoch)
        for start in range(0, 100, 32):
            x, y, weights = (part[rows[start : start + 32]] for part in data)
            step_by_step.train_on_batch(x, y, sample_weight=weights)
    assert_same_weights(model.variables, step_by_step.variables, atol=1e-5)


def test_an_epoch_shorter_than_a_batch_is_one_step(make_data, compiled, run):
    model = compiled()
    run(model, make_data(100), epochs=1, order=lambda epoch: np.arange(20, dtype=np.int32))
    assert int(model.optimizer.iterations.numpy()) == 1


def test_redraw_may_change_events_before_each_epoch(make_data, compiled, run, keras_fit):
    x, y, weights = make_data(64)
    seen = []

    def redraw(epoch, source):
        seen.append(epoch)
        source.data = (tf.convert_to_tensor(x * (epoch + 1)), *source.data[1:])

    ours, theirs = compiled(), compiled()
    run(ours, (x, y, weights), epochs=2, redraw=redraw)
    keras_fit(theirs, (x, y, weights), epochs=1)
    keras_fit(theirs, (x * 2, y, weights), epochs=1)
    assert seen == [0, 1]
    for one, other in zip(ours.weights, theirs.weights, strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-5)


@pytest.mark.parametrize(("rate", "best"), [(0.01, 4), (50.0, 2)])
def test_a_later_phase_has_to_beat_the_network_that_it_starts_from(
    rate, best, make_data, compiled, run
):
    data, validation = make_data(), make_data(70, seed=5)
    model, numbers = compiled(optimizer=lambda: keras.optimizers.Adam(rate)), []
    start = [np.array(variable) for variable in model.variables]

    def as_given(epoch):
        numbers.append(epoch)
        return np.arange(150, dtype=np.int32)

    # a lower loss in the phase before does not count: it may have been another loss
    before = {"loss": [0.1, 0.1, 0.1], "val_loss": [0.1, 0.1, 0.1]}
    plan = {"order": as_given, "earlier": before, "best": 2, "phase": 2, "n_phases": 2}
    outcome, _ = run(model, data, validation, epochs=1, redraw=lambda *_: None, **plan)
    assert numbers == [3]
    assert (outcome.best_epoch, outcome.n_epochs) == (best, 1)
    unchanged = [np.array_equal(a, b) for a, b in zip(model.variables, start, strict=True)]
    assert all(unchanged) == (best == 2)


BREAKING = {
    "rate": lambda: keras.optimizers.SGD(1e20),
    "schedule": lambda: keras.optimizers.SGD(
        keras.optimizers.schedules.ExponentialDecay(1e20, 1000, 0.9)
    ),
}


def unbounded():
    return keras.Sequential([keras.layers.Input((6,)), keras.layers.Dense(1)])


@pytest.mark.parametrize("name", BREAKING)
def test_a_loss_that_is_not_finite_is_an_error_with_epoch_value_and_remedy(
    name, make_data, compiled, run
):
    model = compiled(unbounded, optimizer=BREAKING[name], loss="mse")
    with pytest.raises(TrainingError) as caught:
        run(model, make_data(), epochs=7)
    message = str(caught.value)
    assert re.match(r"loss became (nan|inf) in epoch 1 of 7; try a lower learning_rate", message)
    # five steps of the schedule lower the rate to 1e20 * 0.9**(5 / 1000), 9.99e19
    assert {"rate": "(now 1e+20)", "schedule": "(now 9.99e+19)"}[name] in message
    assert "optimizer__clipnorm=1.0" in message
    assert "MinMaxScaler" in message


def explodes_after(n):
    return callbacks.LearningRateScheduler(lambda epoch: 0.01 if epoch < n else 1e25)


def test_terminate_on_nan_keeps_the_best_epoch_in_the_compiled_loop(make_data, compiled, run):
    data, validation = make_data(), make_data(70, seed=5)
    model = compiled(unbounded, loss="mse", optimizer=keras.optimizers.SGD)
    ends = [explodes_after(2), callbacks.TerminateOnNaN()]
    outcome, engine = run(model, data, validation, epochs=9, callbacks=ends)
    assert outcome.loop == "compiled"
    assert outcome.n_epochs == 2
    assert engine.evaluate(*validation)["loss"] == min(outcome.history["val_loss"])


def test_terminate_on_nan_may_ask_for_an_error(make_data, compiled, run):
    model = compiled(unbounded, loss="mse", optimizer=keras.optimizers.SGD)
    ends = [explodes_after(2), callbacks.TerminateOnNaN()]
    # an argument of newer versions of Keras
    ends[-1].raise_error = True
    with pytest.raises(TrainingError, match="in epoch 3 of 9"):
        run(model, make_data(), make_data(70, seed=5), epochs=9, callbacks=ends)


def interrupts_after(n):
    def interrupt(epoch, logs):
        if epoch == n:
            raise KeyboardInterrupt

    return callbacks.LambdaCallback(on_epoch_begin=interrupt)


def test_an_interrupted_fit_keeps_the_best_epoch(make_data, compiled, run):
    data, validation = make_data(), make_data(70, seed=5)
    message = "interrupted after 3 of 9 epochs; the network of epoch 3 is kept"
    with pytest.warns(TrainingInterruptedWarning, match=message):
        outcome, engine = run(
            compiled(), data, validation, epochs=9, callbacks=[interrupts_after(3)]
        )
    assert outcome.interrupted
    assert engine.evaluate(*validation)["loss"] == outcome.history["val_loss"][2]


def test_an_interrupted_fit_without_validation_says_what_it_keeps(make_data, compiled, run):
    message = "after 2 of 9 epochs; the network as it was at the interruption is kept"
    with pytest.warns(TrainingInterruptedWarning, match=message):
        run(compiled(), make_data(), epochs=9, callbacks=[interrupts_after(2)])


def test_an_interruption_in_the_first_epoch_is_passed_on(make_data, compiled, run):
    with pytest.raises(KeyboardInterrupt):
        run(compiled(), make_data(), callbacks=[interrupts_after(0)])


@pytest.mark.parametrize(("steps", "few_steps"), [("train_steps", 0), ("train_step", 100)])
def test_a_device_out_of_memory_is_named_with_size_and_batch_size(
    steps, few_steps, make_data, compiled, run, monkeypatch
):
    def full(*_):
        raise tf.errors.ResourceExhaustedError(None, None, "OOM when allocating tensor")

    monkeypatch.setattr(Engine, steps, full)
    # 4 bytes times 6 features, label and weight: 32 bytes an event
    data = make_data(65_536)
    with pytest.raises(MemoryError, match=r"2\.0 MiB of events and batch_size=4096; lower batch_"):
        run(compiled(), data, epochs=1, batch_size=4096, few_steps=few_steps)
