"""What killed, competing and starved processes leave."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys

import numpy as np
import pytest

from skhep_nn.cache import MemmapCache, _npy, open_cache
from skhep_nn.cache._lock import locked
from skhep_nn.cache._npy import NpyWriter
from skhep_nn.exceptions import CacheError

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals and limits of POSIX")

N_EVENTS = 300_000

# the start of a process is slow, so one process waits until it is told which folder to fill
BUILD = """
import sys
import numpy as np
from skhep_nn.cache import MemmapCache
X = np.arange({n} * 4, dtype="f8").reshape({n}, 4) % 1000
cache = MemmapCache("unset", chunk_size=500).fit(X)
print("ready", flush=True)
cache.set_params(directory=sys.stdin.readline().strip())
print(cache.transform(X).shape, flush=True)
"""


@pytest.fixture
def start():
    """The function that starts such a process; none of them outlives the test."""
    with contextlib.ExitStack() as stack:

        def start_one(n_events=N_EVENTS, code=BUILD):
            process = subprocess.Popen(
                [sys.executable, "-c", code.format(n=n_events)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            stack.enter_context(process)
            stack.callback(process.kill)
            return process

        yield start_one


def go(process, folder):
    assert process.stdout.readline() == "ready\n"
    process.stdin.write(f"{folder}\n")
    process.stdin.flush()


def the_events(n_events=N_EVENTS):
    return np.arange(n_events * 4, dtype="f8").reshape(n_events, 4) % 1000


def test_what_a_killed_process_left_of_another_cache_is_removed_too(tmp_path):
    (tmp_path / ".0123.unfinished-99").mkdir()
    (tmp_path / ".0123.unfinished-99" / "X.npy").write_bytes(b"half")
    (tmp_path / ".4567.unfinished-99").mkdir()
    with locked(tmp_path / "4567"):
        # this one is being written
        MemmapCache(tmp_path).fit_transform(np.ones((2, 2)))
    hidden = [path.name for path in tmp_path.iterdir() if path.name.startswith(".")]
    assert hidden == [".4567.unfinished-99"]


def test_of_two_processes_one_builds_and_the_other_waits(start, tmp_path):
    processes = [start(), start()]
    for process in processes:
        go(process, tmp_path)
    outcomes = [process.communicate(timeout=600) for process in processes]
    assert [out for out, _ in outcomes] == [f"({N_EVENTS}, 4)\n"] * 2
    assert [process.returncode for process in processes] == [0, 0]
    # one of them was told to wait, unless it was too late to meet the other
    assert sum("is writing the cache" in err for _, err in outcomes) <= 1
    assert len(list(tmp_path.iterdir())) == 1
    np.testing.assert_array_equal(open_cache(tmp_path, verify=True), the_events())


def test_a_process_waits_for_the_lock_and_then_maps_what_is_there(start, tmp_path):
    X = the_events(1000)
    other = tmp_path / "other"
    MemmapCache(other).fit_transform(X)
    (built,) = other.iterdir()
    target = tmp_path / "cache" / built.name
    target.parent.mkdir()
    with locked(target):
        process = start(1000)
        go(process, target.parent)
        # it cannot finish while the lock is held, so the cache that it finds is this one
        told = process.stderr.readline()
        assert told == f"another process is writing the cache {target}; waiting for it\n"
        built.rename(target)
    out, _ = process.communicate(timeout=600)
    assert out == "(1000, 4)\n"
    assert list(target.parent.iterdir()) == [target]


def test_the_lock_of_a_killed_process_is_free(tmp_path):
    code = (
        "import os, pathlib, signal; from skhep_nn.cache._lock import locked\n"
        f"with locked(pathlib.Path({str(tmp_path / 'c')!r})): os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", code], check=False)
    assert (tmp_path / ".c.lock").exists()
    with locked(tmp_path / "c", wait=False) as held:
        assert held
        with locked(tmp_path / "c", wait=False) as second:
            assert not second
    assert not (tmp_path / ".c.lock").exists()


def test_a_full_disk_is_a_clear_error_and_leaves_nothing(tmp_path):
    # a limit on the size of files stands for the end of the disk
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))\n"
    process = subprocess.run(
        [sys.executable, "-c", limit + BUILD.format(n=N_EVENTS)],
        input=f"{tmp_path}\n",
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 1
    last = process.stderr.strip().splitlines()[-1]
    assert "skhep_nn.exceptions.CacheError: [Errno 27] File too large: the cache" in last
    assert "could not be written, and what there was of it is removed" in last
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("place", ["write", "sync"])
def test_no_space_left_is_a_clear_error_wherever_it_is_met(tmp_path, monkeypatch, place):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(NpyWriter, place, full)
    with pytest.raises(CacheError, match=r"No space left on device: the cache .* GB are free\)"):
        MemmapCache(tmp_path).fit_transform(np.ones((5, 2)))
    assert list(tmp_path.iterdir()) == []


def test_another_error_of_the_disk_is_passed_on_and_leaves_nothing(tmp_path, monkeypatch):
    def broken(*_):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(_npy.NpyWriter, "write", broken)
    with pytest.raises(OSError, match="Input/output error"):
        MemmapCache(tmp_path).fit_transform(np.ones((5, 2)))
    assert list(tmp_path.iterdir()) == []
