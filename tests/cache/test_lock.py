"""Locks on file systems that have none, or grant them to everybody."""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import subprocess
import sys
import threading

import numpy as np
import pandas as pd
import pytest

from skhep_nn import _owner
from skhep_nn.cache import MemmapCache, _lock, _lock_file, build_cache, open_cache
from skhep_nn.cache._lock import locked
from skhep_nn.exceptions import CacheError, FileFormatError

fcntl = pytest.importorskip("fcntl")

NO_LOCKS = {
    "ENOSYS": errno.ENOSYS,
    "ENOLCK": errno.ENOLCK,
    "ENOTSUP": errno.ENOTSUP,
    "granted to everybody": None,
}


def set_locks(monkeypatch, number):
    def flock(descriptor, operation):
        if number is not None:
            raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", flock)
    monkeypatch.setattr(_lock, "_told", set())


@pytest.fixture(params=NO_LOCKS.values(), ids=NO_LOCKS)
def no_locks(request, monkeypatch):
    set_locks(monkeypatch, request.param)


def gone():
    """The word of a process that has ended."""
    command = [sys.executable, "-c", "from skhep_nn import _owner; print(_owner.me())"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def file_of(path):
    return path.with_name(f".{path.name}.lock-file")


def test_only_one_holds_it_and_nothing_stays(no_locks, tmp_path):
    with locked(tmp_path / "c") as held:
        assert held
        with locked(tmp_path / "c", wait=False) as second:
            assert not second
        assert [path.name for path in tmp_path.iterdir()] == [".c.lock-file"]
    assert list(tmp_path.iterdir()) == []


def test_it_is_said_once(no_locks, tmp_path, caplog):
    with caplog.at_level(logging.WARNING, "skhep_nn"):
        for number in range(3):
            MemmapCache(tmp_path).fit_transform(np.full((2, 2), float(number)))
    told = [record for record in caplog.messages if "has no locks" in record]
    assert len(told) == 1
    assert f"the file system of {tmp_path} has no locks" in told[0]


def test_caches_are_built_as_ever(no_locks, tmp_path):
    pd.DataFrame({"pt": [1.0, 2.0]}).to_csv(tmp_path / "a.csv", index=False)
    out = build_cache(tmp_path / "a.csv", None, tmp_path / "cache", progress=False)
    assert out["pt"].tolist() == [1.0, 2.0]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.csv", "cache"]


def test_many_that_build_one_cache_at_once_all_get_it(no_locks, tmp_path):
    X = np.arange(200.0).reshape(100, 2)
    outcomes, barrier = [], threading.Barrier(8)

    def run():
        barrier.wait()
        outcomes.append(MemmapCache(tmp_path).fit_transform(X).sum())

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes == [X.sum()] * 8
    assert len(list(tmp_path.iterdir())) == 1


def test_the_file_of_a_process_that_is_gone_is_no_lock(no_locks, tmp_path):
    file_of(tmp_path / "c").write_text(gone())
    with locked(tmp_path / "c", wait=False) as held:
        assert held
        assert file_of(tmp_path / "c").read_text() == _owner.me()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("word", ["", "nonsense", "0123abcd-1-0123abcd", None])
def test_the_file_of_a_running_process_or_of_another_host_is_one(no_locks, tmp_path, word):
    content = _owner.me() if word is None else word
    file_of(tmp_path / "c").write_text(content)
    with locked(tmp_path / "c", wait=False) as held:
        assert not held
    assert file_of(tmp_path / "c").read_text() == content


def test_a_stale_file_is_taken_away_by_one_process_only(no_locks, tmp_path, monkeypatch):
    file = file_of(tmp_path / "c")
    file.write_text(gone())
    original, takers = _lock_file._is_stale, []

    def another_takes_it_meanwhile(path):
        stale = original(path)
        if path == file and stale and not takers:
            takers.append(True)
            taken = _lock_file.acquire(file)
            assert taken is not None
        return stale

    monkeypatch.setattr(_lock_file, "_is_stale", another_takes_it_meanwhile)
    # what it saw was stale, what is there by now is not
    with locked(tmp_path / "c", wait=False) as held:
        assert not held
    assert file.read_text() == _owner.me()


def test_a_process_killed_while_it_takes_a_stale_file_away_blocks_nobody(no_locks, tmp_path):
    file = file_of(tmp_path / "c")
    word = gone()
    file.write_text(word)
    file.with_name(file.name + _lock_file.BREAK).write_text(word)
    with locked(tmp_path / "c", wait=False) as held:
        assert held
    assert list(tmp_path.iterdir()) == []


def test_a_file_system_without_hard_links_will_do(no_locks, tmp_path, monkeypatch):
    def link(*_):
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "link", link)
    test_only_one_holds_it_and_nothing_stays(None, tmp_path)


def test_a_killed_builder_of_a_file_system_without_locks_leaves_no_lock(tmp_path, killed_at):
    setup = """
import errno, fcntl, logging
import numpy as np
from skhep_nn.cache import MemmapCache
logging.disable()
def flock(*_):
    raise OSError(errno.ENOLCK, "no locks")
fcntl.flock = flock
X = np.ones((3, 2))
cache = MemmapCache("unset").fit(X)
def run(folder):
    cache.set_params(directory=folder).transform(X)
"""
    with killed_at(setup) as run, pytest.MonkeyPatch.context() as monkeypatch:
        set_locks(monkeypatch, errno.ENOLCK)
        for number in range(1, 1000):
            folder = tmp_path / str(number)
            folder.mkdir()
            if not run(folder, number):
                break
            np.testing.assert_array_equal(MemmapCache(folder).fit_transform(np.ones((3, 2))), 1.0)
            assert list(folder.iterdir()) == [open_cache(folder).filename.parent]
    assert number > 10


def test_another_error_of_a_lock_names_the_cache(tmp_path, monkeypatch):
    set_locks(monkeypatch, errno.EIO)
    with pytest.raises(CacheError, match=rf"the cache {tmp_path}.* could not be written"):
        MemmapCache(tmp_path).fit_transform(np.ones((2, 2)))


def test_a_planted_link_is_not_followed(tmp_path):
    pd.DataFrame({"pt": [1.0]}).to_csv(tmp_path / "a.csv", index=False)
    (tmp_path / ".cache.lock").symlink_to(tmp_path / "victim")
    with pytest.raises(CacheError, match="could not be written"):
        build_cache(tmp_path / "a.csv", None, tmp_path / "cache", progress=False)
    assert not (tmp_path / "victim").exists()


def test_a_pipe_in_the_place_of_the_file_does_not_wait(no_locks, tmp_path):
    os.mkfifo(file_of(tmp_path / "c"))
    with pytest.raises(FileFormatError, match="is no file"), locked(tmp_path / "c", wait=False):
        pass


def denied(*_, **__):
    raise OSError(errno.EROFS, os.strerror(errno.EROFS))


@pytest.mark.parametrize("function", ["open", "mkdir", "unlink", "replace"])
def test_a_cache_is_opened_from_a_folder_that_is_read_only(tmp_path, monkeypatch, function):
    X = np.arange(6.0).reshape(3, 2)
    pd.DataFrame(X, columns=["a", "b"]).to_csv(tmp_path / "a.csv", index=False)
    cache = MemmapCache(tmp_path / "m").fit(X)
    cache.transform(X)
    build_cache(tmp_path / "a.csv", None, tmp_path / "c", progress=False)
    original = os.open

    def read_only(path, flags, *more, **options):
        if flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            denied()
        return original(path, flags, *more, **options)

    monkeypatch.setattr(os, function, read_only if function == "open" else denied)
    np.testing.assert_array_equal(cache.transform(X), X)
    out = build_cache(tmp_path / "a.csv", None, tmp_path / "c", progress=False)
    assert out["b"].tolist() == [1.0, 3.0, 5.0]
    # one that is not there cannot be made, and is an error of ours
    with contextlib.suppress(CacheError):
        cache.transform(X + 1)
    with contextlib.suppress(CacheError):
        build_cache(tmp_path / "a.csv", None, tmp_path / "c", columns=["a"], progress=False)
    monkeypatch.undo()
    np.testing.assert_array_equal(cache.transform(X), X)


@pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS])
def test_a_folder_in_which_one_may_not_write_is_an_error_of_ours(tmp_path, monkeypatch, number):
    original = os.open

    def read_only(path, flags, *more, **options):
        if flags & os.O_CREAT:
            raise OSError(number, os.strerror(number), path)
        return original(path, flags, *more, **options)

    monkeypatch.setattr(os, "open", read_only)
    with pytest.raises(CacheError, match=rf"{os.strerror(number)}: .*you may not write in"):
        MemmapCache(tmp_path).fit_transform(np.ones((2, 2)))


@pytest.mark.parametrize("name", ["cache.json", "X.npy"])
def test_a_file_that_one_may_not_read_is_an_error_of_ours(tmp_path, monkeypatch, name):
    MemmapCache(tmp_path).fit_transform(np.ones((2, 2)))
    original = os.open

    def private(path, flags, *more, **options):
        if str(path).endswith(name):
            raise OSError(errno.EACCES, os.strerror(errno.EACCES), path)
        return original(path, flags, *more, **options)

    monkeypatch.setattr(os, "open", private)
    (folder,) = tmp_path.iterdir()
    with pytest.raises(FileFormatError, match=rf"{name}: Permission denied; you may not read it"):
        open_cache(folder)


def test_a_link_to_a_folder_is_built_where_it_leads(tmp_path):
    pd.DataFrame({"pt": [1.0, 2.0]}).to_csv(tmp_path / "a.csv", index=False)
    disk = tmp_path / "disk"
    disk.mkdir()
    (tmp_path / "cache").symlink_to(disk / "cache")
    for columns in (None, ["pt"]):
        # not there yet, and there already
        for dtype in ("float32", None):
            options = {"columns": columns, "dtype": dtype, "progress": False}
            out = build_cache(tmp_path / "a.csv", None, tmp_path / "cache", **options)
            assert out["pt"].tolist() == [1.0, 2.0]
    assert (tmp_path / "cache").is_symlink()
    assert [path.name for path in disk.iterdir()] == ["cache"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.csv", "cache", "disk"]
    MemmapCache(tmp_path / "cache").fit_transform(np.ones((2, 2)))


def test_links_in_a_circle_are_an_error_of_ours(tmp_path):
    pd.DataFrame({"pt": [1.0]}).to_csv(tmp_path / "a.csv", index=False)
    (tmp_path / "one").symlink_to(tmp_path / "two")
    (tmp_path / "two").symlink_to(tmp_path / "one")
    with pytest.raises(CacheError):
        build_cache(tmp_path / "a.csv", None, tmp_path / "one", progress=False)
