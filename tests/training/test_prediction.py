"""Networks with long sums predict large blocks of events where that changes no bit."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from skhep_nn.training import _prediction
from skhep_nn.training._engine import Engine

N_EVENTS = 3 * _prediction.BLOCK_ROWS + 100


class AddsRows(keras.layers.Layer):
    """Adds the number of events, as a library whose sums depend on it would add rounding."""

    def call(self, x):
        return x + keras.ops.cast(keras.ops.shape(x)[0], x.dtype)


def network(*layers, **last):
    return keras.Sequential(
        [keras.layers.Input((100,)), *layers, keras.layers.Dense(2, dtype="float32", **last)]
    )


@pytest.fixture
def blocks(monkeypatch):
    """Numbers of events that the network was run on, each time."""
    seen, run = [], Engine._function

    def noting(self, name, data, make):
        compiled = run(self, name, data, make)

        def noted(x, size):
            seen.append((len(x), int(size)))
            return compiled(x, size)

        return noted

    monkeypatch.setattr(Engine, "_function", noting)
    return seen


@pytest.fixture
def x():
    return np.random.default_rng(0).normal(size=(N_EVENTS, 100)).astype(np.float32)


def test_a_network_whose_bits_depend_on_the_number_of_events_is_run_in_small_blocks(x, blocks):
    engine = Engine(network(AddsRows()))
    whole = engine.predict(x)
    assert blocks[-1] == (3 * 1024 + 128, 64)
    np.testing.assert_array_equal(engine.predict(x[2000:2050]), whole[2000:2050])


def test_a_network_whose_bits_do_not_is_run_in_large_blocks_and_asked_once(x, blocks, monkeypatch):
    # what it computes is exact: small whole numbers
    engine = Engine(network(kernel_initializer="ones"))
    monkeypatch.setattr(_prediction, "_random_like", lambda a, _: a)
    engine.predict(np.round(x))
    asked = [(1024, 1024), (1024, 64)] * 2
    assert blocks == [*asked, (3 * 1024, 1024), (128, 64)]
    del blocks[:]
    engine.predict(np.round(x))
    assert blocks == [(3 * 1024, 1024), (128, 64)]


def test_events_that_are_all_the_same_do_not_tell(x, blocks):
    engine = Engine(network(kernel_initializer="zeros"))
    engine.predict(x)
    assert blocks[-1] == (3 * 1024 + 128, 64)
    assert engine._prediction._large_blocks is None


def test_small_numbers_of_events_are_not_asked(x, blocks):
    Engine(network()).predict(x[:1000])
    assert blocks == [(1024, 64)]
