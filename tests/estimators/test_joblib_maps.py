"""What joblib maps for its processes is an array in memory; what the user maps stays on disk."""

from __future__ import annotations

import warnings
from functools import partial

import numpy as np
import pytest
from imblearn.under_sampling import RandomUnderSampler
from joblib import Parallel, delayed
from sklearn.ensemble import VotingClassifier

from skhep_nn import DenseClassifier, EventBlocks
from skhep_nn._lazy_rows import memory_map

SHORT = {"units": (4,), "epochs": 1, "batch_size": 1000, "verbose": 0, "random_state": 0}


@pytest.fixture
def array():
    return np.random.default_rng(0).normal(size=(3000, 4)).astype(np.float32)


def kinds(*arrays):
    """Of each array, whether it is a memory map, and one that counts as such."""
    return [(isinstance(array, np.memmap), memory_map(array) is not None) for array in arrays]


def in_processes(function, *arguments, **options):
    options = {"n_jobs": 2, "max_nbytes": 1000} | options
    return Parallel(**options)(delayed(function)(*arguments) for _ in range(2))


def predictions(X, y, **parameters):
    return DenseClassifier(**SHORT, **parameters).fit(X, y).predict_proba(X[:100]).tobytes()


def source_of(X):
    """How a classifier in a process gets its features: as a copy or as rows on disk."""
    from skhep_nn.estimators._fit._inputs import Reader
    from skhep_nn.estimators._fit._learnt import Learnt

    return type(Reader("DenseClassifier").learn(X, Learnt())[1]).__name__


@pytest.mark.parametrize("mode", ["r", "c"])
def test_what_joblib_maps_is_no_map_of_the_users(array, mode, tmp_path):
    options = {"mmap_mode": mode, "temp_folder": tmp_path}
    assert in_processes(kinds, array, array[::2], **options) == [[(True, False)] * 2] * 2


def test_what_the_user_maps_is_one_in_every_process(array, tmp_path):
    np.save(tmp_path / "x.npy", array)
    users = np.load(tmp_path / "x.npy", mmap_mode="r")
    assert in_processes(kinds, users, users[5:]) == [[(True, True)] * 2] * 2
    assert in_processes(source_of, users) == ["MappedRows"] * 2
    assert in_processes(source_of, array) != ["MappedRows"] * 2


def test_what_joblib_says_of_a_process_that_it_replaces_is_no_error():
    # raised in the thread that would replace it, the others would be waited for without end
    warnings.warn(
        "A worker stopped while some jobs were given to the executor. This can be caused by a too "
        "short worker timeout or by a memory leak.",
        UserWarning,
        stacklevel=1,
    )


def test_a_folder_of_the_users_may_have_any_name(array, tmp_path):
    folder = tmp_path / "my_joblib_memmapping_folder"
    folder.mkdir()
    np.save(folder / "x.npy", array)
    assert kinds(np.load(folder / "x.npy", mmap_mode="r")) == [(True, True)]


def test_blocks_made_of_what_joblib_maps_are_in_memory(array):
    assert in_processes(lazy_blocks, array) == [[]] * 2


def lazy_blocks(array):
    from skhep_nn._lazy_rows import LazyRows

    blocks = EventBlocks({"jet": array, "track": array[:, :, None]})[::2]
    return [name for name, block in blocks.items() if isinstance(block, LazyRows)]


def test_a_sampler_works_on_what_joblib_mapped(array):
    y = (array[:, 0] > 0.5).astype(int)
    sampler = RandomUnderSampler(random_state=0)
    fit = partial(predictions, batch_sampler=sampler)
    assert in_processes(fit, array, y) == [fit(array, y)] * 2


def test_120_megabytes_train_in_the_same_order_with_one_process_and_with_two():
    # above 96 MB a classifier would train from a map in buffers, in another order
    rng = np.random.default_rng(1)
    X = rng.normal(size=(300_000, 100)).astype(np.float32)
    assert X.nbytes == 120_000_000
    y = (X[:, 0] + rng.normal(size=len(X)).astype(np.float32) > 0).astype(int)
    own = {"batch_size": 4096, "early_stopping": False, "feature_bins": 0}
    classifier = DenseClassifier(**(SHORT | own))
    found = [
        VotingClassifier([("a", classifier), ("b", classifier)], voting="soft", n_jobs=n_jobs)
        .fit(X, y)
        .predict_proba(X[:1000])
        for n_jobs in (1, 2)
    ]
    # with one thread or two the last bits of a product over so many events differ
    np.testing.assert_allclose(found[0], found[1], atol=1e-5)
