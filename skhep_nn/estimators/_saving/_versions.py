"""The versions by which a classifier was written, and whether its file can be read by these.

The version comes first in what pickle and joblib write, and is checked before anything else in the
file is looked for: of a version that put its parts elsewhere, no more is found.
"""

from __future__ import annotations

import functools
import importlib
from importlib import metadata

from skhep_nn._version import __version__
from skhep_nn.exceptions import VersionError

# Files of this version and later ones are read.
OLDEST = (0, 1)
PACKAGE, KEY = "skhep_nn", "_versions"
OTHERS = ("keras", "scikit-learn")
# parameters that files may lack which were written before these came, and what they stood for
ADDED = {"class_names": None, "precision": None}
# what no fitted classifier is without
FITTED = ("classes_", "columns_", "network_")


@functools.cache
def versions():
    """Of the package and of those that take part in what it writes."""
    return {PACKAGE: __version__} | {name: _installed(name) for name in OTHERS}


def _installed(name):
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        # under another name, as nightly builds are
        return "unknown"


def check(version, what="a classifier in this file"):
    """Raise unless files of `version` can be read.

    Parameters
    ----------
    version : str or None
        None if the file does not say.

    Raises
    ------
    VersionError
        Naming both versions.
    """
    release = _release(version)
    if release is not None and OLDEST <= release[:2] <= _release(__version__)[:2]:
        return
    by = f"skhep_nn {version}" if version else "a version of skhep_nn that it does not name"
    oldest = ".".join(map(str, OLDEST))
    msg = (
        f"{what} was written by {by} and cannot be read by skhep_nn {__version__}, which reads "
        f"files of {oldest} up to its own; use the version that wrote it, or fit anew"
    )
    raise VersionError(msg)


class Written:
    """The version of a file, which is checked as soon as it is read.

    Parameters
    ----------
    version : str
    """

    def __init__(self, version):
        check(version)
        self.version = version

    def __reduce__(self):
        return type(self), (self.version,)


def make(written, kind):
    """An empty classifier; `kind` is a class, or the name of a public one."""
    del written
    if isinstance(kind, str):
        kind = getattr(importlib.import_module("skhep_nn.estimators"), kind)
    return kind.__new__(kind)


class SavedWithVersions:
    """Base of classifiers whose files say by which versions they were written."""

    def __getstate__(self):
        return {KEY: versions()} | super().__getstate__()

    def __setstate__(self, state):
        state, name = dict(state), type(self).__name__
        found = state.pop(KEY, {})
        check(found.get(PACKAGE), name)
        known = self._get_param_names()
        super().__setstate__({n: v for n, v in ADDED.items() if n in known} | state)
        missing = _missing(self, state)
        if missing:
            by = ", ".join(f"{package} {version}" for package, version in found.items())
            here = ", ".join(f"{package} {version}" for package, version in versions().items())
            msg = f"{name} lacks {missing} in a file that was written by {by}; this is {here}"
            raise VersionError(msg)

    def __reduce_ex__(self, protocol):
        del protocol
        kind = type(self)
        public = getattr(importlib.import_module("skhep_nn.estimators"), kind.__name__, None)
        named = kind.__name__ if public is kind else kind
        return make, (Written(__version__), named), self.__getstate__()


def _missing(classifier, state):
    """The first attribute that a classifier of this version has and `state` has not, or None."""
    if "network_" in state:
        lacking = [name for name in FITTED if name not in state]
        if lacking:
            return lacking[0]
    try:
        classifier.get_params(deep=False)
    except AttributeError as error:
        return error.name or str(error)
    return None


def _release(version):
    """(major, minor) of a version, or None."""
    parts = str(version).split(".")[:2]
    if len(parts) < 2 or not all(part.isdigit() for part in parts):
        return None
    return tuple(map(int, parts))
