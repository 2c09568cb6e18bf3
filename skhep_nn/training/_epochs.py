"""The books of the epochs of one phase, which both training loops keep."""

from __future__ import annotations

import contextlib

import numpy as np
import tensorflow as tf

from skhep_nn.exceptions import TrainingError
from skhep_nn.training._best import BestEpoch, averaged, start_averages
from skhep_nn.training._callbacks import stops_on_nan
from skhep_nn.training._messages import (
    not_finite,
    of_two_strategies,
    out_of_memory,
    stop_others,
    warn_interrupted,
)
from skhep_nn.training._plan import Outcome, append
from skhep_nn.training._progress import Progress
from skhep_nn.training._schedule import rate_of


class Epochs:
    """History, best epoch, progress, checkpoint and interruption; a loop only computes losses.

    A loop calls, in this order: `resume`, `running` around its epochs, therein `start_phase`,
    `judging` around each validation, `finite` and `end_epoch` behind each epoch, and at last `end`.

    Parameters
    ----------
    model : keras.Model
    plan : Plan
    validated : bool
        Whether there are validation events.

    Attributes
    ----------
    history : dict of str to list of float
    best : BestEpoch
    logs : dict of str to float
        Of the epoch before.
    ended : bool
        Whether this phase was done before; then there is nothing to train.
    peak : float or None
        The learning rate that a schedule multiplies.
    """

    def __init__(self, model, plan, *, validated):
        self.model, self.plan, self.validated = model, plan, validated
        self.history, self.logs = {}, {}
        self.ended = self.interrupted = False
        self.best = BestEpoch(plan.patience)
        # before a checkpoint puts back the rate of the step where it was written
        self.peak = None if plan.schedule is None else rate_of(model.optimizer)

    @property
    def n_epochs(self):
        """Epochs of this phase done so far."""
        return len(self.history.get("loss", ()))

    @property
    def best_epoch(self):
        """The best epoch of all phases, or the last one without validation."""
        return self.best.epoch or self.plan.best or self.plan.done + self.n_epochs

    @property
    def stopped(self):
        """Whether no epoch is to follow."""
        return self.ended or self.model.stop_training or self.best.exhausted

    def resume(self):
        """Go on from the state on disk, if there is one; the epochs done."""
        return 0 if self.plan.checkpoint is None else self.plan.checkpoint.resume(self)

    @contextlib.contextmanager
    def running(self, n_bytes):
        """While epochs run: there is a bar, an interruption ends them, and the best one is kept.

        Parameters
        ----------
        n_bytes : int
            Size of the events.

        Raises
        ------
        KeyboardInterrupt
            If there is nothing to keep yet.
        MemoryError
            If the device has no room for a step.
        TrainingError
            If it runs on several devices for which another strategy was made before.
        """
        plan = self.plan
        self.progress = Progress(plan.epochs, plan.verbose, plan.title, self.n_epochs)
        with contextlib.closing(self.progress):
            try:
                yield
            except KeyboardInterrupt:
                stop_others(plan)
                if self.n_epochs == 0 and plan.phase == 1:
                    raise
                self.interrupted = True
            except tf.errors.ResourceExhaustedError as error:
                raise MemoryError(out_of_memory(error, n_bytes, plan.batch_size)) from error
            except tf.errors.InvalidArgumentError as error:
                msg = of_two_strategies(error)
                if msg is None:
                    raise
                raise TrainingError(msg) from error
        self._keep_best()

    def start_phase(self, evaluate):
        """Go on from the best epoch of the phases before, judged by the loss of this one.

        Parameters
        ----------
        evaluate : callable
            Loss and metrics of the validation events.
        """
        if self.n_epochs or self.ended or self.plan.phase == 1:
            return
        start_averages(self.model)
        if self.plan.best is not None:
            self.best.start(self.plan.best, evaluate()["loss"], self.model)

    def judging(self):
        """Validation sees what is kept; training goes on with the weights as they were."""
        return averaged(self.model) if self.plan.judge_averages else contextlib.nullcontext()

    def finite(self, epoch, logs):
        """Whether training may go on behind `logs`.

        Raises
        ------
        TrainingError
            If a loss is not finite and the user did not ask for a quiet end.
        """
        bad = [name for name in ("loss", "val_loss") if not np.isfinite(logs.get(name, 0.0))]
        if not bad:
            return True
        if stops_on_nan(self.plan.callbacks) and self.best.epoch:
            return False
        raise TrainingError(not_finite(bad[0], logs[bad[0]], epoch, self.plan, self.model))

    def end_epoch(self, epoch, logs, callbacks=()):
        """Judge an epoch and enter it.

        Parameters
        ----------
        epoch : int
            From 0.
        logs : dict of str to float
        callbacks : sequence of keras.callbacks.Callback
            Whom to tell; they may add values to `logs`.
        """
        self._judge(epoch, logs)
        self.logs = dict(logs)
        try:
            for callback in callbacks:
                callback.on_epoch_end(epoch, logs)
        finally:
            # interrupted or not, the epoch is done
            append(self.history, logs)
        self.progress.epoch_done(epoch, logs)
        if self.plan.checkpoint is not None:
            self.plan.checkpoint.save(self)

    def end(self, loop):
        """The `Outcome` of the phase; a checkpoint that nobody needs any more is removed."""
        plan = self.plan
        if self.interrupted:
            warn_interrupted(plan, self.n_epochs, self.best.epoch)
        elif plan.checkpoint is not None and plan.is_last:
            plan.checkpoint.remove()
        return Outcome(self.history, self.best_epoch, self.n_epochs, loop, self.interrupted)

    def _judge(self, epoch, logs):
        monitored = logs.get("val_loss", logs["loss"])
        if self.validated:
            self.best.update(self.plan.done + epoch + 1, monitored, self.model)
        if self.plan.plateau is not None:
            logs["learning_rate"] = rate_of(self.model.optimizer)
            self.plan.plateau.update(monitored, self.model.optimizer)

    def _keep_best(self):
        plan, optimizer = self.plan, self.model.optimizer
        if plan.checkpoint is not None and not plan.is_last and not self.interrupted:
            # killed before the next phase's first epoch ends, the fit must not train on in this one
            self.ended = True
            plan.checkpoint.save(self)
        self.best.restore(self.model)
        if self.peak is not None:
            optimizer.learning_rate = self.peak
        optimizer.finalize_variable_values(self.model.trainable_variables)
