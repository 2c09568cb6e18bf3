"""Small networks and events for the training loop, and plain Keras to compare with."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from skhep_nn.training import _loop
from skhep_nn.training import _order as order
from skhep_nn.training._engine import Engine
from skhep_nn.training._loop import train
from skhep_nn.training._plan import Plan
from skhep_nn.training._source import ArraySource


def dense(units=(16,), **arguments):
    hidden = [keras.layers.Dense(width, activation="tanh", **arguments) for width in units]
    return sequential((6,), *hidden)


def batch_norm():
    layers = keras.layers
    # with an activation between them: a shift that the next normalisation takes away again has no
    # gradient but rounding, which Adam makes large
    return sequential(
        (6,),
        layers.BatchNormalization(),
        layers.Dense(12, activation="tanh"),
        layers.BatchNormalization(momentum=0.9),
    )


def cnn():
    layers = keras.layers
    return sequential((8, 3), layers.Conv1D(4, 3, activation="tanh"), layers.Flatten())


def lstm():
    return sequential((8, 3), keras.layers.LSTM(5))


def dropout():
    return sequential((6,), keras.layers.Dense(16, activation="relu"), keras.layers.Dropout(0.3))


def sequential(shape, *layers):
    output = keras.layers.Dense(1, activation="sigmoid")
    return keras.Sequential([keras.layers.Input(shape), *layers, output])


NETWORKS = {
    "dense": dense,
    "batch_norm": batch_norm,
    "cnn": cnn,
    "lstm": lstm,
    "dropout": dropout,
}


@pytest.fixture
def networks():
    """Functions that build a network, by name."""
    return NETWORKS


@pytest.fixture
def float64():
    """Keras computes in double precision during the test."""
    before = keras.config.floatx(), keras.config.dtype_policy()
    keras.config.set_floatx("float64")
    keras.config.set_dtype_policy("float64")
    yield
    keras.config.set_floatx(before[0])
    keras.config.set_dtype_policy(before[1])


@pytest.fixture
def make_data():
    """A function that makes (x, y, weights) of `n` events with weights of mean one."""

    def make(n=150, shape=(6,), seed=0):
        rng = np.random.default_rng(seed)
        floatx = keras.config.floatx()
        y = rng.integers(2, size=(n, 1))
        x = rng.normal(size=(n, *shape)) + 0.5 * y.reshape(n, *[1] * len(shape))
        weights = rng.lognormal(size=n)
        return x.astype(floatx), y.astype(floatx), (weights / weights.mean()).astype(floatx)

    return make


@pytest.fixture
def compiled():
    """A function that builds and compiles a network with initial weights that depend on `seed`."""

    def build(network="dense", seed=1, *, optimizer="adam", metrics=None, **arguments):
        keras.utils.set_random_seed(seed)
        model = network() if callable(network) else NETWORKS[network]()
        arguments = {"loss": "binary_crossentropy", "jit_compile": False, **arguments}
        optimizer = optimizer() if callable(optimizer) else optimizer
        model.compile(optimizer=optimizer, weighted_metrics=metrics and metrics(), **arguments)
        return model

    return build


@pytest.fixture
def run(monkeypatch):
    """A function that trains a compiled model with the package's loop; (Outcome, Engine).

    In the program of many steps, though the steps be few, unless there are `few_steps`.
    """

    def run(
        model, data, validation=None, *, jit=False, epochs=3, batch_size=32, few_steps=0, **plan
    ):
        monkeypatch.setattr(_loop, "FEW_STEPS", few_steps)
        engine = Engine(model, jit)
        source = ArraySource(*data)
        engine.build(*source.data)
        plan.setdefault("order", order.as_given(len(data[2])))
        plan.setdefault("shuffle", False)
        plan = Plan(epochs=epochs, batch_size=batch_size, **plan)
        return train(engine, source, validation, plan), engine

    return run


@pytest.fixture
def keras_fit():
    """A function that trains a compiled model with ``keras.Model.fit``; its history."""

    def fit(model, data, validation=None, *, epochs=3, batch_size=32, callbacks=None):
        x, y, weights = data
        return model.fit(
            x,
            y,
            sample_weight=weights,
            epochs=epochs,
            batch_size=batch_size,
            shuffle=False,
            validation_data=validation,
            callbacks=callbacks,
            verbose=0,
        ).history

    return fit


@pytest.fixture
def assert_same_weights():
    """A function that compares the values of Keras variables."""

    def compare(first, second, atol):
        for one, other in zip(first, second, strict=True):
            np.testing.assert_allclose(one.numpy(), other.numpy(), rtol=0, atol=atol)

    return compare
