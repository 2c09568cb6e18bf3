from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import make_pipeline

from skhep_nn import (
    CalibratedClassifier,
    CrossFitClassifier,
    DenseClassifier,
    IndividualMassClassifier,
    MinMaxScaler,
    ParametricClassifier,
    apply,
    verify_onnx,
)

SMALL = {"units": (5,), "epochs": 5, "learning_rate": 0.05, "batch_size": 64, "random_state": 0}
SMALL |= {"verbose": 0}
METHODS = ["isotonic", "beta", "temperature", "logistic"]


def drawn(n_classes, n=600):
    """Classes of different yields, some weights negative."""
    rng = np.random.default_rng(7)
    y = rng.integers(0, n_classes, n)
    X = pd.DataFrame(rng.normal(size=(n, 3)) + y[:, None], columns=["a", "b", "c"])
    X["weight"] = np.array([1.0, 0.2, 0.1])[y] * rng.choice([1.0, -0.5], n, p=[0.85, 0.15])
    return X, np.array(["a", "b", "c"])[y]


def off(loaded, model, X):
    return np.abs(loaded.predict_proba(X) - model.predict_proba(X))


def check(loaded, model, X, method):
    differences = off(loaded, model, X)
    # an isotonic map multiplies the rounding of the network's float32 by its slope
    assert np.median(differences) < 1e-6
    assert differences.max() < (2e-3 if method == "isotonic" else 5e-6)


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("method", METHODS)
def test_maps_and_priors_agree(exported, method, n_classes):
    X, y = drawn(n_classes)
    network = DenseClassifier(weight_column="weight", balance="equal", **SMALL)
    model = make_pipeline(MinMaxScaler(exclude=["weight"]), network).fit(X, y)
    shares = {"a": 0.7, "b": 0.3} if n_classes == 2 else {"a": 0.7, "b": 0.2, "c": 0.1}
    for prior in ("training", "physical", shares):
        calibrated = CalibratedClassifier(model, method, prior=prior).fit(X, y)
        loaded = exported(calibrated, check=X, tolerance=1e-2)
        check(loaded, calibrated, X, method)
        found = verify_onnx(loaded, calibrated, X, tolerance=1e-2)
        assert found.n_events == 600
    assert loaded.classes_.tolist() == calibrated.classes_.tolist()
    check(loaded, calibrated, X.drop(columns="weight"), method)


def test_apply_scores_with_the_file(exported, tmp_path):
    from skhep_nn import export_onnx

    X, y = drawn(2)
    network = DenseClassifier(weight_column="weight", **SMALL).fit(X, y)
    calibrated = CalibratedClassifier(network, "beta").fit(X, y)
    export_onnx(calibrated, tmp_path / "model.onnx", check=X)
    X.to_parquet(tmp_path / "events.parquet")
    apply(
        tmp_path / "model.onnx",
        tmp_path / "events.parquet",
        tmp_path / "out.parquet",
        progress=False,
    )
    scores = pd.read_parquet(tmp_path / "out.parquet")["score"]
    np.testing.assert_allclose(scores, calibrated.predict_proba(X)[:, 1], atol=5e-6)


@pytest.mark.parametrize("names", [True, False])
@pytest.mark.parametrize("kind", ["parametric", "one per mass"])
def test_one_mass_or_every_mass(exported, kind, names):
    X, y = drawn(2)
    X = X.drop(columns="weight").assign(mass=np.where(np.arange(600) % 4 < 2, 500.0, 1000.0))
    X, y = (X if names else X.to_numpy()), (y == "b").astype(int)
    mass = "mass" if names else 3
    if kind == "parametric":
        model = ParametricClassifier(mass, **SMALL)
    else:
        model = IndividualMassClassifier(DenseClassifier(**SMALL), parameter=mass)
    calibrated = CalibratedClassifier(model.fit(X, y), "logistic").fit(X, y)
    features = X.drop(columns="mass") if names else X[:, :3]
    at = calibrated.at(500)
    check(exported(at, check=features), at, features, "logistic")
    check(exported(calibrated, check=X), calibrated, X, "logistic")
    check(exported(calibrated, check=X, at=500), at, features, "logistic")


@pytest.mark.filterwarnings("ignore:the folds are not comparable")
def test_a_cross_fit_picks_the_network_by_the_event_number(exported):
    X, y = drawn(2)
    X = X.drop(columns="weight").assign(event_number=np.arange(600))
    inner = CrossFitClassifier(DenseClassifier(**SMALL), 3, fold_column="event_number")
    calibrated = CalibratedClassifier(inner.fit(X, y), "logistic").fit(X, y)
    check(exported(calibrated, check=X), calibrated, X, "logistic")
