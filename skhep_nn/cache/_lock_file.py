"""A lock where the file system has none: a file that only one process can make."""

from __future__ import annotations

import contextlib
import os

from skhep_nn import _owner
from skhep_nn._storage import escape, open_regular, temporary_name

BREAK = "-break"


def acquire(file):
    """The function that gives the lock `file` back, or None if another process has it.

    Parameters
    ----------
    file : Path
        It holds the word of its process (see :mod:`skhep_nn._owner`). If that is gone, the file
        is taken away under a lock of its own, so that only one process does it, and no lock that
        was made meanwhile is taken.
    """
    if _make(file):
        return lambda: file.unlink(missing_ok=True)
    if not _is_stale(file):
        return None
    release = acquire(file.with_name(file.name + BREAK))
    if release is None:
        return None
    try:
        if _is_stale(file):
            file.unlink(missing_ok=True)
    finally:
        release()
    return acquire(file)


def _make(file):
    """Make the file with its content, at once; False if it is there."""
    _owner.sweep(file.parent, f".{escape(file.name)}.*")
    part = temporary_name(file)
    try:
        part.write_text(_owner.me())
        return _link(part, file)
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)


def _link(part, file):
    try:
        os.link(part, file)
    except FileExistsError:
        return False
    except (OSError, AttributeError):
        return _make_without_links(file)
    return True


def _make_without_links(file):
    try:
        with file.open("x") as opened:
            opened.write(_owner.me())
    except FileExistsError:
        return False
    except BaseException:
        # empty, it would tell nobody whose it is
        file.unlink(missing_ok=True)
        raise
    return True


def _is_stale(file):
    try:
        with open_regular(file) as opened:
            return _owner.is_gone(opened.read(1000).decode("ascii", "replace"))
    except FileNotFoundError:
        return False
