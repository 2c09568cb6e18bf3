"""The dtype policy of a fit is part of the fitted network."""

from __future__ import annotations

import contextlib
import pickle

import keras
import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from skhep_nn import DenseClassifier, KerasClassifier, ParametricClassifier
from skhep_nn.exceptions import ExportError

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


MIXED = ["mixed_bfloat16", "mixed_float16"]


@pytest.mark.parametrize("parameters", [{}, {"n_networks": 2}, {"batch_normalization": "all"}])
@pytest.mark.parametrize("name", MIXED)
def test_precision_is_the_policy_of_one_fit(name, parameters):
    with policy(name):
        expected = dense(**parameters).fit(X, TWO).predict_proba(X)
    fitted = dense(precision=name, **parameters).fit(X, TWO)
    assert keras.config.dtype_policy().name == "float32"
    found = fitted.predict_proba(X)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, expected)
    assert (pickle.loads(pickle.dumps(fitted)).predict_proba(X) == found).all()
    network = fitted.network_.networks[0] if parameters.get("n_networks") else fitted.network_
    assert {v.dtype for v in network.variables if v.dtype.kind == "f"} == {np.dtype("f4")}


def test_float32_is_another_precision_than_the_policy_that_holds():
    with policy("mixed_bfloat16"):
        found = dense(precision="float32").fit(X, TWO).predict_proba(X)
    np.testing.assert_array_equal(found, dense().fit(X, TWO).predict_proba(X))


@pytest.mark.parametrize("name", MIXED)
def test_mixed_precision_learns_what_float32_learns(name):
    rng = np.random.default_rng(1)
    x = rng.normal(size=(4000, 4)) * [1, 1e4, 1, 1] + [0, 1e6, 0, 0]
    y = (x[:, 0] + (x[:, 1] - 1e6) / 1e4 + 0.5 * rng.normal(size=4000) > 0).astype(int)
    long = {"epochs": 6, "units": (16,)}
    plain, mixed = (dense(**long, precision=one).fit(x, y) for one in ("float32", name))
    aucs = [roc_auc_score(y, one.predict_proba(x)[:, 1]) for one in (plain, mixed)]
    assert aucs[0] > 0.95
    assert aucs[1] == pytest.approx(aucs[0], abs=0.005)
    assert np.abs(plain.predict_proba(x) - mixed.predict_proba(x)).max() < 0.1


def test_a_mass_is_scaled_before_it_is_rounded():
    rng = np.random.default_rng(2)
    mass = np.repeat([1000.0, 1001.0], 300)
    x = pd.DataFrame({"pt": rng.normal(size=600), "mass": mass})
    y = (x["pt"] > 0).astype(int)
    common = {"units": (8,), "epochs": 3, "random_state": 0, "verbose": 0}
    model = ParametricClassifier("mass", **common, precision="mixed_bfloat16").fit(x, y)
    one, other = (model.predict_proba(x.assign(mass=at)) for at in (1000.0, 1001.0))
    assert (one != other).any()
    assert (model.at(1001.0).predict_proba(x[["pt"]]) == other).all()


def test_a_network_that_is_trained_on_keeps_its_precision():
    fitted = dense(warm_start=True, precision="mixed_bfloat16").fit(X, TWO)
    fitted.set_params(precision=None).fit(X, TWO)
    assert fitted.model_.layers[1].dtype_policy.name == "mixed_bfloat16"
    message = r"precision='float32' of DenseClassifier, but .* computes in 'mixed_bfloat16', which"
    for further in ("fit", "partial_fit"):
        with pytest.raises(ValueError, match=message):
            getattr(fitted.set_params(precision="float32"), further)(X, TWO)


@pytest.mark.parametrize("value", ["float16", "mixed", 16, "float64"])
def test_a_precision_that_is_none_is_an_error(value):
    with pytest.raises(ValueError, match="'precision' parameter of DenseClassifier must be"):
        dense(precision=value).fit(X, TWO)


def test_an_argument_of_a_users_function_may_be_called_precision():
    seen = []

    def named(meta, precision):
        seen.append(precision)
        return network(meta)

    KerasClassifier(named, precision=3, verbose=0).fit(X, TWO)
    assert set(seen) == {3}


def test_mixed_precision_is_no_onnx_file(tmp_path):
    pytest.importorskip("onnx")
    from skhep_nn import export_onnx

    fitted = dense(precision="mixed_float16").fit(X, TWO)
    with pytest.raises(ExportError, match=r"computes in float16; .* with precision='float32'"):
        export_onnx(fitted, tmp_path / "model.onnx")
