from __future__ import annotations

import keras
import numpy as np
import pytest

from skhep_nn.exceptions import TrainingError, TrainingInterruptedWarning
from skhep_nn.training import _order as order
from skhep_nn.training._checkpoint import Checkpoint
from skhep_nn.training._engine import Engine
from skhep_nn.training._loop import train
from skhep_nn.training._plan import Plan
from skhep_nn.training._schedule import Plateau
from skhep_nn.training._source import ArraySource

callbacks = keras.callbacks


class CountsBatches(callbacks.Callback):
    """Makes the fit use Keras' own loop."""

    def __init__(self):
        super().__init__()
        self.batches = 0

    def on_train_batch_end(self, batch, logs=None):
        self.batches += 1


def test_both_loops_give_the_same_network_and_history(
    make_data, compiled, run, assert_same_weights
):
    data, validation = make_data(), make_data(70, seed=5)
    models = [compiled(metrics=lambda: ["accuracy"]) for _ in range(2)]
    counter = CountsBatches()
    fast, _ = run(models[0], data, validation, epochs=4)
    slow, _ = run(models[1], data, validation, epochs=4, callbacks=[counter])
    assert (fast.loop, slow.loop) == ("compiled", "keras: CountsBatches has hooks at batches")
    # 150 events in batches of 32: 5 steps
    assert counter.batches == 20
    assert_same_weights(models[0].variables, models[1].variables, atol=1e-4)
    assert (fast.best_epoch, fast.n_epochs) == (slow.best_epoch, slow.n_epochs)
    assert set(fast.history) == set(slow.history)
    for name, values in fast.history.items():
        np.testing.assert_allclose(slow.history[name], values, rtol=0, atol=1e-4)


def test_the_best_epoch_is_kept_and_patience_ends_the_fit(make_data, compiled, run):
    jump = callbacks.LearningRateScheduler(lambda epoch: 0.01 if epoch < 2 else 50.0)
    data, validation = make_data(), make_data(70, seed=5)
    outcome, engine = run(
        compiled(), data, validation, epochs=50, patience=3, callbacks=[jump, CountsBatches()]
    )
    assert (outcome.best_epoch, outcome.n_epochs) == (2, 5)
    loss = engine.evaluate(*validation)["loss"]
    assert loss == pytest.approx(min(outcome.history["val_loss"]), abs=1e-5)


def test_a_plateau_lowers_the_learning_rate(make_data, compiled, run):
    model = compiled(optimizer=lambda: keras.optimizers.SGD(50.0))
    outcome, _ = run(
        model,
        make_data(),
        epochs=6,
        plateau=Plateau(factor=0.1, patience=1),
        callbacks=[CountsBatches()],
    )
    assert outcome.history["learning_rate"][0] == 50.0
    assert outcome.history["learning_rate"][-1] < 50.0


def test_averaged_weights_are_those_of_the_best_epoch(make_data, compiled, run):
    def averaging():
        return keras.optimizers.SGD(0.1, use_ema=True, ema_momentum=0.5)

    data, validation = make_data(), make_data(70, seed=5)
    fast, slow = (compiled(optimizer=averaging) for _ in range(2))
    run(fast, data, validation, epochs=2)
    run(slow, data, validation, epochs=2, callbacks=[CountsBatches()])
    for one, other in zip(fast.weights, slow.weights, strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-4)


def unbounded():
    return keras.Sequential([keras.layers.Input((6,)), keras.layers.Dense(1)])


def test_a_loss_that_is_not_finite_is_an_error(make_data, compiled, run):
    model = compiled(unbounded, optimizer=lambda: keras.optimizers.SGD(1e20), loss="mse")
    with pytest.raises(TrainingError, match=r"loss became (nan|inf) in epoch 1 of 3; try a lower"):
        run(model, make_data(), callbacks=[CountsBatches()])


def test_terminate_on_nan_keeps_the_best_epoch(make_data, compiled, run):
    explodes = callbacks.LearningRateScheduler(lambda epoch: 0.01 if epoch < 2 else 1e25)
    model = compiled(unbounded, loss="mse", optimizer=keras.optimizers.SGD)
    ends = [explodes, callbacks.TerminateOnNaN(), CountsBatches()]
    outcome, _ = run(model, make_data(), make_data(70, seed=5), epochs=9, callbacks=ends)
    assert outcome.n_epochs == 2
    assert all(np.isfinite(np.array(variable)).all() for variable in model.variables)


def test_an_interrupted_fit_keeps_the_best_epoch(make_data, compiled, run):
    def interrupt(epoch, logs):
        if epoch == 2:
            raise KeyboardInterrupt

    ends = [callbacks.LambdaCallback(on_epoch_begin=interrupt), CountsBatches()]
    with pytest.warns(TrainingInterruptedWarning, match="after 2 of 9 epochs; the network of epo"):
        outcome, _ = run(compiled(), make_data(), make_data(70), epochs=9, callbacks=ends)
    assert outcome.interrupted


def test_an_interruption_in_the_first_epoch_is_passed_on(make_data, compiled, run):
    def interrupt(epoch, logs):
        raise KeyboardInterrupt

    ends = [callbacks.LambdaCallback(on_epoch_begin=interrupt), CountsBatches()]
    with pytest.raises(KeyboardInterrupt):
        run(compiled(), make_data(), callbacks=ends)


def test_progress_is_shown(make_data, compiled, run, capsys):
    run(compiled(), make_data(), verbose=2, epochs=2, title="Net", callbacks=[CountsBatches()])
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(": loss")[0] for line in lines] == ["Net: epoch 1/2", "Net: epoch 2/2"]


@pytest.mark.parametrize(
    ("parameter", "plan"),
    [
        ("batch_sampler", {"sampled": True}),
        ("checkpoint_dir", {"checkpoint": Checkpoint("nowhere", "key")}),
        ("resample", {"redraw": lambda epoch, source: None}),
    ],
)
def test_what_needs_the_compiled_loop_is_an_error(parameter, plan, make_data, compiled, run):
    message = f"{parameter} needs the compiled training loop.*CountsBatches has hooks at batches"
    with pytest.raises(ValueError, match=message):
        run(compiled(), make_data(), callbacks=[CountsBatches()], **plan)


def test_events_on_disk_need_the_compiled_loop(make_data, compiled):
    class OnDisk(ArraySource):
        """Stands for any source but events in memory."""

    source = OnDisk(*make_data())
    plan = Plan(1, 32, order.as_given(150), callbacks=[CountsBatches()])
    with pytest.raises(ValueError, match="memory-mapped cache needs the compiled training loop"):
        train(Engine(compiled()), source, None, plan)
