from __future__ import annotations

import os

import pytest

from skhep_nn import _cores


@pytest.fixture
def machine(monkeypatch):
    """Has the process see so many cores, and be given so many threads."""

    def set_to(cores, given=None):
        monkeypatch.setattr("joblib.cpu_count", lambda: cores)
        for name in (_cores.VARIABLE, "MALLOC_TRIM_THRESHOLD_"):
            monkeypatch.delenv(name, raising=False)
        if given is not None:
            monkeypatch.setenv(_cores.VARIABLE, given)

    return set_to


@pytest.mark.parametrize(
    ("cores", "n_workers", "threads"),
    [(2, 1, 2), (2, 2, 1), (2, 16, 1), (4, 2, 2), (16, 4, 4), (16, 3, 5), (16, 16, 1), (1, 4, 1)],
)
def test_workers_share_the_cores(machine, cores, n_workers, threads):
    machine(cores)
    assert _cores.threads_per_worker(n_workers) == threads
    assert threads * n_workers <= max(cores, n_workers)


@pytest.mark.parametrize(
    ("cores", "n_tasks", "limit", "n_workers"),
    [(2, 60, 16, 2), (16, 60, 4, 4), (16, 3, None, 3), (16, 60, None, 16), (1, 5, 2, 1)],
)
def test_no_more_is_done_at_a_time_than_there_are_cores(machine, cores, n_tasks, limit, n_workers):
    machine(cores)
    assert _cores.at_a_time(n_tasks, limit) == n_workers


@pytest.mark.parametrize(
    ("given", "cores"), [("1", 1), ("3", 3), ("", 8), ("2,1", 8), ("0", 8), ("many", 8)]
)
def test_the_threads_that_a_worker_is_given_are_its_cores(machine, given, cores):
    machine(8, given)
    assert _cores.cores() == cores


def test_what_a_cluster_leaves_in_the_environment_is_not_of_the_process(machine, monkeypatch):
    config = pytest.importorskip("dask").config
    pytest.importorskip("distributed.nanny")
    machine(8)
    assert _cores.cores() == 8
    for name, value in config.get("distributed.nanny.pre-spawn-environ").items():
        monkeypatch.setenv(name, str(value))
    assert os.environ[_cores.VARIABLE] == "1"
    assert _cores.given() is None
    assert _cores.cores() == 8
    # whoever sets it later means it
    monkeypatch.setenv(_cores.VARIABLE, "3")
    assert _cores.cores() == 3


def test_what_the_process_was_given_before_a_cluster_stays(machine, monkeypatch):
    config = pytest.importorskip("dask").config
    pytest.importorskip("distributed.nanny")
    machine(8, "1")
    assert _cores.cores() == 1
    for name, value in config.get("distributed.nanny.pre-spawn-environ").items():
        monkeypatch.setenv(name, str(value))
    assert _cores.cores() == 1


@pytest.mark.parametrize(
    ("cores", "n_tasks", "begun"),
    [
        (2, 5, 3),
        (2, 3, 3),
        (2, 4, 2),
        (2, 6, 2),
        (4, 5, 5),
        (4, 8, 4),
        (1, 5, 1),
        (8, 5, 5),
        (2, 1, 1),
    ],
)
def test_tasks_of_one_length_leave_no_core_idle_at_their_end(machine, cores, n_tasks, begun):
    machine(cores)
    assert _cores.evenly(n_tasks) == begun


@pytest.mark.parametrize("cores", [1, 2, 3, 4, 16])
@pytest.mark.parametrize("n_tasks", range(1, 40))
def test_at_most_half_as_many_again_as_there_are_cores_are_begun(machine, cores, n_tasks):
    machine(cores)
    begun = _cores.evenly(n_tasks)
    assert min(cores, n_tasks) <= begun <= min(n_tasks, 1.5 * cores)


def test_what_a_cluster_writes_while_it_starts_is_taken_back(monkeypatch):
    pytest.importorskip("distributed.nanny")
    from skhep_nn._dask import _nanny

    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    monkeypatch.delenv("PYTHONHASHSEED", raising=False)
    before = dict(os.environ)
    with _nanny.environment_kept():
        for name in ("OMP_NUM_THREADS", "PYTHONHASHSEED", "__DASK_PARENT_PID"):
            os.environ[name] = "6640"
    assert dict(os.environ) == before
