"""State of a fit on disk after each epoch, so that a killed fit continues where it was."""

from __future__ import annotations

import inspect
import types
import warnings

import joblib
import numpy as np

from skhep_nn import _owner, _storage
from skhep_nn._paths import user_path
from skhep_nn.exceptions import StorageError, TrainingError
from skhep_nn.training import _checkpoint_file
from skhep_nn.training._best import assign, kept_variables, values_of


class Checkpoint:
    """One file in `directory`, replaced after each epoch and removed when the fit is done.

    Parameters
    ----------
    directory : path-like
    key : str
        Digest of parameters and events: only a fit with the same ones continues.

    Attributes
    ----------
    phase : int
        The phase, from 1, in which a fit goes on.
    earlier : dict of str to list of float
        History of the phases before.
    """

    def __init__(self, directory, key):
        self.path, self.key = user_path(directory, "checkpoint_dir") / f"fit-{key}.npz", key
        self.seed = None
        self.phase, self.earlier = 1, {}
        self._found, self._read, self._failed = None, False, False

    def agree_on_seed(self, seed):
        """The seed of the fit on disk, or `seed` if there is none; it is written with the state.

        Also `phase` and `earlier` are then those of the fit on disk.

        A fit without ``random_state`` has a new seed each time, but a fit that continues must draw
        as it would have drawn.

        Raises
        ------
        StorageError
            If the folder cannot be made.
        """
        with self._explained():
            self.path.parent.mkdir(parents=True, exist_ok=True)
        _owner.sweep(self.path.parent, f".fit-*{_owner.TEMPORARY}")
        self._look()
        state = self._found[0] if self._found else {"seed": seed, "phase": 1, "earlier": {}}
        self.seed, self.phase, self.earlier = (state[n] for n in ("seed", "phase", "earlier"))
        return self.seed

    def save(self, loop):
        """Write the state of `loop`; the file is replaced at once or not at all.

        A disk that is full by now costs no training: there is a warning, and the state on disk
        stays that of an earlier epoch.
        """
        try:
            self._write(loop)
        except StorageError as error:
            if not self._failed:
                warnings.warn(f"{error}; training goes on", stacklevel=2)
            self._failed = True

    def resume(self, loop):
        """Give `loop` the state on disk, if there is one of its phase; the epochs done in it.

        Raises
        ------
        StorageError
            If the state of `loop` could not be written, which is tried before training.
        """
        self._look()
        # the file may be that of an equal fit beside this one by now: it is read once
        (found, self._found) = (self._found, None)
        if found is not None and found[0]["phase"] == loop.plan.phase and self._fits(found, loop):
            _give(loop, *found)
        self._write(loop, keep=False)
        return loop.n_epochs

    def remove(self):
        """The fit is whole: nothing to continue."""
        try:
            self.path.unlink(missing_ok=True)
        except OSError as error:
            warnings.warn(f"{self.path} cannot be removed: {error.strerror}", stacklevel=2)

    def _look(self):
        """Read the file, once."""
        if self._read:
            return
        self._read = True
        try:
            self._found = _checkpoint_file.read(self.path, self.key)
        except FileNotFoundError:
            pass
        # what reads a damaged file raises anything
        except Exception as error:
            self._ignore(error)

    def _fits(self, found, loop):
        try:
            _check(*found, loop)
        except ValueError as error:
            if loop.plan.phase > 1:
                msg = f"{self.path}: {error}; remove it to train from the first phase on"
                raise TrainingError(msg) from error
            self._ignore(error)
            return False
        return True

    def _ignore(self, error):
        warnings.warn(
            f"{self.path} cannot be read ({type(error).__name__}: {error}); the fit starts "
            "from its first epoch",
            stacklevel=2,
        )

    def _write(self, loop, *, keep=True):
        arrays = {
            "network": values_of(kept_variables(loop.model)),
            "optimizer": values_of(loop.model.optimizer.variables),
            "best": loop.best.variables or [],
        }
        state = _state(loop) | {"seed": self.seed, "key": self.key}
        with self._explained(), _storage.whole_file(self.path, keep=keep) as file:
            _checkpoint_file.write(file, state, arrays)

    def _explained(self):
        return _storage.explained(self.path, "the state of the fit", "what there was is kept")


def digest(*parts):
    """Short hexadecimal digest of arrays and parameters.

    Functions count by their source, Keras objects by their configuration and weights.
    """
    return joblib.hash(_hashable(parts))[:16]


def _hashable(value):
    # what reads and writes files needs no Keras
    from skhep_nn._keras_objects import described, is_keras_object

    if isinstance(value, dict):
        return {name: _hashable(part) for name, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_hashable(part) for part in value]
    if isinstance(value, types.FunctionType):
        return _described(value)
    if is_keras_object(value):
        weights = [np.array(variable) for variable in getattr(value, "variables", ())]
        kind, config, settings = described(value)
        return [kind.__name__, _hashable(config), _hashable(settings), weights]
    return value


def _described(function):
    """What a function does, as far as it can be told: source, constants, and what it encloses."""
    code = function.__code__
    cells = [cell.cell_contents for cell in function.__closure__ or ()]
    values = [*code.co_consts, *(function.__defaults__ or ()), *cells]
    plain = [value for value in values if isinstance(value, (str, int, float, tuple))]
    try:
        source = inspect.getsource(function)
    except (OSError, TypeError):
        source = ""
    return [function.__qualname__, source, code.co_code.hex(), repr(plain)]


def _check(state, arrays, loop):
    expected = {
        "network": kept_variables(loop.model),
        "optimizer": loop.model.optimizer.variables,
        "best": kept_variables(loop.model) if arrays["best"] else [],
    }
    for name, variables in expected.items():
        if [a.shape for a in arrays[name]] != [tuple(v.shape) for v in variables]:
            msg = f"its {name} variables are not those of this network"
            raise ValueError(msg)
    if (state["plateau"] is None) != (loop.plan.plateau is None):
        msg = "its schedule of the learning rate is not that of this fit"
        raise ValueError(msg)


def _give(loop, state, arrays):
    assign(kept_variables(loop.model), arrays["network"])
    assign(loop.model.optimizer.variables, arrays["optimizer"])
    loop.best.variables = arrays["best"] or None
    loop.history, loop.ended = state["history"], state["ended"]
    _set(loop.best, state["best"])
    if loop.plan.plateau is not None:
        _set(loop.plan.plateau, state["plateau"])


def _state(loop):
    best = {"epoch": loop.best.epoch, "loss": float(loop.best.loss), "waited": loop.best.waited}
    plateau = None if loop.plan.plateau is None else loop.plan.plateau.state()
    where = {"phase": loop.plan.phase, "earlier": loop.plan.earlier, "ended": loop.ended}
    return {"history": loop.history, "best": best, "plateau": plateau, **where}


def _set(target, values):
    for name, value in values.items():
        setattr(target, name, value)
