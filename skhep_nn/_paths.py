"""Paths as users give them."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from skhep_nn.exceptions import MissingFileError

# what the system says of names that no file can have
NO_NAME = (errno.ENAMETOOLONG, errno.EINVAL)


def user_path(value, name):
    """A path with the user's home written out.

    Parameters
    ----------
    value : str or path-like
    name : str
        Of the parameter, for messages.

    Raises
    ------
    TypeError
        If `value` is no path.
    MissingFileError
        If no file can have such a name: it is too long, has a NUL in it, or the home of nobody.
    """
    if not isinstance(value, (str, os.PathLike)) or isinstance(os.fspath(value), bytes):
        msg = f"{name} must be a path, got {value!r:.100}"
        raise TypeError(msg)
    try:
        path = Path(value).expanduser()
        path.lstat()
    except OSError as error:
        if error.errno in NO_NAME:
            raise _impossible(value, error.strerror) from error
    # of a home, and of a NUL
    except (RuntimeError, ValueError) as error:
        raise _impossible(value, error) from error
    return path


def _impossible(value, why):
    return MissingFileError(f"there can be no file {str(value)!r:.200}: {why}")
