"""Caches that the workers of a Dask client build."""

from __future__ import annotations

import os
import pickle
import signal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skhep_nn import _storage
from skhep_nn._dask import _tasks
from skhep_nn.cache import _partitions, _store, build_cache
from skhep_nn.exceptions import ColumnError, FileFormatError, PartitionError
from skhep_nn.preprocessing import (
    BlockTransformer,
    MinMaxScaler,
    PDGTokenizer,
    RobustClipScaler,
    SequencePadder,
)

cloudpickle = pytest.importorskip("cloudpickle")
pytest.importorskip("distributed")


@pytest.fixture
def files(tmp_path):
    """Two files of 300 and 100 events in some row groups, with numbers and lists."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "pt": rng.exponential(50, 400),
            "n": rng.integers(0, 5, 400),
            "weight": rng.uniform(size=400),
            "tracks": [list(rng.normal(size=n)) for n in rng.integers(0, 4, 400)],
            "pdg": [list(rng.choice([211, -211, 22], n)) for n in rng.integers(0, 4, 400)],
        }
    )
    frame[:300].to_parquet(tmp_path / "1.parquet", row_group_size=60)
    frame[300:].to_parquet(tmp_path / "2.parquet", row_group_size=60)
    return [tmp_path / "1.parquet", tmp_path / "2.parquet"]


def build(files, transformer, directory, **options):
    options = {"progress": False, "chunk_size": 12, "columns": ["pt", "n", "weight"], **options}
    return build_cache(files, transformer, directory, **options)


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


TRANSFORMERS = {
    "none": lambda: None,
    "ranges": lambda: MinMaxScaler(exclude="weight"),
    "quantiles": lambda: make_pipeline(
        RobustClipScaler(weight_column="weight"), MinMaxScaler(exclude="weight")
    ),
    "one pass": StandardScaler,
    "blocks": lambda: BlockTransformer(
        [
            ("event", MinMaxScaler(), ["pt", "n"]),
            ("track", SequencePadder(2), ["tracks"]),
            ("pdg", make_pipeline(PDGTokenizer(), SequencePadder(3)), ["pdg"]),
        ],
        weight_column="weight",
    ),
}


@pytest.mark.parametrize("name", TRANSFORMERS)
def test_the_cache_of_workers_is_that_of_one_process_to_the_byte(client, files, tmp_path, name):
    options = {"cut": "pt > 5"}
    if name == "blocks":
        options["columns"] = None
    one, other = TRANSFORMERS[name](), TRANSFORMERS[name]()
    build(files, one, tmp_path / "serial", **options)
    cache = build(files, other, tmp_path / "dask", client=client, **options)
    found, expected = contents(tmp_path / "dask"), contents(tmp_path / "serial")
    # pickles of equal things may differ, and so does what tells their digest
    skipped = ("transformer.joblib", "cache.json")
    assert {n: b for n, b in found.items() if n not in skipped} == {
        n: b for n, b in expected.items() if n not in skipped
    }
    assert found.keys() == expected.keys()
    assert 300 < len(cache) < 400
    assert not list(tmp_path.glob(".*"))
    # each is recognised by whoever asks for it
    before = (tmp_path / "dask" / "cache.json").stat().st_mtime_ns
    build(files, TRANSFORMERS[name](), tmp_path / "dask", **options)
    assert (tmp_path / "dask" / "cache.json").stat().st_mtime_ns == before


def test_tasks_have_the_name_of_the_file_of_the_transformer(client, tmp_path, monkeypatch):
    frame = pd.DataFrame({"pt": np.random.default_rng(0).normal(size=4000)})
    frame.to_feather(tmp_path / "a.feather")
    sizes, submitted = [], _tasks._submitted

    def noted(client, function, jobs):
        sizes.extend(len(cloudpickle.dumps(job)) for job in jobs)
        return submitted(client, function, jobs)

    monkeypatch.setattr(_tasks, "_submitted", noted)
    scaler = make_pipeline(RobustClipScaler(), MinMaxScaler())
    build(tmp_path / "a.feather", scaler, tmp_path / "c", columns=None, client=client)
    assert len(pickle.dumps(scaler)) > 4000 * 16
    assert max(sizes) < 4000
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.feather", "c"]


class DiesOnce(TransformerMixin, BaseEstimator):
    """Ends its process at the first event numbered 200 or more, if a file says so."""

    def __init__(self, marker):
        self.marker = marker

    def fit(self, X, y=None):
        self.fitted_ = True
        return self

    def transform(self, X):
        if X["n"].to_numpy()[0] >= 200 and Path(self.marker).exists():
            Path(self.marker).unlink()
            os.kill(os.getpid(), signal.SIGKILL)
        return X


def test_a_worker_that_is_killed_is_replaced(client, tmp_path):
    pd.DataFrame({"n": np.arange(400.0)}).to_feather(tmp_path / "a.feather")
    marker = tmp_path / "one process dies"
    marker.touch()
    step = DiesOnce(str(marker)).fit(None)
    cache = build(tmp_path / "a.feather", step, tmp_path / "c", columns=None, client=client)
    assert not marker.exists()
    assert cache["n"].tolist() == list(range(400))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.feather", "c"]


class Odd(DiesOnce):
    """Cannot transform event 130."""

    def transform(self, X):
        if 130 in X["n"].to_numpy():
            msg = "event 130 is odd"
            raise ValueError(msg)
        return X


def test_a_partition_that_fails_is_named_and_nothing_is_left(client, tmp_path):
    pd.DataFrame({"n": np.arange(400.0)}).to_feather(tmp_path / "a.feather")
    expected = r"partition 2 \(events 120 to 240 of .*a.feather\), 2 of 4, failed 3 times, .*130 is"
    with pytest.raises(PartitionError, match=expected):
        build(
            tmp_path / "a.feather", Odd("").fit(None), tmp_path / "c", columns=None, client=client
        )
    assert [path.name for path in tmp_path.iterdir()] == ["a.feather"]


def test_a_folder_of_parts_that_cannot_be_removed_is_not_in_the_way(tmp_path, monkeypatch):
    # each step that learns has one, and so has the writing
    monkeypatch.setattr(_storage, "remove_folder", lambda folder: None)
    cache = tmp_path / ".c.unfinished-1"
    for _ in range(2):
        with _partitions._beside(cache) as parts:
            assert parts.is_dir()
    assert len(list(tmp_path.glob(f"{cache.name}-parts-*"))) == 2
    _store.clean_up(tmp_path / "c")
    assert not list(tmp_path.glob(f"{cache.name}*"))


def test_what_makes_no_sense_is_told(client, files, tmp_path):
    with pytest.raises(ValueError, match="n_max=10 counts events in the order of the files"):
        build(files, None, tmp_path / "c", n_max=10, client=client)
    with pytest.raises((ColumnError, PartitionError), match="has no column 'phi'"):
        build(files, None, tmp_path / "c", columns="phi", client=client)
    with pytest.raises(ValueError, match=r"no event of 2 files passes cut='pt < -1'"):
        build(files, None, tmp_path / "c", cut="pt < -1", client=client)
    pd.DataFrame({"pt": [], "n": [], "weight": []}).to_parquet(tmp_path / "0.parquet")
    with pytest.raises(FileFormatError, match=r"0.parquet is empty: it has no events"):
        build([*files, tmp_path / "0.parquet"], None, tmp_path / "c", client=client)
    assert not (tmp_path / "c").exists()
