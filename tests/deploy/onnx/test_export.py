from __future__ import annotations

import errno
import os

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, RobustScaler, StandardScaler
from sklearn.preprocessing import MinMaxScaler as PlainMinMaxScaler

import skhep_nn
from skhep_nn import (
    DenseClassifier,
    EventWeightBalancer,
    MinMaxScaler,
    RobustClipScaler,
    export_onnx,
    load_onnx,
    verify_onnx,
)
from skhep_nn.deploy._onnx import _verify
from skhep_nn.exceptions import DisagreementError, ExportError, FileFormatError, StorageError

SMALL = {"units": (6,), "epochs": 2, "batch_size": 64, "random_state": 0, "verbose": 0}
FEATURES = ["pt", "eta", "mt"]


@pytest.fixture(scope="module")
def data(new_events):
    events = new_events(400)
    events.loc[::7, "pt"] = -999.9
    events.loc[::11, "eta"] = np.nan
    return events[[*FEATURES, "weight"]], events["process"].to_numpy()


@pytest.fixture(scope="module")
def model(data):
    return make_pipeline(
        EventWeightBalancer(weight_column="weight"),
        MinMaxScaler(missing_value=-999.9, add_indicator=True, exclude="weight"),
        DenseClassifier(weight_column="weight", **SMALL),
    ).fit(*data)


@pytest.fixture(scope="module")
def loaded(model, data, exported):
    return exported(model, check=data[0])


@pytest.mark.parametrize(("dtype", "limit"), [("float32", 1e-6), ("float64", 1e-6)])
@pytest.mark.parametrize("inputs", ["matrix", "columns"])
def test_a_pipeline_with_missing_values_and_weights_agrees(
    model, data, exported, largest_difference, dtype, limit, inputs
):
    clf = exported(model, check=data[0], dtype=dtype, inputs=inputs)
    assert largest_difference(clf, model, data[0]) < limit
    assert largest_difference(clf, model, data[0].drop(columns="weight")) < limit


def test_quartiles_and_the_smooth_clip_agree(data, exported, largest_difference):
    X, y = data
    model = make_pipeline(
        RobustClipScaler(missing_value=-999.9, add_indicator=True, weight_column="weight"),
        DenseClassifier(weight_column="weight", **SMALL),
    ).fit(X, y)
    clf = exported(model, check=X)
    assert largest_difference(clf, model, X.drop(columns="weight")) < 1e-6


def test_the_inputs_are_the_features_alone(loaded, model, data, exported):
    (matrix,) = loaded._runtime().get_inputs()
    assert (matrix.name, matrix.shape, matrix.type) == ("features", ["n", 3], "tensor(float)")
    (output,) = loaded._runtime().get_outputs()
    assert (output.name, output.shape) == ("probabilities", ["n", 3])
    columns = exported(model, check=data[0], inputs="columns")._runtime().get_inputs()
    assert [(i.name, i.shape) for i in columns] == [
        ("eta", ["n", 1]),
        ("mt", ["n", 1]),
        ("pt", ["n", 1]),
    ]


def test_an_excluded_column_that_the_network_reads_is_an_input(data, exported, largest_difference):
    X, y = data[0][FEATURES].fillna(0), data[1]
    model = make_pipeline(MinMaxScaler(exclude=["eta"]), DenseClassifier(**SMALL)).fit(X, y)
    clf = exported(model)
    assert clf.feature_names_in_.tolist() == FEATURES
    assert largest_difference(clf, model, X) < 1e-6


def test_without_events_to_check_made_up_ones_are_taken(model, exported, data, largest_difference):
    clf = exported(model)
    assert largest_difference(clf, model, data[0]) < 1e-6
    assert len(clf.metadata_.reference["probabilities"]) == 16


def test_a_search_is_exported_as_its_best(data, exported, largest_difference):
    X, y = data[0][["mt"]], data[1]
    search = GridSearchCV(
        make_pipeline(StandardScaler(), DenseClassifier(**SMALL)),
        {"denseclassifier__units": [(4,)]},
        cv=2,
    ).fit(X, y)
    assert largest_difference(exported(search), search, X) < 1e-6


def test_arrays_without_names(data, exported, largest_difference):
    X, y = data[0].fillna(0).clip(-3, 3).to_numpy(), data[1]
    model = DenseClassifier(weight_column=3, **SMALL).fit(X, y)
    clf = exported(model)
    assert clf.n_features_in_ == 3
    assert not hasattr(clf, "feature_names_in_")
    assert largest_difference(clf, model, X) < 1e-6
    assert np.array_equal(clf.predict_proba(X), clf.predict_proba(X[:, :3]))


def test_what_cannot_go_is_an_error_that_names_the_step_and_writes_nothing(data, tmp_path):
    X, y = data[0][["mt"]], data[1]
    model = make_pipeline(FunctionTransformer(lambda X: X * 2), DenseClassifier(**SMALL)).fit(X, y)
    with pytest.raises(ExportError, match=r"step 'functiontransformer' \(FunctionTransformer\)"):
        export_onnx(model, tmp_path / "model.onnx", check=X)
    with pytest.raises(ExportError, match="LogisticRegression is no classifier"):
        export_onnx(LogisticRegression().fit(X, y), tmp_path / "model.onnx", check=X)
    assert not list(tmp_path.iterdir())


def test_a_file_that_would_differ_is_not_written(model, data, tmp_path):
    (tmp_path / "model.onnx").write_bytes(b"older")
    with pytest.raises(DisagreementError, match="differs from the model by more than 0"):
        export_onnx(model, tmp_path / "model.onnx", check=data[0], tolerance=0.0)
    assert [p.read_bytes() for p in tmp_path.iterdir()] == [b"older"]


def test_reference_events_may_differ_by_what_was_accepted(model, data, tmp_path):
    for tolerance, expected in ((None, 1e-5), (0.0001, 0.0001), (2e-6, 1e-5)):
        export_onnx(model, tmp_path / "model.onnx", check=data[0], tolerance=tolerance)
        assert load_onnx(tmp_path / "model.onnx").metadata_.tolerance == expected
    with pytest.raises((TypeError, ValueError), match="tolerance"):
        export_onnx(model, tmp_path / "model.onnx", check=data[0], tolerance="much")


@pytest.mark.parametrize(
    "scaler",
    [MinMaxScaler(), RobustClipScaler(), PlainMinMaxScaler(), StandardScaler(), RobustScaler()],
    ids=["ours", "clipped", "scikit-learn's", "standard", "robust"],
)
def test_a_large_and_narrow_feature_is_named_also_without_events(tmp_path, scaler):
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"pt": rng.normal(size=300), "time": 1.6e9 + rng.uniform(0, 500, 300)})
    y = (X["time"] > 1.6e9 + 250).astype(int)
    model = make_pipeline(scaler, DenseClassifier(**{**SMALL, "epochs": 30})).fit(X, y)
    for check in (X, None):
        with pytest.raises(DisagreementError, match="by the rounding of 'time' to float32"):
            export_onnx(model, tmp_path / "model.onnx", check=check)
    export_onnx(model, tmp_path / "model.onnx", dtype="float64")
    assert verify_onnx(tmp_path / "model.onnx", model, X).largest < 1e-6


def test_made_up_events_lie_where_the_network_was_trained_and_are_no_range(tmp_path):
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"pt": 5e4 + 1e4 * rng.normal(size=300), "one": 13.0})
    model = DenseClassifier(**SMALL).fit(X, X["pt"] > 5e4)
    export_onnx(model, tmp_path / "model.onnx")
    loaded = load_onnx(tmp_path / "model.onnx")
    features = loaded.metadata_.reference["features"]
    assert 2e4 < features[:, 0].min() < 4e4
    assert 6e4 < features[:, 0].max() < 8e4
    assert (features[:, 1] == 13).all()
    # of what is not known nothing is counted
    assert loaded.outside_range(X) == {}
    export_onnx(model, tmp_path / "model.onnx", check=X)
    assert load_onnx(tmp_path / "model.onnx").outside_range(X) == {"pt": 0, "one": 0}


@pytest.mark.parametrize("scaler", [StandardScaler(), PlainMinMaxScaler()])
def test_a_column_that_single_precision_does_not_hold_needs_no_events(tmp_path, scaler):
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"pt": rng.normal(size=300), "wide": 1e40 * rng.normal(size=300)})
    model = make_pipeline(scaler, DenseClassifier(**SMALL)).fit(X, X["pt"] > 0)
    export_onnx(model, tmp_path / "model.onnx")
    features = load_onnx(tmp_path / "model.onnx").metadata_.reference["features"]
    assert np.abs(features[:, 1]).max() <= 3


def test_verification_says_how_far_the_probabilities_are(loaded, model, data, tmp_path):
    found = verify_onnx(loaded, model, data[0])
    differences = np.abs(loaded.predict_proba(data[0]) - model.predict_proba(data[0])).max(axis=1)
    assert found.largest == differences.max()
    assert found.event == differences.argmax()
    assert found.most <= found.largest
    other = make_pipeline(
        MinMaxScaler(missing_value=-999.9), DenseClassifier(**{**SMALL, "random_state": 5})
    ).fit(data[0][FEATURES].fillna(0), data[1])
    with pytest.raises(DisagreementError, match="differs from the model by more than 1e-05"):
        verify_onnx(loaded, other, data[0][FEATURES].fillna(0))


@pytest.mark.parametrize(
    ("column", "most", "cure"),
    [
        ("time", 1e-3, "give dtype='float64' to export_onnx"),
        (None, 5e-6, "say what you accept, tolerance=0.0003$"),
        (None, 1e-4, r"99.9 % below 0.0001$"),
    ],
    ids=["a feature", "few events", "many events"],
)
def test_a_disagreement_says_what_to_do(monkeypatch, model, data, loaded, column, most, cure):
    found = _verify.Verification(1.6e-4, most, 3, column, 5000, 1e-5)
    monkeypatch.setattr(_verify, "compare", lambda *_: found)
    with pytest.raises(DisagreementError, match=cure):
        verify_onnx(loaded, model, data[0])


@pytest.mark.parametrize("option", ["inputs", "dtype", "tokens", "masks"])
def test_an_unknown_option_is_an_error(model, tmp_path, option):
    with pytest.raises(ValueError, match=f"{option}='wrong'; it must be one of"):
        export_onnx(model, tmp_path / "model.onnx", **{option: "wrong"})


def test_a_place_that_is_not_there_is_an_error(model, tmp_path):
    with pytest.raises(FileFormatError, match="there is no folder"):
        export_onnx(model, tmp_path / "nowhere" / "model.onnx")


def test_a_link_in_its_place_is_neither_followed_nor_replaced(model, tmp_path):
    (tmp_path / "precious").write_text("precious")
    (tmp_path / "model.onnx").symlink_to(tmp_path / "precious")
    with pytest.raises(FileFormatError, match="is a link"):
        export_onnx(model, tmp_path / "model.onnx")
    assert (tmp_path / "precious").read_text() == "precious"
    assert (tmp_path / "model.onnx").is_symlink()


def test_a_full_disk_is_an_error_that_names_the_file_and_leaves_nothing(
    model, tmp_path, monkeypatch
):
    def is_full(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", is_full)
    with pytest.raises(StorageError, match=r"No space left .* the model .*model\.onnx"):
        export_onnx(model, tmp_path / "model.onnx")
    assert not list(tmp_path.iterdir())


def test_every_part_is_a_name_of_the_package():
    for name in ("export_onnx", "load_onnx", "verify_onnx", "OnnxClassifier"):
        assert getattr(skhep_nn, name).__name__ == name
    assert skhep_nn.load_onnx is load_onnx


@pytest.mark.parametrize("model", [0, None, LogisticRegression])
def test_a_model_that_predicts_nothing_is_an_error(model):
    with pytest.raises(TypeError, match="model must be a fitted classifier with predict_proba"):
        verify_onnx("model.onnx", model, np.eye(2))


@pytest.mark.parametrize("tolerance", [-1.0, np.nan, "small", len])
def test_a_tolerance_is_a_number(tolerance):
    with pytest.raises(ValueError, match="tolerance"):
        verify_onnx("model.onnx", LogisticRegression(), np.eye(2), tolerance=tolerance)


@pytest.mark.parametrize("named", [False, True])
def test_events_to_check_that_hold_no_numbers_are_an_error_that_names_them(tmp_path, named):
    X, y = np.arange(32.0).reshape(16, 2), np.arange(16) % 2
    table = pd.DataFrame(X, columns=["pt", "eta"])
    model = DenseClassifier(**SMALL).fit(table if named else X, y)
    for value in ("odd", pd.NaT, pd.NA, None, np.datetime64("2020")):
        odd = X.astype(object)
        odd[2, 1] = value
        check = pd.DataFrame(odd, columns=["pt", "eta"]) if named else odd
        with pytest.raises((ValueError, TypeError), match=r"check|column '?(1|eta)'?"):
            export_onnx(model, tmp_path / "model.onnx", check=check)
