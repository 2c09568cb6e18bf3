"""Fits with one seed agree bit for bit wherever they run, and global generators play no part."""

from __future__ import annotations

import contextlib
import random
import threading
import time

import keras
import numpy as np
import pytest
import tensorflow as tf
from joblib import Parallel, delayed

from skhep_nn import BlockClassifier, DenseClassifier, EventBlocks, KerasClassifier
from skhep_nn.estimators._fit import _initial
from skhep_nn.estimators._fit._seeds import seeded
from skhep_nn.training._pool import POOL

RNG = np.random.default_rng(0)
X = RNG.normal(size=(300, 6)).astype(np.float32)
Y = (X[:, 0] + RNG.normal(size=300) > 0).astype(int)
TRACKS = EventBlocks({"track": RNG.normal(size=(300, 5, 3)).astype(np.float32)})
SHORT = {"epochs": 2, "batch_size": 50, "verbose": 0}
TASKS = [(architecture, seed) for seed in range(3) for architecture in ("dense", "dropout")] * 2
LSTM = {
    "branches": {"track": {"kind": "lstm", "units": 3, "dropout": 0.2}},
    "head": {"units": (4,)},
}


class WatchesBatches(keras.callbacks.Callback):
    """Makes the fit use Keras' own loop."""

    def on_train_batch_end(self, batch, logs=None):
        pass


def made(architecture, seed):
    if architecture == "lstm":
        return BlockClassifier(**LSTM, random_state=seed, **SHORT)
    dropout = 0.3 if architecture == "dropout" else 0.0
    return DenseClassifier((9, 7), dropout=dropout, random_state=seed, **SHORT)


def outcome(architecture, seed):
    x = TRACKS if architecture == "lstm" else X
    return made(architecture, seed).fit(x, Y).predict_proba(x)[:50].tobytes()


def forget():
    """As in a new process: no network is remembered."""
    POOL.clear()
    _initial.ARCHITECTURES.clear()
    _initial.STARTS.clear()


@contextlib.contextmanager
def another_thread_that_draws():
    """Python's and NumPy's generators are read and set all the time."""
    done = threading.Event()

    def draw():
        while not done.is_set():
            random.random()
            random.seed(time.perf_counter_ns())
            np.random.rand()
            time.sleep(0.001)

    thread = threading.Thread(target=draw)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


@pytest.fixture(scope="module")
def serial():
    return [outcome(*task) for task in TASKS]


@pytest.mark.parametrize(("backend", "n_jobs"), [("loky", 2), ("threading", 2), ("threading", 4)])
def test_fits_agree_with_those_one_after_the_other(serial, backend, n_jobs):
    forget()
    found = Parallel(n_jobs, backend=backend)(delayed(outcome)(*task) for task in TASKS)
    assert found == serial
    assert len(set(serial)) == 6


def test_four_threads_at_once_with_one_architecture_share_nothing(serial):
    forget()
    barrier, found = threading.Barrier(4), {}

    def fit(number):
        barrier.wait()
        found[number] = [outcome(*task) for task in TASKS[:4]]

    threads = [threading.Thread(target=fit, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [found[number] for number in range(4)] == [serial[:4]] * 4


def test_a_thread_that_draws_changes_nothing(serial):
    with another_thread_that_draws():
        for _ in range(3):
            forget()
            assert [outcome(*task) for task in TASKS[:6]] == serial[:6]


def test_a_thread_that_draws_does_not_change_a_network_of_sequences():
    expected = outcome("lstm", 1)
    with another_thread_that_draws():
        forget()
        assert Parallel(4, backend="threading")([delayed(outcome)("lstm", 1)] * 4) == [expected] * 4


@pytest.mark.parametrize("callbacks", [None, [WatchesBatches()]], ids=["compiled", "Keras' loop"])
@pytest.mark.parametrize("architecture", ["dropout", "lstm"])
def test_a_fit_neither_reads_nor_sets_a_global_generator(architecture, callbacks):
    def states():
        numpy_state = np.random.get_state()
        return random.getstate(), numpy_state[1].tolist(), numpy_state[2]

    forget()
    tf.random.set_seed(5)
    before, generator = states(), tf.random.get_global_generator().state.numpy().tolist()
    expected = float(tf.random.uniform([]))
    tf.random.set_seed(5)
    x = TRACKS if architecture == "lstm" else X
    made(architecture, 2).set_params(callbacks=callbacks).fit(x, Y)
    assert states() == before
    assert tf.random.get_global_generator().state.numpy().tolist() == generator
    assert float(tf.random.uniform([])) == expected


def test_both_loops_have_the_events_in_the_same_order():
    compiled, keras_loop = (
        made("dropout", 4).set_params(callbacks=callbacks).fit(X, Y)
        for callbacks in (None, [WatchesBatches()])
    )
    assert keras_loop.training_loop_.startswith("keras")
    np.testing.assert_allclose(
        keras_loop.history_["loss"], compiled.history_["loss"], rtol=0, atol=1e-4
    )


def test_a_fit_of_our_own_does_not_wait_for_what_draws_globally(serial):
    with seeded(1), Parallel(2, backend="threading") as parallel:
        assert parallel(delayed(outcome)(*task) for task in TASKS[:2]) == serial[:2]


def test_what_is_remembered_is_handed_out_as_copies(serial):
    forget()
    first = made("dense", 0).initialize(X, Y)
    for values in (first.network_.variables, first.network_.optimizer_variables):
        for array in values:
            array[...] = 7
    assert outcome("dense", 0) == serial[0]


def test_a_search_in_threads_has_the_scores_of_the_serial_one():
    from sklearn.model_selection import GridSearchCV

    scores = []
    for n_jobs in (1, 4):
        forget()
        search = GridSearchCV(
            made("dropout", 3), {"learning_rate": [1e-3, 1e-2]}, cv=2, n_jobs=n_jobs
        )
        with another_thread_that_draws():
            from joblib import parallel_config

            with parallel_config(backend="threading"):
                search.fit(X, Y)
        scores.append(search.cv_results_["mean_test_score"].tolist())
    assert scores[0] == scores[1]


def own_initializer(shape, dtype=None):
    return np.random.normal(size=shape).astype(dtype)


def test_an_initializer_of_the_users_that_draws_globally_follows_the_seed():
    arguments = {"kernel_initializer": own_initializer, "random_state": 3, **SHORT}
    found = {DenseClassifier((4,), **arguments).fit(X, Y).predict_proba(X).tobytes() for _ in "ab"}
    assert len(found) == 1
    other = DenseClassifier((4,), **{**arguments, "random_state": 4}).fit(X, Y)
    assert other.predict_proba(X).tobytes() not in found


def users_network(meta):
    layers = [keras.layers.Dense(5, "relu"), keras.layers.Dropout(0.2)]
    return keras.Sequential(
        [keras.layers.Input((meta["n_features_in_"],)), *layers, keras.layers.Dense(1, "sigmoid")]
    )


def test_networks_of_the_users_agree_between_threads():
    def fit():
        clf = KerasClassifier(users_network, random_state=1, **SHORT)
        return clf.fit(X, Y).predict_proba(X).tobytes()

    assert Parallel(3, backend="threading")([delayed(fit)()] * 3) == [fit()] * 3
