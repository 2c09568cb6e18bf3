"""Which files are meant, and which module reads each: paths, patterns, endings."""

from __future__ import annotations

import difflib
import glob
import importlib
import re
from contextlib import contextmanager
from os import PathLike
from pathlib import Path

import numpy as np

from skhep_nn._paths import user_path
from skhep_nn._shown import shown
from skhep_nn.exceptions import (
    FileFormatError,
    MissingExtraError,
    MissingFileError,
    SkhepNNError,
)

READERS = {
    ".root": "_root",
    ".parquet": "_arrow",
    ".pq": "_arrow",
    ".feather": "_arrow",
    ".arrow": "_arrow",
    ".h5": "_hdf5",
    ".hdf5": "_hdf5",
    ".hdf": "_hdf5",
    ".csv": "_csv",
    ".csv.gz": "_csv",
    ".npz": "_npz",
}

# pathlib makes one slash of two
REMOTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/")
# as grid jobs and ROOT write the path of a local file
LOCAL = re.compile(r"file:(//)?(?=/)")


def expand(files):
    """The paths that `files` (a path, a pattern, or a list of them) stands for, each once.

    Raises
    ------
    MissingFileError
        If a file is not there or a pattern matches none.
    ValueError
        If there are no files, or one is named twice (its events would count twice).
    """
    given = [files] if isinstance(files, (str, PathLike)) else files
    # an array of no axis calls itself iterable
    given = list(given) if np.iterable(given) else [None]
    if not all(isinstance(one, (str, PathLike)) for one in given):
        msg = f"files must be a path, a pattern, or a list of them, got {files!r:.100}"
        raise TypeError(msg)
    paths = [path for one in given for path in _allowed(one)]
    if not paths:
        msg = "files is an empty list; name at least one file"
        raise ValueError(msg)
    seen = set()
    for path in paths:
        if path.resolve() in seen:
            msg = f"{path} is named twice; its events would count twice"
            raise ValueError(msg)
        seen.add(path.resolve())
    return paths


def ending(path, known=READERS):
    """The ending of `path` among those of `known`, or an error that lists them."""
    name = Path(path).name.lower()
    fits = [one for one in known if name.endswith(one)]
    if fits:
        return max(fits, key=len)
    msg = f"{path}: unknown file ending; known are {', '.join(known)}"
    raise FileFormatError(msg)


@contextmanager
def open_source(path, **options):
    """What the file at `path` offers, as a `Source`; closed afterwards."""
    module = importlib.import_module(f"skhep_nn.io.{READERS[ending(path)]}")
    _refuse_unused(path, module, **options)
    if path.stat().st_size == 0:
        msg = f"{path} is empty (0 bytes)"
        raise FileFormatError(msg)
    options = {key: value for key, value in options.items() if key in module.TAKES}
    with reading(path):
        source = module.open_file(path, **options)
    try:
        yield source
    finally:
        source.close()


@contextmanager
def reading(path):
    """Turn whatever a library raises on a file into an error that names the file and says why."""
    try:
        yield
    except SkhepNNError as error:
        if isinstance(error, FileFormatError) and str(path) not in str(error):
            msg = f"{path}: {error}"
            raise FileFormatError(msg) from error
        raise
    # one of ours, where the user has warnings as errors
    except Warning:
        raise
    # on a file that is cut off the libraries raise anything from struct.error to AssertionError
    except Exception as error:
        text = str(error).strip()
        # what says how to install a package says it in a second line
        text = " ".join(text.split()) if isinstance(error, ImportError) else text.partition("\n")[0]
        what = text or type(error).__name__
        kind, reason = next(told for known, *told in REASONS if isinstance(error, known))
        msg = f"{path} cannot be read; {reason}: {what}"
        raise kind(msg) from error


REASONS = [
    (FileNotFoundError, MissingFileError, "it is gone"),
    (BlockingIOError, FileFormatError, "another process has it open to write to it"),
    (PermissionError, FileFormatError, "you have no permission to"),
    (
        MemoryError,
        FileFormatError,
        "there is too little memory for what it holds, or says it holds",
    ),
    (ImportError, MissingExtraError, "a package that it needs is not installed"),
    (NotImplementedError, FileFormatError, "what it holds is not supported"),
    (Exception, FileFormatError, "it is cut off, damaged or of another format"),
]


def _allowed(name):
    try:
        return _expand_one(name)
    except PermissionError as error:
        msg = f"{name} cannot be read; you have no permission to: {error}"
        raise FileFormatError(msg) from error


def _expand_one(name):
    if LOCAL.match(str(name)):
        name = LOCAL.sub("", str(name), count=1)
    if REMOTE.match(str(name)):
        raise FileFormatError(_remote(str(name)))
    path = user_path(name, "files")
    if path.is_dir():
        msg = f"{path} is a folder; name its files with a pattern such as {path / '*.root'}"
        raise FileFormatError(msg)
    if path.exists():
        return [_regular(path)]
    if not glob.has_magic(str(path)):
        msg = f"there is no file {str(path)!r}"
        raise MissingFileError(msg + _nearest(path))
    found = sorted(Path(one) for one in glob.glob(str(path), recursive=True))  # noqa: PTH207
    found = [_regular(one) for one in found if not one.is_dir()]
    if not found:
        msg = f"no file matches {str(path)!r}"
        raise MissingFileError(msg + _nearest(path))
    return found


def _regular(path):
    # reading from a pipe would wait for a writer, and so for ever
    if path.is_file():
        return path
    msg = f"{path} is no regular file but a pipe, a socket, a device or a broken link"
    raise FileFormatError(msg)


def _remote(url):
    return (
        f"{url!r} is remote, and only files on local or mounted file systems are read; copy it "
        f"(xrdcp, wget, gfal-copy), or read it with uproot: "
        f"uproot.open({url!r})['TREE'].arrays(['pt'], library='pd'), for which "
        "'pip install fsspec-xrootd' (root://) or 'pip install fsspec aiohttp' (https://) is needed"
    )


def _nearest(path):
    if ".root:" in path.name:
        return "; give the name of the tree as tree="
    if not path.parent.is_dir():
        return ""
    others = [one.name for one in path.parent.iterdir() if one.is_file()]
    near = difflib.get_close_matches(path.name, others, n=3)
    return f"; the nearest names there are {near}" if near else ""


def _refuse_unused(path, module, **options):
    for key, value in options.items():
        if value is not None and key not in module.TAKES:
            msg = f"{key}={shown(value)}: {module.FORMAT} has no use for it ({path}); leave it out"
            raise ValueError(msg)
