"""A model as workers get it: by its file, which each of them reads once."""

from __future__ import annotations

import hashlib
import pickle
import threading
from collections import OrderedDict
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

from skhep_nn import _storage
from skhep_nn._paths import user_path
from skhep_nn.cache import _file_digest
from skhep_nn.deploy._model import load_model
from skhep_nn.exceptions import FileFormatError

PICKLE = "model.pickle"
# models that a worker keeps
N_KEPT = 2
_kept, _lock = OrderedDict(), threading.Lock()


@dataclass(frozen=True)
class ModelHere:
    """A model that stays in this process."""

    model: object

    def load(self):
        """The model."""
        return self.model


@dataclass(frozen=True)
class ModelFile:
    """The file of a model, by its path and digest.

    Parameters
    ----------
    path : Path
        On a file system that the workers share.
    digest : str
        Of its content: a file that was replaced since is not read.
    """

    path: Path
    digest: str

    def load(self):
        """The model, read from the file at the first call in a process."""
        return kept(self.digest, self._read)

    def _read(self):
        if _file_digest.of_file(self.path)["blake2b"] != self.digest:
            msg = f"{self.path} is not the file of the model that it was; apply again"
            raise FileFormatError(msg)
        if self.path.name != PICKLE:
            return load_model(self.path)
        with _storage.open_regular(self.path) as file:
            return unpickled(file.read())


def kept(digest, read):
    """The model of this digest, which `read` gives the first time in a process."""
    with _lock:
        if digest not in _kept:
            _kept[digest] = read()
        _kept.move_to_end(digest)
        while len(_kept) > N_KEPT:
            _kept.popitem(last=False)
        return _kept[digest]


def digest_of(given, model, *, sent):
    """What tells a model from others: the digest of its file, or of the model itself.

    None if it stays here and cannot be pickled: nobody can tell whether it is that of before.

    Raises
    ------
    TypeError
        If it is to be `sent`, and cannot be pickled.
    """
    if isinstance(given, (str, PathLike)):
        return _file_digest.of_file(user_path(given, "model"))["blake2b"]
    import joblib

    try:
        return joblib.hash(model)
    # pickling raises anything from PicklingError to AttributeError
    except Exception:
        return _digest_of_pickle(model, sent)


def _digest_of_pickle(model, sent):
    try:
        return hashlib.blake2b(pickled(model), digest_size=16).hexdigest()
    except TypeError:
        if sent:
            raise
        return None


def file_of(given, model, folder):
    """The `ModelFile` of a model: its own, or one that is written to `folder`.

    Raises
    ------
    TypeError
        If the model cannot be pickled.
    """
    if isinstance(given, (str, PathLike)):
        path = user_path(given, "model").resolve()
        return ModelFile(path, _file_digest.of_file(path)["blake2b"])
    content = pickled(model)
    with _storage.whole_file(folder / PICKLE) as file:
        file.write(content)
    return ModelFile(folder / PICKLE, _file_digest.of_file(folder / PICKLE)["blake2b"])


def unpickled(content):
    """The model that `pickled` pickled."""
    return pickle.loads(content)


def pickled(model):
    """A model as bytes.

    Raises
    ------
    TypeError
        If it cannot be pickled.
    """
    # what a script defines travels with its code
    import cloudpickle

    try:
        return cloudpickle.dumps(model)
    except Exception as error:
        msg = (
            f"model={model!r:.100} cannot be pickled, and so not be sent to workers ({error}); "
            "leave out what it holds of open files, locks or generators, or export it (ONNX)"
        )
        raise TypeError(msg) from error
