"""State of a fit on disk after each epoch, so that a killed fit continues where it was."""

from __future__ import annotations

import inspect
import json
import os
import types
import warnings
import zipfile
from pathlib import Path

import joblib
import numpy as np

from skhep_nn.training._best import assign, kept_variables, values_of

FORMAT = 3
# What reading a file that is cut off or damaged may raise.
DAMAGED = (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile)


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
        self.path = Path(directory) / f"fit-{key}.npz"
        self.seed = None
        self.phase, self.earlier = 1, {}

    def agree_on_seed(self, seed):
        """The seed of the fit on disk, or `seed` if there is none; it is written with the state.

        Also `phase` and `earlier` are then those of the fit on disk.

        A fit without ``random_state`` has a new seed each time, but a fit that continues must draw
        as it would have drawn.
        """
        found = self._read()
        state = {"seed": seed, "phase": 1, "earlier": {}} if found is None else found[0]
        self.seed, self.phase, self.earlier = (state[n] for n in ("seed", "phase", "earlier"))
        return self.seed

    def save(self, loop):
        """Write the state of `loop`; the file is replaced at once or not at all."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        arrays = _numbered("network", values_of(kept_variables(loop.model)))
        arrays |= _numbered("optimizer", values_of(loop.model.optimizer.variables))
        arrays |= _numbered("best", loop.best.variables or [])
        state = json.dumps(_state(loop) | {"seed": self.seed})
        temporary = self.path.with_suffix(".tmp")
        with temporary.open("wb") as file:
            np.savez(file, state=np.array(state), **arrays)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(self.path)

    def resume(self, loop):
        """Give `loop` the state on disk, if there is one of its phase; the epochs done in it."""
        found = self._read(loop)
        if found is None:
            return 0
        state, arrays = found
        assign(kept_variables(loop.model), arrays["network"])
        assign(loop.model.optimizer.variables, arrays["optimizer"])
        loop.best.variables = arrays["best"] or None
        loop.history, loop.ended = state["history"], state["ended"]
        _set(loop.best, state["best"])
        if loop.plan.plateau is not None:
            _set(loop.plan.plateau, state["plateau"])
        return loop.n_epochs

    def _read(self, loop=None):
        """State and arrays on disk, which must fit `loop` if it is given; None if there are none.

        Everything is read and checked before anything is changed.
        """
        if not self.path.exists():
            return None
        try:
            with self.path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
                state = json.loads(str(file["state"]))
                arrays = {name: _list(file, name) for name in ("network", "optimizer", "best")}
            if loop is not None and state["phase"] != loop.plan.phase:
                # of the phase before, which this one goes on from anyway
                return None
            _check(state, arrays, loop)
        except DAMAGED as error:
            warnings.warn(
                f"{self.path} cannot be read ({type(error).__name__}: {error}); the fit starts "
                "from its first epoch",
                stacklevel=2,
            )
            return None
        return state, arrays

    def remove(self):
        """The fit is whole: nothing to continue."""
        self.path.unlink(missing_ok=True)


def digest(*parts):
    """Short hexadecimal digest of arrays and parameters.

    Functions count by their source, Keras objects by their configuration and weights.
    """
    return joblib.hash(_plain(parts))[:16]


def _plain(value):
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(part) for part in value]
    if isinstance(value, types.FunctionType):
        return _described(value)
    if hasattr(value, "get_config") and not isinstance(value, type):
        weights = [np.array(variable) for variable in getattr(value, "variables", ())]
        # names of Keras objects count up in a process
        config = {k: v for k, v in value.get_config().items() if k != "name"}
        return [type(value).__name__, _plain(config), weights]
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
    if state["format"] != FORMAT:
        msg = f"it has format {state['format']}, not {FORMAT}"
        raise ValueError(msg)
    if loop is None:
        return
    expected = {
        "network": kept_variables(loop.model),
        "optimizer": loop.model.optimizer.variables,
        "best": kept_variables(loop.model) if arrays["best"] else [],
    }
    for name, variables in expected.items():
        if [a.shape for a in arrays[name]] != [tuple(v.shape) for v in variables]:
            msg = f"its {name} variables are not those of this network"
            raise ValueError(msg)


def _state(loop):
    best = {"epoch": loop.best.epoch, "loss": float(loop.best.loss), "waited": loop.best.waited}
    plateau = None if loop.plan.plateau is None else loop.plan.plateau.state()
    where = {"phase": loop.plan.phase, "earlier": loop.plan.earlier, "ended": loop.ended}
    return {"format": FORMAT, "history": loop.history, "best": best, "plateau": plateau, **where}


def _set(target, values):
    for name, value in values.items():
        setattr(target, name, value)


def _numbered(name, arrays):
    return {f"{name}_{number}": array for number, array in enumerate(arrays)}


def _list(file, name):
    count = sum(key.startswith(f"{name}_") for key in file.files)
    return [file[f"{name}_{number}"] for number in range(count)]
