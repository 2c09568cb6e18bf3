"""Connecting to Dask, and what can be wrong with its workers."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys

import joblib
import pandas as pd
import pytest
from sklearn.tree import DecisionTreeClassifier

from skhep_nn._dask import _connection, _tasks
from skhep_nn._version import __version__
from skhep_nn.cli import main
from skhep_nn.exceptions import ClusterError, MissingFileError, PartitionError, VersionError

pytest.importorskip("distributed")
import dask
from distributed.utils import LoopRunner


@pytest.fixture(params=["nobody listens", "nobody speaks"])
def dead(request):
    """Address of a port that nobody else gets, and at which there is no scheduler."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        # Dask's own client waits without end for the first word
        if request.param == "nobody speaks":
            one.listen()
        yield f"tcp://127.0.0.1:{one.getsockname()[1]}"


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(_connection, "SECONDS_TO_CONNECT", 0.2)


@pytest.fixture
def job(tmp_path):
    """Arguments of ``skhep-nn apply``."""
    events = pd.DataFrame({"pt": [20.0, 30.0, 60.0, 80.0]})
    events.to_csv(tmp_path / "a.csv", index=False)
    model = DecisionTreeClassifier().fit(events, [0, 0, 1, 1])
    joblib.dump(model, tmp_path / "m.joblib")
    output = str(tmp_path / "s.csv")
    return ["apply", str(tmp_path / "m.joblib"), str(tmp_path / "a.csv"), "-o", output]


def test_a_scheduler_that_does_not_answer(job, tmp_path, capsys, impatient, dead):
    assert main([*job, "--dask", dead]) == 1
    error = capsys.readouterr().err
    assert f"no Dask scheduler answers at '{dead}'" in error
    assert "start one with 'dask scheduler'" in error
    assert not (tmp_path / "s.csv").exists()


def test_a_scheduler_file_of_a_scheduler_that_is_gone(dead, impatient, tmp_path):
    file = tmp_path / "scheduler.json"
    for content in (json.dumps({"address": dead}), "{}", "no JSON"):
        file.write_text(content)
        with (
            pytest.raises(ClusterError, match="no Dask scheduler answers at"),
            _connection.connected(str(file)),
        ):
            pass


@pytest.mark.parametrize("address", ["nowhere://1.2.3.4:5", "", "127.0.0.1:none"])
def test_an_address_that_is_none(address, impatient):
    with (
        pytest.raises(ClusterError, match="no Dask scheduler answers at"),
        _connection.connected(address),
    ):
        pass


def test_a_scheduler_file_that_is_not_there_is_not_waited_for():
    with (
        pytest.raises(MissingFileError, match=r"there is no scheduler file 'none.json'"),
        _connection.connected("none.json"),
    ):
        pass


def test_a_scheduler_or_a_number_of_workers(job, capsys):
    assert main([*job, "--dask", "tcp://127.0.0.1:1", "--workers", "2"]) == 1
    assert "name a scheduler, or a number of workers" in capsys.readouterr().err
    assert main([*job, "--workers", "0"]) == 1
    assert "workers must be a whole number of at least 1, got 0" in capsys.readouterr().err


def test_the_command_uses_the_workers_of_a_scheduler(client, job, tmp_path, capsys):
    client.write_scheduler_file(str(tmp_path / "scheduler.json"))
    for address in (client.scheduler.address, str(tmp_path / "scheduler.json")):
        assert main([*job, "--dask", address, "--quiet"]) == 0
        assert pd.read_csv(tmp_path / "s.csv")["score"].tolist() == [0, 0, 1, 1]


def test_the_command_starts_workers_of_its_own_on_the_loopback_address(job, tmp_path, monkeypatch):
    addresses, original, settings, handlers, patience = [], _connection._client, [], [], []

    def watched(*arguments):
        client = original(*arguments)
        addresses.extend(client.scheduler_info()["workers"])
        ask = f"[__import__('dask').config.get(name) for name in {list(_connection.QUIET)}]"
        settings.extend(client.run(eval, ask).values())
        patience.append(dask.config.get("distributed.deploy.lost-worker-timeout"))
        handlers.extend(client.run(eval, "str(__import__('signal').getsignal(2))").values())
        return client

    monkeypatch.setattr(_connection, "_client", watched)
    before = dict(os.environ)
    assert main([*job, "--workers", "1", "--quiet"]) == 0
    assert pd.read_csv(tmp_path / "s.csv")["score"].tolist() == [0, 0, 1, 1]
    assert [address.startswith("tcp://127.0.0.1:") for address in addresses] == [True]
    assert settings == [[*_connection.QUIET.values()]]
    # a worker that takes the place of a dead one may need longer than Dask's 15 s to start
    assert patience == ["1 hour"]
    # a terminal sends Ctrl-C to all of its processes: this one ends them
    assert handlers == [str(signal.SIG_IGN)]
    # what workers are given is not left here
    assert dict(os.environ) == before


@pytest.mark.parametrize("late", [0, 1, _connection.ATTEMPTS])
def test_an_event_loop_whose_thread_starts_late_is_tried_again(late, monkeypatch):
    original, calls = LoopRunner.start, []

    def start(runner):
        calls.append(runner)
        # what it says of a thread that has not started within 10 s
        assert len(calls) > late
        original(runner)

    monkeypatch.setattr(LoopRunner, "start", start)
    if late < _connection.ATTEMPTS:
        with _connection.running_loop() as loop:
            assert loop.asyncio_loop.is_running()
        assert len(calls) == late + 1
        assert not calls[-1].is_started()
        return
    with pytest.raises(ClusterError, match="did not start in time"), _connection.running_loop():
        pass


@pytest.mark.parametrize(
    ("own", "preload", "argv"),
    [
        ({}, [], []),
        ({_connection.PRELOAD: "site"}, ["site"], []),
        ({_connection.PRELOAD: ["a", "b"]}, ["a", "b"], []),
        ({_connection.PRELOAD: "a", _connection.PRELOAD_ARGV: ["-v"]}, ["a"], ["-v"]),
        ({_connection.PRELOAD: ["a"], _connection.PRELOAD_ARGV: [["-v"]]}, ["a"], [["-v"], []]),
    ],
)
def test_what_users_have_workers_read_is_read_too(own, preload, argv):
    found = _connection._preloads(own.get)
    assert found[_connection.PRELOAD] == [*preload, _connection.INTERRUPTS]
    assert found[_connection.PRELOAD_ARGV] == argv


def test_workers_with_another_version_and_without_the_package_are_named(client, monkeypatch):
    address = next(iter(client.scheduler_info()["workers"]))
    for version, error, message in (
        ("0.0.1", VersionError, f"worker {address} has skhep_nn 0.0.1, not {__version__}; all"),
        (ModuleNotFoundError("No module"), ClusterError, f"worker {address} has no skhep_nn"),
    ):
        monkeypatch.setattr(_connection, "_versions", lambda _, v=version: {address: v})
        with pytest.raises(error, match=message):
            _connection.checked(client)
    monkeypatch.undo()
    assert set(_connection._versions(client).values()) == {__version__}
    monkeypatch.setattr(_connection, "VERSION", "__import__('no_such_module').__version__")
    with pytest.raises(ClusterError, match=r"has no skhep_nn .*no_such_module"):
        _connection.checked(client)


def test_a_worker_that_comes_later_with_another_version(client, monkeypatch):
    monkeypatch.setattr(_tasks, "__version__", "0.0.1")
    with pytest.raises(PartitionError, match=r"VersionError: the process that calls has skhep"):
        list(_tasks.results(client, len, ["text"]))


def test_what_came_is_not_held_and_so_not_done_again_when_a_worker_dies(client):
    n_held = [len(client.futures) for _ in _tasks.results(client, len, ["text"] * 6)]
    # those that are given back are so a moment later
    assert n_held[-1] < n_held[0] == 6


def test_a_task_whose_workers_die_again_and_again_is_named(client):
    def allow(dask_scheduler, n_deaths):
        before, dask_scheduler.allowed_failures = dask_scheduler.allowed_failures, n_deaths
        return before

    before = client.run_on_scheduler(allow, n_deaths=0)
    try:
        with pytest.raises(PartitionError, match=r"9, 1 of 1, failed: its worker died, .*; kept"):
            list(_tasks.results(client, kill_process, [signal.SIGKILL], kept="; kept"))
    finally:
        client.run_on_scheduler(allow, n_deaths=before)


def kill_process(number):
    os.kill(os.getpid(), number)


def test_importing_the_package_and_its_parts_does_not_import_dask():
    program = (
        "import sys, skhep_nn, skhep_nn.deploy._apply, skhep_nn.cache._build, skhep_nn._cores\n"
        "skhep_nn.deploy.map_events\n"
        "assert not {'dask', 'distributed', 'optuna'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
