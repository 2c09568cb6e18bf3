"""State of a fit on disk after each epoch, so that a killed fit continues where it was."""

from __future__ import annotations

import json
import os
from pathlib import Path

import joblib
import numpy as np

from skhep_nn.training._best import assign, kept_variables, values_of

FORMAT = 1


class Checkpoint:
    """One file in `directory`, replaced after each epoch and removed when the fit is done.

    Parameters
    ----------
    directory : path-like
    key : str
        Digest of parameters and events: only a fit with the same ones continues.
    """

    def __init__(self, directory, key):
        self.path = Path(directory) / f"fit-{key}.npz"

    def save(self, loop):
        """Write the state of `loop`; the file is replaced at once or not at all."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        arrays = _numbered("network", values_of(kept_variables(loop.model)))
        arrays |= _numbered("optimizer", values_of(loop.model.optimizer.variables))
        arrays |= _numbered("best", loop.best.variables or [])
        temporary = self.path.with_suffix(".tmp")
        with temporary.open("wb") as file:
            np.savez(file, state=np.array(json.dumps(_state(loop))), **arrays)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(self.path)

    def resume(self, loop):
        """Give `loop` the state on disk, if there is one; the number of epochs done."""
        if not self.path.exists():
            return 0
        with np.load(self.path, allow_pickle=False) as file:
            state = json.loads(str(file["state"]))
            assign(kept_variables(loop.model), _list(file, "network"))
            assign(loop.model.optimizer.variables, _list(file, "optimizer"))
            loop.best.variables = _list(file, "best") or None
        loop.history = state["history"]
        _set(loop.best, state["best"])
        if loop.plan.plateau is not None:
            _set(loop.plan.plateau, state["plateau"])
        return loop.n_epochs

    def remove(self):
        """The fit is whole: nothing to continue."""
        self.path.unlink(missing_ok=True)


def digest(*parts):
    """Short hexadecimal digest of arrays and parameters."""
    return joblib.hash(parts)[:16]


def _state(loop):
    best = {"epoch": loop.best.epoch, "loss": float(loop.best.loss), "waited": loop.best.waited}
    plateau = None if loop.plan.plateau is None else loop.plan.plateau.state()
    return {"format": FORMAT, "history": loop.history, "best": best, "plateau": plateau}


def _set(target, values):
    for name, value in values.items():
        setattr(target, name, value)


def _numbered(name, arrays):
    return {f"{name}_{number}": array for number, array in enumerate(arrays)}


def _list(file, name):
    count = sum(key.startswith(f"{name}_") for key in file.files)
    return [file[f"{name}_{number}"] for number in range(count)]
