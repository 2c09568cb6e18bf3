"""Dense networks: their parameters counted, their layers in order."""

from __future__ import annotations

import numpy as np
import pytest

from skhep_nn import DenseClassifier, networks
from skhep_nn.estimators import CMS_BINARY, CMS_MULTICLASS

PLAIN = {"activation": "relu", "dropout": 0.0, "input_scaling": None, "feature_scale": False}


@pytest.mark.parametrize(
    ("n_features", "n_classes", "arguments", "expected"),
    [
        (12, 2, PLAIN | {"units": (50, 50)}, 3_251),
        (12, 2, CMS_BINARY, 3_251),
        (17, 5, CMS_MULTICLASS, 12_405),
        (19, 6, PLAIN | {"units": (30, 30, 20, 10), "batch_normalization": "input"}, 2_502),
        (19, 6, PLAIN | {"units": (100,) * 4, "batch_normalization": "input"}, 32_982),
    ],
    ids=["plain", "CMS binary", "CMS five-class", "INFN", "INFN with dropout"],
)
def test_parameter_counts_of_published_networks(n_features, n_classes, arguments, expected):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(60, n_features)), np.arange(60) % n_classes
    clf = DenseClassifier(**{**arguments, "epochs": 1, "verbose": 0}).fit(X, y)
    assert clf.model_.count_params() == expected


def test_parameters_of_the_layers_on_the_features_are_counted_beside():
    X, y = np.random.default_rng(0).normal(size=(60, 12)), np.arange(60) % 2
    clf = DenseClassifier((50, 50), epochs=1, verbose=0)
    # three constants and one factor per feature; two constants and fifty weights per bin, and one
    # factor per feature
    scaled = 3_251 + 4 * 12
    assert clf.fit(X, y).model_.count_params() == scaled + 12 * (16 * (2 + 50) + 1)
    model = clf.set_params(feature_bins=0).fit(X, y).model_
    assert model.count_params() == scaled
    trained = sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)
    assert trained == 3_251 + 12


def kinds(**arguments):
    model = networks.dense((3,), 1, units=(4, 2), **arguments)
    return [type(layer).__name__ for layer in model.layers[1:]]


def test_layers_come_in_the_order_that_is_documented():
    assert kinds() == ["Dense", "Activation"] * 2 + ["Dense"]
    assert kinds(dropout=0.1) == ["Dense", "Activation", "Dropout"] * 2 + ["Dense"]
    assert kinds(dropout=(0.0, 0.1)) == [
        "Dense", "Activation", "Dense", "Activation", "Dropout", "Dense",
    ]  # fmt: skip
    assert kinds(dropout="auto") == [
        "Dense", "Activation", "Dropout", "Dense", "Activation", "Dense",
    ]  # fmt: skip
    assert kinds(batch_normalization="input")[0] == "BatchNormalization"
    normalised = ["Dense", "BatchNormalization", "Activation"]
    assert kinds(batch_normalization="all") == ["BatchNormalization", *normalised * 2, "Dense"]


def test_the_output_is_a_sigmoid_or_a_softmax():
    assert networks.dense((3,), 1).layers[-1].activation.__name__ == "sigmoid"
    assert networks.dense((3,), 4).layers[-1].activation.__name__ == "softmax"


def test_the_penalty_is_on_the_kernels_of_the_hidden_layers():
    model = networks.dense((3,), 1, units=(4, 2), l2=0.5)
    kernels = [layer.get_weights()[0] for layer in model.layers if layer.name.startswith("dense")]
    assert len(kernels) == 2
    expected = 0.5 * sum(np.sum(np.square(kernel)) for kernel in kernels)
    assert float(sum(model.losses)) == pytest.approx(expected, rel=1e-6)


def test_one_initializer_object_gives_each_layer_other_weights():
    import keras

    model = networks.dense((4,), 1, units=(4, 4), kernel_initializer=keras.initializers.HeNormal())
    first, second = (layer.get_weights()[0] for layer in model.layers if "dense" in layer.name)
    assert (first != second).any()


def test_values_per_layer_must_be_one_per_layer():
    with pytest.raises(ValueError, match="dropout has 3 values for 2 layers; give one per layer"):
        networks.dense((3,), 1, units=(4, 2), dropout=(0.1, 0.2, 0.3))


@pytest.mark.parametrize(
    ("units", "expected"),
    [
        ((8, 8, 8), [0.5, 0.25]),
        ((8, 8), [0.5]),
        (8, [0.25]),
        ((8,) * 5, [0.5, 0.375, 0.25, 0.125]),
        ((), []),
    ],
)
def test_dropout_falls_to_none_behind_the_last_hidden_layer(units, expected):
    model = networks.dense((3,), 1, units=units, dropout="auto")
    dropped = [layer for layer in model.layers if type(layer).__name__ == "Dropout"]
    assert [layer.rate for layer in dropped] == expected


def test_without_hidden_layers_it_is_logistic_regression():
    assert networks.dense((3,), 1, units=()).count_params() == 4
