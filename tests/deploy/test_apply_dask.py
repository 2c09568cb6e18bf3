"""Scoring files by the workers of a Dask client, and into data sets."""

from __future__ import annotations

import logging
import os
import threading
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.ensemble import GradientBoostingClassifier

from skhep_nn import DenseClassifier
from skhep_nn.cache import _file_digest
from skhep_nn.deploy import apply, export_onnx
from skhep_nn.exceptions import (
    ClusterError,
    ColumnError,
    FileFormatError,
    PartitionError,
    StorageError,
)

FEATURES = ["pt", "eta", "mt"]


def run(*args, **options):
    return apply(*args, **{"progress": False, **options})


class Watched(ClassifierMixin, BaseEstimator):
    """Scores by the first column, and writes to a folder which processes scored which events.

    Parameters
    ----------
    log : str
    fails : int
        An event that cannot be scored while the file ``mended`` is not in `log`.
    """

    def __init__(self, log, fails=-1):
        self.log = log
        self.fails = fails

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        self.feature_names_in_ = np.asarray(X.columns, object)
        return self

    def predict_proba(self, X):
        number = X["event_number"].to_numpy()
        with (Path(self.log) / "scored").open("a") as file:
            file.write(f"{os.getpid()} {number[0]} {number[-1]}\n")
        mended = (Path(self.log) / "mended").exists()
        if self.fails in number and not mended:
            msg = f"event {self.fails} is odd"
            raise ValueError(msg)
        score = (number % 97) / 97
        return np.column_stack([1 - score, score])


def scored(log):
    """(process, first event, last event) of the calls of a `Watched` model."""
    path = log / "scored"
    lines = path.read_text().splitlines() if path.exists() else []
    return [tuple(map(int, line.split())) for line in lines]


@pytest.fixture
def model(events):
    return GradientBoostingClassifier(n_estimators=5, random_state=0).fit(
        events[FEATURES], events["is_signal"]
    )


@pytest.fixture
def files(new_events, tmp_path):
    """Two files, of 600 and 200 events, in several row groups; whole numbers among fractions."""
    first, second = new_events(600), new_events(200, seed=1)
    first["n"] = np.arange(600)
    second["n"] = np.where(np.arange(200) % 2, np.nan, 0.5)
    first.to_parquet(tmp_path / "1.parquet", row_group_size=150)
    second.to_parquet(tmp_path / "2.parquet", row_group_size=150)
    return [tmp_path / "1.parquet", tmp_path / "2.parquet"]


@pytest.mark.parametrize("suffix", [".parquet", ".feather", ".csv"])
def test_the_output_of_workers_is_that_of_one_process(client, model, files, tmp_path, suffix):
    options = {"columns": ["event_number", "process", "n"], "chunk_size": 15, "threshold": 0.3}
    expected = run(model, files, tmp_path / f"serial{suffix}", **options)
    done = run(model, files, tmp_path / f"dask{suffix}", **options, client=client)
    assert 0 < done.n_kept < done.n_scored == 800
    assert vars(done) | {"seconds": 0, "output": 0} == vars(expected) | {"seconds": 0, "output": 0}
    if suffix == ".csv":
        assert (tmp_path / "dask.csv").read_bytes() == (tmp_path / "serial.csv").read_bytes()
    else:
        read = pq.read_table if suffix == ".parquet" else pd.read_feather
        one, other = read(tmp_path / f"dask{suffix}"), read(tmp_path / f"serial{suffix}")
        assert one.equals(other)
    assert sorted(path.name for path in tmp_path.glob(".*")) == []


@pytest.mark.parametrize("where", ["here", "workers"])
def test_a_name_without_ending_is_a_data_set_in_the_order_of_the_events(
    model, files, tmp_path, where, request
):
    client = request.getfixturevalue("client") if where == "workers" else None
    options = {"columns": ["event_number", "n"], "chunk_size": 15}
    run(model, files, tmp_path / "serial.parquet", **options)
    done = run(model, files, tmp_path / "scores", **options, client=client)
    parts = sorted(path.name for path in (tmp_path / "scores").iterdir())
    assert len(parts) > 2
    assert parts == [f"part-{number:05d}.parquet" for number in range(len(parts))]
    assert done.n_kept == 800
    # also where a column is whole numbers in one part and fractions in another
    assert pq.read_table(tmp_path / "scores").equals(pq.read_table(tmp_path / "serial.parquet"))


def test_files_of_other_formats_are_divided_or_not_and_scored_alike(
    client, model, events, tmp_path
):
    flat = events.drop(columns="process")
    flat.to_csv(tmp_path / "1.csv", index=False)
    flat.to_feather(tmp_path / "2.feather")
    flat.to_hdf(tmp_path / "3.h5", key="events")
    files = [tmp_path / "1.csv", tmp_path / "2.feather", tmp_path / "3.h5"]
    options = {"cut": "eta > 0", "columns": "event_number", "chunk_size": 10}
    run(model, files, tmp_path / "serial.csv", **options)
    run(model, files, tmp_path / "dask.csv", **options, client=client)
    assert (tmp_path / "dask.csv").read_bytes() == (tmp_path / "serial.csv").read_bytes()


@pytest.fixture
def log(tmp_path):
    (tmp_path / "log").mkdir()
    return tmp_path / "log"


@pytest.fixture
def numbered(new_events, tmp_path):
    new_events(400).to_feather(tmp_path / "numbered.feather")
    return tmp_path / "numbered.feather"


def watched(log, events, **options):
    return Watched(str(log), **options).fit(events[["event_number"]], events["is_signal"])


def test_both_workers_score_and_each_event_is_scored_once(client, log, events, numbered, tmp_path):
    model = watched(log, events)
    run(model, numbered, tmp_path / "s.parquet", chunk_size=20, client=client)
    found = scored(log)
    assert sorted(first for _, first, _ in found) == list(range(0, 400, 20))
    assert {process for process, _, _ in found} == set(client.run(os.getpid).values())


def test_a_partition_that_fails_is_tried_three_times_and_named_and_the_others_are_kept(
    client, log, events, numbered, tmp_path
):
    model = watched(log, events, fails=133)
    output = tmp_path / "s.parquet"
    expected = (
        r"partition 4 \(events 120 to 160 of .*numbered.feather\), 4 of 10, failed 3 times, the "
        r"last time with ValueError: .*event 133 is odd; what is scored is kept"
    )
    with pytest.raises(PartitionError, match=expected):
        run(model, numbered, output, chunk_size=4, client=client)
    tried = scored(log)
    assert sum(first <= 133 <= last for _, first, last in tried) == 3
    assert not output.exists()
    (log / "mended").touch()
    done = run(model, numbered, output, chunk_size=4, client=client)
    assert done.n_kept == 400
    assert pd.read_parquet(output)["score"].tolist() == [(n % 97) / 97 for n in range(400)]
    assert not list(tmp_path.glob(".*"))


def test_what_is_whole_is_not_done_again(log, events, numbered, tmp_path):
    model = watched(log, events, fails=390)
    with pytest.raises(ValueError, match="event 390 is odd"):
        run(model, numbered, tmp_path / "s", chunk_size=4)
    before = len(scored(log))
    (log / "mended").touch()
    run(model, numbered, tmp_path / "s", chunk_size=4)
    again = scored(log)[before:]
    assert [first for _, first, _ in again] == list(range(360, 400, 4))


@pytest.mark.parametrize("change", ["model", "file", "option"])
def test_another_job_for_the_same_output_begins_anew(log, events, numbered, tmp_path, change):
    model = watched(log, events, fails=390)
    with pytest.raises(ValueError, match="event 390 is odd"):
        run(model, numbered, tmp_path / "s", chunk_size=4)
    before, options = len(scored(log)), {}
    if change == "model":
        model = watched(log, events)
    elif change == "file":
        events.head(380).to_feather(numbered)
    else:
        options["cut"] = "event_number < 380"
    run(model, numbered, tmp_path / "s", chunk_size=4, **options)
    assert scored(log)[before][1] == 0
    assert not list(tmp_path.glob(".*"))


def test_a_part_that_is_not_as_it_was_written_is_done_again(log, events, numbered, tmp_path):
    model = watched(log, events, fails=390)
    with pytest.raises(ValueError, match="event 390 is odd"):
        run(model, numbered, tmp_path / "s", chunk_size=4)
    before = len(scored(log))
    (folder,) = tmp_path.glob(".s.parts-*")
    (folder / "part-00001.parquet").write_bytes(b"PAR1")
    (folder / "part-00003.json").write_text("{")
    (log / "mended").touch()
    run(model, numbered, tmp_path / "s", chunk_size=4)
    firsts = {first for _, first, _ in scored(log)[before:]}
    assert firsts == {*range(40, 80, 4), *range(120, 160, 4), *range(360, 400, 4)}
    assert pq.read_table(tmp_path / "s").num_rows == 400


def test_a_model_file_is_read_once_by_each_worker(client, model, files, tmp_path):
    path = tmp_path / "model.joblib"
    joblib.dump(model, path)
    options = {"chunk_size": 5, "client": client}
    run(path, files, tmp_path / "a.parquet", **options)
    digest = _file_digest.of_file(path)["blake2b"]
    reads = [kept.get(digest) for kept in client.run(_models_kept).values()]
    run(path, files, tmp_path / "b.parquet", **options)
    assert any(reads)
    for before, kept in zip(reads, client.run(_models_kept).values(), strict=True):
        assert before in (None, kept[digest])


def _models_kept():
    from skhep_nn.deploy import _model_file

    return {digest: id(model) for digest, model in _model_file._kept.items()}


def test_an_onnx_file_is_applied_by_workers(client, events, files, tmp_path):
    pytest.importorskip("onnxruntime")
    network = DenseClassifier(units=(4,), epochs=1, random_state=0, verbose=0)
    network.fit(events[FEATURES], events["is_signal"])
    export_onnx(network, tmp_path / "model.onnx", check=events[FEATURES])
    run(tmp_path / "model.onnx", files, tmp_path / "serial.csv", chunk_size=40)
    run(tmp_path / "model.onnx", files, tmp_path / "dask.csv", chunk_size=40, client=client)
    assert (tmp_path / "dask.csv").read_bytes() == (tmp_path / "serial.csv").read_bytes()


def test_a_model_that_cannot_be_pickled_is_told_before_anything_is_scored(
    client, events, files, tmp_path
):
    class WithLock(Watched):
        pass

    model = WithLock(str(tmp_path)).fit(events[["event_number"]], events["is_signal"])
    model.lock_ = threading.Lock()
    with pytest.raises(TypeError, match=r"model=WithLock.* cannot be pickled, and so not be sent"):
        run(model, files, tmp_path / "s.parquet", client=client)
    assert not list(tmp_path.glob(".s.parquet*"))


def test_a_model_that_cannot_be_pickled_scores_here_into_a_data_set(
    events, numbered, log, tmp_path
):
    model = watched(log, events, fails=390)
    model.lock_ = threading.Lock()
    with pytest.raises(ValueError, match="event 390 is odd"):
        run(model, numbered, tmp_path / "s", chunk_size=4)
    (log / "mended").touch()
    # nobody can tell whether it is the model of before: all is done again
    done = run(model, numbered, tmp_path / "s", chunk_size=4)
    assert done.n_kept == pq.read_table(tmp_path / "s").num_rows == 400
    assert not list(tmp_path.glob(".*"))


class Interrupted(Watched):
    """Ctrl-C comes while it scores."""

    def predict_proba(self, X):
        raise KeyboardInterrupt


@pytest.mark.parametrize("can_be_pickled", [True, False])
def test_ctrl_c_promises_to_go_on_only_where_the_model_is_known_again(
    events, numbered, log, tmp_path, can_be_pickled
):
    model = Interrupted(str(log)).fit(events[["event_number"]], events["is_signal"])
    if not can_be_pickled:
        model.lock_ = threading.Lock()
    with pytest.raises(KeyboardInterrupt) as told:
        run(model, numbered, tmp_path / "s", chunk_size=4)
    assert ("the same call goes on" in str(told.value)) is can_be_pickled


def test_what_a_script_defines_travels_with_its_code(client, events, files, tmp_path):
    class Local(GradientBoostingClassifier):
        pass

    model = Local(n_estimators=2).fit(events[FEATURES], events["is_signal"])
    run(model, files, tmp_path / "s.parquet", client=client)
    got = pd.read_parquet(tmp_path / "s.parquet")["score"].head(600)
    assert got.tolist() == model.predict_proba(events[FEATURES])[:, 1].tolist()


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"columns": "phi"}, ColumnError, "has no column 'phi'"),
        ({"cut": "phi > 1"}, (ColumnError, PartitionError), "'phi', which it does not have"),
        ({"threshold": 2}, ValueError, "threshold must lie between 0 and 1"),
        ({"client": 3}, TypeError, "client must be a distributed.Client, and no asynchronous"),
    ],
)
def test_what_makes_no_sense_is_told_as_without_workers(
    client, model, files, tmp_path, options, error, message
):
    with pytest.raises(error, match=message):
        run(model, files, tmp_path / "s.parquet", **{"client": client, **options})
    assert [path for path in tmp_path.glob("*s.parquet") if path.suffix != ".parquet"] == []


def test_a_file_without_events_is_an_error_or_passed_over(client, model, events, files, tmp_path):
    events.head(0).to_parquet(tmp_path / "0.parquet")
    files = [tmp_path / "0.parquet", *files]
    with pytest.raises(FileFormatError, match=r"0.parquet is empty: it has no events"):
        run(model, files, tmp_path / "s.parquet", client=client)
    done = run(model, files, tmp_path / "s.parquet", empty="skip", client=client)
    assert done.n_kept == 800
    with pytest.raises(FileFormatError, match="no events in any of the 1 files"):
        run(model, files[0], tmp_path / "s2", empty="skip")


def test_a_column_that_turns_to_text_in_another_partition_is_told(client, model, events, tmp_path):
    events.to_csv(tmp_path / "1.csv", index=False)
    events.assign(pt="many").to_csv(tmp_path / "2.csv", index=False)
    with pytest.raises((FileFormatError, PartitionError), match=r"2.csv.*'pt'|2.csv.*many"):
        run(model, tmp_path / "?.csv", tmp_path / "s.parquet", client=client)
    events.assign(run="x").to_csv(tmp_path / "2.csv", index=False)
    events.assign(run=1).to_csv(tmp_path / "1.csv", index=False)
    with pytest.raises(FileFormatError, match="column 'run' holds text here and numbers before"):
        run(model, tmp_path / "?.csv", tmp_path / "s.parquet", columns="run", client=client)


def test_an_output_that_exists(client, model, files, tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "notes.txt").touch()
    with pytest.raises(FileFormatError, match=r"full is a folder that holds files; remove it"):
        run(model, files, tmp_path / "full", client=client)
    (tmp_path / "file").touch()
    with pytest.raises(FileFormatError, match=r"file is there and no folder; a data set is"):
        run(model, files, tmp_path / "file", client=client)
    with pytest.raises(FileFormatError, match="there is no folder"):
        run(model, files, tmp_path / "none" / "s", client=client)
    (tmp_path / "empty").mkdir()
    run(model, files, tmp_path / "empty", client=client)
    assert pq.read_table(tmp_path / "empty").num_rows == 800
    old = tmp_path / "s.parquet"
    old.write_text("old")
    run(model, files, old, client=client)
    assert pq.read_table(old).num_rows == 800


def test_two_processes_cannot_write_one_output(model, files, tmp_path):
    from skhep_nn.cache._lock import locked

    with locked(tmp_path / "s"), pytest.raises(StorageError, match="another process is writing"):
        run(model, files, tmp_path / "s")


def test_a_client_that_is_closed(client, model, files, tmp_path):
    client.close()
    with pytest.raises(ClusterError, match="client is closed; connect a new one"):
        run(model, files, tmp_path / "s.parquet", client=client)


def test_the_bar_counts_the_bytes_of_all_files(client, model, files, tmp_path, capsys):
    run(model, files, tmp_path / "s.parquet", client=client, progress=True)
    size = sum(path.stat().st_size for path in files)
    assert f"scoring: {size:g} of {size:g} B in" in capsys.readouterr().err
    logging.getLogger("distributed").setLevel(logging.WARNING)
