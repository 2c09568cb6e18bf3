"""Dropout along a path: what is dropped in which step, and that other fits know nothing of it."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from benchmarks import accuracy_dropout
from benchmarks.accuracy_dropout import PATHS, factor, followed
from skhep_nn import DenseClassifier
from skhep_nn.networks._dropout import Dropout

EXPECTED = {
    "cosine": [1, (2 + 2**0.5) / 4, 0.5, (2 - 2**0.5) / 4],
    "flat, cosine": [1, 1, 1, 0.5],
    "rising": [0, (2 - 2**0.5) / 4, 0.5, (2 + 2**0.5) / 4],
    "early": [1, 1, 1, 1],
    "late": [0, 1, 1, 1],
}
RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(300, 3)), np.arange(300) % 2


def fitted(**parameters):
    settings = {"units": 8, "epochs": 4, "batch_size": 100, "random_state": 0, "verbose": 0}
    return DenseClassifier(**settings | parameters).fit(X, Y).predict_proba(X)


@pytest.mark.parametrize("path", [*PATHS])
def test_the_factor_is_that_of_the_part_of_the_steps_that_is_done(path):
    with followed(path):
        accuracy_dropout.STEPS.assign(8.0)
        found = [float(factor(step)) for step in (0, 2, 4, 6)]
    np.testing.assert_allclose(found, EXPECTED[path], atol=1e-6)


@pytest.mark.parametrize(("step", "dropped"), [(0, 0.4), (8, 0.2), (15, 0.003843)])
def test_so_much_is_dropped_in_a_step_and_the_mean_stays(step, dropped):
    layer, ones = Dropout(0.4, seed=3), np.ones((500, 400), np.float32)
    with followed("cosine"):
        accuracy_dropout.STEPS.assign(16.0)
        layer.seed_generator.state.assign(np.array([3, step], np.uint32))
        out = layer(ones, training=True).numpy()
    assert (out == 0).mean() == pytest.approx(dropped, abs=0.005)
    assert out.mean() == pytest.approx(1.0, abs=0.01)
    np.testing.assert_array_equal(layer(tf.constant(ones), training=False), ones)


def test_a_fit_knows_its_length_and_fits_before_and_after_are_as_ever():
    before = fitted()
    with followed("cosine"):
        other = fitted()
    assert float(accuracy_dropout.STEPS) == 4 * 3
    np.testing.assert_array_equal(fitted(), before)
    assert np.abs(other - before).max() > 1e-4


def test_a_path_that_is_flat_is_the_dropout_of_any_fit(monkeypatch):
    monkeypatch.setitem(PATHS, "flat", np.ones_like)
    with followed("flat"):
        found = fitted(dropout=0.25)
    np.testing.assert_allclose(found, fitted(dropout=0.25), atol=1e-5)
