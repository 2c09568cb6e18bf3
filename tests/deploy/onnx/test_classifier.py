from __future__ import annotations

import json
import pickle
from concurrent.futures import ThreadPoolExecutor

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn import config_context
from sklearn.base import clone, is_classifier
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import VotingClassifier
from sklearn.exceptions import UnsetMetadataPassedError
from sklearn.frozen import FrozenEstimator
from sklearn.inspection import permutation_importance
from sklearn.metrics import RocCurveDisplay
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils import estimator_html_repr, get_tags
from sklearn.utils.validation import check_is_fitted

from skhep_nn import DenseClassifier, MinMaxScaler, _class_names
from skhep_nn.deploy._onnx import _session
from skhep_nn.deploy._onnx._metadata import Metadata
from skhep_nn.exceptions import ColumnError

FEATURES = ["pt", "eta", "mt"]


@pytest.fixture(scope="module")
def data(new_events):
    events = new_events(300)
    return events[FEATURES], events["is_signal"].to_numpy()


@pytest.fixture(scope="module")
def model(data):
    network = DenseClassifier(units=(6,), epochs=2, batch_size=64, random_state=0, verbose=0)
    return make_pipeline(MinMaxScaler(), network).fit(*data)


@pytest.fixture(scope="module")
def loaded(model, data, exported):
    return exported(model, check=data[0])


def test_it_is_a_fitted_classifier(loaded, model, data):
    X, y = data
    assert is_classifier(loaded)
    assert loaded.classes_.tolist() == [0, 1]
    assert loaded.feature_names_in_.tolist() == FEATURES
    assert loaded.n_features_in_ == 3
    assert loaded.fit(X, y) is loaded
    assert clone(loaded) is loaded
    assert loaded.score(X, y) == pytest.approx(model.score(X, y))
    assert np.array_equal(loaded.predict(X), model.predict(X))


@pytest.mark.parametrize("given", [None, ["ttbar", "Higgs"], {1: "Higgs"}])
def test_names_of_classes_are_in_the_file(given, model, data, exported):
    other = clone(model).set_params(denseclassifier__class_names=given).fit(*data)
    loaded = exported(other, check=data[0])
    wanted = dict(enumerate(given)) if isinstance(given, list) else given
    assert loaded.class_names == wanted
    assert _class_names.of_estimator(loaded) == (wanted or {})
    assert loaded.classes_.tolist() == [0, 1]
    about = json.loads(loaded.metadata_.to_text()["skhep_nn.about"])
    assert (
        about["class_names"]
        == {None: None, 1: [None, "Higgs"], 2: ["ttbar", "Higgs"]}[given and len(given)]
    )


def test_a_file_that_was_written_before_names_came_has_none(loaded):
    text = loaded.metadata_.to_text()
    about = json.loads(text["skhep_nn.about"])
    del about["class_names"]
    read = Metadata.from_text(text | {"skhep_nn.about": json.dumps(about)}, "the file")
    assert read.class_names is None


@pytest.mark.parametrize("n_events", [0, 1, 7, 300])
def test_any_number_of_events(loaded, model, data, n_events):
    X = data[0][:n_events]
    out = loaded.predict_proba(X)
    assert out.shape == (n_events, 2)
    if n_events:
        assert np.abs(out - model.predict_proba(X)).max() < 1e-6


def test_chunks_change_no_number(loaded, data, monkeypatch):
    whole = loaded.predict_proba(data[0])
    monkeypatch.setattr(_session, "CHUNK", 37)
    assert np.array_equal(loaded.predict_proba(data[0]), whole)


def test_columns_are_checked_by_name_and_order(loaded, data):
    X = data[0]
    with pytest.raises(ColumnError, match="must be in the same order"):
        loaded.predict_proba(X[FEATURES[::-1]])
    with pytest.raises(ColumnError, match="yet now missing"):
        loaded.predict_proba(X[["pt", "mt"]])
    with pytest.raises(ColumnError, match="unseen at fit time"):
        loaded.predict_proba(X.assign(phi=0.0))
    with pytest.raises(ColumnError, match="X has 2 features"):
        loaded.predict_proba(X.to_numpy()[:, :2])
    with pytest.raises(ValueError, match="Expected 2D array"):
        loaded.predict_proba(X.to_numpy()[0])


def test_what_is_not_a_finite_number_is_an_error_that_names_it(data, exported):
    network = DenseClassifier(units=(4,), epochs=1, random_state=0, verbose=0).fit(*data)
    loaded = exported(network)
    with pytest.raises(ValueError, match=r"NaN: column 'eta' in event 5 \(1 in all\)"):
        loaded.predict_proba(data[0].mask(data[0].index.to_numpy()[:, None] == [[-1, 5, -1]]))
    with pytest.raises(ValueError, match="infinity: column 'pt' in event 0"):
        loaded.predict_proba(data[0].assign(pt=np.inf))
    with pytest.raises(ColumnError, match="column 'pt' does not hold numbers"):
        loaded.predict_proba(data[0].assign(pt="high"))


def test_copies_of_every_kind_predict_the_same(loaded, data, tmp_path):
    X = data[0]
    wanted = loaded.predict_proba(X)
    joblib.dump(loaded, tmp_path / "loaded.joblib")
    for other in (pickle.loads(pickle.dumps(loaded)), joblib.load(tmp_path / "loaded.joblib")):
        assert np.array_equal(other.predict_proba(X), wanted)
        assert repr(other) == repr(loaded)


def test_it_serves_several_threads_and_processes(loaded, data):
    X, y = data
    wanted = loaded.predict_proba(X)
    with ThreadPoolExecutor(4) as pool:
        for got in pool.map(loaded.predict_proba, [X] * 8):
            assert np.array_equal(got, wanted)
    scores = cross_val_score(loaded, X, y, cv=2, n_jobs=2, scoring="roc_auc")
    assert np.isfinite(scores).all()


def test_events_outside_the_range_of_training_are_counted(loaded, data):
    X = data[0].copy()
    assert loaded.outside_range(X) == {"pt": 0, "eta": 0, "mt": 0}
    X.loc[:4, "pt"] = 1e6
    X.loc[7, "mt"] = -1e6
    assert loaded.outside_range(X) == {"pt": 5, "eta": 0, "mt": 1}


def test_a_model_without_masses_has_no_hypothesis(loaded):
    with pytest.raises(AttributeError, match="takes no mass hypothesis"):
        loaded.at(750)


@pytest.mark.parametrize(
    "value", [1j, 10**400, np.datetime64("2020"), "text"], ids=["complex", "huge", "date", "text"]
)
def test_what_is_no_number_is_an_error(loaded, value):
    X = np.zeros((3, loaded.n_features_in_), dtype=object)
    X[1, 0] = value
    with pytest.raises((TypeError, ValueError), match="X"):
        loaded.predict_proba(X)


@pytest.mark.parametrize("method", ["predict", "predict_proba", "outside_range"])
def test_masked_values_are_an_error_that_says_how_many(loaded, method):
    X = np.ma.masked_equal(np.arange(6.0).reshape(2, 3), 4.0)
    with pytest.raises(ValueError, match="X is a masked array, 1 of its 6 values are masked"):
        getattr(loaded, method)(X)


def test_what_is_missing_in_a_column_of_objects_is_nan(loaded):
    X = pd.DataFrame({"pt": [50.0, pd.NA], "eta": [0.0, 1.0], "mt": [80.0, 90.0]})
    expected = loaded.predict_proba(X.assign(pt=[50.0, np.nan]))
    np.testing.assert_array_equal(loaded.predict_proba(X), expected)


@pytest.mark.parametrize("value", [1j, 10**400], ids=["complex", "huge"])
def test_a_column_that_holds_no_real_numbers_is_named(loaded, value):
    X = pd.DataFrame({"pt": [50.0, 60.0], "eta": [value, value], "mt": [80.0, 90.0]})
    with pytest.raises(ColumnError, match="column 'eta' does not hold numbers"):
        loaded.predict_proba(X)


def test_scikit_learn_takes_it_as_one_of_its_own(loaded, model, data):
    X, y = data
    assert get_tags(loaded).estimator_type == "classifier"
    assert check_is_fitted(loaded) is None
    wanted = model.predict_proba(X)
    calibrated = CalibratedClassifierCV(FrozenEstimator(loaded), cv=2).fit(X, y)
    assert calibrated.predict_proba(X).shape == wanted.shape
    voting = VotingClassifier([("one", loaded), ("two", loaded)], voting="soft").fit(X, y)
    np.testing.assert_allclose(voting.predict_proba(X), wanted, atol=1e-6)
    behind = make_pipeline(FunctionTransformer(), loaded)
    np.testing.assert_allclose(behind.fit(X, y).predict_proba(X), wanted, atol=1e-6)
    assert "OnnxClassifier" in estimator_html_repr(behind)
    assert "OnnxClassifier" in repr(behind)
    important = permutation_importance(loaded, X, y, scoring="roc_auc", n_repeats=1)
    assert important.importances_mean.shape == (3,)
    RocCurveDisplay.from_estimator(loaded, X, y)
    search = GridSearchCV(loaded, {"n_threads": [1, 2]}, cv=2, scoring="roc_auc").fit(X, y)
    assert search.best_score_ > 0


def test_its_arguments_are_got_and_set_as_those_of_an_estimator(loaded):
    assert list(loaded.get_params()) == ["model", "hypothesis", "n_threads"]
    other = pickle.loads(pickle.dumps(loaded))
    assert other.set_params(n_threads=3) is other
    assert other.get_params()["n_threads"] == 3
    with pytest.raises(ValueError, match=r"Invalid parameter 'mass' for estimator OnnxClassifier"):
        other.set_params(n_threads=4, mass=1)
    assert other.n_threads == 3


def test_another_file_set_is_the_one_that_scores(loaded, data, exported):
    X, y = data
    network = DenseClassifier(units=(4,), epochs=1, random_state=3, verbose=0).fit(X[["pt"]], y)
    other = exported(network, check=X[["pt"]])
    changed = pickle.loads(pickle.dumps(loaded))
    changed.predict_proba(X)
    changed.set_params(model=other.model)
    assert changed.n_features_in_ == 1
    np.testing.assert_array_equal(changed.predict_proba(X[["pt"]]), other.predict_proba(X[["pt"]]))


def test_weights_are_routed_to_the_score_where_they_are_asked_for(loaded, model, data):
    X, y = data
    weight = np.linspace(0.1, 2, len(y))
    one_fold = [(np.arange(len(y)), np.arange(len(y)))]
    with config_context(enable_metadata_routing=True):
        asked = pickle.loads(pickle.dumps(loaded)).set_score_request(sample_weight=True)
        got = cross_val_score(asked, X, y, cv=one_fold, params={"sample_weight": weight})
        with pytest.raises(UnsetMetadataPassedError, match="set_score_request"):
            cross_val_score(loaded, X, y, cv=one_fold, params={"sample_weight": weight})
    assert got[0] == pytest.approx(model.score(X, y, sample_weight=weight))
