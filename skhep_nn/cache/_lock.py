"""A lock between processes that ends with the process that holds it."""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import time

from skhep_nn.cache import _lock_file

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

logger = logging.getLogger("skhep_nn")

POLL_SECONDS = 0.1
LOCK = ".lock"
# What a file system that has no locks says of one.
NO_LOCKS = (errno.ENOSYS, errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EINVAL)
_told = set()


class NoLocksError(Exception):
    """The file system has no locks, or grants them to everybody."""


@contextlib.contextmanager
def locked(path, *, wait=True):
    """Hold the lock of the cache `path`; gives False if another process does and `wait` is False.

    The operating system frees the lock of a process that is killed. On a file system without
    locks a file that only one process can make stands for it; such a file is removed when its
    process, on the same host, is gone.

    Parameters
    ----------
    path : Path
        The cache; the lock is a hidden file beside it, removed afterwards.
    wait : bool, default=True
        Wait for the other process.
    """
    file = path.with_name(f".{path.name}{LOCK}")
    release = _acquire(file)
    if release is None and wait:
        logger.warning("another process is writing the cache %s; waiting for it", path)
    while release is None and wait:
        time.sleep(POLL_SECONDS)
        release = _acquire(file)
    try:
        yield release is not None
    finally:
        if release is not None:
            release()


def _acquire(file):
    """The function that gives the lock back, or None if another process has it."""
    if fcntl is not None:
        try:
            return _acquire_from_system(file)
        except NoLocksError:
            _tell(file.parent)
    return _lock_file.acquire(file.with_name(f"{file.name}-file"))


def _acquire_from_system(file):
    # no link that somebody planted is followed
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o666)
    try:
        if _is_ours(file, descriptor):
            return lambda: _release(file, descriptor)
    except BaseException:
        os.close(descriptor)
        raise
    os.close(descriptor)
    return None


def _is_ours(file, descriptor):
    try:
        _flock(descriptor)
        # the holder before may have removed the file between these two lines
        if os.fstat(descriptor).st_ino != file.stat().st_ino:
            return False
        _check_exclusive(file)
    except (BlockingIOError, FileNotFoundError):
        return False
    except NoLocksError:
        file.unlink(missing_ok=True)
        raise
    return True


def _check_exclusive(file):
    """Ask for the lock that is held a second time, which must be refused."""
    second = os.open(file, os.O_RDWR | os.O_NOFOLLOW)
    try:
        _flock(second)
    except BlockingIOError:
        return
    finally:
        os.close(second)
    file.unlink(missing_ok=True)
    raise NoLocksError


def _flock(descriptor):
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise
    except OSError as error:
        if error.errno in NO_LOCKS:
            raise NoLocksError from error
        raise


def _release(file, descriptor):
    # it must be removed while it is locked
    file.unlink(missing_ok=True)
    os.close(descriptor)


def _tell(folder):
    if folder not in _told:
        _told.add(folder)
        logger.warning(
            "the file system of %s has no locks; files that only one process can make stand for "
            "them (one that a killed process of another host leaves has to be removed by hand)",
            folder,
        )
