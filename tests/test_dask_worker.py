"""What a process is to Dask, and what follows for threads and memory maps."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import numpy as np
import pytest

from skhep_nn import EventBlocks, _cores, _resident
from skhep_nn._dask import _worker

WORKER = SimpleNamespace(state=SimpleNamespace(nthreads=3))


def dask(worker=None, instances=()):
    """What there is of `distributed` in a process that is `worker`, or has `instances`."""

    def get_worker():
        if worker is None:
            raise ValueError
        return worker

    return SimpleNamespace(get_worker=get_worker, Worker=SimpleNamespace(_instances=instances))


@pytest.mark.parametrize(
    ("module", "n_threads", "in_task"),
    [
        (None, None, False),
        (SimpleNamespace(), None, False),
        (dask(), None, False),
        (dask(WORKER), 3, True),
        (dask(instances=[WORKER]), 3, False),
        (dask(instances=[WORKER, WORKER]), None, False),
    ],
)
def test_a_worker_is_known_without_importing_dask(monkeypatch, module, n_threads, in_task):
    monkeypatch.setitem(sys.modules, "distributed", module)
    assert _worker.n_threads() == n_threads
    assert _worker.in_task() == in_task


def test_tensorflow_has_the_threads_of_the_worker_and_a_task_has_one(monkeypatch):
    # the environment tells a thread of a worker, not a worker, what it has
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setitem(sys.modules, "distributed", dask(WORKER))
    assert _cores.given() == 3
    assert _cores.cores() == 1
    monkeypatch.setitem(sys.modules, "distributed", dask())
    assert _cores.given() == 1


def test_pages_of_a_map_are_let_go_in_workers_only(tmp_path, monkeypatch):
    np.save(tmp_path / "x.npy", np.arange(40_000.0).reshape(-1, 4))
    blocks = EventBlocks({"x": np.load(tmp_path / "x.npy", mmap_mode="r")})
    advised = []
    monkeypatch.setattr(_resident, "BYTES", 100_000)
    monkeypatch.setattr(_resident, "_let_go", lambda mapped: advised.append(mapped.filename))
    blocks.rows()
    assert advised == []
    monkeypatch.setitem(sys.modules, "distributed", dask(WORKER))
    for at in range(0, 10_000, 1000):
        assert blocks.take("x", slice(at, at + 1000))[0, 0] == 4 * at
    assert len(advised) == 2
    # each may be on a page of its own
    blocks.take("x", np.arange(0, 10_000, 100))
    assert len(advised) == 3


def test_what_was_let_go_is_read_again(tmp_path):
    np.save(tmp_path / "x.npy", np.arange(100_000.0))
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    before = mapped.sum()
    _resident._let_go(mapped)
    assert mapped.sum() == before
