"""The dtype policy of a fit is part of the fitted network."""

from __future__ import annotations

import contextlib
import pickle

import keras
import numpy as np
import pytest

from skhep_nn import DenseClassifier, KerasClassifier

RNG = np.random.default_rng(0)
X = RNG.normal(size=(150, 3))
TWO, THREE = (X[:, 0] > 0).astype(int), np.arange(150) % 3


@contextlib.contextmanager
def policy(name):
    before = keras.config.dtype_policy().name
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def dense(**parameters):
    common = {"units": (6,), "epochs": 2, "random_state": 0, "verbose": 0, "batch_size": 64}
    return DenseClassifier(**(common | parameters))


def network(meta):
    n_outputs = 1 if meta["n_classes_"] == 2 else meta["n_classes_"]
    activation = "sigmoid" if n_outputs == 1 else "softmax"
    nodes = keras.layers.Dense(n_outputs, activation=activation)
    return keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(6), nodes])


def own(**parameters):
    return KerasClassifier(network, **{"random_state": 0, "verbose": 0} | parameters)


@pytest.mark.parametrize("make", [dense, own])
@pytest.mark.parametrize("name", ["mixed_bfloat16", "mixed_float16"])
def test_predictions_are_those_of_the_policy_of_the_fit(make, name):
    for y in (TWO, THREE):
        with policy(name):
            fitted = make().fit(X, y)
            expected = fitted.predict_proba(X)
            written = pickle.dumps(fitted)
        assert expected.dtype == np.float32
        np.testing.assert_allclose(expected.sum(axis=1), 1, atol=1e-6)
        assert (fitted.predict_proba(X) == expected).all()
        assert (pickle.loads(written).predict_proba(X) == expected).all()
        assert fitted.model_.layers[1].dtype_policy.name == name
        assert keras.config.dtype_policy().name == "float32"


def test_an_engine_of_another_policy_is_not_taken():
    plain = dense().fit(X, TWO).predict_proba(X)
    with policy("mixed_bfloat16"):
        short = dense().fit(X, TWO).predict_proba(X)
    assert (plain != short).any()
    assert (dense().fit(X, TWO).predict_proba(X) == plain).all()


@pytest.mark.parametrize("further", ["partial_fit", "fit"])
def test_training_goes_on_with_the_policy_of_the_first_fit(further):
    with policy("mixed_bfloat16"):
        there = dense(warm_start=True).fit(X, TWO)
        copied = pickle.loads(pickle.dumps(there))
        getattr(there, further)(X, TWO)
    getattr(copied, further)(X, TWO)
    assert (copied.predict_proba(X) == there.predict_proba(X)).all()


def test_outputs_that_are_no_probabilities_are_an_error_in_short_types_too():
    def linear():
        return keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(3)])

    with policy("mixed_bfloat16"):
        fitted = KerasClassifier(linear, loss="mse", verbose=0).fit(X, THREE)
        with pytest.raises(ValueError, match="are not probabilities"):
            fitted.predict_proba(X)
