"""Seeds: one integer per fit, and global state that is as it was afterwards."""

from __future__ import annotations

import random

import keras
import numpy as np
import pytest
import tensorflow as tf

from skhep_nn import DenseClassifier, KerasClassifier
from skhep_nn.estimators._fit._seeds import seed_of

X = np.random.default_rng(0).normal(size=(60, 3)).astype(np.float32)
Y = (X[:, 0] > 0).astype(int)


def network(meta):
    return keras.Sequential(
        [keras.layers.Input((meta["n_features_in_"],)), keras.layers.Dense(1, activation="sigmoid")]
    )


@pytest.mark.parametrize(
    "classifier",
    [
        DenseClassifier(units=(3,), epochs=1, random_state=1),
        KerasClassifier(network, epochs=1, random_state=1, verbose=0),
    ],
    ids=["dense", "user's"],
)
def test_a_fit_leaves_the_global_generators_and_determinism_as_they_were(classifier):
    random.seed(3)
    np.random.seed(3)
    expected = random.random(), np.random.rand()
    random.seed(3)
    np.random.seed(3)
    classifier.fit(X, Y)
    assert (random.random(), np.random.rand()) == expected
    # with deterministic operations left on, this raises "Random ops require a seed"
    assert tf.random.normal((2,)).shape == (2,)


def test_a_random_state_object_gives_the_same_seed_each_time():
    state = np.random.RandomState(5)
    assert seed_of(state) == seed_of(state) == seed_of(np.random.RandomState(5))
    assert seed_of(7) == 7
