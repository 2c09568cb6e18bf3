from __future__ import annotations

import numpy as np
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import VotingClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline

from skhep_nn import (
    DenseClassifier,
    KerasClassifier,
    MinMaxScaler,
    ParametricClassifier,
    export_onnx,
)
from skhep_nn.exceptions import ExportError

SMALL = {"units": (5,), "epochs": 3, "batch_size": 64, "random_state": 0, "verbose": 0}
N_EVENTS = 400


@pytest.fixture(scope="module", params=[2, 3], ids=["binary", "three classes"])
def data(request):
    rng = np.random.default_rng(7)
    y = rng.integers(0, request.param, N_EVENTS)
    X = rng.normal(size=(N_EVENTS, 3)) + y[:, None]
    return X, np.array(["a", "b", "c"])[y]


def pipeline():
    return make_pipeline(MinMaxScaler(), DenseClassifier(**SMALL))


@pytest.mark.parametrize("method", ["sigmoid", "isotonic", "temperature"])
@pytest.mark.parametrize("frozen", [True, False])
def test_calibration_agrees(data, exported, method, frozen):
    X, y = data
    inner = FrozenEstimator(pipeline().fit(X, y)) if frozen else pipeline()
    calibrated = CalibratedClassifierCV(inner, method=method, cv=2)
    try:
        calibrated.fit(X, y)
    except ValueError:
        pytest.skip("this scikit-learn has no calibration by temperature")
    loaded = exported(calibrated, check=X, tolerance=1e-3)
    off = np.abs(loaded.predict_proba(X) - calibrated.predict_proba(X))
    # the slope of a calibration multiplies the rounding of the network's float32
    assert off.max() < (1e-3 if method == "isotonic" else 5e-6)
    assert np.median(off) < 1e-6


def test_a_vote_agrees(data, exported, largest_difference):
    X, y = data
    members = [(f"m{k}", DenseClassifier(**{**SMALL, "random_state": k})) for k in range(3)]
    for weights in (None, [1, 2, 0.5]):
        model = VotingClassifier(members, voting="soft", weights=weights).fit(X, y)
        assert largest_difference(exported(model, check=X), model, X) < 1e-6


def test_one_against_the_rest_agrees(data, exported, largest_difference):
    X, y = data
    model = OneVsRestClassifier(pipeline()).fit(X, y)
    loaded = exported(model, check=X)
    assert loaded.classes_.tolist() == model.classes_.tolist()
    assert largest_difference(loaded, model, X) < 1e-6


def test_a_foreign_member_is_named(data, tmp_path):
    X, y = data
    members = [("ours", DenseClassifier(**SMALL)), ("other", LogisticRegression())]
    model = VotingClassifier(members, voting="soft").fit(X, y)
    with pytest.raises(ExportError, match=r"VotingClassifier: step 'estimator 1' \(LogisticReg"):
        export_onnx(model, tmp_path / "model.onnx", check=X)


@pytest.mark.parametrize("from_logits", [True, False])
def test_a_network_of_the_user_agrees(data, exported, largest_difference, from_logits):
    import keras

    X, y = data
    n_outputs = len(np.unique(y)) if len(np.unique(y)) > 2 else 1
    last = "sigmoid" if n_outputs == 1 else "softmax"
    loss = {1: keras.losses.BinaryCrossentropy, 3: keras.losses.SparseCategoricalCrossentropy}

    def network(meta):
        inputs = keras.layers.Input((meta["n_features_in_"],))
        x = keras.layers.Dense(6, activation="gelu")(inputs)
        x = keras.layers.Concatenate()([x, keras.layers.LayerNormalization()(inputs)])
        x = keras.layers.Dense(n_outputs, activation=None if from_logits else last)(x)
        model = keras.Model(inputs, x)
        model.compile("adam", loss=loss[n_outputs](from_logits=from_logits))
        return model

    model = KerasClassifier(network, epochs=1, random_state=0, verbose=0).fit(X, y)
    assert largest_difference(exported(model, check=X), model, X) < 1e-6


def test_the_networks_of_an_ensemble_go_as_one(exported, largest_difference):
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 200)
    X = rng.normal(size=(200, 3)) + y[:, None]
    tiny = {"units": (4,), "epochs": 1, "n_networks": 2, "random_state": 0, "verbose": 0}
    dense = DenseClassifier(**tiny).fit(X, y)
    assert largest_difference(exported(dense), dense, X) < 1e-6
    masses = np.where(y == 1, np.where(np.arange(200) % 2, 500.0, 1000.0), np.nan)
    parametric = ParametricClassifier(3, **tiny).fit(np.c_[X, masses], y)
    loaded = exported(parametric)
    np.testing.assert_allclose(
        loaded.at(750).predict_proba(X), parametric.at(750).predict_proba(X), atol=1e-6
    )
    assert largest_difference(exported(parametric.at(500)), parametric.at(500), X) < 1e-6
