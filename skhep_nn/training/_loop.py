"""The training loop: epochs of compiled steps, validation, best epoch, callbacks, progress."""

from __future__ import annotations

import contextlib
import logging

import keras
import numpy as np
import tensorflow as tf

from skhep_nn.exceptions import TrainingError
from skhep_nn.training import _callbacks, _keras_loop
from skhep_nn.training._best import BestEpoch, averaged, start_averages
from skhep_nn.training._messages import (
    check_going,
    not_finite,
    out_of_memory,
    stop_others,
    warn_interrupted,
)
from skhep_nn.training._plan import Outcome, append
from skhep_nn.training._progress import Progress
from skhep_nn.training._schedule import rate_of

logger = logging.getLogger("skhep_nn")


def train(engine, source, validation, plan):
    """Train the network of `engine` and leave it at its best epoch.

    Parameters
    ----------
    engine : Engine
    source : ArraySource or StreamSource
    validation : tuple of (x, y, weights), or None
    plan : Plan

    Returns
    -------
    Outcome

    Raises
    ------
    TrainingError
        If the loss is no longer finite.

    Warns
    -----
    TrainingInterruptedWarning
        If the user interrupts; the best epoch so far is kept.
    """
    reason = _callbacks.why_keras_loop(engine.model, plan.callbacks)
    if reason is None:
        return CompiledLoop(engine, source, validation, plan).run()
    logger.warning("training with Keras' own loop: %s", reason)
    return _keras_loop.train(engine.model, source, validation, plan, reason)


class CompiledLoop:
    """One fit; :func:`train` has the parameters."""

    def __init__(self, engine, source, validation, plan):
        self.engine, self.source, self.validation, self.plan = engine, source, validation, plan
        self.model = engine.model
        self.history = {}
        self.logs = {}
        self.ended = False
        self.best = BestEpoch(plan.patience)
        self.callbacks = keras.callbacks.CallbackList(
            plan.callbacks, model=self.model, epochs=plan.epochs, verbose=0
        )

    def run(self):
        """Run every epoch; see :func:`train`."""
        # before a checkpoint puts back the rate of the step where it was written
        self.peak = None if self.plan.schedule is None else rate_of(self.model.optimizer)
        first = self._resume()
        interrupted = False
        self.model.stop_training = False
        self.model.reset_metrics()
        self.callbacks.on_train_begin()
        self.progress = Progress(self.plan.epochs, self.plan.verbose, self.plan.title, first)
        try:
            self._start_phase(first)
            self._epochs(first)
        except KeyboardInterrupt:
            stop_others(self.plan)
            if self.n_epochs == 0 and self.plan.phase == 1:
                raise
            interrupted = True
        except tf.errors.ResourceExhaustedError as error:
            size = out_of_memory(error, self.source.n_bytes, self.plan.batch_size)
            raise MemoryError(size) from error
        finally:
            self.progress.close()
        self._finish(interrupted=interrupted)
        if interrupted:
            warn_interrupted(self.plan, self.n_epochs, self.best.epoch)
        return Outcome(self.history, self.best_epoch, self.n_epochs, interrupted=interrupted)

    @property
    def n_epochs(self):
        """Epochs of this phase done so far."""
        return len(self.history.get("loss", ()))

    @property
    def best_epoch(self):
        """The best epoch of all phases, or the last one without validation."""
        return self.best.epoch or self.plan.best or self.plan.done + self.n_epochs

    def _epochs(self, first):
        for epoch in range(first, self.plan.epochs):
            if self._stopped():
                return
            self.callbacks.on_epoch_begin(epoch)
            logs = self._train_epoch(epoch) | self._validate()
            if not self._check_finite(epoch, logs):
                return
            self._after_epoch(epoch, logs)

    def _stopped(self):
        return self.ended or self.model.stop_training or self.best.exhausted

    def _start_phase(self, first):
        """Go on from the best epoch of the phases before, judged by the loss of this one."""
        if first == 0 and not self.ended and self.plan.phase > 1:
            start_averages(self.model)
            if self.plan.best is not None:
                logs = self.engine.evaluate(*self.validation, self.plan.batch_size)
                self.best.start(self.plan.best, logs["loss"], self.model)

    def _train_epoch(self, epoch):
        plan, done, total = self.plan, 0, 0.0
        if plan.redraw is not None:
            plan.redraw(plan.done + epoch, self.source)
        order = plan.order(plan.done + epoch)
        for n_events, loss in self._losses(order, self._rates(epoch, len(order))):
            check_going(plan)
            done, total = done + n_events, total + loss
            self.progress.within(epoch, min(1.0, done / len(order)))
        return self.engine.results(total / done)

    def _rates(self, epoch, n_events):
        """Learning rate of each step of an epoch, or None where it does not change."""
        if self.plan.schedule is None:
            return None
        n_steps = -(-n_events // self.plan.batch_size)
        return self.peak * self.plan.schedule.factors(epoch, n_steps)

    def _losses(self, order, rates):
        batch_size, done = self.plan.batch_size, 0
        with contextlib.closing(self.source.blocks(order, batch_size)) as blocks:
            for block, n_steps in blocks:
                of_block = None if rates is None else rates[done : done + max(1, n_steps)]
                done += max(1, n_steps)
                if n_steps:
                    yield from self.engine.train_steps(block, batch_size, n_steps, of_block)
                else:
                    yield self.engine.train_rest(block, None if rates is None else of_block[0])

    def _validate(self):
        if self.validation is None:
            return {}
        self.callbacks.on_test_begin()
        with averaged(self.model) if self.plan.judge_averages else contextlib.nullcontext():
            logs = self.engine.evaluate(*self.validation, self.plan.batch_size)
        self.callbacks.on_test_end(logs)
        return {f"val_{name}": value for name, value in logs.items()}

    def _after_epoch(self, epoch, logs):
        monitored = logs.get("val_loss", logs["loss"])
        if self.validation is not None:
            self.best.update(self.plan.done + epoch + 1, monitored, self.model)
        if self.plan.plateau is not None:
            logs["learning_rate"] = rate_of(self.model.optimizer)
            self.plan.plateau.update(monitored, self.model.optimizer)
        self.logs = dict(logs)
        try:
            # not through the list, which copies the logs: callbacks add values to them
            for callback in self.callbacks.callbacks:
                callback.on_epoch_end(epoch, logs)
        finally:
            # interrupted or not, the epoch is done
            append(self.history, logs)
        self.progress.epoch_done(epoch, logs)
        if self.plan.checkpoint is not None:
            self.plan.checkpoint.save(self)

    def _check_finite(self, epoch, logs):
        bad = [name for name in ("loss", "val_loss") if not np.isfinite(logs.get(name, 0.0))]
        if not bad:
            return True
        if _callbacks.stops_on_nan(self.plan.callbacks) and self.best.epoch:
            return False
        raise TrainingError(not_finite(bad[0], logs[bad[0]], epoch, self.plan, self.model))

    def _finish(self, *, interrupted):
        checkpoint = None if interrupted else self.plan.checkpoint
        if checkpoint is not None and not self.plan.is_last:
            # killed before the next phase's first epoch ends, the fit must not train on in this one
            self.ended = True
            checkpoint.save(self)
        self.best.restore(self.model)
        if self.peak is not None:
            self.model.optimizer.learning_rate = self.peak
        self.model.optimizer.finalize_variable_values(self.model.trainable_variables)
        self.callbacks.on_train_end(self.logs)
        if checkpoint is not None and self.plan.is_last:
            checkpoint.remove()

    def _resume(self):
        if self.plan.checkpoint is None:
            return 0
        return self.plan.checkpoint.resume(self)
