"""Keras' own training loop, for what the compiled one cannot do: hooks at batches, own steps."""

from __future__ import annotations

import contextlib
import math

import keras
import numpy as np
import tensorflow as tf

from skhep_nn._fork import running_tensorflow
from skhep_nn.exceptions import TrainingError
from skhep_nn.training._best import BestEpoch, averaged, start_averages
from skhep_nn.training._callbacks import stops_on_nan
from skhep_nn.training._messages import not_finite, stop_others, warn_interrupted
from skhep_nn.training._plan import Outcome, append
from skhep_nn.training._progress import Progress
from skhep_nn.training._schedule import rate_of
from skhep_nn.training._source import ArraySource


def train(model, source, validation, plan, reason):
    """Train `model` with ``keras.Model.fit`` and leave it at its best epoch.

    The parameters are those of :func:`skhep_nn.training.train`; `reason` says why this loop.
    """
    _check_supported(source, plan, reason)
    batches = Batches(source, plan)
    watcher = Watcher(plan, batches, validated=validation is not None)
    interrupted = False
    peak = None if plan.schedule is None else rate_of(model.optimizer)
    rates = [] if plan.schedule is None else [Rates(plan.schedule, peak)]
    with contextlib.closing(watcher.progress):
        try:
            _start_phase(model, validation, plan, watcher.best)
            running_tensorflow()
            model.fit(
                batches,
                epochs=plan.epochs,
                shuffle=False,
                validation_data=validation,
                validation_batch_size=plan.batch_size,
                callbacks=[*rates, *plan.callbacks, watcher],
                verbose=0,
            )
        except KeyboardInterrupt:
            stop_others(plan)
            if not watcher.history and plan.phase == 1:
                raise
            interrupted = True
    watcher.best.restore(model)
    if peak is not None:
        model.optimizer.learning_rate = peak
    model.optimizer.finalize_variable_values(model.trainable_variables)
    if interrupted:
        warn_interrupted(plan, watcher.n_epochs, watcher.best.epoch)
    return Outcome(
        watcher.history, watcher.best_epoch, watcher.n_epochs, f"keras: {reason}", interrupted
    )


class Batches(keras.utils.PyDataset):
    """The batches of each epoch in the order that the compiled loop would have.

    Keras' own shuffling draws from the global generators.
    """

    def __init__(self, source, plan):
        super().__init__()
        self.data, self.plan = source.data, plan
        self.begin(0)

    def begin(self, epoch):
        """Have the order of `epoch`, from 0."""
        self.order = np.asarray(self.plan.order(self.plan.done + epoch))

    def __len__(self):
        return math.ceil(len(self.order) / self.plan.batch_size)

    def __getitem__(self, number):
        start = number * self.plan.batch_size
        rows = self.order[start : start + self.plan.batch_size]
        return tf.nest.map_structure(lambda a: tf.gather(a, rows), self.data)


class Rates(keras.callbacks.Callback):
    """Sets the learning rate of each step."""

    def __init__(self, schedule, peak):
        super().__init__()
        self.schedule, self.peak = schedule, peak

    def on_epoch_begin(self, epoch, logs=None):
        """The rates of this epoch."""
        self.rates = self.peak * self.schedule.factors(epoch, self.params["steps"])

    def on_train_batch_begin(self, batch, logs=None):
        """That of this step."""
        self.model.optimizer.learning_rate = float(self.rates[batch])


class Watcher(keras.callbacks.Callback):
    """Does for Keras' loop what the compiled loop does itself: best epoch, progress, errors."""

    def __init__(self, plan, batches, *, validated):
        super().__init__()
        self.plan, self.batches, self.validated = plan, batches, validated
        self.best = BestEpoch(plan.patience)
        self.history = {}
        self.progress = Progress(plan.epochs, plan.verbose, plan.title)

    @property
    def n_epochs(self):
        """Epochs of this phase done so far."""
        return len(self.history.get("loss", ()))

    @property
    def best_epoch(self):
        """The best epoch of all phases, or the last one without validation."""
        return self.best.epoch or self.plan.best or self.plan.done + self.n_epochs

    def on_epoch_begin(self, epoch, logs=None):
        """Have the events in the order of this epoch."""
        self.batches.begin(epoch)

    def on_test_begin(self, logs=None):
        """Validation sees what is kept."""
        if self.plan.judge_averages:
            self.judged = averaged(self.model)
            self.judged.__enter__()

    def on_test_end(self, logs=None):
        """Training goes on with the weights as they were."""
        if self.plan.judge_averages:
            self.judged.__exit__(None, None, None)

    def on_epoch_end(self, epoch, logs=None):
        """Keep the best epoch; stop when it is long ago."""
        logs = dict(logs or {})
        bad = [name for name in ("loss", "val_loss") if not np.isfinite(logs.get(name, 0.0))]
        if bad and self.best.epoch and stops_on_nan(self.plan.callbacks):
            self.model.stop_training = True
            return
        if bad:
            raise TrainingError(not_finite(bad[0], logs[bad[0]], epoch, self.plan, self.model))
        monitored = logs.get("val_loss", logs["loss"])
        if self.validated:
            self.best.update(self.plan.done + epoch + 1, monitored, self.model)
        if self.plan.plateau is not None:
            logs["learning_rate"] = rate_of(self.model.optimizer)
            self.plan.plateau.update(monitored, self.model.optimizer)
        append(self.history, logs)
        self.progress.epoch_done(epoch, logs)
        if self.best.exhausted:
            self.model.stop_training = True


def _start_phase(model, validation, plan, best):
    """Go on from the best epoch of the phases before, judged by the loss of this one."""
    if plan.phase == 1:
        return
    model.optimizer.build(model.trainable_variables)
    start_averages(model)
    if plan.best is not None:
        x, y, weights = validation
        logs = model.evaluate(
            x,
            y,
            sample_weight=weights,
            batch_size=plan.batch_size,
            verbose=0,
            return_dict=True,
        )
        best.start(plan.best, logs["loss"], model)


def _check_supported(source, plan, reason):
    wanted = [
        name
        for name, used in (
            ("batch_sampler", plan.sampled),
            ("checkpoint_dir", plan.checkpoint is not None),
            ("resample", plan.redraw is not None),
            ("X in a memory-mapped cache", type(source) is not ArraySource),
        )
        if used
    ]
    if wanted:
        msg = (
            f"{wanted[0]} needs the compiled training loop, but this fit uses Keras' own: {reason}"
        )
        raise ValueError(msg)
