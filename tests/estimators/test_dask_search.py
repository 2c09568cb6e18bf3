"""Searches by the workers of a Dask client, through joblib."""

from __future__ import annotations

import os
import pickle
import signal
import sys
from pathlib import Path
from unittest import mock

import joblib
import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.model_selection import GridSearchCV, KFold, ShuffleSplit, cross_validate

from skhep_nn import DenseClassifier, EventBlocks
from skhep_nn._dask._connection import PATIENT, running_loop

dask = pytest.importorskip("dask")
distributed = pytest.importorskip("distributed")

EVENT = 64  # numbers


class Threshold(ClassifierMixin, BaseEstimator):
    """The best of few cuts on the mean of a block, read in chunks; can end its process once."""

    def __init__(self, cut=0.0, dies_if=None):
        self.cut = cut
        self.dies_if = dies_if

    def fit(self, X, y):
        if self.dies_if is not None and Path(self.dies_if).exists():
            Path(self.dies_if).unlink()
            os.kill(os.getpid(), signal.SIGKILL)
        self.classes_ = np.unique(y)
        self.mean_ = float(self._means(X).mean())
        return self

    def predict(self, X):
        return (self._means(X) > self.cut).astype(int)

    def _means(self, X):
        rows = (slice(at, at + 10_000) for at in range(0, len(X), 10_000))
        return np.concatenate([X.take("x", some).mean(axis=1) for some in rows])


def search(**options):
    grid = {"cut": [-0.2, 0.0, 0.2]}
    return GridSearchCV(Threshold(**options), grid, cv=2, n_jobs=2)


@pytest.fixture
def labels():
    return np.arange(3000) % 2


@pytest.fixture
def blocks(labels):
    values = np.random.default_rng(0).normal(size=(len(labels), EVENT)) + labels[:, None]
    return EventBlocks({"x": values.astype("f4")})


def test_events_in_memory_have_their_size_and_mapped_ones_that_of_a_path(blocks, tmp_path):
    assert sys.getsizeof(blocks) >= 3000 * EVENT * 4
    assert sys.getsizeof(blocks[:1000]) < sys.getsizeof(blocks) / 2
    np.save(tmp_path / "x.npy", blocks["x"])
    mapped = EventBlocks({"x": np.load(tmp_path / "x.npy", mmap_mode="r")})
    assert sys.getsizeof(mapped) < 1000
    assert len(pickle.dumps(mapped)) < 2000
    chosen = mapped[np.arange(0, 3000, 2)]
    assert 1500 * 4 < sys.getsizeof(chosen) < 1500 * 8 + 1000
    both = EventBlocks.concatenate([mapped, mapped])
    assert sys.getsizeof(both) < 1000
    assert sys.getsizeof(EventBlocks.concatenate([blocks, blocks])) >= 6000 * EVENT * 4


def test_a_search_whose_worker_dies_in_the_middle_ends_as_without(client, blocks, labels, tmp_path):
    splits = list(KFold(2).split(labels))
    expected = search().set_params(n_jobs=1, cv=splits).fit(blocks, labels)
    marker = tmp_path / "one process dies"
    marker.touch()
    # what is on all workers is not lost with one
    sent = [blocks, labels, *(rows for split in splits for rows in split)]
    with joblib.parallel_config("dask", client=client, scatter=sent):
        found = search(dies_if=str(marker)).set_params(cv=splits).fit(blocks, labels)
    assert not marker.exists()
    assert found.cv_results_["mean_test_score"].tolist() == (
        expected.cv_results_["mean_test_score"].tolist()
    )
    assert found.best_params_ == expected.best_params_
    assert 0.9 < found.best_score_ <= 1


class Size(ClassifierMixin, BaseEstimator):
    """Scores by the number of events and the largest value in the first column of an array."""

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def score(self, X, y):
        return float(len(X) + np.abs(X[:, 0]).max())


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="what counts as memory is Linux's")
def test_a_map_larger_than_the_memory_of_a_worker_is_searched_by_its_path(tmp_path):
    n_events, limit = 8_000_000, 10**9
    path = tmp_path / "x"
    # without blocks on disk: zeros
    with path.open("wb") as file:
        file.truncate(n_events * EVENT * 4)
    mapped = np.memmap(path, "f4", mode="r", shape=(n_events, EVENT))
    assert mapped.nbytes > 2 * limit
    y = np.arange(n_events, dtype=np.int8) % 2
    # in blocks a fold is the numbers of its events; of an array it is a copy
    blocks, few = (
        EventBlocks({"x": mapped[: 5 * 10**6]}),
        ShuffleSplit(2, test_size=0.05, train_size=0.1),
    )
    options = {"n_workers": 1, "threads_per_worker": 1}
    options |= dict.fromkeys(("dashboard_address", "worker_dashboard_address"), "127.0.0.1:0")
    with (
        # in which Dask leaves what workers are given
        mock.patch.dict(os.environ),
        # a worker that was ended for its memory is started again, and fails the test: no wait
        dask.config.set(PATIENT),
        running_loop() as loop,
        distributed.LocalCluster(
            **options, host="127.0.0.1", memory_limit=limit, loop=loop
        ) as cluster,
        distributed.Client(cluster, loop=loop, set_as_default=False) as client,
        joblib.parallel_config("dask", client=client),
    ):
        (before,) = client.run(os.getpid).values()
        found = GridSearchCV(Threshold(), {"cut": [0.5]}, cv=2, n_jobs=2, refit=False)
        found.fit(blocks, y[: len(blocks)])
        of_array = cross_validate(Size(), mapped, y, cv=few, n_jobs=2)["test_score"]
        (after,) = client.run(os.getpid).values()
    assert found.cv_results_["mean_test_score"].tolist() == [0.5]
    assert of_array.tolist() == [0.05 * n_events] * 2
    # no worker was ended for what it read
    assert before == after


def facts():
    """Threads of TensorFlow, free engines, and the process."""
    import tensorflow as tf

    from skhep_nn.training._pool import POOL

    n_threads = tf.config.threading.get_intra_op_parallelism_threads()
    engines = [id(engine) for engine in POOL._free.values()]
    return n_threads, engines, os.getpid()


def test_networks_are_the_same_to_the_bit_and_what_is_compiled_stays(client, table):
    X, y = table
    model = DenseClassifier(
        units=(8,), epochs=3, batch_size=100, weight_column="weight", random_state=0, verbose=0
    )
    grid = {"learning_rate": [0.003, 0.03], "dropout": [0.0, 0.2]}
    expected = GridSearchCV(model, grid, cv=2, scoring="roc_auc").fit(X, y)
    with joblib.parallel_config("dask", client=client):
        found = GridSearchCV(model, grid, cv=2, scoring="roc_auc").fit(X, y)
    for split in ("split0_test_score", "split1_test_score"):
        assert found.cv_results_[split].tolist() == expected.cv_results_[split].tolist()
    np.testing.assert_array_equal(found.predict_proba(X), expected.predict_proba(X))
    before = client.run(facts)
    # each worker has one thread, and so has TensorFlow there
    assert [n_threads for n_threads, _, _ in before.values()] == [1, 1]
    with joblib.parallel_config("dask", client=client):
        GridSearchCV(model, grid, cv=2, scoring="roc_auc").fit(X, y)
    after = client.run(facts)
    for worker, (_, engines, process) in before.items():
        assert after[worker][2] == process
        assert len(engines) >= 1
        assert set(engines) <= set(after[worker][1])
