"""Members of ensembles and cross-fits are fitted in threads, unless the user says otherwise."""

from __future__ import annotations

import os
import threading
import time

import joblib
import numpy as np
import pytest
from joblib.parallel import ThreadingBackend

from skhep_nn import CrossFitClassifier, DenseClassifier, EnsembleClassifier, _cores
from skhep_nn.estimators._members import _run
from skhep_nn.estimators._members._run import fit_all
from skhep_nn.training._threads import stop_of_thread

PATIENCE = 60.0


def place(number):
    """The process and thread in which a task is done, a while after it began."""
    time.sleep(0.05)
    return os.getpid(), threading.get_ident()


def places(n_jobs, n_tasks=8):
    found = fit_all(place, [(n,) for n in range(n_tasks)], n_jobs=n_jobs, verbose=0, title="fits")
    processes, threads = zip(*found, strict=True)
    return set(processes), set(threads)


@pytest.mark.parametrize(("cores", "n_jobs", "n_threads"), [(2, 16, 2), (4, 3, 3), (4, None, 1)])
def test_members_are_fitted_in_threads_one_for_each_core_at_most(
    monkeypatch, cores, n_jobs, n_threads
):
    monkeypatch.setattr(_cores, "cores", lambda: cores)
    processes, threads = places(n_jobs)
    assert processes == {os.getpid()}
    assert len(threads) <= n_threads
    assert (threads == {threading.get_ident()}) == (n_threads == 1)


def test_the_backend_that_the_user_sets_is_taken(monkeypatch):
    monkeypatch.setattr(_cores, "cores", lambda: 2)
    with joblib.parallel_config("loky"):
        processes, _ = places(2)
    assert os.getpid() not in processes


class Cluster(ThreadingBackend):
    """Workers of other machines."""


@pytest.mark.parametrize(
    ("cores", "n_jobs", "n_tasks", "n_workers"),
    [(2, 16, 8, 2), (4, -1, 8, 4), (4, 3, 8, 3), (16, 4, 3, 3), (1, 4, 8, 1), (2, None, 8, 1)],
)
@pytest.mark.parametrize("backend", ["loky", "threading"])
def test_of_processes_too_there_are_no_more_than_cores(
    monkeypatch, backend, cores, n_jobs, n_tasks, n_workers
):
    monkeypatch.setattr(_cores, "cores", lambda: cores)
    monkeypatch.setattr(_run, "effective_n_jobs", lambda n: {-1: 4, None: 1}.get(n, n))
    with joblib.parallel_config(backend):
        parallel, _ = _run._workers(n_jobs, n_tasks, place, threading.Event())
    assert parallel.n_jobs == n_workers


def test_a_cluster_has_as_many_workers_as_the_user_says(monkeypatch):
    monkeypatch.setattr(_cores, "cores", lambda: 2)
    with joblib.parallel_config(Cluster()):
        parallel, _ = _run._workers(16, 60, place, threading.Event())
    assert parallel.n_jobs == 16


@pytest.mark.filterwarnings("ignore::skhep_nn.exceptions.FoldsDifferWarning")
@pytest.mark.parametrize(
    ("meta", "parameters"),
    [
        (CrossFitClassifier, {"n_folds": 3, "fold_column": None}),
        (EnsembleClassifier, {"n_members": 3}),
    ],
)
def test_members_in_threads_have_the_bits_of_those_one_by_one(monkeypatch, meta, parameters):
    monkeypatch.setattr(_cores, "cores", lambda: 2)
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 3)).astype("f4")
    y = (X[:, 0] > 0).astype(int)
    network = DenseClassifier((4,), epochs=2, dropout=0.2, random_state=1, verbose=0)
    one, two = (meta(network, n_jobs=n, random_state=0, **parameters).fit(X, y) for n in (None, 2))
    np.testing.assert_array_equal(one.predict_proba(X), two.predict_proba(X))


def test_an_error_of_one_member_ends_the_others(monkeypatch):
    monkeypatch.setattr(_cores, "cores", lambda: 2)
    ended = threading.Event()
    begun = threading.Barrier(2, timeout=PATIENCE)

    def task(number):
        begun.wait()
        if not number:
            msg = "the first"
            raise ValueError(msg)
        # as a long fit does before each call
        if stop_of_thread().wait(PATIENCE):
            ended.set()

    with pytest.raises(ValueError, match="the first"):
        fit_all(task, [(0,), (1,)], n_jobs=2, verbose=0, title="fits")
    assert ended.wait(PATIENCE)


@pytest.mark.parametrize("callbacks", [None, "hooks at batches"])
def test_a_fit_ends_when_its_whole_is_stopped(callbacks):
    import keras

    from skhep_nn.training._threads import stopped_by

    class WatchesBatches(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            pass

    stop = threading.Event()
    stop.set()
    X, y = np.eye(4), [0, 1, 0, 1]
    network = DenseClassifier((2,), epochs=2, callbacks=callbacks and [WatchesBatches()], verbose=0)
    with stopped_by(stop), pytest.raises(KeyboardInterrupt):
        network.fit(X, y)
    assert stop_of_thread() is None
    network.fit(X, y)
