from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline

from skhep_nn import (
    DenseClassifier,
    EventBlocks,
    IndividualMassClassifier,
    MinMaxScaler,
    ParametricClassifier,
    export_onnx,
)
from skhep_nn.deploy._onnx._command import show
from skhep_nn.exceptions import ExportError, ExtrapolationWarning

SMALL = {"epochs": 2, "batch_size": 64, "random_state": 0, "verbose": 0}
N_EVENTS = 200
RNG = np.random.default_rng(5)
Y = np.arange(N_EVENTS) % 2
TABLE = pd.DataFrame(
    {
        "m": RNG.normal(700, 200, N_EVENTS),
        "mass": np.where(Y == 1, RNG.choice([500.0, 750.0, 1000.0], N_EVENTS), np.nan),
        "eta": RNG.normal(size=N_EVENTS),
        "weight": RNG.uniform(size=N_EVENTS),
    }
)
AT_MASSES = TABLE.assign(mass=RNG.uniform(500, 1000, N_EVENTS))


@pytest.fixture(scope="module")
def model():
    scaler = MinMaxScaler(exclude=["mass", "weight"])
    network = ParametricClassifier(units=(6,), weight_column="weight", **SMALL)
    return make_pipeline(scaler, network).fit(TABLE, Y)


@pytest.fixture(scope="module")
def loaded(model, exported):
    return exported(model, check=AT_MASSES)


def test_the_mass_is_an_input(loaded, model, largest_difference):
    assert loaded.feature_names_in_.tolist() == ["m", "mass", "eta"]
    assert loaded.parameter_names_ == ["mass"]
    assert loaded.parameter_range_.tolist() == [[500, 1000]]
    assert largest_difference(loaded, model, AT_MASSES) < 1e-6


@pytest.mark.parametrize("columns", [["m", "mass", "eta", "weight"], ["m", "eta"]])
def test_a_loaded_model_is_read_at_one_mass(loaded, model, columns):
    wanted = model.predict_proba(TABLE.assign(mass=600.0))
    for at in (loaded.at(600), loaded.at(mass=600.0)):
        assert np.abs(at.predict_proba(TABLE[columns]) - wanted).max() < 1e-6
    scan = loaded.predict_proba_scan(TABLE[columns], [600, 900])
    assert scan.shape == (N_EVENTS, 2, 2)
    assert np.abs(scan[:, 0] - wanted).max() < 1e-6
    assert np.ptp(scan, axis=1).max() > 1e-4


def test_a_scan_of_an_array_with_more_axes_is_an_error(loaded):
    X = TABLE[["m", "eta"]].to_numpy()
    with pytest.raises(
        ValueError, match=r"X has shape \(1, 200, 2\); a table of one row per event"
    ):
        loaded.predict_proba_scan(X[np.newaxis], [600, 900])


def test_a_mass_outside_of_training_is_warned_of(loaded):
    with pytest.warns(ExtrapolationWarning, match="outside of the range in training"):
        loaded.at(2000)
    with pytest.raises(TypeError, match=r"a hypothesis has the parameters mass=\.\.\."):
        loaded.at(500, 600)
    with pytest.raises(TypeError, match=r"a hypothesis has the parameters mass=\.\.\."):
        loaded.at(m_stop=500)
    with pytest.raises(ValueError, match="a hypothesis needs finite numbers"):
        loaded.at(np.nan)


def test_one_mass_is_built_in(model, exported):
    wanted = model.predict_proba(TABLE.assign(mass=750.0))
    for at in (750, [750.0], {"mass": 750}):
        loaded = exported(model, check=AT_MASSES, at=at)
        assert loaded.feature_names_in_.tolist() == ["m", "eta"]
        assert np.abs(loaded.predict_proba(TABLE[["m", "eta"]]) - wanted).max() < 1e-6
        with pytest.raises(AttributeError, match="takes no mass hypothesis"):
            loaded.at(600)


def test_a_classifier_at_one_mass_is_exported(exported):
    X = TABLE.fillna({"mass": 0.0})
    bare = ParametricClassifier(units=(6,), weight_column="weight", **SMALL).fit(X, Y)
    loaded = exported(bare.at(750), check=X)
    assert loaded.feature_names_in_.tolist() == ["m", "eta"]
    wanted = bare.at(750).predict_proba(X)
    for columns in (["m", "eta"], ["m", "mass", "eta", "weight"]):
        assert np.abs(loaded.predict_proba(X[columns]) - wanted).max() < 1e-6


def test_arrays_and_blocks_with_a_mass(exported):
    numbers = ParametricClassifier(parameter=1, weight_column=3, units=(6,), **SMALL)
    blocks = ParametricClassifier(units=(6,), branches={"track": {"kind": "lstm"}}, **SMALL)
    track = RNG.normal(size=(N_EVENTS, 3, 2))
    for model, X in (
        (numbers, TABLE.to_numpy()),
        (blocks, EventBlocks({"track": track, "mass": TABLE["mass"].to_numpy()})),
    ):
        model.fit(X, Y)
        wanted = model.at(750).predict_proba(X)
        assert np.abs(exported(model).at(750).predict_proba(X) - wanted).max() < 1e-6
        assert np.abs(exported(model.at(750), check=X).predict_proba(X) - wanted).max() < 1e-6


def test_one_network_per_mass_is_exported_at_a_mass(exported, tmp_path):
    X = TABLE.drop(columns="weight")
    model = IndividualMassClassifier(DenseClassifier(units=(4,), **SMALL)).fit(X, Y)
    loaded = exported(model.at(750), check=X)
    wanted = model.at(750).predict_proba(X)
    assert np.abs(loaded.predict_proba(X) - wanted).max() < 1e-6
    other = IndividualMassClassifier(GaussianNB()).fit(X, Y)
    with pytest.raises(ExportError, match="GaussianNB is no classifier"):
        export_onnx(other.at(750), tmp_path / "model.onnx", check=X)


LISTED = TABLE.drop(columns="weight").assign(mass=RNG.choice([500.0, 750.0, 1000.0], N_EVENTS))


@pytest.fixture(scope="module")
def per_mass():
    """One network per mass behind a scaler, inside and outside."""
    network = make_pipeline(MinMaxScaler(), DenseClassifier(units=(4,), **SMALL))
    scaler = MinMaxScaler(exclude="mass")
    X = TABLE.drop(columns="weight")
    return make_pipeline(scaler, IndividualMassClassifier(network)).fit(X, Y)


@pytest.mark.parametrize("check", [LISTED, None], ids=["given", "made up"])
def test_one_network_per_mass_is_one_file_with_the_mass_as_an_input(
    per_mass, exported, largest_difference, check
):
    loaded = exported(per_mass, check=check)
    assert loaded.feature_names_in_.tolist() == ["m", "mass", "eta"]
    assert loaded.parameter_names_ == ["mass"]
    assert loaded.parameter_range_.tolist() == [[500, 1000]]
    assert largest_difference(loaded, per_mass, LISTED) < 1e-6
    for mass in (500, 750):
        wanted = per_mass.predict_proba(LISTED.assign(mass=float(mass)))
        assert np.abs(loaded.at(mass).predict_proba(LISTED[["m", "eta"]]) - wanted).max() < 1e-6
        fixed = exported(per_mass, check=LISTED, at=mass)
        assert np.abs(fixed.predict_proba(LISTED[["m", "eta"]]) - wanted).max() < 1e-6


def test_a_mass_without_a_network_is_an_error_that_lists_them(per_mass, exported, tmp_path):
    loaded = exported(per_mass, check=LISTED)
    X = LISTED.assign(mass=np.where(np.arange(N_EVENTS) == 7, 750.01, LISTED["mass"]))
    with pytest.raises(ValueError, match="at a mass without a classifier"):
        per_mass.predict_proba(X)
    with pytest.raises(
        ValueError, match=r"no probabilities for event 7 \(1 in all\).*\[\[500.0\], \[750.0\], "
    ):
        loaded.predict_proba(X)
    (tmp_path / "model.onnx").write_bytes(loaded.model)
    assert "\nnetwork at  mass=500\nnetwork at  mass=750\nnetw" in show(tmp_path / "model.onnx")
    with pytest.raises(ValueError, match="a mass other than those of the networks"):
        loaded.at(600).predict_proba(X)
    X = LISTED.assign(mass=LISTED["mass"].astype(np.float32) * np.float32(1 + 2e-7))
    assert np.isfinite(loaded.predict_proba(X)).all()


def test_the_nearest_mass_takes_an_event_where_that_was_asked_for(exported, largest_difference):
    names = ["stop", "neutralino"]
    grid = np.array([[500.0, 100.0], [500.0, 300.0], [900.0, 100.0]])[RNG.integers(0, 3, N_EVENTS)]
    X = pd.DataFrame({"a": RNG.normal(size=N_EVENTS), "stop": grid[:, 0], "b": np.abs(grid[:, 1])})
    X = X.assign(neutralino=grid[:, 1], b=RNG.normal(size=N_EVENTS))
    for table, parameter in ((X, names), (X.to_numpy(), [1, 3])):
        network = DenseClassifier(units=(4,), **SMALL)
        model = IndividualMassClassifier(network, parameter=parameter, dispatch="nearest")
        model.fit(table, Y)
        other = np.array(X)
        other[:, [1, 3]] = RNG.uniform([300, 50], [1100, 400], (N_EVENTS, 2)).round()
        other = pd.DataFrame(other, columns=X.columns) if table is X else other
        loaded = exported(model)
        assert largest_difference(loaded, model, other) < 1e-6
        at = loaded.at(505, 120).predict_proba(other)
        assert np.abs(at - model.at(505, 120).predict_proba(other)).max() < 1e-6


def test_one_network_per_mass_of_blocks_is_exported_at_a_mass(exported, tmp_path):
    X = EventBlocks({"x": RNG.normal(size=(N_EVENTS, 2)), "mass": LISTED["mass"].to_numpy()})
    model = IndividualMassClassifier(DenseClassifier(units=(4,), **SMALL)).fit(X, Y)
    with pytest.raises(ExportError, match=r"one of them, export_onnx\(model, path, at=mass\)"):
        export_onnx(model, tmp_path / "model.onnx", check=X)
    features = EventBlocks({"x": X["x"]})
    loaded = exported(model.at(750), check=features)
    wanted = model.at(750).predict_proba(X)
    assert np.abs(loaded.predict_proba(features) - wanted).max() < 1e-6


def test_events_without_a_mass_are_told_what_to_do(loaded, model, tmp_path):
    for call in (
        lambda: loaded.predict_proba(TABLE),
        lambda: export_onnx(model, tmp_path / "model.onnx", check=TABLE),
    ):
        with pytest.raises(ValueError, match=r"column 'mass' .* every event needs a mass hypothes"):
            call()


def test_a_model_without_masses_takes_no_hypothesis(tmp_path):
    model = DenseClassifier(units=(4,), **SMALL).fit(TABLE[["m"]], Y)
    with pytest.raises(ValueError, match="at=750, but DenseClassifier takes no mass hypothesis"):
        export_onnx(model, tmp_path / "model.onnx", at=750)
