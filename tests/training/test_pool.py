from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import keras
import numpy as np
import pytest

from skhep_nn import DenseClassifier
from skhep_nn.training import _loop, clear_pool
from skhep_nn.training._pool import POOL, EnginePool


class Stub:
    """Stands for an engine."""

    def __init__(self):
        self.loaded = None


@pytest.fixture
def pool():
    return EnginePool(size=2)


def lend(pool, key, prefer=None):
    with pool.borrow(key, Stub, prefer) as engine:
        return engine


def test_an_engine_is_lent_again_for_its_architecture_alone(pool):
    first = lend(pool, "a")
    assert lend(pool, "a") is first
    assert lend(pool, "b") is not first


def test_the_least_recently_used_engine_goes_first(pool):
    first, second = lend(pool, "a"), lend(pool, "b")
    assert lend(pool, "a") is first
    lend(pool, "c")
    assert len(pool) == 2
    assert lend(pool, "a") is first
    assert lend(pool, "b") is not second


def test_an_engine_that_is_lent_is_not_lent_again(pool):
    with pool.borrow("a", Stub) as outer, pool.borrow("a", Stub) as inner:
        assert inner is not outer
    assert len(pool) == 2


def test_an_engine_with_the_weights_asked_for_is_preferred(pool):
    owners = object(), object()
    with pool.borrow("a", Stub) as outer, pool.borrow("a", Stub) as inner:
        outer.loaded, inner.loaded = owners
    assert lend(pool, "a", prefer=owners[0]) is outer
    assert lend(pool, "a", prefer=owners[1]) is inner


def test_without_a_key_nothing_is_kept(pool):
    assert lend(pool, None) is not lend(pool, None)
    assert len(pool) == 0


def test_after_an_error_nobodys_weights_are_loaded(pool):
    def fails():
        with pool.borrow("a", Stub) as engine:
            engine.loaded = "half-trained"
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fails()
    assert lend(pool, "a").loaded is None


def test_a_cleared_pool_is_empty(pool):
    lend(pool, "a")
    pool.clear()
    assert len(pool) == 0


def test_threads_never_share_an_engine(pool):
    in_use, shared = set(), []

    def work(_):
        with pool.borrow("a", Stub) as engine:
            shared.append(id(engine) in in_use)
            in_use.add(id(engine))
            barrier.wait(timeout=600)
            in_use.discard(id(engine))

    barrier = threading.Barrier(4)
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(work, range(40)))
    assert not any(shared)


def table(n=400):
    rng = np.random.default_rng(0)
    y = rng.integers(2, size=n)
    return rng.normal(size=(n, 4)) + 0.5 * y[:, None], y


def classifier(seed=0, **parameters):
    parameters = {"epochs": 3, "batch_size": 64, "verbose": 0, "dropout": 0.1} | parameters
    return DenseClassifier((6,), random_state=seed, **parameters)


def test_fits_in_threads_give_the_numbers_of_fits_in_turn():
    X, y = table()

    def fit(seed):
        return classifier(seed).fit(X, y).predict_proba(X)

    expected = [fit(seed) for seed in range(6)]
    with ThreadPoolExecutor(3) as threads:
        for ours, theirs in zip(threads.map(fit, range(6)), expected, strict=True):
            np.testing.assert_array_equal(ours, theirs)


def test_a_fit_that_is_trained_on_elsewhere_predicts_with_its_new_weights():
    X, y = table()
    network = classifier(warm_start=True).fit(X, y)
    before = network.predict_proba(X)
    # with a callback it is trained by an engine that is not shared
    network.set_params(callbacks=keras.callbacks.History()).fit(X, y)
    after = network.predict_proba(X)
    outputs = network.model_.predict(X, verbose=0)[:, 0]
    np.testing.assert_allclose(after[:, 1], outputs, rtol=0, atol=1e-5)
    assert abs(after - before).max() > 1e-4


def test_an_engine_that_callbacks_have_seen_is_not_lent_again():
    X, y = table()
    POOL.clear()
    keeps = keras.callbacks.History()
    classifier(callbacks=keeps).fit(X, y)
    assert len(POOL) == 0


def test_a_fit_after_one_that_failed_is_as_if_it_had_not_been(monkeypatch):
    X, y = table()
    expected = classifier().fit(X, y).predict_proba(X)
    losses = _loop.CompiledLoop._losses

    def fails(self, *arguments):
        yield from losses(self, *arguments)
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr(_loop.CompiledLoop, "_losses", fails)
        with pytest.raises(RuntimeError):
            classifier(seed=1).fit(X, y)
    np.testing.assert_array_equal(classifier().fit(X, y).predict_proba(X), expected)


def test_fits_of_one_architecture_take_turns_on_one_engine():
    X, y = table()
    POOL.clear()
    fitted = [classifier(seed).fit(X, y) for seed in range(3)]
    scores = [network.predict_proba(X) for network in fitted]
    assert len(POOL) == 1
    for network, expected in zip(fitted[::-1], scores[::-1], strict=True):
        np.testing.assert_array_equal(network.predict_proba(X), expected)


def test_a_cleared_pool_holds_nothing_and_fitted_classifiers_go_on(new_events):
    events = new_events(100)
    X, y = events[["pt", "eta"]], events["is_signal"]
    clf = DenseClassifier((4,), epochs=1, random_state=0).fit(X, y)
    before = clf.predict_proba(X)
    assert len(POOL)
    clear_pool()
    assert not len(POOL)
    np.testing.assert_array_equal(clf.predict_proba(X), before)
