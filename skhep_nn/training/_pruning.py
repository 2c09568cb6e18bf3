"""Optuna's pruning: a fit that is worse than others at the same epoch ends early."""

from __future__ import annotations

import keras

from skhep_nn._choices import one_of
from skhep_nn._extras import require
from skhep_nn.exceptions import TrainingError

MODES = ("min", "max")


class PruningCallback(keras.callbacks.Callback):
    """End the fits of an Optuna trial that is worse than others at the same epoch.

    It does its work at epochs, so that the compiled loop is kept.

    Parameters
    ----------
    trial : optuna.Trial or optuna.Study
        The trial of an objective function; or the study of an ``OptunaSearchCV`` with
        ``n_jobs=1`` and ``error_score="raise"``, for the trial that it runs. Outside of a trial
        (the last fit of a search, on all events) nothing is done.
    monitor : str, default="val_loss"
        What Keras calls it in the history.
    mode : {"min", "max"}, default="min"
        Whether it should be small or large; the direction of the study may be the other.

    Raises
    ------
    TrainingError
        If there is no `monitor` at the end of an epoch, or several trials of the study run.
    optuna.TrialPruned
        When the pruner of the study ends the trial.

    Notes
    -----
    The fits of a cross-validation follow each other in steps: epochs of the second are counted on
    from those of the first, so that fits of one fold are compared.

    Examples
    --------
    >>> import optuna
    >>> from skhep_nn import DenseClassifier
    >>> from skhep_nn.training import PruningCallback
    >>> study = optuna.create_study(direction="maximize", pruner=optuna.pruners.MedianPruner())
    >>> model = DenseClassifier(callbacks=[PruningCallback(study)])
    """

    def __init__(self, trial, monitor="val_loss", mode="min"):
        super().__init__()
        self.trial = trial
        self.monitor = monitor
        self.mode = one_of(mode, MODES, "mode")
        self._first = None

    def on_train_begin(self, logs=None):
        """Count on from the fits before, of the same trial."""
        running = _running(self.trial)
        self._first = None if running is None else running.next_step()

    def on_epoch_end(self, epoch, logs=None):
        """Report the epoch, and end the fit if the pruner says so."""
        running = None if self._first is None else _running(self.trial)
        if running is None:
            return
        if self.monitor not in (logs or {}):
            msg = (
                f"PruningCallback: no {self.monitor!r} at the end of epoch {epoch}; there are "
                f"{sorted(logs or {})} (a validation loss needs validation_fraction or X_val)"
            )
            raise TrainingError(msg)
        value = float(logs[self.monitor])
        running.report(value if running.minimises == (self.mode == "min") else -value,
                       self._first + epoch)  # fmt: skip
        if running.should_prune():
            pruned = require("optuna", "search").TrialPruned
            msg = f"{self.monitor}={value:.4g} at epoch {epoch} of trial {running.number}"
            raise pruned(msg)


class _Running:
    """A trial that runs, of a study; its step is the number of an epoch over all fits."""

    def __init__(self, study, trial_id):
        # a Trial made anew would ask the sampler once more, which changes what it draws
        self._study, self._storage, self._id = study, study._storage, trial_id
        self.minimises = study.direction.name == "MINIMIZE"

    @property
    def number(self):
        return self._frozen().number

    def next_step(self):
        return max(self._frozen().intermediate_values, default=-1) + 1

    def report(self, value, step):
        self._storage.set_trial_intermediate_value(self._id, step, value)

    def should_prune(self):
        return self._study.pruner.prune(self._study, self._frozen())

    def _frozen(self):
        return self._storage.get_trial(self._id)


def _running(trial):
    """The trial that runs now, or None."""
    optuna = require("optuna", "search")
    is_running = optuna.trial.TrialState.RUNNING
    if not isinstance(trial, optuna.Study):
        running = _Running(trial.study, trial._trial_id)
        return running if running._frozen().state == is_running else None
    found = trial.get_trials(deepcopy=False, states=(is_running,))
    if len(found) > 1:
        msg = (
            f"PruningCallback: {len(found)} trials of the study run at a time; search with "
            "n_jobs=1, or give the callback its trial in an objective function"
        )
        raise TrainingError(msg)
    return _Running(trial, found[0]._trial_id) if found else None
