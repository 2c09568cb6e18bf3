from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

from skhep_nn.exceptions import TrainingInterruptedWarning
from skhep_nn.training._epochs import Epochs
from skhep_nn.training._plan import Plan
from skhep_nn.training._schedule import Plateau


class AtBatches(keras.callbacks.Callback):
    """Makes the fit use Keras' own loop."""

    def on_train_batch_end(self, batch, logs=None):
        """Nothing."""


LOOPS = {"compiled": list, "keras": lambda: [AtBatches()]}


@pytest.fixture
def books(compiled):
    """A function that opens the books of a phase for a network that does not train."""

    def open_books(*, validated=True, **plan):
        model = compiled()
        model.optimizer.build(model.trainable_variables)
        model.stop_training = False
        arguments = {"epochs": 5, "batch_size": 32, "order": None, **plan}
        return Epochs(model, Plan(**arguments), validated=validated)

    return open_books


def enter(epochs, losses):
    with epochs.running(0):
        for epoch, loss in enumerate(losses):
            epochs.end_epoch(epoch, {"loss": 1.0, "val_loss": loss})


def test_the_best_epoch_is_counted_over_phases_and_given_back(books):
    epochs = books(earlier={"loss": [1.0, 1.0]}, phase=2, n_phases=2)
    kernel = epochs.model.trainable_variables[0]
    with epochs.running(0):
        for epoch, loss in enumerate([3.0, 2.0, 4.0]):
            kernel.assign(np.full(kernel.shape, loss))
            epochs.end_epoch(epoch, {"loss": 1.0, "val_loss": loss})
    outcome = epochs.end("some")
    assert (outcome.best_epoch, outcome.n_epochs, outcome.loop) == (4, 3, "some")
    assert np.all(kernel.numpy() == 2.0)


def test_patience_or_a_callback_says_stop(books):
    epochs = books(patience=2)
    enter(epochs, [1.0, 2.0])
    assert not epochs.stopped
    enter(epochs, [3.0])
    assert epochs.stopped
    other = books()
    other.model.stop_training = True
    assert other.stopped


def test_values_that_a_callback_adds_are_history_but_no_logs_of_the_epoch(books):
    class Adds(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            logs["own"] = 7.0

    epochs = books()
    with epochs.running(0):
        epochs.end_epoch(0, {"loss": 1.0}, [Adds()])
    assert epochs.history == {"loss": [1.0], "own": [7.0]}
    assert epochs.logs == {"loss": 1.0}


def test_the_rate_in_history_is_that_of_the_epoch_and_the_plateau_acts_on_the_next(books):
    epochs = books(plateau=Plateau(factor=0.5, patience=1))
    epochs.model.optimizer.learning_rate = 0.25
    enter(epochs, [1.0, 2.0, 3.0])
    assert epochs.history["learning_rate"] == [0.25, 0.25, 0.125]


def test_without_validation_nothing_is_best(books):
    epochs = books(validated=False)
    with epochs.running(0):
        epochs.end_epoch(0, {"loss": 1.0})
    assert (epochs.best.epoch, epochs.end("some").best_epoch) == (None, 1)


@pytest.mark.parametrize("loop", LOOPS)
def test_both_loops_close_an_interrupted_epoch_and_end(loop, make_data, compiled, run):
    def interrupt(epoch, logs):
        if epoch == 2:
            raise KeyboardInterrupt

    ends = [*LOOPS[loop](), keras.callbacks.LambdaCallback(on_epoch_begin=interrupt)]
    with pytest.warns(TrainingInterruptedWarning, match="after 2 of 4 epochs; the network of epo"):
        outcome, _ = run(compiled(), make_data(), make_data(70), epochs=4, callbacks=ends)
    assert {len(values) for values in outcome.history.values()} == {2}
    assert outcome.interrupted


@pytest.mark.parametrize("loop", LOOPS)
def test_both_loops_say_how_large_the_events_are_that_have_no_room(loop, make_data, compiled, run):
    def full(epoch, logs):
        raise tf.errors.ResourceExhaustedError(None, None, "OOM when allocating tensor")

    ends = [*LOOPS[loop](), keras.callbacks.LambdaCallback(on_epoch_begin=full)]
    with pytest.raises(
        MemoryError, match=r"0\.1 MiB of events and batch_size=32; lower batch_size"
    ):
        run(compiled(), make_data(4000), callbacks=ends)


@pytest.mark.parametrize("loop", LOOPS)
def test_both_loops_start_a_later_phase_from_the_best_epoch(loop, make_data, compiled, run):
    plan = {"earlier": {"loss": [0.1] * 3}, "best": 2, "phase": 2, "n_phases": 2}
    model = compiled(optimizer=lambda: keras.optimizers.SGD(1e4))
    start = [np.array(variable) for variable in model.variables]
    data, validation = make_data(), make_data(70, seed=5)
    outcome, _ = run(model, data, validation, epochs=1, callbacks=LOOPS[loop](), **plan)
    assert (outcome.best_epoch, outcome.n_epochs) == (2, 1)
    for variable, value in zip(model.variables, start, strict=True):
        np.testing.assert_array_equal(variable, value)
