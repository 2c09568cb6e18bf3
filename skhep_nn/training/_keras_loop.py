"""Keras' own training loop, for what the compiled one cannot do: hooks at batches, own steps."""

from __future__ import annotations

import math

import keras
import numpy as np
import tensorflow as tf

from skhep_nn._fork import running_tensorflow
from skhep_nn.training._epochs import Epochs
from skhep_nn.training._messages import check_going
from skhep_nn.training._plan import one_number
from skhep_nn.training._source import ArraySource


def train(model, source, validation, plan, reason):
    """Train `model` with ``keras.Model.fit`` and leave it at its best epoch.

    The parameters are those of `_loop.train`; `reason` says why this loop.
    """
    _check_supported(source, plan, reason)
    epochs = Epochs(model, plan, validated=validation is not None)
    batches = Batches(source, plan)
    rates = [] if plan.schedule is None else [Rates(plan.schedule, epochs.peak)]
    with epochs.running(source.n_bytes):
        if plan.phase > 1:
            model.optimizer.build(model.trainable_variables)
        epochs.start_phase(lambda: _evaluate(model, validation, plan.batch_size))
        running_tensorflow()
        model.fit(
            batches,
            epochs=plan.epochs,
            shuffle=False,
            validation_data=validation,
            validation_batch_size=plan.batch_size,
            callbacks=[*rates, *plan.callbacks, Watcher(epochs, batches)],
            verbose=0,
        )
    return epochs.end(f"keras: {reason}")


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
    """Has the books kept while Keras runs the epochs."""

    def __init__(self, epochs, batches):
        super().__init__()
        self.epochs, self.batches = epochs, batches

    def on_epoch_begin(self, epoch, logs=None):
        """Have the events in the order of this epoch."""
        check_going(self.epochs.plan)
        self.batches.begin(epoch)

    def on_test_begin(self, logs=None):
        """Validation sees what is kept."""
        self.judging = self.epochs.judging()
        self.judging.__enter__()

    def on_test_end(self, logs=None):
        """Training goes on with the weights as they were."""
        self.judging.__exit__(None, None, None)

    def on_epoch_end(self, epoch, logs=None):
        """Enter the epoch; stop when the best one is long ago."""
        logs = {name: one_number(value, name) for name, value in (logs or {}).items()}
        if not self.epochs.finite(epoch, logs):
            self.model.stop_training = True
            return
        # Keras tells the callbacks itself
        self.epochs.end_epoch(epoch, logs)
        if self.epochs.stopped:
            self.model.stop_training = True


def _evaluate(model, validation, batch_size):
    x, y, weights = validation
    arguments = {"batch_size": batch_size, "verbose": 0, "return_dict": True}
    return model.evaluate(x, y, sample_weight=weights, **arguments)


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
