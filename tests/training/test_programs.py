"""Engines of one architecture run what one of them traced, each on variables of its own."""

from __future__ import annotations

import gc
import itertools
from concurrent.futures import ThreadPoolExecutor

import keras
import numpy as np
import pytest
import tensorflow as tf

from skhep_nn import DenseClassifier
from skhep_nn.estimators._fit import _ensemble
from skhep_nn.training import _loop, _programs, clear_pool
from skhep_nn.training._engine import Engine
from skhep_nn.training._loop import train
from skhep_nn.training._plan import Plan
from skhep_nn.training._source import ArraySource

KEYS = map("architecture {}".format, itertools.count())


@pytest.fixture(autouse=True)
def _no_steps_are_few(monkeypatch):
    """The program of many steps is the one that is looked at."""
    monkeypatch.setattr(_loop, "FEW_STEPS", 0)


class Counting(keras.layers.Layer):
    """Tells how often it was traced."""

    traced = 0

    def call(self, x):
        type(self).traced += 1
        return x


class Outside(keras.layers.Layer):
    """Reads a variable that no network knows of."""

    def __init__(self, start):
        super().__init__()
        self._outside = [tf.Variable(start)]

    def call(self, x):
        return x * self._outside[0]


def network(layer=Counting):
    layers = keras.layers
    parts = [layers.Input((6,)), layers.Dense(4, "tanh"), layer(), layers.Dropout(0.2, seed=1)]
    return keras.Sequential([*parts, layers.Dense(1, activation="sigmoid")])


@pytest.fixture
def engine(compiled):
    """A function that makes an engine of a network with weights that depend on `seed`."""

    def make(seed, key=None, jit=False, layer=Counting, **arguments):
        return Engine(compiled(lambda: network(layer), seed, **arguments), jit, key)

    return make


@pytest.fixture
def data(make_data):
    return make_data(130)


def trained(engine, data):
    """All that training, evaluating and predicting makes of the network of `engine`."""
    source = ArraySource(*data)
    engine.build(*source.data)
    engine.model.stop_training = False
    plan = Plan(epochs=2, batch_size=32, order=lambda epoch: np.arange(len(data[2])))
    history = train(engine, source, data, plan).history
    losses = [history["loss"], history["val_loss"]]
    return [*losses, engine.predict(data[0]), *(v.numpy() for v in engine.model.variables)]


@pytest.mark.parametrize("jit", [False, "epoch"])
def test_a_second_engine_computes_what_it_would_have_traced_itself(engine, data, jit):
    key = next(KEYS)
    first = engine(1, key, jit)
    of_first = trained(first, data)
    second = engine(2, key, jit)
    second.build(*ArraySource(*data).data)
    Counting.traced = 0
    shared = trained(second, data)
    assert Counting.traced == 0
    alone = trained(engine(2, None, jit), data)
    for one, other in zip(shared, alone, strict=True):
        np.testing.assert_array_equal(one, other)
    # and leaves the first alone
    np.testing.assert_array_equal(first.predict(data[0]), of_first[2])


def test_metrics_are_of_the_engine_that_is_asked(engine, data):
    key, metrics = next(KEYS), lambda: [keras.metrics.AUC(name="auc")]
    first, second = (engine(seed, key, metrics=metrics) for seed in (1, 2))
    trained(first, data)
    trained(second, data)
    alone = engine(2, metrics=metrics)
    trained(alone, data)
    assert second.evaluate(*data) == alone.evaluate(*data) != first.evaluate(*data)


def test_threads_trace_once(engine, data):
    key = next(KEYS)
    engines = [engine(seed, key) for seed in range(3)]
    for one in engines:
        one.build(*ArraySource(*data).data)
    Counting.traced = 0
    with ThreadPoolExecutor(3) as threads:
        outputs = list(threads.map(lambda one: one.predict(data[0]), engines))
    assert Counting.traced == 1
    for one, out in zip(engines, outputs, strict=True):
        np.testing.assert_array_equal(one.predict(data[0]), out)
        alone = Engine(one.model).predict(data[0])
        np.testing.assert_array_equal(alone, out)


def test_what_reads_variables_that_nobody_told_of_is_traced_anew(engine, data):
    key = next(KEYS)
    first, second = (engine(1, key, layer=lambda s=s: Outside(s)) for s in (0.0, 1.0))
    flat, alone = first.predict(data[0]), second.predict(data[0])
    assert np.ptp(flat) == 0.0
    assert np.ptp(alone) > 0.0


def test_programs_last_as_long_as_an_engine_of_the_architecture(engine, data):
    key = next(KEYS)
    first, second = engine(1, key), engine(2, key)
    first.predict(data[0])
    before = second.predict(data[0])
    del first
    gc.collect()
    np.testing.assert_array_equal(second.predict(data[0]), before)
    assert key in _programs._PROGRAMS
    del second
    gc.collect()
    assert key not in _programs._PROGRAMS


def test_the_networks_of_a_classifier_trace_training_once(data, monkeypatch):
    made, original = [], Engine._make_train
    monkeypatch.setattr(_ensemble, "_threads", lambda n_networks: 3)
    monkeypatch.setattr(
        Engine, "_make_train", lambda self, *a, **k: made.append(1) or original(self, *a, **k)
    )
    clear_pool()
    small = {"units": (5,), "epochs": 1, "batch_size": 64, "random_state": 0, "verbose": 0}
    fitted = DenseClassifier(n_networks=3, **small).fit(data[0], data[1][:, 0].astype(int))
    assert len(made) == 1
    alone = fitted.members_[2]
    again = DenseClassifier(**small).set_params(random_state=alone.random_state)
    again.fit(data[0], data[1][:, 0].astype(int))
    np.testing.assert_array_equal(again.predict_proba(data[0]), alone.predict_proba(data[0]))
