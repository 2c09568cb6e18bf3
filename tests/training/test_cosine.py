"""A cosine with warm-up: planned in steps, the same in both loops, in pieces, and after a stop."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from skhep_nn.training import _order as order
from skhep_nn.training._checkpoint import Checkpoint
from skhep_nn.training._engine import Engine
from skhep_nn.training._loop import train
from skhep_nn.training._plan import Plan
from skhep_nn.training._schedule import Cosine
from skhep_nn.training._source import ArraySource

N_EVENTS, BATCH, EPOCHS = 90, 20, 4
STEPS = 5


def network(optimizer=None):
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(1, "sigmoid")])
    model.compile(optimizer or keras.optimizers.SGD(0.5), "binary_crossentropy")
    return model


def events():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(N_EVENTS, 3)).astype("float32")
    return x, (x[:, :1] > 0).astype("float32"), np.ones(N_EVENTS, "float32")


def plan(**changed):
    settings = {"epochs": EPOCHS, "batch_size": BATCH, "order": order.as_given(N_EVENTS)}
    settings |= {"schedule": Cosine(EPOCHS), "verbose": 0, "shuffle": False}
    return Plan(**settings | changed)


def trained(model, jit=False, **changed):
    engine = Engine(model, jit)
    engine.build(*events())
    train(engine, ArraySource(*events()), None, plan(**changed))
    return [np.array(v) for v in model.trainable_variables]


def by_hand(rates):
    """Weights after plain gradient steps at these rates, by NumPy."""
    model = network()
    kernel, bias = (np.array(v, np.float64) for v in model.trainable_variables)
    x, y, _ = (a.astype(np.float64) for a in events())
    for step, rate in enumerate(rates):
        rows = slice(step % STEPS * BATCH, (step % STEPS + 1) * BATCH)
        error = 1 / (1 + np.exp(-(x[rows] @ kernel + bias))) - y[rows]
        kernel = kernel - rate * x[rows].T @ error / len(error)
        bias = bias - rate * error.mean(axis=0)
    return kernel, bias


def test_it_rises_in_the_first_part_of_the_steps_and_falls_to_zero():
    cosine = Cosine(epochs=10, warm_up=0.1)
    factors = np.concatenate([cosine.factors(epoch, 10) for epoch in range(10)])
    assert (np.diff(factors[:11]) > 0).all()
    assert factors[10] == pytest.approx(1.0)
    assert (np.diff(factors[10:]) < 0).all()
    # in the middle of the fall half the rate
    assert factors[55] == pytest.approx(0.5)
    assert 0 < factors[-1] < 1e-3


@pytest.mark.parametrize("n_steps", [1, 2, 7])
def test_a_fit_of_a_few_steps_never_stands_still(n_steps):
    factors = Cosine(epochs=1).factors(0, n_steps)
    assert (factors > 0).all()
    assert (factors <= 1).all()


@pytest.mark.parametrize("jit", [False, "step", "epoch"])
def test_each_step_has_its_rate(jit):
    rates = 0.5 * np.concatenate([Cosine(EPOCHS).factors(e, STEPS) for e in range(EPOCHS)])
    found = trained(network(), jit)
    for one, other in zip(found, by_hand(rates), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


def test_keras_own_loop_has_the_same_rates():
    class Batchwise(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            pass

    expected = trained(network())
    found = trained(network(), callbacks=[Batchwise()])
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


@pytest.mark.parametrize("steps_per_call", [1, 3])
def test_calls_of_any_length_are_one_schedule(steps_per_call):
    model = network()
    engine = Engine(model)
    engine.steps_per_call = steps_per_call
    engine._adapt = lambda *args: None
    train(engine, ArraySource(*events()), None, plan())
    for one, other in zip(model.trainable_variables, trained(network()), strict=True):
        np.testing.assert_allclose(np.array(one), other, atol=1e-6)


def test_the_optimizer_has_its_own_rate_again_afterwards():
    model = network()
    trained(model)
    assert float(model.optimizer.learning_rate.numpy()) == pytest.approx(0.5)


def test_a_fit_that_goes_on_has_the_rates_that_it_would_have_had(tmp_path):
    class Killed(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 2:
                raise RuntimeError

    adam = lambda: network(keras.optimizers.Adam(0.1))  # noqa: E731
    expected = trained(adam())
    with pytest.raises(RuntimeError):
        trained(adam(), callbacks=[Killed()], checkpoint=checkpoint(tmp_path))
    model = adam()
    found = trained(model, checkpoint=checkpoint(tmp_path))
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other)
    assert float(model.optimizer.learning_rate.numpy()) == pytest.approx(0.1)


def checkpoint(folder):
    found = Checkpoint(folder, "key")
    found.agree_on_seed(0)
    return found
