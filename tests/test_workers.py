"""Processes of joblib that are more than the cores."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
from types import SimpleNamespace

import pytest

from skhep_nn import _workers


@pytest.fixture
def worker(monkeypatch):
    """Makes this process one of so many workers on so many cores, the newest or the oldest."""

    def make(n_workers, cores, *, name="LokyProcess-3", newest=True):
        me, step = os.getpid(), -1 if newest else 1
        monkeypatch.setattr(_workers, "_state", {"checked": False})
        monkeypatch.setattr(multiprocessing, "current_process", lambda: SimpleNamespace(name=name))
        monkeypatch.setattr("joblib.cpu_count", lambda: cores)
        monkeypatch.setattr(
            _workers, "children", lambda parent: [me + step * n for n in range(n_workers)]
        )

    return make


def test_more_workers_than_cores_are_told_of_once_by_one_of_them(worker):
    worker(4, 2)
    with pytest.warns(UserWarning, match="4 processes of joblib share 2 cores.*set n_jobs to 2"):
        _workers.warn_of_too_many()
    _workers.warn_of_too_many()


@pytest.mark.filterwarnings("error")
def test_a_fit_does_not_fail_where_warnings_are_errors(worker):
    worker(4, 2)
    _workers.warn_of_too_many()


@pytest.mark.parametrize(
    ("workers", "given"),
    [((2, 2), {}), ((4, 2), {"newest": False}), ((4, 2), {"name": "MainProcess"}), ((0, 2), {})],
    ids=["as many as cores", "another tells", "no worker", "not known"],
)
def test_nothing_else_is_told_of(worker, workers, given):
    worker(*workers, **given)
    _workers.warn_of_too_many()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="processes are files on Linux")
def test_the_processes_of_joblib_are_those_of_that_name():
    command = [sys.executable, "-c", "print(flush=True); input()"]
    started = [
        subprocess.Popen([*command, name], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        for name in ("LokyProcess-1", "another", "LokyProcess-2")
    ]
    try:
        # its name is there when it runs
        assert [process.stdout.readline() for process in started] == [b"\n"] * 3
        found = _workers.children(os.getpid())
    finally:
        for process in started:
            process.communicate(b"\n")
    numbers = [process.pid for process in started]
    assert set(found) & set(numbers) == {numbers[0], numbers[2]}


def test_a_process_that_is_gone_has_none(monkeypatch, tmp_path):
    monkeypatch.setattr(_workers, "PROCESSES", tmp_path)
    assert _workers.children(1) == []
