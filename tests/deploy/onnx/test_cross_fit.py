"""Cross-fits and ensembles as ONNX files: the network is picked by the event number in the file."""

from __future__ import annotations

import joblib
import numpy as np
import onnx
import onnxruntime
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.compose import make_column_transformer
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from skhep_nn import (
    CrossFitClassifier,
    DenseClassifier,
    EnsembleClassifier,
    IndividualMassClassifier,
    MinMaxScaler,
    ParametricClassifier,
    apply,
    export_onnx,
)
from skhep_nn._event_numbers import Rule
from skhep_nn.deploy._onnx import _command, _folds
from skhep_nn.deploy._onnx._graph import Graph
from skhep_nn.events import EventBlocks
from skhep_nn.exceptions import ColumnError, ExportError
from skhep_nn.preprocessing import BlockTransformer

pytestmark = pytest.mark.filterwarnings("ignore::skhep_nn.exceptions.FoldsDifferWarning")

SMALL = {"units": (4,), "epochs": 1, "batch_size": 64, "random_state": 0, "verbose": 0}
INT64 = st.integers(-(2**63), 2**63 - 1)
FEATURES = ["pt", "eta"]


def make_sample(n_events=300, seed=0):
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, n_events)
    # beyond what float32 or float64 tell apart
    number = 2**60 + rng.permutation(n_events)
    return pd.DataFrame(
        {
            "pt": rng.normal(y, 1.0),
            "event_number": number,
            "eta": rng.normal(size=n_events),
            "weight": rng.uniform(0.5, 1.5, n_events),
        }
    ), y


@pytest.fixture(scope="module")
def sample():
    return make_sample()


@pytest.fixture(scope="module")
def model(sample):
    network = DenseClassifier(weight_column="weight", **SMALL)
    pipeline = Pipeline([("scale", MinMaxScaler(exclude=["weight"])), ("network", network)])
    return CrossFitClassifier(pipeline, n_folds=3).fit(*sample)


def session_of(rule, n_columns):
    graph = Graph()
    graph.input("numbers", np.int64, [n_columns])
    columns = [graph.take("numbers", [at]) for at in range(n_columns)]
    graph.output("fold", _folds.fold(graph, rule, columns), [1])
    made = graph.model({})
    onnx.checker.check_model(made, full_check=True)
    return onnxruntime.InferenceSession(
        made.SerializeToString(), providers=["CPUExecutionProvider"]
    )


@pytest.mark.parametrize(
    "rule", [Rule(5), Rule(2**31 - 1), Rule(7, salt=2**63 - 1), Rule(10, "modulo")], ids=repr
)
@pytest.mark.parametrize("n_columns", [1, 2])
def test_folds_in_the_graph_are_those_of_numpy(rule, n_columns):
    if rule.hash == "modulo" and n_columns == 2:
        return
    session = session_of(rule, n_columns)

    @given(st.lists(st.tuples(*[INT64] * n_columns), min_size=1, max_size=50))
    def check(rows):
        numbers = np.array(rows, dtype=np.int64).reshape(-1, n_columns)
        assert np.array_equal(session.run(None, {"numbers": numbers})[0][:, 0], rule.folds(numbers))

    check()


def test_the_file_picks_the_network_by_the_event_number(sample, model, exported):
    X, _ = sample
    loaded = exported(model, check=X)
    wanted = model.predict_proba(X)
    # networks differ, so that another one would be seen
    assert np.abs(wanted - model.predict_proba(X.drop(columns="event_number"))).min() > 1e-5
    assert np.abs(loaded.predict_proba(X) - wanted).max() < 1e-6
    assert loaded.feature_names_in_.tolist() == ["pt", "event_number", "eta"]
    inputs = {spec.name: spec for spec in loaded.metadata_.inputs}
    assert inputs["event_number"].dtype == "int64"
    assert inputs["features"].shape == [2]


def test_without_the_number_the_file_gives_the_mean(sample, model, exported):
    X, _ = sample
    loaded = exported(model)
    wanted = model.predict_proba(X[FEATURES])
    assert np.abs(loaded.predict_proba(X[FEATURES]) - wanted).max() < 1e-6
    big = pd.concat([X] * 60, ignore_index=True)
    off = loaded.predict_proba(big[FEATURES]) - model.predict_proba(big[FEATURES])
    assert np.abs(off).max() < 1e-6
    assert loaded.predict_proba(X[:0]).shape == (0, 2)


@pytest.mark.parametrize("inputs", ["matrix", "columns"])
@pytest.mark.parametrize("dtype", ["int64", "uint64", "Int64", "object"])
def test_numbers_of_any_type_are_fed_exactly(sample, model, exported, inputs, dtype):
    X, _ = sample
    loaded = exported(model, check=X, inputs=inputs)
    given_so = X.astype({"event_number": dtype})
    assert np.abs(loaded.predict_proba(given_so) - model.predict_proba(X)).max() < 1e-6
    with pytest.raises(ValueError, match="may have been rounded"):
        loaded.predict_proba(X.astype({"event_number": "float64"}))


def test_arrays_and_several_columns_in_any_place(sample, exported):
    X, y = sample
    table = np.column_stack([np.arange(300), X["pt"], np.arange(300) % 7, X["eta"]])
    columns = [2, 0]
    model = CrossFitClassifier(DenseClassifier(**SMALL), n_folds=3, fold_column=columns, salt=5)
    model.fit(table, y)
    for loaded in (exported(model), exported(model, check=table)):
        assert np.abs(loaded.predict_proba(table) - model.predict_proba(table)).max() < 1e-6
        without = table[:, [1, 3]]
        assert np.abs(loaded.predict_proba(without) - model.predict_proba(without)).max() < 1e-6
    named = pd.DataFrame(table, columns=["event", "pt", "run", "eta"])
    named = named.astype({"event": int, "run": int})
    model = CrossFitClassifier(DenseClassifier(**SMALL), 3, ["run", "event"], hash="mix")
    loaded = exported(model.fit(named, y))
    assert np.abs(loaded.predict_proba(named) - model.predict_proba(named)).max() < 1e-6
    with pytest.raises(ColumnError, match="1 of the 2 columns of the event number"):
        loaded.predict_proba(named.drop(columns="run"))


def test_blocks(sample, exported):
    X, y = sample
    arrays = {"event_number": X["event_number"].to_numpy(), "jet": X[FEATURES].to_numpy()}
    blocks = EventBlocks(arrays)
    model = CrossFitClassifier(DenseClassifier(**SMALL), n_folds=3).fit(blocks, y)
    for loaded in (exported(model), exported(model, check=blocks)):
        assert np.abs(loaded.predict_proba(blocks) - model.predict_proba(blocks)).max() < 1e-6
        without = blocks.select(["jet"])
        assert np.abs(loaded.predict_proba(without) - model.predict_proba(without)).max() < 1e-6


def test_hypotheses(exported):
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 300)
    mass = np.where(y == 1, rng.choice([500.0, 1000.0], 300), np.nan)
    X = pd.DataFrame({"m": rng.normal(y), "event_number": np.arange(300), "mass": mass})
    X = X.assign(z=rng.normal(size=300))
    model = CrossFitClassifier(ParametricClassifier(**SMALL), n_folds=3).fit(X, y)
    loaded, at = exported(model), model.at(500)
    assert np.abs(loaded.at(500).predict_proba(X) - at.predict_proba(X)).max() < 1e-6
    for frozen in (exported(at), exported(model, at=500)):
        assert np.abs(frozen.predict_proba(X) - at.predict_proba(X)).max() < 1e-6
        data = X[["m", "z"]]
        assert np.abs(frozen.predict_proba(data) - at.predict_proba(data)).max() < 1e-6
    table = X[["event_number", "mass", "m", "z"]].to_numpy()
    placed = CrossFitClassifier(ParametricClassifier(parameter=0, **SMALL), 3, 0).fit(table, y)
    filled = np.where(np.isnan(table), 500.0, table)
    loaded = exported(placed, check=filled)
    assert np.abs(loaded.predict_proba(filled) - placed.predict_proba(filled)).max() < 1e-6
    assert (
        np.abs(loaded.at(500).predict_proba(table) - placed.at(500).predict_proba(table)).max()
        < 1e-6
    )
    each = IndividualMassClassifier(DenseClassifier(**SMALL))
    each = CrossFitClassifier(each, n_folds=3).fit(X, y)
    filled = X.fillna(500.0)
    assert np.abs(exported(each).predict_proba(filled) - each.predict_proba(filled)).max() < 1e-6
    each = each.at(1000)
    assert np.abs(exported(each).predict_proba(X) - each.predict_proba(X)).max() < 1e-6


def test_ensembles_alone_in_folds_and_at_a_mass(sample, exported):
    X, y = sample
    features = X[FEATURES]
    model = EnsembleClassifier(make_pipeline(StandardScaler(), DenseClassifier(**SMALL)), 2)
    model.fit(features, y)
    assert (
        np.abs(exported(model).predict_proba(features) - model.predict_proba(features)).max() < 1e-6
    )
    both = CrossFitClassifier(EnsembleClassifier(DenseClassifier(**SMALL), 2), n_folds=3)
    both.fit(X[["pt", "event_number", "eta"]], y)
    found = exported(both).predict_proba(X[["pt", "event_number", "eta"]])
    assert np.abs(found - both.predict_proba(X[["pt", "event_number", "eta"]])).max() < 1e-6
    mass = np.where(y == 1, np.where(X["eta"] > 0, 500.0, 1000.0), np.nan)
    at = EnsembleClassifier(ParametricClassifier(**SMALL), 2).fit(features.assign(mass=mass), y)
    at = at.at(500)
    assert np.abs(exported(at).predict_proba(features) - at.predict_proba(features)).max() < 1e-6


def test_searches_in_folds_and_around_and_frozen(sample, model, exported):
    X, y = sample
    table = X[["pt", "event_number", "eta"]]
    search = GridSearchCV(DenseClassifier(**SMALL), {"units": [(3,)]}, cv=2)
    inside = CrossFitClassifier(search, n_folds=3).fit(table, y)
    assert np.abs(exported(inside).predict_proba(table) - inside.predict_proba(table)).max() < 1e-6
    cross_fit = CrossFitClassifier(DenseClassifier(**SMALL), n_folds=3)
    around = GridSearchCV(cross_fit, {"estimator__units": [(3,)]}, cv=2).fit(table, y)
    assert np.abs(exported(around).predict_proba(table) - around.predict_proba(table)).max() < 1e-6
    frozen = FrozenEstimator(model)
    assert np.abs(exported(frozen).predict_proba(X) - model.predict_proba(X)).max() < 1e-6


def test_an_event_that_the_networks_refuse_is_an_error_in_the_file_too(exported):
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"kind": rng.integers(0, 3, 300), "event_number": np.arange(300)})
    X, y = X.assign(x=rng.normal(size=300)), rng.integers(0, 2, 300)
    coded = make_column_transformer((OneHotEncoder(), ["kind"]), remainder="passthrough")
    model = CrossFitClassifier(make_pipeline(coded, DenseClassifier(**SMALL)), n_folds=3).fit(X, y)
    loaded = exported(model, check=X)
    assert np.abs(loaded.predict_proba(X) - model.predict_proba(X)).max() < 1e-6
    X.loc[17, "kind"] = 7
    for given_so in (X, X.drop(columns="event_number")):
        with pytest.raises(ValueError, match=r"no probabilities for event 17 .1 in all"):
            loaded.predict_proba(given_so)


def test_a_file_of_events_is_scored_as_by_the_model(sample, model, tmp_path):
    X, _ = sample
    X.to_parquet(tmp_path / "events.parquet")
    export_onnx(model, tmp_path / "model.onnx", check=X)
    joblib.dump(model, tmp_path / "model.joblib")
    for name in ("model.onnx", "model.joblib"):
        apply(tmp_path / name, tmp_path / "events.parquet", tmp_path / "scores.csv", progress=False)
        found = pd.read_csv(tmp_path / "scores.csv")["score"]
        assert np.abs(found - model.predict_proba(X)[:, 1]).max() < 1e-6
    # data without numbers and weights
    X[FEATURES].to_parquet(tmp_path / "data.parquet")
    for name in ("model.onnx", "model.joblib"):
        apply(tmp_path / name, tmp_path / "data.parquet", tmp_path / "scores.csv", progress=False)
        found = pd.read_csv(tmp_path / "scores.csv")["score"]
        assert np.abs(found - model.predict_proba(X[FEATURES])[:, 1]).max() < 1e-6
    assert "picked by the event number, event_number" in _command.show(tmp_path / "model.onnx")


def test_steps_outside_leave_the_event_number_to_the_file(sample, exported, largest_difference):
    X, y = sample
    scaler = MinMaxScaler(exclude=["event_number", "weight"])
    network = DenseClassifier(weight_column="weight", **SMALL)
    model = make_pipeline(scaler, CrossFitClassifier(network, n_folds=3)).fit(X, y)
    for loaded in (exported(model), exported(model, check=X)):
        assert loaded.feature_names_in_.tolist() == ["pt", "event_number", "eta"]
        assert [i.name for i in loaded._runtime().get_inputs()] == ["event_number", "features"]
        for columns in (X.columns, ["pt", "event_number", "eta"], FEATURES):
            assert largest_difference(loaded, model, X[columns]) < 1e-6
    mass = np.where(y == 1, np.where(X["eta"] > 0, 500.0, 1000.0), np.nan)
    scaler = MinMaxScaler(exclude=["event_number", "mass"])
    X = X.drop(columns="weight").assign(mass=mass)
    model = make_pipeline(scaler, CrossFitClassifier(ParametricClassifier(**SMALL), n_folds=3))
    model.fit(X, y)
    X["mass"] = 600.0
    assert largest_difference(exported(model, check=X), model, X) < 1e-6
    at = exported(model, check=X, at=600)
    assert largest_difference(at, model, X) < 1e-6
    assert at.feature_names_in_.tolist() == ["pt", "event_number", "eta"]


@pytest.mark.parametrize("way", ["array", "renamed", "blocks"])
def test_a_step_outside_that_hides_the_event_number_is_an_error_that_says_what_to_do(
    sample, tmp_path, way
):
    X, y = sample
    X = X[["pt", "event_number", "eta"]]
    if way == "array":
        X = X.assign(event_number=np.arange(len(X))).to_numpy()
        scaler, column = MinMaxScaler(exclude=[1]), 1
    elif way == "renamed":
        scaler = make_column_transformer((StandardScaler(), FEATURES), remainder="passthrough")
        scaler.set_output(transform="pandas")
        column = "remainder__event_number"
    else:
        scaler = BlockTransformer(
            [("x", MinMaxScaler(), FEATURES), ("n", "passthrough", "event_number")]
        )
        column = "n"
    outside = make_pipeline(scaler, CrossFitClassifier(DenseClassifier(**SMALL), 3, column))
    outside.fit(X, y)
    with pytest.raises(ExportError, match=r"have the steps inside, CrossFitClassifier\(Pipeline"):
        export_onnx(outside, tmp_path / "model.onnx", check=X)
    assert not (tmp_path / "model.onnx").exists()


@pytest.mark.filterwarnings("ignore:column 'event_number' is used as a feature")
def test_a_feature_of_the_name_of_the_input_is_an_error(sample, tmp_path):
    X, y = sample
    X = X.rename(columns={"event_number": "number", "eta": "event_number"})
    table = X[["pt", "number", "event_number"]]
    model = CrossFitClassifier(DenseClassifier(**SMALL), 3, "number").fit(table, y)
    export_onnx(model, tmp_path / "model.onnx", check=table)
    with pytest.raises(ExportError, match="a feature is called 'event_number'"):
        export_onnx(model, tmp_path / "model.onnx", check=table, inputs="columns")
    with pytest.raises(ExportError, match="SOFIE reads float32"):
        export_onnx(model, tmp_path / "model.onnx", check=table, target="sofie")


def test_a_cross_fit_without_numbers_is_the_mean(sample, exported):
    X, y = sample
    model = CrossFitClassifier(DenseClassifier(**SMALL), n_folds=3, fold_column=None)
    model.fit(X[FEATURES], y)
    loaded = exported(model)
    assert [spec.name for spec in loaded.metadata_.inputs] == ["features"]
    off = loaded.predict_proba(X[FEATURES]) - model.predict_proba(X[FEATURES])
    assert np.abs(off).max() < 1e-6
