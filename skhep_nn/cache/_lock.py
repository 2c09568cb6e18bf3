"""A lock between processes that ends with the process that holds it."""

from __future__ import annotations

import contextlib
import logging
import os
import time
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

logger = logging.getLogger("skhep_nn")

POLL_SECONDS = 0.1
LOCK = ".lock"


@contextlib.contextmanager
def locked(path, *, wait=True):
    """Hold the lock of the cache `path`; gives False if another process does and `wait` is False.

    The operating system frees the lock of a process that is killed.

    Parameters
    ----------
    path : Path
        The cache; the lock is a hidden file beside it, removed afterwards.
    wait : bool, default=True
        Wait for the other process.
    """
    file = path.with_name(f".{path.name}{LOCK}")
    descriptor = _acquire(file)
    if descriptor is None and wait:
        logger.warning("another process is writing the cache %s; waiting for it", path)
    while descriptor is None and wait:
        time.sleep(POLL_SECONDS)
        descriptor = _acquire(file)
    try:
        yield descriptor is not None
    finally:
        if descriptor is not None:
            _release(file, descriptor)


def _acquire(file):
    """A descriptor of the locked file, or None if it is locked already."""
    if fcntl is None:
        return _create(file)
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # the holder before may have removed the file between these two lines
        if os.fstat(descriptor).st_ino == file.stat().st_ino:
            return descriptor
    except (BlockingIOError, FileNotFoundError):
        pass
    os.close(descriptor)
    return None


def _create(file):
    # without flock: a file that a killed process leaves has to be removed by hand
    try:
        return os.open(file, os.O_RDWR | os.O_CREAT | os.O_EXCL)
    except FileExistsError:
        return None


def _release(file, descriptor):
    # on Windows an open file cannot be removed; elsewhere it must be while it is locked
    if fcntl is None:
        os.close(descriptor)
    Path(file).unlink(missing_ok=True)
    if fcntl is not None:
        os.close(descriptor)
