"""The first layer with factors in its kernel is factors on the features, and a dense layer."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from skhep_nn import networks
from skhep_nn.networks._feature_bins import FeatureBins
from skhep_nn.networks._feature_dense import FeatureDense
from skhep_nn.networks._input_scaling import FeatureScale

RNG = np.random.default_rng(5)
N_FEATURES, N_BINS, UNITS = 3, 4, 5
X = RNG.normal(size=(40, N_FEATURES)).astype("float32")


def edges(bins):
    bins.low.assign(np.sort(RNG.normal(size=(N_FEATURES, N_BINS))))
    bins.slope.assign(RNG.uniform(0.5, 2, (N_FEATURES, N_BINS)))


def layer_by_layer(n_bins):
    inputs = layers.Input((N_FEATURES,))
    x = FeatureScale(name="factor")(inputs)
    if n_bins:
        x = layers.Concatenate()([x, FeatureBins(n_bins, trained=True, name="bins")(inputs)])
    return keras.Model(inputs, layers.Dense(UNITS, "tanh", name="dense")(x))


def in_one(n_bins):
    inputs = x = layers.Input((N_FEATURES,))
    if n_bins:
        x = layers.Concatenate()([x, FeatureBins(n_bins, trained=False, name="bins")(inputs)])
    return keras.Model(
        inputs, layers.Activation("tanh")(FeatureDense(UNITS, n_bins, name="dense")(x))
    )


def with_gradients(model, **variables):
    with tf.GradientTape() as tape:
        y = model(X)
        loss = tf.reduce_sum(y * tf.cos(tf.range(float(UNITS))))
    gradients = tape.gradient(loss, [variable.value for variable in variables.values()])
    return np.array(y), {n: np.ravel(g) for n, g in zip(variables, gradients, strict=True)}


@pytest.mark.parametrize("n_bins", [0, N_BINS])
def test_values_and_gradients_are_those_of_the_layers_one_by_one(n_bins):
    one, other = in_one(n_bins), layer_by_layer(n_bins)
    dense, plain = one.get_layer("dense"), other.get_layer("dense")
    pairs = {
        "kernel": (dense.kernel, plain.kernel),
        "bias": (dense.bias, plain.bias),
        "q": (dense.q, other.get_layer("factor").q),
    }
    if n_bins:
        edges(one.get_layer("bins"))
        for name in FeatureBins.CONSTANTS:
            getattr(other.get_layer("bins"), name).assign(getattr(one.get_layer("bins"), name))
        pairs["q_bins"] = dense.q_bins, other.get_layer("bins").q
    for ours, theirs in pairs.values():
        values = RNG.normal(scale=0.3, size=ours.shape)
        ours.assign(values)
        theirs.assign(values.reshape(theirs.shape))
    y, found = with_gradients(one, **{name: ours for name, (ours, _) in pairs.items()})
    y_expected, expected = with_gradients(other, **{n: theirs for n, (_, theirs) in pairs.items()})
    np.testing.assert_allclose(y, y_expected, atol=1e-6)
    for name in pairs:
        np.testing.assert_allclose(found[name], expected[name], rtol=1e-4, atol=1e-4)


def test_the_layer_comes_back_from_a_saved_model(tmp_path):
    model = in_one(N_BINS)
    edges(model.get_layer("bins"))
    model.get_layer("dense").q.assign(RNG.normal(size=N_FEATURES))
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(np.array(again(X)), np.array(model(X)))


SCALED = {"input_scaling": True, "feature_scale": True, "feature_bins": N_BINS}


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({}, "FeatureDense"),
        ({"batch_normalization": "hidden"}, "FeatureDense"),
        ({"feature_scale": False}, "Dense"),
        # between the factors and the kernel there is another layer, or there is no hidden one
        ({"batch_normalization": "input"}, "Dense"),
        ({"units": ()}, "Dense"),
    ],
)
def test_a_dense_network_has_the_factors_in_its_first_layer(arguments, expected):
    model = networks.dense((N_FEATURES,), 1, **{"units": (6, 6), **SCALED, **arguments})
    kinds = [type(layer).__name__ for layer in model.layers if hasattr(layer, "kernel")]
    assert kinds[0] == expected
    assert set(kinds[1:]) <= {"Dense"}
    trained = sum(int(np.prod(v.shape)) for v in model.trainable_variables if v.name[0] == "q")
    assert trained == 2 * N_FEATURES * arguments.get("feature_scale", True)
