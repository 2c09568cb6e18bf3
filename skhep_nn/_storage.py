"""Files that are read without waiting, written whole, and on disk when they are said to be."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import shutil
import stat
import time

from skhep_nn import _owner
from skhep_nn.exceptions import FileFormatError, SkhepNNError, StorageError

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
DENIED = (errno.EACCES, errno.EPERM, errno.EROFS)
# Attempts to remove a folder, and seconds that each waits longer than the last: one that is gone
# does not come back.
REMOVALS, PAUSE = 10, 0.01


def open_regular(path):
    """Open a file for reading in bytes; anything but a plain file is an error and does not wait.

    Raises
    ------
    FileFormatError
        If there is a folder, pipe, socket or device at `path`, or you may not read it.
    OSError
        As `open` does.
    """
    try:
        file = open(path, "rb", opener=_without_waiting)  # noqa: SIM115
    except OSError as error:
        if error.errno in DENIED:
            msg = f"{path}: {os.strerror(error.errno)}; you may not read it"
            raise FileFormatError(msg) from error
        # sockets say so by ENXIO
        if error.errno not in (errno.EISDIR, errno.ENXIO):
            raise
        raise FileFormatError(_is_no_file(path)) from None
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise FileFormatError(_is_no_file(path))
    return file


@contextlib.contextmanager
def whole_file(path, *, keep=True):
    """A new file, open for writing, that takes the name `path` when it is whole and on disk.

    What is written has a hidden name that nobody can guess, so that no link is followed and no
    two processes meet. It does not stay if anything goes wrong; what killed processes of this
    host left is removed.

    Parameters
    ----------
    path : Path
    keep : bool, default=True
        False only tries whether the file could be written.
    """
    _owner.sweep(path.parent, f".{escape(path.name)}.*{_owner.TEMPORARY}")
    part = temporary_name(path)
    try:
        with part.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if keep:
            publish(part, path)
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)


def temporary_name(path):
    """A hidden name beside `path` that tells whose it is and that nobody else has."""
    # the folder in which one is, or the topmost
    if not path.name:
        msg = f"the path {str(path)!r} is a folder; give that of a file"
        raise StorageError(errno.EISDIR, msg)
    return path.with_name(f".{path.name}.{_owner.me()}.{secrets.token_hex(4)}{_owner.TEMPORARY}")


def publish(part, path):
    """Give the file or folder `part` the name `path`, for good."""
    part.replace(path)
    sync_folder(path.parent)


def sync_folder(folder):
    """Have the names in `folder` on disk."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@contextlib.contextmanager
def explained(path, what, after, error=StorageError):
    """Turn what the system says of a disk or folder into an error that names the file.

    Parameters
    ----------
    path : Path
    what : str
        What is written, for the message.
    after : str
        What becomes of what there was of it.
    error : type
        Of the error that is raised.
    """
    try:
        yield
    except SkhepNNError:
        raise
    except OSError as reason:
        number = reason.errno or errno.EIO
        why = os.strerror(number) if reason.errno else str(reason)
        msg = f"{why}: {what} {path} could not be written, and {after} ({_hint(number, path)})"
        raise error(number, msg) from reason


def escape(name):
    """`name` for a pattern of `Path.glob`, in which it stands for itself."""
    return "".join(f"[{one}]" if one in "*?[" else one for one in name)


def _hint(number, path):
    # unlike Path.exists these raise nothing where one may not look
    there = next((one for one in (path, *path.parents) if os.path.exists(one)), path.parent)  # noqa: PTH110
    if number in FULL:
        with contextlib.suppress(OSError):
            return f"{shutil.disk_usage(there).free / 1e9:.3g} GB are free"
    if number in DENIED:
        return f"you may not write in {there if os.path.isdir(there) else there.parent}"  # noqa: PTH112
    return "look at the disk or folder, or choose another"


def _without_waiting(path, flags):
    # a pipe without a writer would wait for one
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _is_no_file(path):
    return f"{path} is no file, but a folder, pipe or device"


def remove_folder(folder):
    """Remove a folder, in which tasks that were given up may still write, if that is allowed.

    What they make while it is emptied goes with the next attempt; without it they make nothing.
    """
    for attempt in range(REMOVALS):
        time.sleep(PAUSE * attempt)
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return
