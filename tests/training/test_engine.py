"""The compiled loop computes what Keras' own loop computes."""

from __future__ import annotations

import functools
import itertools

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skhep_nn.training import _engine, _source
from skhep_nn.training._engine import Engine
from skhep_nn.training._source import ArraySource

SHAPES = {"dense": (6,), "batch_norm": (6,), "cnn": (8, 3), "lstm": (8, 3), "dropout": (6,)}
optimizers = keras.optimizers
regularizers = keras.regularizers


def regularised():
    layers = keras.layers
    return keras.Sequential(
        [
            layers.Input((6,)),
            layers.Dense(
                16,
                activation="tanh",
                kernel_regularizer=regularizers.L2(1e-2),
                activity_regularizer=regularizers.L2(1e-2),
            ),
            layers.Dense(1, activation="sigmoid", kernel_regularizer=regularizers.L1(1e-3)),
        ]
    )


def schedule():
    return optimizers.schedules.ExponentialDecay(0.01, decay_steps=7, decay_rate=0.8)


OPTIMIZERS = {
    "sgd with momentum": lambda: optimizers.SGD(0.05, momentum=0.9, nesterov=True),
    "rmsprop": lambda: optimizers.RMSprop(0.003),
    "clipvalue": lambda: optimizers.Adam(0.003, clipvalue=0.01),
    "clipnorm": lambda: optimizers.Adam(0.003, clipnorm=0.02),
    "global_clipnorm": lambda: optimizers.SGD(0.1, global_clipnorm=0.05),
    "schedule": lambda: optimizers.Adam(schedule()),
    "amsgrad": lambda: optimizers.Adam(0.003, amsgrad=True),
    "adamw": lambda: optimizers.AdamW(0.003, weight_decay=0.01),
    "ema": lambda: optimizers.Adam(0.003, use_ema=True, ema_momentum=0.9),
    "ema overwriting": lambda: optimizers.Adam(0.003, use_ema=True, ema_overwrite_frequency=7),
    "accumulation": lambda: optimizers.Adam(0.003, gradient_accumulation_steps=3),
    "all together": lambda: optimizers.AdamW(
        schedule(), use_ema=True, gradient_accumulation_steps=3, global_clipnorm=0.05
    ),
}


# XLA draws other random numbers than TensorFlow, so that dropout cannot agree there
NETWORKS_AND_JIT = [
    *itertools.product(["dense", "batch_norm", "cnn", "lstm"], [False, "step", "epoch"]),
    ("dropout", False),
]


@pytest.mark.parametrize(("network", "jit"), NETWORKS_AND_JIT)
def test_thirty_steps_in_single_precision_are_those_of_keras(
    network, jit, make_data, compiled, run, keras_fit, assert_same_weights
):
    # 470 events in batches of 32: fourteen whole ones and one of 22, twice
    data = make_data(470, SHAPES[network])
    theirs, ours = compiled(network), compiled(network)
    keras_fit(theirs, data, epochs=2)
    run(ours, data, jit=jit, epochs=2)
    assert int(ours.optimizer.iterations.numpy()) == 30
    assert_same_weights(ours.variables, theirs.variables, atol=1e-4)


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("network", ["dense", "batch_norm", "cnn", "lstm", "dropout"])
def test_two_hundred_steps_in_double_precision_are_those_of_keras(
    network, make_data, compiled, run, keras_fit, assert_same_weights
):
    # 630 events in batches of 32: nineteen whole ones and one of 22, ten times
    data = make_data(630, SHAPES[network])
    theirs, ours = compiled(network), compiled(network)
    keras_fit(theirs, data, epochs=10)
    run(ours, data, epochs=10)
    assert int(ours.optimizer.iterations.numpy()) == 200
    assert all(np.array(variable).dtype == np.float64 for variable in ours.trainable_variables)
    assert_same_weights(ours.variables, theirs.variables, atol=1e-9)


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_two_hundred_steps_of_an_optimizer_are_those_of_keras(
    name, make_data, compiled, run, keras_fit, assert_same_weights
):
    data = make_data(630)
    theirs = compiled(regularised, optimizer=OPTIMIZERS[name])
    ours = compiled(regularised, optimizer=OPTIMIZERS[name])
    keras_fit(theirs, data, epochs=10)
    run(ours, data, epochs=10)
    assert_same_weights(ours.variables, theirs.variables, atol=1e-9)
    assert_same_weights(ours.optimizer.variables, theirs.optimizer.variables, atol=1e-9)


@pytest.mark.parametrize("jit", ["step", "epoch"])
def test_xla_computes_the_same_steps(jit, make_data, compiled, run, keras_fit, assert_same_weights):
    data = make_data(470)
    theirs, ours = (compiled(regularised, optimizer=OPTIMIZERS["all together"]) for _ in range(2))
    keras_fit(theirs, data, epochs=2)
    run(ours, data, jit=jit, epochs=2)
    assert_same_weights(ours.variables, theirs.variables, atol=1e-4)


@pytest.mark.parametrize("jit", [False, "step"])
def test_reported_losses_and_metrics_are_those_of_keras(jit, make_data, compiled, run, keras_fit):
    def metrics():
        return ["accuracy", keras.metrics.AUC(num_thresholds=50, name="auc")]

    data, validation = make_data(), make_data(70, seed=5)
    theirs, ours = (compiled(regularised, metrics=metrics) for _ in range(2))
    expected = keras_fit(theirs, data, validation)
    outcome, _ = run(ours, data, validation, jit=jit)
    assert set(outcome.history) == set(expected)
    for name, values in expected.items():
        np.testing.assert_allclose(outcome.history[name], values, rtol=0, atol=1e-4)


def test_losses_without_metrics_are_those_of_keras(make_data, compiled, run, keras_fit):
    data, validation = make_data(), make_data(70, seed=5)
    expected = keras_fit(compiled("dense"), data, validation)
    outcome, _ = run(compiled("dense"), data, validation)
    assert set(outcome.history) == {"loss", "val_loss"}
    for name, values in expected.items():
        np.testing.assert_allclose(outcome.history[name], values, rtol=0, atol=1e-6)


class AddsLoss(keras.layers.Layer):
    """Adds a loss that is a sum over the events of the batch."""

    def call(self, x):
        self.add_loss(1e-2 * keras.ops.sum(x**2))
        return x


@pytest.mark.parametrize("reduction", ["sum", "mean_with_sample_weight"])
def test_a_loss_that_is_no_mean_over_events_is_validated_in_keras_batches(
    reduction, make_data, compiled, run, keras_fit
):
    def loss():
        return keras.losses.BinaryCrossentropy(reduction=reduction)

    data, validation = make_data(), make_data(70, seed=5)
    expected = keras_fit(compiled("dense", loss=loss()), data, validation)
    outcome, _ = run(compiled("dense", loss=loss()), data, validation)
    np.testing.assert_allclose(outcome.history["val_loss"], expected["val_loss"], rtol=1e-5)


def test_a_loss_that_a_layer_adds_is_validated_in_keras_batches(
    make_data, compiled, run, keras_fit
):
    def network():
        return keras.Sequential(
            [keras.layers.Input((6,)), AddsLoss(), keras.layers.Dense(1, activation="sigmoid")]
        )

    data, validation = make_data(), make_data(70, seed=5)
    expected = keras_fit(compiled(network), data, validation)
    outcome, _ = run(compiled(network), data, validation)
    for name, values in expected.items():
        np.testing.assert_allclose(outcome.history[name], values, rtol=1e-5)


def test_a_fit_does_not_depend_on_how_the_steps_are_shared_among_calls(
    make_data, compiled, run, monkeypatch, assert_same_weights
):
    data = make_data(1000)
    whole, single = compiled("dropout"), compiled("dropout")
    run(whole, data, epochs=2)
    monkeypatch.setattr(_engine, "SECONDS_PER_CALL", 0.0)
    monkeypatch.setattr(Engine, "_adapt", lambda self, *_: setattr(self, "steps_per_call", 1))
    run(single, data, epochs=2)
    assert_same_weights(whole.variables, single.variables, atol=0)


@pytest.mark.parametrize("rates", [None, np.linspace(1e-3, 1e-2, 30)])
def test_an_epoch_that_gathers_events_itself_takes_the_same_steps(
    rates, make_data, compiled, monkeypatch, assert_same_weights
):
    # groups of three batches, calls of 7 steps: groups are cut off by ends of calls
    monkeypatch.setattr(_source, "GROUP_ROWS", 96)
    monkeypatch.setattr(Engine, "_adapt", lambda *_: None)
    data = make_data(1000)
    order = np.random.default_rng(0).permutation(1000).astype(np.int32)
    models = []
    for read in ("blocks", "ordered"):
        engine, source = Engine(compiled("dense"), "epoch"), ArraySource(*data)
        engine.build(*source.data)
        engine.steps_per_call = 7
        (block, n_steps), _ = getattr(source, read)(order, 32)
        assert n_steps == 31
        assert sum(n for n, _ in engine.train_steps(block, 32, 30, rates)) == 960
        models.append(engine.model)
    assert_same_weights(*(model.variables for model in models), atol=1e-6)


def test_evaluation_is_that_of_keras_and_clears_the_metrics(make_data, compiled, monkeypatch):
    monkeypatch.setattr(_engine, "CHUNK_ROWS", 64)
    x, y, weights = make_data(500)
    model = compiled("batch_norm", metrics=lambda: ["accuracy", keras.metrics.AUC(name="auc")])
    engine = Engine(model)
    engine.build(x, y, weights)
    first = engine.evaluate(x, y, weights)
    assert engine.evaluate(x, y, weights) == first
    expected = model.evaluate(x, y, sample_weight=weights, verbose=0, return_dict=True)
    assert set(first) == set(expected)
    for name, value in expected.items():
        assert first[name] == pytest.approx(value, abs=1e-5)


def test_building_moves_no_weight_and_no_random_state(make_data, compiled):
    model = compiled("dropout")
    before = [np.array(v) for v in model.variables]
    Engine(model).build(*make_data(10))
    assert all(np.array_equal(b, v) for b, v in zip(before, model.variables, strict=True))


def wide():
    layers = keras.layers
    return keras.Sequential(
        [
            layers.Input((300,)),
            layers.Dense(200, activation="relu"),
            layers.Dense(3, activation="softmax"),
        ]
    )


@functools.cache
def engine_of(name):
    keras.utils.set_random_seed(3)
    networks = {
        "wide": wide,
        "dense": lambda: keras.Sequential(
            [keras.layers.Input((6,)), keras.layers.Dense(50), keras.layers.Dense(1)]
        ),
        "cnn": lambda: keras.Sequential(
            [
                keras.layers.Input((8, 3)),
                keras.layers.Conv1D(16, 3, activation="relu"),
                keras.layers.Flatten(),
                keras.layers.Dense(2, activation="softmax"),
            ]
        ),
        "lstm": lambda: keras.Sequential(
            [keras.layers.Input((8, 3)), keras.layers.LSTM(32), keras.layers.Dense(1)]
        ),
    }
    return Engine(networks[name]())


@functools.cache
def whole(name):
    shape = engine_of(name).model.input_shape[1:]
    x = np.random.default_rng(0).normal(size=(2000, *shape)).astype(np.float32)
    return x, engine_of(name).predict(x)


@pytest.mark.parametrize("name", ["dense", "wide", "cnn", "lstm"])
@settings(max_examples=25, deadline=None)
@given(n=st.integers(1, 300), start=st.integers(0, 1700), seed=st.integers(0, 100))
def test_predictions_are_bit_equal_for_any_rows_in_any_order(name, n, start, seed):
    x, expected = whole(name)
    rows = np.random.default_rng(seed).permutation(np.arange(start, start + n))
    np.testing.assert_array_equal(engine_of(name).predict(x[rows]), expected[rows])


@pytest.mark.parametrize("chunk", [64, 100, 640])
@pytest.mark.parametrize("name", ["dense", "wide", "cnn", "lstm"])
def test_predictions_are_bit_equal_for_any_chunking(name, chunk, monkeypatch):
    x, expected = whole(name)
    monkeypatch.setattr(_engine, "CHUNK_ROWS", chunk)
    np.testing.assert_array_equal(engine_of(name).predict(x), expected)


def test_predictions_are_those_of_keras():
    x, expected = whole("wide")
    theirs = engine_of("wide").model.predict(x, verbose=0)
    np.testing.assert_allclose(expected, theirs, rtol=0, atol=1e-5)


def test_no_events_give_no_predictions():
    x, _ = whole("wide")
    assert engine_of("wide").predict(x[:0]).shape == (0, 3)


def test_a_prediction_has_the_type_that_the_network_gives():
    mixed = keras.DTypePolicy("mixed_float16")
    model = keras.Sequential(
        [
            keras.layers.Input((100,)),
            keras.layers.Dense(80, dtype=mixed),
            keras.layers.Dense(1, dtype="float32"),
        ]
    )
    assert Engine(model).predict(np.zeros((3, 100), np.float32)).dtype == np.float32


def test_an_engine_serves_inputs_of_other_types():
    tokens = keras.layers.Input((4,), dtype="int32")
    x = keras.layers.Flatten()(keras.layers.Embedding(10, 2)(tokens))
    engine = Engine(keras.Model(tokens, keras.layers.Dense(1)(x)))
    codes = np.arange(8).reshape(2, 4)
    first = engine.predict(codes.astype(np.int32))
    np.testing.assert_array_equal(engine.predict(codes.astype(np.int64)), first)


def test_chunks_are_smaller_for_wide_networks_and_a_multiple_of_64_rows():
    x = np.zeros((1, 300), np.float32)
    narrow = engine_of("wide").chunk_rows(x)
    # 128 MiB of float32 activations, 300 for an event: 111848 events, more than the most
    assert narrow == 65_536
    # 20000 features: 1677 events, 26 times 64 and some
    assert engine_of("wide").chunk_rows(np.zeros((1, 20_000), np.float32)) == 1664
