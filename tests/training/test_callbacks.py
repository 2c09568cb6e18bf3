from __future__ import annotations

import inspect
import logging

import keras
import pytest

from skhep_nn.training import _callbacks

callbacks = keras.callbacks


def every_keras_callback():
    members = vars(callbacks).values()
    found = [c for c in members if inspect.isclass(c) and issubclass(c, callbacks.Callback)]
    # the list calls the hooks of its members, it has none of its own
    return sorted({c for c in found if c is not callbacks.CallbackList}, key=lambda c: c.__name__)


def with_batch_hooks(cls):
    return [h for h in _callbacks.BATCH_HOOKS if getattr(cls, h) != getattr(callbacks.Callback, h)]


# What decides for Keras' own callbacks with batch hooks: those that the table does not have use
# Keras' loop.
FALLS_BACK = {"BackupAndRestore", "OrbaxCheckpoint"}


@pytest.mark.parametrize("cls", every_keras_callback(), ids=lambda cls: cls.__name__)
def test_every_callback_of_keras_is_decided_on(cls):
    in_table = any(issubclass(cls, known) for known in _callbacks.SERVES_PER_EPOCH)
    if not with_batch_hooks(cls):
        assert not _callbacks.needs_batches(object.__new__(cls))
    elif not in_table:
        assert cls.__name__ in FALLS_BACK
        assert _callbacks.needs_batches(object.__new__(cls))


class AtBatches(callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        pass


class CheckpointAtBatches(callbacks.ModelCheckpoint):
    def on_train_batch_begin(self, batch, logs=None):
        pass


PER_EPOCH = {
    "checkpoint": lambda: callbacks.ModelCheckpoint("x.keras", save_freq="epoch"),
    "best": lambda: callbacks.ModelCheckpoint("x.keras", save_best_only=True),
    "tensorboard": lambda: callbacks.TensorBoard("x", update_freq="epoch"),
    "nan": callbacks.TerminateOnNaN,
    "progress": callbacks.ProgbarLogger,
    "early stopping": callbacks.EarlyStopping,
    "lambda": lambda: callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: None),
    "ema": lambda: callbacks.SwapEMAWeights(swap_on_epoch=True),
}
PER_BATCH = {
    "checkpoint": lambda: callbacks.ModelCheckpoint("x.keras", save_freq=10),
    "tensorboard": lambda: callbacks.TensorBoard("x", update_freq="batch"),
    "tensorboard by steps": lambda: callbacks.TensorBoard("x", update_freq=5),
    "profiler": lambda: callbacks.TensorBoard("x", profile_batch=2),
    "own": AtBatches,
    "own checkpoint": lambda: CheckpointAtBatches("x.keras"),
    "lambda": lambda: callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: None),
    "old lambda": lambda: callbacks.LambdaCallback(on_batch_begin=lambda batch, logs: None),
    "backup": lambda: callbacks.BackupAndRestore("x"),
}


@pytest.mark.parametrize("name", PER_EPOCH)
def test_a_callback_that_serves_per_epoch_stays_in_the_compiled_loop(name, compiled):
    assert _callbacks.why_keras_loop(compiled(), [PER_EPOCH[name]()]) is None


@pytest.mark.parametrize("name", PER_BATCH)
def test_a_callback_with_work_at_batches_uses_the_loop_of_keras(name, compiled):
    callback = PER_BATCH[name]()
    expected = f"{type(callback).__name__} has hooks at batches"
    assert _callbacks.why_keras_loop(compiled(), [callback]) == expected


class OwnStep(keras.Sequential):
    def train_step(self, data):
        return super().train_step(data)


class OwnTest(keras.Sequential):
    def test_step(self, data):
        return super().test_step(data)


@pytest.mark.parametrize(
    ("cls", "reason"),
    [(OwnStep, "OwnStep has its own train_step"), (OwnTest, "OwnTest has its own test_step")],
)
def test_a_model_with_its_own_steps_uses_the_loop_of_keras(
    cls, reason, compiled, make_data, run, caplog
):
    layers = [keras.layers.Input((6,)), keras.layers.Dense(1, activation="sigmoid")]
    model = compiled(lambda: cls(layers))
    with caplog.at_level(logging.WARNING, "skhep_nn"):
        outcome, _ = run(model, make_data(), make_data(70))
    assert outcome.loop == f"keras: {reason}"
    # not what TensorFlow says of Keras' functions
    ours = [r.getMessage() for r in caplog.records if r.name == "skhep_nn"]
    assert ours == [f"training with Keras' own loop: {reason}"]


def test_an_eager_model_uses_the_loop_of_keras(compiled, make_data, run):
    outcome, _ = run(compiled(run_eagerly=True), make_data(64), epochs=1)
    assert outcome.loop == "keras: run_eagerly=True"


def test_another_backend_uses_the_loop_of_keras(compiled, monkeypatch):
    model = compiled()
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    assert _callbacks.why_keras_loop(model, []) == "the Keras backend is jax"
