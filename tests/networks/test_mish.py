"""Mish by one exponential is Keras' mish, and so is its gradient."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from skhep_nn.networks._hidden import activation_layer
from skhep_nn.networks._mish import mish

X = np.concatenate([np.linspace(-30, 30, 601), [-1e4, -100.0, 100.0, 1e4]])


def with_gradients(function, x):
    x = tf.constant(x)
    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = function(x)
        gradient = tape.gradient(y, x)
    return np.array(y), np.array(gradient), np.array(outer.gradient(gradient, x))


@pytest.mark.parametrize(("dtype", "error"), [("float64", 1e-10), ("float32", 2e-5)])
def test_values_and_gradients_are_those_of_the_formula(dtype, error):
    x = X[np.abs(X) <= 30]
    expected = with_gradients(keras.activations.mish, x)
    for one, other in zip(with_gradients(mish, x.astype(dtype)), expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=error, atol=error)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
def test_far_values_are_finite_in_every_precision(dtype):
    x = tf.cast(X[np.abs(X) < 6e4], dtype)
    values, gradients, _ = with_gradients(mish, x)
    exact = with_gradients(keras.activations.mish, np.array(tf.cast(x, "float64")))
    step = np.finfo("float16").eps if dtype == "float16" else 2.0**-7
    for found, expected in zip((values, gradients), exact, strict=False):
        np.testing.assert_allclose(found.astype("float64"), expected, rtol=8 * step, atol=8 * step)


def test_what_is_no_number_stays_so():
    assert np.isnan(np.array(mish(np.array([np.nan], "float32")))).all()


@pytest.mark.parametrize("given", ["mish", keras.activations.mish, mish])
def test_a_network_with_mish_has_this_one_and_comes_back(given, tmp_path):
    inputs = layers.Input((3,))
    model = keras.Model(inputs, activation_layer(given)(inputs))
    assert model.layers[-1].activation is mish
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras").layers[-1].activation
    # an older Keras writes its bare name, by which it has another; what joblib saves keeps this one
    own = keras.activations.mish if keras.activations.serialize(mish) == "mish" else mish
    assert loaded is own


def test_other_activations_stay():
    assert activation_layer("relu").activation is keras.activations.relu
