from __future__ import annotations

import json
import sys
import types

import joblib
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.tree import DecisionTreeClassifier

import skhep_nn
from skhep_nn.deploy import apply
from skhep_nn.exceptions import ColumnError, FileFormatError, MissingFileError
from skhep_nn.preprocessing import BlockTransformer

FEATURES = ["pt", "eta", "mt"]
READ = {".parquet": pd.read_parquet, ".feather": pd.read_feather, ".csv": pd.read_csv}


class WeightedTree(ClassifierMixin, BaseEstimator):
    """A classifier with a weight column and an excluded one, which data may lack."""

    def __init__(self, weight_column=None, exclude=()):
        self.weight_column = weight_column
        self.exclude = exclude

    def fit(self, X, y):
        self.feature_names_in_ = np.asarray(X.columns, object)
        self.tree_ = DecisionTreeClassifier(max_depth=3, random_state=0).fit(self._inner(X), y)
        self.classes_ = self.tree_.classes_
        return self

    def predict_proba(self, X):
        assert list(X.columns) == [name for name in self.feature_names_in_ if name in X]
        return self.tree_.predict_proba(self._inner(X))

    def _inner(self, X):
        return X.drop(columns=[self.weight_column, *self.exclude], errors="ignore")


@pytest.fixture
def model(events):
    return GradientBoostingClassifier(n_estimators=10, random_state=0).fit(
        events[FEATURES], events["is_signal"]
    )


@pytest.fixture
def many(events):
    return GradientBoostingClassifier(n_estimators=10, random_state=0).fit(
        events[FEATURES], events["process"]
    )


@pytest.fixture
def file(events, tmp_path):
    """Events with more columns than the model needs, in another order."""
    path = tmp_path / "events.parquet"
    events[events.columns[::-1]].to_parquet(path)
    return path


def run(*args, **options):
    return apply(*args, progress=False, **options)


def test_it_is_a_name_of_the_package():
    assert skhep_nn.apply is apply


@pytest.mark.parametrize("suffix", list(READ))
@pytest.mark.parametrize("chunk_size", [13, 97, 600, 1000])
def test_scores_in_chunks_are_bit_equal_to_those_of_the_whole_table(
    model, events, file, tmp_path, suffix, chunk_size
):
    output = tmp_path / f"scores{suffix}"
    done = run(model, file, output, columns=["event_number"], chunk_size=chunk_size)
    got = READ[suffix](output)
    assert got.columns.tolist() == ["event_number", "score"]
    assert got["event_number"].tolist() == events["event_number"].tolist()
    assert got["score"].tolist() == model.predict_proba(events[FEATURES])[:, 1].tolist()
    assert (done.n_read, done.n_scored, done.n_kept) == (600, 600, 600)


@pytest.mark.parametrize("suffix", [".csv", ".root", ".h5", ".npz", ".feather"])
def test_every_format_that_can_be_read_can_be_scored(model, events, tmp_path, suffix):
    flat = events.drop(columns="process")
    path = tmp_path / f"events{suffix}"
    if suffix == ".root":
        uproot = pytest.importorskip("uproot")
        with uproot.recreate(path) as root:
            root.mktree("Events", {name: flat[name].dtype for name in flat})
            root["Events"].extend({name: flat[name].to_numpy() for name in flat})
    elif suffix == ".npz":
        np.savez(path, **{name: flat[name].to_numpy() for name in flat})
    else:
        write = {".csv": flat.to_csv, ".h5": flat.to_hdf, ".feather": flat.to_feather}[suffix]
        options = {".csv": {"index": False}, ".h5": {"key": "events"}}.get(suffix, {})
        write(path, **options)
    run(model, path, tmp_path / "scores.parquet")
    got = pd.read_parquet(tmp_path / "scores.parquet")
    assert got["score"].tolist() == model.predict_proba(events[FEATURES])[:, 1].tolist()


def test_a_model_may_be_named_by_its_file(model, events, file, tmp_path):
    joblib.dump(model, tmp_path / "model.joblib")
    run(str(tmp_path / "model.joblib"), file, tmp_path / "scores.csv")
    got = pd.read_csv(tmp_path / "scores.csv")
    assert got["score"].tolist() == model.predict_proba(events[FEATURES])[:, 1].tolist()


def test_an_event_whose_score_is_the_threshold_is_kept(events, tmp_path):
    # leaves of 1/4, 1/2 and 1 are exact in binary
    X = pd.DataFrame({"x": [0.0] * 4 + [1.0] * 4 + [2.0] * 4})
    model = DecisionTreeClassifier().fit(X, [1, 0, 0, 0, 1, 1, 0, 0, 1, 1, 1, 1])
    X.to_csv(tmp_path / "x.csv", index=False)
    done = run(model, tmp_path / "x.csv", tmp_path / "s.csv", threshold=0.5, chunk_size=3)
    assert pd.read_csv(tmp_path / "s.csv")["score"].tolist() == [0.5] * 4 + [1.0] * 4
    assert (done.n_read, done.n_kept) == (12, 8)


def test_a_threshold_that_nothing_reaches_leaves_a_file_with_columns(model, file, tmp_path):
    done = run(model, file, tmp_path / "s.parquet", threshold=1, columns=["process", "pt"])
    got = pd.read_parquet(tmp_path / "s.parquet")
    assert (len(got), done.n_kept) == (0, 0)
    assert got.columns.tolist() == ["process", "pt", "score"]


@pytest.mark.parametrize("suffix", list(READ))
def test_a_cut_takes_events_away_before_they_are_scored(model, events, file, tmp_path, suffix):
    # the first chunks have no event that passes
    output = tmp_path / f"s{suffix}"
    cut = "event_number >= 200"
    done = run(model, file, output, cut=cut, chunk_size=100, columns="event_number")
    assert READ[suffix](output)["event_number"].tolist() == list(range(200, 600))
    assert (done.n_read, done.n_scored, done.n_kept) == (600, 400, 400)


def test_a_cut_that_nothing_passes_leaves_a_file_with_columns(model, file, tmp_path):
    done = run(model, file, tmp_path / "s.parquet", cut="pt < -1e9", columns="process")
    assert pd.read_parquet(tmp_path / "s.parquet").columns.tolist() == ["process", "score"]
    assert (done.n_read, done.n_scored, done.n_kept) == (600, 0, 0)


def test_several_classes_get_a_score_each_and_a_prediction(many, events, file, tmp_path):
    run(many, file, tmp_path / "s.parquet", chunk_size=250)
    got = pd.read_parquet(tmp_path / "s.parquet")
    assert got.columns.tolist() == ["score_Wjets", "score_signal", "score_tt", "prediction"]
    expected = many.predict_proba(events[FEATURES])
    assert got.iloc[:, :3].to_numpy().tolist() == expected.tolist()
    assert got["prediction"].tolist() == many.predict(events[FEATURES]).tolist()


def test_with_several_classes_the_threshold_is_on_the_score_of_the_signal(
    many, events, file, tmp_path
):
    run(many, file, tmp_path / "s.parquet", threshold=0.4, signal="signal", columns="event_number")
    expected = many.predict_proba(events[FEATURES])[:, 1] >= 0.4
    assert 0 < expected.sum() < 600
    got = pd.read_parquet(tmp_path / "s.parquet")["event_number"]
    assert got.tolist() == np.flatnonzero(expected).tolist()


def test_the_signal_of_a_binary_model_can_be_its_first_class(model, events, file, tmp_path):
    run(model, file, tmp_path / "s.parquet", signal=0)
    got = pd.read_parquet(tmp_path / "s.parquet")["score"]
    assert got.tolist() == model.predict_proba(events[FEATURES])[:, 0].tolist()


@pytest.mark.parametrize("gone", [[], ["weight"], ["weight", "process"]])
def test_data_may_lack_the_weight_column_and_excluded_columns(events, tmp_path, gone):
    columns = [*FEATURES, "weight", "process"]
    model = WeightedTree(weight_column="weight", exclude=["process"])
    model.fit(events[columns], events["is_signal"])
    events.drop(columns=gone).to_parquet(tmp_path / "data.parquet")
    run(model, tmp_path / "data.parquet", tmp_path / "s.parquet")
    got = pd.read_parquet(tmp_path / "s.parquet")["score"]
    assert got.tolist() == model.predict_proba(events[columns])[:, 1].tolist()


def test_simulation_with_weights_and_data_without_can_be_scored_in_one_go(events, tmp_path):
    model = WeightedTree(weight_column="weight").fit(
        events[[*FEATURES, "weight"]], events["is_signal"]
    )
    events.to_parquet(tmp_path / "1.parquet")
    events[FEATURES].to_parquet(tmp_path / "2.parquet")
    done = run(model, tmp_path / "?.parquet", tmp_path / "s.csv", chunk_size=450)
    scores = pd.read_csv(tmp_path / "s.csv")["score"].to_numpy()
    assert done.n_kept == 1200
    assert scores[:600].tolist() == scores[600:].tolist()


class OfBlocks(ClassifierMixin, BaseEstimator):
    """A classifier of what a `BlockTransformer` makes."""

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def predict_proba(self, X):
        assert X.keys() == ["a", "b"]
        scores = 1 / (1 + np.exp(-np.asarray(X["a"][:, 0], float)))
        return np.column_stack([1 - scores, scores])


def selecting(kind):
    if kind == "blocks":
        parts = [("a", "passthrough", ["pt"]), ("b", "passthrough", ["eta"])]
        return make_pipeline("passthrough", BlockTransformer(parts), OfBlocks())
    scaled = ColumnTransformer([("x", StandardScaler(), ["pt", "eta"]), ("no", "drop", ["mt"])])
    return make_pipeline(scaled, LogisticRegression())


@pytest.mark.parametrize("kind", ["blocks", "columns", "search"])
def test_a_column_that_no_step_reads_is_not_needed_and_does_no_harm(events, tmp_path, kind):
    columns = ["is_signal", "pt", "eta", "mt", "weight"]
    model = selecting(kind)
    if kind == "search":
        model = GridSearchCV(model, {"logisticregression__C": [1.0]}, cv=2)
    y = events["is_signal"]
    model.fit(events[columns], y)
    expected = model.predict_proba(events[columns])[:, 1]
    for given in (["pt", "eta"], ["weight", "eta", "event_number", "pt"], columns):
        events[given].to_parquet(tmp_path / "data.parquet")
        apply(model, tmp_path / "data.parquet", tmp_path / "out.parquet", progress=False)
        np.testing.assert_array_equal(pd.read_parquet(tmp_path / "out.parquet")["score"], expected)
    np.testing.assert_array_equal(
        model.predict_proba(events[["pt", "eta"]].assign(new="text"))[:, 1], expected
    )
    events[["pt", "mt"]].to_parquet(tmp_path / "data.parquet")
    with pytest.raises(ColumnError, match="'eta'"):
        apply(model, tmp_path / "data.parquet", tmp_path / "out.parquet", progress=False)


def test_a_missing_feature_is_an_error_with_file_and_nearest_name(model, events, tmp_path):
    events.rename(columns={"mt": "m_t"}).to_parquet(tmp_path / "data.parquet")
    with pytest.raises(ColumnError, match=r"data.parquet has no column 'mt'; .*'m_t'"):
        run(model, tmp_path / "data.parquet", tmp_path / "s.parquet")


def test_a_missing_column_to_carry_is_an_error_with_the_file(model, file, tmp_path):
    with pytest.raises(ColumnError, match=r"events.parquet has no column 'procss'; .*'process'"):
        run(model, file, tmp_path / "s.parquet", columns=["procss"])


def test_what_the_model_refuses_is_an_error_with_the_file(events, tmp_path):
    model = make_pipeline(StandardScaler(), LogisticRegression())
    model.fit(events[FEATURES], events["is_signal"])
    events.loc[3, "eta"] = np.nan
    events.to_csv(tmp_path / "data.csv")
    with pytest.raises(ValueError, match=r"data.csv: the model cannot score its events: .*NaN"):
        run(model, tmp_path / "data.csv", tmp_path / "s.csv")


def test_a_search_and_a_pipeline_know_their_features(events, file, tmp_path):
    search = GridSearchCV(
        make_pipeline(StandardScaler(), DecisionTreeClassifier(random_state=0)),
        {"decisiontreeclassifier__max_depth": [2, 3]},
        cv=2,
    ).fit(events[FEATURES], events["is_signal"])
    run(search, file, tmp_path / "s.csv")
    got = pd.read_csv(tmp_path / "s.csv")["score"]
    assert got.tolist() == search.predict_proba(events[FEATURES])[:, 1].tolist()


def test_a_model_without_names_takes_features_in_the_order_of_its_fit(events, file, tmp_path):
    model = DecisionTreeClassifier(max_depth=3, random_state=0)
    model.fit(events[FEATURES].to_numpy(), events["is_signal"])
    run(model, file, tmp_path / "s.csv", features=FEATURES)
    expected = model.predict_proba(events[FEATURES].to_numpy())[:, 1]
    assert pd.read_csv(tmp_path / "s.csv")["score"].tolist() == expected.tolist()
    with pytest.raises(ColumnError, match="fitted on an array without column names; give"):
        run(model, file, tmp_path / "s.csv")


def test_features_of_a_model_that_has_names_are_an_error(model, file, tmp_path):
    with pytest.raises(ColumnError, match=r"the model knows its columns, \['pt', 'eta', 'mt'\]"):
        run(model, file, tmp_path / "s.csv", features=["pt"])


@pytest.mark.parametrize("suffix", [".parquet", ".feather"])
def test_a_column_that_turns_to_fractions_late_is_written_right(model, events, tmp_path, suffix):
    events["n"] = np.arange(600)
    events.astype({"n": object}).assign(n=[*range(599), 0.5]).to_csv(tmp_path / "e.csv")
    run(model, tmp_path / "e.csv", tmp_path / f"s{suffix}", columns="n", chunk_size=100)
    got = READ[suffix](tmp_path / f"s{suffix}")
    assert got["n"].tolist() == [*range(599), 0.5]
    assert got["score"].tolist() == model.predict_proba(events[FEATURES])[:, 1].tolist()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["e.csv", f"s{suffix}"]


def test_lists_are_carried_into_parquet_and_refused_for_csv(model, events, tmp_path):
    lists = [[1, 2]] * 300 + [[]] * 300
    events.assign(pdg=lists).to_parquet(tmp_path / "e.parquet")
    run(model, tmp_path / "e.parquet", tmp_path / "s.parquet", columns="pdg", chunk_size=100)
    got = pd.read_parquet(tmp_path / "s.parquet")["pdg"]
    assert [list(values) for values in got] == lists
    with pytest.raises(ColumnError, match=r"CSV cannot hold lists, which \['pdg'\] are"):
        run(model, tmp_path / "e.parquet", tmp_path / "s.csv", columns="pdg")


class FailsLate(WeightedTree):
    """Breaks off in the third chunk, as a user or a full disk would."""

    error = KeyboardInterrupt

    def predict_proba(self, X):
        self.calls_ = getattr(self, "calls_", 0) + 1
        if self.calls_ == 3:
            raise self.error
        return super().predict_proba(X)


@pytest.mark.parametrize("suffix", list(READ))
@pytest.mark.parametrize("error", [KeyboardInterrupt, MemoryError])
def test_an_interrupted_run_leaves_no_file_and_keeps_an_older_one(
    events, file, tmp_path, suffix, error
):
    model = FailsLate().fit(events[FEATURES], events["is_signal"])
    model.error = error
    output = tmp_path / f"s{suffix}"
    with pytest.raises(error):
        run(model, file, output, chunk_size=100)
    assert [path.name for path in tmp_path.iterdir()] == ["events.parquet"]
    output.write_text("older")
    model.calls_ = 0
    with pytest.raises(error):
        run(model, file, output, chunk_size=100)
    assert output.read_text() == "older"
    assert len(list(tmp_path.iterdir())) == 2


def test_an_older_output_is_replaced(model, file, tmp_path):
    (tmp_path / "s.csv").write_text("older")
    run(model, file, tmp_path / "s.csv")
    assert len(pd.read_csv(tmp_path / "s.csv")) == 600


def test_memory_is_bounded_by_the_chunk(events, file, tmp_path):
    seen = []

    class Spy(WeightedTree):
        def predict_proba(self, X):
            seen.append(len(X))
            return super().predict_proba(X)

    run(
        Spy().fit(events[FEATURES], events["is_signal"]),
        file,
        tmp_path / "s.csv",
        chunk_size=250,
    )
    assert seen == [250, 250, 100]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"threshold": 1.5}, "threshold must lie between 0 and 1, as the scores do, got 1.5"),
        ({"threshold": float("nan")}, "threshold must lie between 0 and 1"),
        ({"threshold": True}, "threshold must lie between 0 and 1"),
        ({"signal": "ttbar"}, r"signal='ttbar' is not a class of the model; it has \[0, 1\]"),
        ({"chunk_size": 0}, "chunk_size must be a whole number of at least 1"),
        ({"columns": ["pt", "pt"]}, "must name each column once"),
    ],
)
def test_parameters_that_make_no_sense_are_errors(model, file, tmp_path, options, message):
    with pytest.raises(ValueError, match=message):
        run(model, file, tmp_path / "s.csv", **options)
    assert not (tmp_path / "s.csv").exists()


def test_a_column_to_carry_has_no_name_that_the_scores_take(model, events, tmp_path):
    events.assign(score=1.0).to_csv(tmp_path / "events.csv", index=False)
    with pytest.raises(ColumnError, match="none that the scores take"):
        run(model, tmp_path / "events.csv", tmp_path / "s.csv", columns=["score"])


def test_a_threshold_on_several_classes_needs_the_signal(many, file, tmp_path):
    with pytest.raises(ValueError, match=r"threshold=0.5 needs signal=, one of \['Wjets', 'sig"):
        run(many, file, tmp_path / "s.csv", threshold=0.5)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("s.root", r"s.root: unknown file ending; known are .parquet, .feather, .csv"),
        ("no/s.csv", r"there is no folder .*no'; make it first"),
        ("events.parquet", r"events.parquet is one of the files to read"),
    ],
)
def test_an_output_that_cannot_be_written_is_an_error_at_once(model, file, tmp_path, name, message):
    with pytest.raises(FileFormatError, match=message):
        run(model, file, tmp_path / name)


def test_what_is_no_fitted_classifier_is_an_error(file, tmp_path):
    with pytest.raises(TypeError, match=r"is no classifier with predict_proba, but StandardScaler"):
        run(StandardScaler(), file, tmp_path / "s.csv")
    with pytest.raises(NotFittedError):
        run(DecisionTreeClassifier(), file, tmp_path / "s.csv")


def test_a_file_that_holds_no_model_is_an_error_that_names_it(file, tmp_path):
    with pytest.raises(MissingFileError, match=r"there is no model file .*no.joblib"):
        run(tmp_path / "no.joblib", file, tmp_path / "s.csv")
    (tmp_path / "bad.joblib").write_text(json.dumps({}))
    with pytest.raises(FileFormatError, match=r"bad.joblib cannot be read"):
        run(tmp_path / "bad.joblib", file, tmp_path / "s.csv")
    joblib.dump({"a": 1}, tmp_path / "dict.joblib")
    with pytest.raises(FileFormatError, match=r"dict.joblib is no classifier .* but dict"):
        run(tmp_path / "dict.joblib", file, tmp_path / "s.csv")


class GivesNaN(WeightedTree):
    def predict_proba(self, X):
        return super().predict_proba(X) * np.nan


def test_a_score_that_is_nan_is_an_error_and_not_a_dropped_event(events, file, tmp_path):
    model = GivesNaN().fit(events[FEATURES], events["is_signal"])
    with pytest.raises(ValueError, match=r"gives NaN as the score of 600 of 600 events"):
        run(model, file, tmp_path / "s.csv", threshold=0.5)


def test_progress_is_one_line_in_a_log_file(model, file, tmp_path, capsys):
    apply(model, file, tmp_path / "s.csv", progress=True)
    err = capsys.readouterr().err
    assert err.startswith("reading: ")
    assert len(err.splitlines()) == 1
    run(model, file, tmp_path / "s.csv")
    assert capsys.readouterr().err == ""


def test_a_model_of_a_function_that_is_not_there_says_what_to_do(tmp_path, monkeypatch):
    module = types.ModuleType("my_networks")
    exec("def double(x):\n    return 2 * x\ndouble.__module__ = 'my_networks'", vars(module))
    monkeypatch.setitem(sys.modules, "my_networks", module)
    joblib.dump(FunctionTransformer(module.double), tmp_path / "model.joblib")
    monkeypatch.delitem(sys.modules, "my_networks")
    (tmp_path / "events.csv").write_text("pt\n1.0\n")
    with pytest.raises(FileFormatError, match=r"needs code of the script .*my_networks"):
        skhep_nn.apply(tmp_path / "model.joblib", tmp_path / "events.csv", tmp_path / "out.csv")


def test_event_numbers_and_text_are_carried_along_exactly(model, events, tmp_path):
    large = 2**53 + 1
    for name, dtype in (("a", np.int64), ("b", np.uint64)):
        table = events[FEATURES][:2].assign(event=np.array([large, large + 2], dtype))
        table["process"] = [b"ttH", b"W"]
        table.to_parquet(tmp_path / f"{name}.parquet")
    for suffix, read in READ.items():
        output = tmp_path / f"out{suffix}"
        run(model, str(tmp_path / "?.parquet"), output, columns=["event", "process"])
        got = read(output)
        assert [int(value) for value in got["event"]] == [large, large + 2] * 2
        assert got["process"].tolist() == ["ttH", "W"] * 2
        output.unlink()


def test_a_csv_file_with_another_separator_can_be_scored(model, events, tmp_path):
    events[FEATURES].to_csv(tmp_path / "x.csv", index=False, sep=";")
    run(model, tmp_path / "x.csv", tmp_path / "s.parquet", separator=";")
    got = pd.read_parquet(tmp_path / "s.parquet")
    assert got["score"].tolist() == model.predict_proba(events[FEATURES])[:, 1].tolist()


@pytest.mark.parametrize("suffix", [".parquet", ".feather"])
@pytest.mark.parametrize(
    ("first", "second"),
    [
        (pa.nulls(2), pa.array(["a", "b"])),
        (pa.array([2**53 + 1, 5]), pa.nulls(2)),
        (pa.nulls(2), pa.array([2**64 - 1, 5], pa.uint64())),
        (pa.nulls(2), pa.array([[1.5], []])),
    ],
)
def test_a_carried_column_of_nothing_but_missing_takes_the_type_of_the_others(
    model, events, tmp_path, suffix, first, second
):
    for name, column in (("a", first), ("b", second)):
        table = pa.Table.from_pandas(events[FEATURES][:2]).append_column("extra", column)
        pq.write_table(table, tmp_path / f"{name}.parquet")
    run(model, str(tmp_path / "?.parquet"), tmp_path / f"out{suffix}", columns="extra")
    read = {".parquet": pq.read_table, ".feather": pa.feather.read_table}[suffix]
    got = read(tmp_path / f"out{suffix}")["extra"].to_pylist()
    assert got == [*first.to_pylist(), *second.to_pylist()]


def test_carried_whole_numbers_that_no_type_holds_are_an_error_that_names_them(
    model, events, tmp_path
):
    for name, column in (("a", pa.array([-1])), ("b", pa.array([2**64 - 1], pa.uint64()))):
        table = pa.Table.from_pandas(events[FEATURES][:1]).append_column("event", column)
        pq.write_table(table, tmp_path / f"{name}.parquet")
    with pytest.raises(ColumnError, match=r"column 'event' .* would not be exact"):
        run(model, str(tmp_path / "?.parquet"), tmp_path / "out.parquet", columns="event")


class Gives(ClassifierMixin, BaseEstimator):
    """A classifier of somebody else, whose probabilities are what `how` makes of the events."""

    def __init__(self, how=None):
        self.how = how

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        self.feature_names_in_ = np.array(X.columns, dtype=object)
        return self

    def predict_proba(self, X):
        return self.how(X)


@pytest.mark.parametrize(
    ("how", "message"),
    [
        (lambda _: np.zeros((3, 2)), r"must give real numbers of shape \(\d+, 2\), got float64 of"),
        (lambda X: np.zeros(len(X)), "must give real numbers of shape"),
        (lambda X: np.zeros((len(X), 3)), "must give real numbers of shape"),
        (lambda X: np.full((len(X), 2), 0.5j), "must give real numbers of shape"),
        (lambda X: np.full((len(X), 2), "x"), "must give real numbers of shape"),
        (lambda _: None, "must give real numbers of shape"),
        (lambda X: np.ma.masked_all((len(X), 2)), "masked"),
        (lambda X: X.no_such_thing, "cannot score its events: AttributeError: .*no_such_thing"),
        (lambda X: np.log(X["pt"].to_numpy(), "x"), "cannot score its events: TypeError"),
    ],
)
def test_what_a_model_gives_that_is_no_probability_is_an_error_with_the_file(
    events, file, tmp_path, how, message
):
    model = Gives(how).fit(events[FEATURES], [0, 1])
    with pytest.raises(ValueError, match=rf"events.*{message}"):
        run(model, file, tmp_path / "s.csv")
    assert not (tmp_path / "s.csv").exists()


def test_features_are_named_once(file, tmp_path):
    model = LogisticRegression().fit([[0.0, 1.0], [1.0, 0.0]], [0, 1])
    with pytest.raises(ColumnError, match="must name each column once"):
        run(model, file, tmp_path / "s.csv", features=["pt", "pt"])
