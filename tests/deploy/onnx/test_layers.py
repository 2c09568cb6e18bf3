from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import layers, ops

from skhep_nn import networks
from skhep_nn.deploy._onnx._activations import ACTIVATIONS
from skhep_nn.exceptions import ExportError
from skhep_nn.networks._feature_bins import FeatureBins
from skhep_nn.networks._feature_inputs import Inputs
from skhep_nn.preprocessing._bin_edges import feature_bins

RNG = np.random.default_rng(1)
FEATURES = RNG.normal(size=(40, 5)).astype(np.float32)
SEQUENCE = RNG.normal(size=(40, 7, 3)).astype(np.float32)
IMAGES = RNG.normal(size=(20, 6, 5, 2)).astype(np.float32)


def ends(x, n_outputs=3):
    return layers.Dense(n_outputs, activation="softmax")(x)


def one_layer(layer, x):
    inputs = layers.Input(x.shape[1:])
    out = layer(inputs)
    return keras.Model(inputs, ends(layers.Flatten()(out) if len(out.shape) > 2 else out))


@pytest.mark.parametrize("batch_normalization", [False, "all"])
def test_a_dense_network_agrees(difference, batch_normalization):
    network = networks.dense(
        (5,), 1, units=(8, 6), dropout=0.2, batch_normalization=batch_normalization
    )
    assert difference(network, FEATURES) < 1e-6


@pytest.mark.parametrize(("shape", "x"), [((5,), FEATURES), ((7, 3), SEQUENCE)])
def test_scaled_inputs_agree(difference, shape, x):
    inputs = layers.Input(shape)
    scaled = Inputs(inputs, "block", input_scaling=True, feature_scale=True).alone
    network = keras.Model(inputs, ends(layers.Flatten()(scaled)))
    assert difference(network, x) < 1e-6
    assert difference(network, (x * np.float32(1e25)).astype(np.float32)) < 1e-6


@pytest.mark.parametrize("feature_scale", [True, False])
def test_features_in_bins_agree(difference, feature_scale):
    inputs = layers.Input((5,))
    read = Inputs(inputs, "block", input_scaling=True, feature_scale=feature_scale, feature_bins=16)
    network = keras.Model(inputs, ends(read.with_bins()))
    found = feature_bins(FEATURES, None, 16)
    for constant, values in zip(FeatureBins.CONSTANTS, found, strict=True):
        getattr(network.get_layer("block_bins"), constant).assign(values)
    assert difference(network, FEATURES) < 1e-6
    assert difference(network, (FEATURES * np.float32(1e25)).astype(np.float32)) < 1e-6


@pytest.mark.parametrize("feature_bins", [0, 4])
def test_factors_in_the_first_kernel_agree(difference, feature_bins):
    network = networks.dense(
        (5,),
        1,
        units=(8, 6),
        activation="mish",
        dropout=0.2,
        input_scaling=True,
        feature_scale=True,
        feature_bins=feature_bins,
    )
    for variable in network.trainable_variables:
        if variable.name.startswith("q"):
            variable.assign(np.linspace(-0.5, 0.5, 5))
    assert difference(network, FEATURES) < 1e-6


@pytest.mark.parametrize("name", sorted(ACTIVATIONS))
def test_each_activation_agrees(difference, name):
    network = one_layer(layers.Dense(4, activation=name), FEATURES)
    assert difference(network, FEATURES) < 1e-6


@pytest.mark.parametrize(
    "layer",
    [
        layers.ReLU(),
        layers.ReLU(max_value=1.0, negative_slope=0.1, threshold=0.2),
        layers.LeakyReLU(negative_slope=0.3),
        layers.ELU(alpha=0.5),
        layers.PReLU(),
        layers.Softmax(),
        layers.LayerNormalization(),
        layers.UnitNormalization(),
        layers.Rescaling(0.5, 1.0),
        layers.GaussianNoise(0.5),
        layers.Dense(3, use_bias=False),
        layers.Normalization(mean=[1.0, 2, 3, 4, 5], variance=[1.0, 4, 9, 16, 25]),
        layers.RepeatVector(2),
        layers.Reshape((5, 1)),
        keras.Sequential([layers.Dense(4, activation="tanh"), layers.Dropout(0.5)]),
    ],
    ids=lambda layer: type(layer).__name__,
)
def test_each_layer_on_features_agrees(difference, layer):
    assert difference(one_layer(layer, FEATURES), FEATURES) < 1e-6


@pytest.mark.parametrize(
    "layer",
    [
        layers.Conv1D(4, 3, padding="same", activation="relu"),
        layers.Conv1D(4, 2, padding="valid", strides=2),
        layers.Conv1D(4, 4, padding="same", strides=2, use_bias=False),
        layers.Conv1D(4, 3, padding="causal", dilation_rate=2),
        layers.Conv1D(6, 2, groups=3),
        layers.MaxPooling1D(2),
        layers.MaxPooling1D(3, strides=2, padding="same"),
        layers.AveragePooling1D(3, padding="same"),
        layers.GlobalAveragePooling1D(),
        layers.GlobalMaxPooling1D(keepdims=True),
        layers.ZeroPadding1D((1, 2)),
        layers.Cropping1D((1, 2)),
        layers.Permute((2, 1)),
        layers.TimeDistributed(layers.Dense(2)),
        layers.BatchNormalization(axis=1),
        layers.LayerNormalization(axis=[1, 2]),
        layers.SimpleRNN(4),
    ],
    ids=lambda layer: type(layer).__name__,
)
def test_each_layer_on_sequences_agrees(difference, layer):
    assert difference(one_layer(layer, SEQUENCE), SEQUENCE) < 1e-6


@pytest.mark.parametrize(
    "layer",
    [
        layers.Conv2D(4, (3, 2), padding="same", strides=2),
        layers.MaxPooling2D(2),
        layers.AveragePooling2D((2, 3), padding="same"),
    ],
    ids=lambda layer: type(layer).__name__,
)
def test_each_layer_on_images_agrees(difference, layer):
    assert difference(one_layer(layer, IMAGES), IMAGES) < 1e-6


@pytest.mark.parametrize(
    "join",
    [
        layers.Add(),
        layers.Subtract(),
        layers.Multiply(),
        layers.Maximum(),
        layers.Minimum(),
        layers.Average(),
        layers.Concatenate(),
    ],
    ids=lambda layer: type(layer).__name__,
)
def test_each_way_of_joining_agrees(difference, join):
    inputs = layers.Input((5,))
    both = [layers.Dense(4, name="one")(inputs), layers.Dense(4, name="two")(inputs)]
    assert difference(keras.Model(inputs, ends(join(both))), FEATURES) < 1e-6


def test_operations_between_layers_agree(difference):
    inputs = layers.Input((5,))
    x = ops.exp(inputs) * 0.1 + ops.square(inputs) - 1
    x = ops.concatenate([ops.tanh(x), ops.log1p(ops.absolute(inputs))], axis=-1)
    x = layers.Concatenate()([x, ops.sum(x, axis=1, keepdims=True), 2 / (1 + ops.exp(inputs))])
    assert difference(keras.Model(inputs, ends(x)), FEATURES) < 1e-6


def test_a_layer_called_twice_and_models_inside_models_agree(difference):
    inner = networks.dense((5,), 5, units=(4,))
    shared = layers.Dense(5, activation="tanh")
    inputs = layers.Input((5,))
    network = keras.Model(inputs, ends(shared(inner(shared(inputs)))))
    outer = layers.Input((5,))
    assert difference(keras.Model(outer, network(layers.Dense(5)(outer))), FEATURES) < 1e-6


def test_a_layer_of_the_user_is_an_error_that_names_it(difference):
    class Doubled(layers.Layer):
        def call(self, x):
            return 2 * x

    network = one_layer(Doubled(name="twice"), FEATURES)
    with pytest.raises(ExportError, match="layer 'twice': Doubled is no layer that can be"):
        difference(network, FEATURES)


def test_a_subclass_that_overrides_call_is_not_taken_for_its_parent(difference):
    class Shifted(layers.Dense):
        def call(self, x):
            return super().call(x) + 1

    with pytest.raises(ExportError, match="Shifted is no layer"):
        difference(one_layer(Shifted(3), FEATURES), FEATURES)


def test_a_layer_that_computes_in_half_precision_is_an_error(difference):
    network = one_layer(layers.Dense(3, dtype="float16", name="half"), FEATURES)
    with pytest.raises(ExportError, match=r"layer 'half': it computes in float16"):
        difference(network, FEATURES)


def test_a_model_without_configuration_is_an_error(difference):
    class Custom(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = layers.Dense(2)

        def call(self, x):
            return self.dense(x)

    model = Custom()
    model(FEATURES)
    with pytest.raises(ExportError, match="Custom is no functional or sequential Keras model"):
        difference(model, FEATURES)
