"""What in a network has no configuration is named when it is copied, saved or exported."""

from __future__ import annotations

import copy
import pickle

import keras
import numpy as np
import pytest

from skhep_nn._keras_configurations import check_configurations
from skhep_nn._keras_objects import assembled
from skhep_nn.deploy._onnx._network import _config
from skhep_nn.estimators._saving import _objects
from skhep_nn.exceptions import ExportError


class Regularizer(keras.regularizers.Regularizer):
    def __init__(self, factor):
        self.factor = factor

    def __call__(self, x):
        return self.factor * keras.ops.sum(x**2)


class Constraint(keras.constraints.Constraint):
    def __init__(self, factor):
        self.factor = factor

    def __call__(self, x):
        return keras.ops.clip(x, -self.factor, self.factor)


class Initializer(keras.initializers.Initializer):
    def __init__(self, factor=1.0):
        self.factor = factor

    def __call__(self, shape, dtype=None):
        return self.factor * keras.ops.ones(shape, dtype)


class Layer(keras.layers.Layer):
    def __init__(self, factor):
        super().__init__()
        self.factor = factor

    def call(self, x):
        return self.factor * x


class LayerOfAFunction(keras.layers.Layer):
    def __init__(self, function, **kwargs):
        super().__init__(**kwargs)
        self.function = function

    def call(self, x):
        return self.function(x)


class Activation:
    def __call__(self, x):
        return keras.ops.relu(x)


class Model(keras.Model):
    def __init__(self, width):
        x = keras.Input((3,))
        super().__init__(x, keras.layers.Dense(width)(x))


class WithConfiguration(Regularizer):
    def get_config(self):
        return {"factor": self.factor}


class Plain(keras.layers.Layer):
    def call(self, x):
        return x + 1.0


def network(*layers, **dense):
    return keras.Sequential([keras.Input((3,)), *layers, keras.layers.Dense(2, **dense)])


LACKING = {
    "a regularizer": (
        lambda: network(kernel_regularizer=Regularizer(0.1)),
        "regularizer Regularizer has no get_config.*give Regularizer a get_config",
    ),
    "a constraint": (
        lambda: network(kernel_constraint=Constraint(0.1)),
        "constraint Constraint leaves 'factor' out of its configuration; give Constraint",
    ),
    "an initializer": (
        lambda: network(kernel_initializer=Initializer(0.5)),
        "initializer Initializer leaves 'factor' out of its configuration; give Initializer",
    ),
    "a layer that takes no name": (
        lambda: network(Layer(0.1)),
        r"layer Layer does not take its own configuration.*let its constructor take \*\*kwargs",
    ),
    "a layer of a function": (
        lambda: network(LayerOfAFunction(keras.ops.relu)),
        "layer LayerOfAFunction has no get_config.*give LayerOfAFunction a get_config",
    ),
    "an activation": (
        lambda: network(activation=Activation()),
        "activation Activation has no get_config.*give Activation a get_config",
    ),
    "a model": (
        lambda: Model(2),
        "model Model does not take its own configuration.*'width'.*give Model a get_config",
    ),
    "a regularizer in a wrapped layer": (
        lambda: network(
            keras.layers.Reshape((3, 1)),
            keras.layers.TimeDistributed(
                keras.layers.Dense(2, kernel_regularizer=Regularizer(0.1))
            ),
            keras.layers.Flatten(),
        ),
        "regularizer Regularizer has no get_config",
    ),
}


@pytest.fixture(autouse=True)
def _as_the_classifiers_save():
    _objects.install()


@pytest.mark.parametrize("case", LACKING)
@pytest.mark.parametrize("done", [pickle.dumps, copy.deepcopy], ids=["saved", "copied"])
def test_what_cannot_be_made_again_is_named_with_what_it_lacks(case, done):
    make, message = LACKING[case]
    with pytest.raises(TypeError, match=f"the network cannot be copied or saved: {message}"):
        done(make())


@pytest.mark.parametrize(
    "make",
    [
        lambda: network(kernel_regularizer=WithConfiguration(0.1)),
        lambda: network(kernel_initializer=Initializer()),
        lambda: network(Plain(), activation=keras.layers.LeakyReLU(0.1)),
        lambda: keras.Model(x := keras.Input((3,)), keras.layers.Dense(2)(x)),
    ],
    ids=["own configuration", "default argument", "no argument", "functional"],
)
def test_what_has_a_configuration_comes_back(make):
    before, X = make(), np.ones((2, 3), "float32")
    after = pickle.loads(pickle.dumps(before))
    np.testing.assert_array_equal(after(X), before(X))


def test_keras_own_layers_are_passed():
    check_configurations(network(keras.layers.Dropout(0.1), kernel_regularizer="l2"))


def test_an_export_names_the_part_and_not_the_model():
    x = keras.Input((3,))
    dense = keras.layers.Dense(2, kernel_regularizer=Regularizer(0.1))
    with pytest.raises(ExportError, match="regularizer Regularizer has no get_config"):
        _config(keras.Model(x, dense(x)))


def test_a_metric_that_takes_no_name_is_told_to():
    class Metric(keras.metrics.Metric):
        def __init__(self, factor):
            super().__init__()

    with pytest.raises(TypeError, match=r"Metric cannot be made anew.*take \*\*kwargs for Keras"):
        assembled(Metric, {"factor": 1.0, "name": "metric"}, {}, {})
