"""Dropout: what its masks are, and that they depend on nothing but seed, call and place."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

from skhep_nn.networks._dropout import Dropout, random_bits

SHAPE = (256, 64)


def bits(seed=1, call=0, shape=SHAPE):
    return random_bits(tf.constant(shape), tf.constant([seed, call], tf.int64)).numpy()


def kept(rate, seed=1, shape=SHAPE):
    return np.array(Dropout(rate, seed=seed)(np.ones(shape, "float32"), training=True))


@pytest.mark.parametrize("rate", [0.001, 0.3, 0.9])
def test_the_fraction_is_dropped_and_the_mean_stays(rate):
    found = kept(rate, shape=(1000, 200))
    dropped = (found == 0).mean()
    # within five standard deviations of that many draws
    assert dropped == pytest.approx(rate, abs=5 * np.sqrt(rate * (1 - rate) / found.size))
    np.testing.assert_allclose(found[found > 0], 1 / (1 - rate), rtol=1e-6)


def test_bits_are_even_in_rows_columns_and_every_place_of_the_number():
    found = bits()
    for place in range(32):
        ones = (found >> place) & 1
        for axis in (0, 1):
            n = SHAPE[axis]
            assert abs(ones.mean(axis) - 0.5).max() < 5 * 0.5 / np.sqrt(n)
        assert abs(ones.mean() - 0.5) < 5 * 0.5 / np.sqrt(found.size)


@pytest.mark.parametrize("other", [{"seed": 2}, {"call": 1}, {"seed": 2**31}, {"call": 100_000}])
def test_masks_of_other_seeds_and_calls_are_not_related(other):
    one, two = (np.ravel(part) < 0.3 * 2**32 for part in (bits(), bits(**other)))
    for shift in (0, 1, SHAPE[1]):
        together = (one[shift:] & two[: two.size - shift]).mean()
        assert together == pytest.approx(0.09, abs=5 * 0.3 / np.sqrt(one.size))


def test_neighbours_are_not_related():
    dropped = np.ravel(bits(shape=(1000, 64))) < 0.3 * 2**32
    for lag in (1, 2, 3, 64, 128, 4096):
        together = (dropped[lag:] & dropped[:-lag]).mean()
        assert together == pytest.approx(0.09, abs=5 * 0.3 / np.sqrt(dropped.size))


def test_a_mask_is_the_same_with_more_events_behind_and_compiled():
    few, many = bits(shape=(10, 7)), bits(shape=(30, 7))
    np.testing.assert_array_equal(few, many[:10])
    compiled = tf.function(random_bits, jit_compile=True, autograph=False)
    found = compiled(tf.constant(SHAPE), tf.constant([1, 0], tf.int64))
    np.testing.assert_array_equal(found, bits())


def test_each_call_draws_anew_and_the_seed_repeats_all():
    x = np.ones(SHAPE, "float32")
    one, again = Dropout(0.5, seed=3), Dropout(0.5, seed=3)
    first, second = (np.array(one(x, training=True)) for _ in range(2))
    assert (first != second).any()
    np.testing.assert_array_equal(np.array(again(x, training=True)), first)


def test_nothing_is_dropped_in_prediction_and_the_gradient_is_that_of_what_is_kept():
    x = tf.constant(np.random.default_rng(0).normal(size=SHAPE).astype("float32"))
    layer = Dropout(0.3, seed=1)
    np.testing.assert_array_equal(np.array(layer(x)), x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = layer(x, training=True)
    expected = np.where(np.array(y) == 0, 0, 1 / 0.7)
    np.testing.assert_allclose(np.array(tape.gradient(y, x)), expected, rtol=1e-6)


def test_the_layer_comes_back_from_a_saved_model(tmp_path):
    model = keras.Sequential([keras.Input((4,)), Dropout(0.25, seed=7)])
    model.save(tmp_path / "model.keras")
    (layer,) = keras.models.load_model(tmp_path / "model.keras").layers
    assert type(layer) is Dropout
    assert (layer.rate, layer.seed) == (0.25, 7)
