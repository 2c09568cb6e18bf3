"""The training loop: epochs of compiled steps, with validation and callbacks between them."""

from __future__ import annotations

import contextlib
import logging

import keras

from skhep_nn import _workers
from skhep_nn.training import _callbacks, _keras_loop
from skhep_nn.training._epochs import Epochs
from skhep_nn.training._jit import EPOCH, NONE
from skhep_nn.training._messages import check_going
from skhep_nn.training._order import Ahead
from skhep_nn.training._source import ArraySource, batches

logger = logging.getLogger("skhep_nn")
# Events from which a shuffle takes longer than to hand it to a thread.
EVENTS_AHEAD = 50_000
# Steps of a fit up to which the program of one step, which serves each number of events and is
# called once per step, is less than to trace one of many steps for the size of the batch.
FEW_STEPS = 100


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
    UserWarning
        If this is one of more processes of joblib than there are cores; once.
    """
    _workers.warn_of_too_many()
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
        self.epochs = Epochs(self.model, plan, validated=validation is not None)
        self.callbacks = keras.callbacks.CallbackList(
            plan.callbacks, model=self.model, epochs=plan.epochs, verbose=0
        )

    def run(self):
        """Run every epoch; see :func:`train`."""
        first = self.epochs.resume()
        self.model.stop_training = False
        self.model.reset_metrics()
        self.callbacks.on_train_begin()
        with self.epochs.running(self.source.n_bytes), self._orders() as self._order:
            self.epochs.start_phase(self._evaluate)
            self._run_epochs(first)
        self.callbacks.on_train_end(self.epochs.logs)
        return self.epochs.end("compiled")

    def _run_epochs(self, first):
        for epoch in range(first, self.plan.epochs):
            if self.epochs.stopped:
                return
            self.callbacks.on_epoch_begin(epoch)
            logs = self._train_epoch(epoch) | self._validate()
            if not self.epochs.finite(epoch, logs):
                return
            # not through the list, which copies the logs: callbacks add values to them
            self.epochs.end_epoch(epoch, logs, self.callbacks.callbacks)

    def _train_epoch(self, epoch):
        plan, done, total = self.plan, 0, 0.0
        if plan.redraw is not None:
            plan.redraw(plan.done + epoch, self.source)
        order = self._order(plan.done + epoch)
        for n_events, loss in self._losses(order, self._rates(epoch, len(order))):
            check_going(plan)
            done, total = done + n_events, total + loss
            self.epochs.progress.within(epoch, min(1.0, done / len(order)))
        return self.engine.results(total / done)

    def _orders(self):
        """The order of each epoch; of many events the next is drawn beside training."""
        plan = self.plan
        shuffles = plan.shuffle and not plan.sampled and isinstance(self.source, ArraySource)
        if not shuffles or self.source.n_events < EVENTS_AHEAD:
            return contextlib.nullcontext(plan.order)
        return contextlib.closing(Ahead(plan.order, plan.done + plan.epochs - 1))

    def _rates(self, epoch, n_events):
        """Learning rate of each step of an epoch, or None where it does not change."""
        if self.plan.schedule is None:
            return None
        n_steps = -(-n_events // self.plan.batch_size)
        return self.epochs.peak * self.plan.schedule.factors(epoch, n_steps)

    def _losses(self, order, rates):
        batch_size, done = self.plan.batch_size, 0
        alone = self._steps_are_called_alone(len(order))
        with contextlib.closing(self._blocks(order)) as blocks:
            for block, n_steps in blocks:
                of_block = None if rates is None else rates[done : done + max(1, n_steps)]
                done += max(1, n_steps)
                if n_steps and not alone:
                    yield from self.engine.train_steps(block, batch_size, n_steps, of_block)
                    continue
                for number, batch in enumerate(batches(block, n_steps, batch_size)):
                    rate = None if rates is None else of_block[number]
                    yield self.engine.train_step(batch, rate)

    def _steps_are_called_alone(self, n_events):
        """Whether each step is a call, so that samples of any size share what was traced."""
        n_steps = -(-n_events // self.plan.batch_size)
        few = n_steps == 1 or n_steps * self.plan.epochs <= FEW_STEPS
        return few and self.engine.jit == NONE and not self.engine.replicas

    def _blocks(self, order):
        """Whole epochs of XLA gather events in memory themselves, in the processor's cache."""
        inside = self.engine.jit == EPOCH and isinstance(self.source, ArraySource)
        read = self.source.ordered if inside else self.source.blocks
        return read(order, self.plan.batch_size)

    def _validate(self):
        if self.validation is None:
            return {}
        self.callbacks.on_test_begin()
        with self.epochs.judging():
            logs = self._evaluate()
        self.callbacks.on_test_end(logs)
        return {f"val_{name}": value for name, value in logs.items()}

    def _evaluate(self):
        return self.engine.evaluate(*self.validation, self.plan.batch_size)
