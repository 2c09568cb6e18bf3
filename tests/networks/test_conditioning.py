"""Layers by which a parameter acts on features, each against its formula."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from keras import layers

from skhep_nn.networks._conditioning import (
    CONDITIONING,
    AffineConditioning,
    ConditionalBias,
    ConditionalScale,
    FeatureModulation,
    FixedParameter,
    ParameterScaling,
)

RNG = np.random.default_rng(0)
X = RNG.normal(size=(5, 3)).astype(np.float32)
M = RNG.normal(size=(5, 2)).astype(np.float32)
S, S0 = RNG.normal(size=(2, 3)).astype(np.float32), RNG.normal(size=3).astype(np.float32)
B, B0 = RNG.normal(size=(2, 3)).astype(np.float32), RNG.normal(size=3).astype(np.float32)

FORMULAS = {
    "bias": lambda x, m: x + m @ B + B0,
    "scale": lambda x, m: x * (m @ S + S0),
    "affine": lambda x, m: x * (m @ S + S0) + m @ B + B0,
    "film": lambda x, m: x * (1 + m @ S + S0) + m @ B + B0,
}


def with_values(name):
    """A layer whose functions of the parameter are S, S0 and B, B0."""
    layer = CONDITIONING[name]()
    layer.build([(None, 3), (None, 2)])
    if hasattr(layer, "scale"):
        layer.scale.set_weights([S, S0])
    if hasattr(layer, "shift"):
        layer.shift.set_weights([B, B0])
    return layer


@pytest.mark.parametrize("name", FORMULAS)
def test_a_layer_is_its_formula(name):
    expected = FORMULAS[name](X, M)
    assert np.allclose(with_values(name)([X, M]), expected, atol=1e-6)


def test_concatenation_puts_the_parameter_behind_the_features():
    layer = CONDITIONING["concatenate"]()
    assert np.array_equal(layer([X, M]), np.concatenate([X, M], axis=1))


@pytest.mark.parametrize("name", FORMULAS)
def test_each_event_sees_its_own_parameter(name):
    layer = with_values(name)
    together = np.asarray(layer([X, M]))
    for event in range(len(X)):
        alone = np.asarray(layer([X[[event]], M[[event]]]))
        assert np.allclose(alone, together[[event]], atol=1e-6)


@pytest.mark.parametrize("name", FORMULAS)
def test_layers_start_at_the_identity_where_the_parameter_is_zero(name):
    assert np.allclose(CONDITIONING[name]()([X, np.zeros_like(M)]), X)


@pytest.mark.parametrize("name", ["scale", "affine"])
def test_a_scale_may_start_in_proportion_to_the_parameter(name):
    layer = CONDITIONING[name](start=0.0)
    assert not np.any(layer([X, np.zeros_like(M)]))
    assert np.allclose(layer([X, 2 * M]), 2 * np.asarray(layer([X, M])), atol=1e-6)


def test_film_and_affine_start_as_the_same_function():
    affine, film = AffineConditioning(), FeatureModulation()
    for layer in (affine, film):
        layer.build([(None, 3), (None, 2)])
    film.scale.kernel.assign(affine.scale.kernel)
    film.shift.kernel.assign(affine.shift.kernel)
    # the 1 is in the formula of one and in the bias of the other
    assert np.allclose(film([X, M]), affine([X, M]), atol=1e-6)


@pytest.mark.parametrize(
    ("name", "functions"), [("bias", 1), ("scale", 1), ("affine", 2), ("film", 2)]
)
def test_parameter_counts_are_those_of_dense_layers_as_wide_as_the_features(name, functions):
    layer = with_values(name)
    # kernel 2 x 3 and bias 3
    assert layer.count_params() == functions * (2 * 3 + 3)


@pytest.mark.parametrize("name", CONDITIONING)
def test_a_saved_and_loaded_network_predicts_the_same_bits(name, tmp_path):
    x, m = layers.Input((3,), name="x"), layers.Input((2,), name="m")
    model = keras.Model([x, m], CONDITIONING[name]()([x, m]))
    model.save(tmp_path / "network.keras")
    loaded = keras.models.load_model(tmp_path / "network.keras")
    assert np.array_equal(model([X, M]), loaded([X, M]))
    assert model.output_shape == loaded.output_shape == (None, model([X, M]).shape[1])


def test_kernels_start_as_the_initializer_says_and_it_survives_the_config():
    layer = ConditionalScale(start=0.0, kernel_initializer="zeros")
    again = ConditionalScale.from_config(layer.get_config())
    for scale in (layer, again):
        assert not np.any(scale([X, M]))
    assert not np.array_equal(ConditionalBias()([X, M]), X)


class TestParameterScaling:
    def test_the_range_becomes_minus_one_to_one(self):
        masses = np.array([[500.0], [1000.0], [1500.0], [2000.0]], np.float32)
        scaled = np.asarray(ParameterScaling([500.0], [1500.0])(masses)).ravel()
        assert scaled.tolist() == pytest.approx([-1.0, 0.0, 1.0, 2.0], abs=1e-6)

    def test_or_another_range(self):
        masses = np.array([[0.0], [500.0], [1000.0], [1500.0], [3000.0]], np.float32)
        scaled = np.asarray(ParameterScaling([500.0], [1500.0], (1 / 3, 1))(masses)).ravel()
        # masses divided by 1500
        assert scaled.tolist() == pytest.approx([0, 1 / 3, 2 / 3, 1, 2], abs=1e-6)

    def test_each_parameter_has_its_own_range(self):
        scaled = ParameterScaling([0.0, 100.0], [10.0, 300.0])(np.array([[5.0, 100.0]]))
        assert np.asarray(scaled)[0].tolist() == pytest.approx([0.0, -1.0])

    def test_a_single_value_is_shifted_to_the_middle(self):
        scaled = ParameterScaling([125.0], [125.0])(np.array([[125.0], [126.0]]))
        assert np.asarray(scaled).ravel().tolist() == [0.0, 1.0]

    @given(st.floats(1e-3, 1e6), st.floats(1e-3, 1e6), st.floats(0, 1))
    def test_units_do_not_matter(self, low, width, t):
        high, m = low + width, low + t * width
        one = np.asarray(ParameterScaling([low], [high])(np.array([[m]])))
        kilo = np.asarray(ParameterScaling([1e3 * low], [1e3 * high])(np.array([[1e3 * m]])))
        # masses are float32: a narrow range far from zero is known to a few parts of it
        assert np.allclose(one, kilo, atol=1e-5 * (1 + low / width))

    def test_it_survives_its_config(self):
        config = ParameterScaling([1, 2], [3, 4]).get_config()
        assert (config["low"], config["high"]) == ([1.0, 2.0], [3.0, 4.0])
        assert ParameterScaling.from_config(config).get_config() == config


def test_a_fixed_parameter_is_the_same_for_every_event():
    layer = FixedParameter([550, 520])
    assert np.asarray(layer(X)).tolist() == [[550.0, 520.0]] * 5
    assert FixedParameter.from_config(layer.get_config()).values == [550.0, 520.0]
