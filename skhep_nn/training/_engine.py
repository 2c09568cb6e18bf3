"""A Keras model with its compiled functions: train a block of events, evaluate, predict.

Most of the time of Keras' own loop goes by between the steps. Here a block of shuffled events lies
contiguously on the device, and one call runs many optimiser steps over slices of it.
"""

from __future__ import annotations

import functools
import gc
import inspect
import itertools
import time

import numpy as np
import tensorflow as tf

from skhep_nn._fork import running_tensorflow
from skhep_nn._tensorflow import keep_quiet_on_engines
from skhep_nn.training._batch_normalization import normalisations
from skhep_nn.training._devices import Replicas, grow_memory, slices
from skhep_nn.training._jit import EPOCH, NONE, STEP
from skhep_nn.training._plan import one_number
from skhep_nn.training._prediction import ROW_MULTIPLE, Prediction, n_rows_of, rows_of
from skhep_nn.training._programs import programs_of, variables_by_place
from skhep_nn.training._source import Ordered, group_steps
from skhep_nn.training._threads import respect_limits

respect_limits()
grow_memory()
keep_quiet_on_engines()

CHUNK_ROWS = 65_536
CHUNK_BYTES = 128 * 2**20
SECONDS_PER_CALL = 0.5
# What was traced for an engine that is gone is some MB in few Python objects, in cycles, which the
# garbage collector, counting objects, leaves lying for long.
ENGINES_PER_COLLECTION = 10
_ENGINES = itertools.count(1)


class Engine:
    """Compiled training, evaluation and prediction of one Keras model.

    Parameters
    ----------
    model : keras.Model
        Compiled, with a loss and an optimizer.
    jit : {"epoch", "step", False}
        What XLA compiles, see :mod:`skhep_nn.training._jit`.
    key : str, optional
        What tells the architecture from others; engines of one share their programs.

    Attributes
    ----------
    loaded : object or None
        The values of variables, or their owner, that the model has at the moment.
    """

    def __init__(self, model, jit=False, key=None):
        self.model = model
        self.replicas = Replicas.now()
        self.jit = NONE if self.replicas else jit
        self.loaded = None
        self.steps_per_call = 32
        self._training_argument = "training" in inspect.signature(model.call).parameters
        self._functions = {}
        # variables on several devices are not handed over one by one
        self._programs = None if self.replicas else programs_of(key)
        self._built = False
        self._batchwise = False
        self._prediction = Prediction(functools.partial(self._forward, training=False), model)
        _without_replicas(getattr(model, "optimizer", None))
        _collect_garbage(next(_ENGINES))

    def build(self, x, y, weights):
        """Create every variable of model, optimizer and metrics; no state of training moves."""
        if self._built:
            return
        x, y, weights = tf.nest.map_structure(
            lambda a: tf.convert_to_tensor(a[:1]), (x, y, weights)
        )
        predicted = self._forward(x, training=False)
        self._batchwise = not _loss_is_mean(self.model)
        self.model.compute_metrics(x, y, predicted, sample_weight=weights)
        self.model.reset_metrics()
        self.model.optimizer.build(self.model.trainable_variables)
        self._built = True

    @property
    def has_metrics(self):
        """Whether the model was compiled with metrics beside the loss."""
        return len(self.model.metrics) > 1

    def train_steps(self, block, batch_size, n_steps, rates=None):
        """Train on the first `n_steps` batches of `block`, in calls of about half a second.

        Parameters
        ----------
        block : tuple of (x, y, weights), or Ordered
            Tensors of at least ``n_steps * batch_size`` events, already in their final order; or
            events and that order.
        batch_size, n_steps : int
        rates : ndarray of shape (n_steps,), optional
            Learning rate of each step; None is that of the optimizer.

        Yields
        ------
        tuple of (int, float)
            Events trained on and the sum of their losses, after each call.
        """
        data = block if rates is None else (block, _padded_rates(rates, block, batch_size))
        run = self._function(
            ("train", batch_size),
            data,
            lambda: self._make_train(batch_size, _signature(data), rated=rates is not None),
        )
        start = 0
        while start < n_steps:
            count = min(self.steps_per_call, n_steps - start)
            began = time.perf_counter()
            total = run(data, tf.constant(start), tf.constant(count))
            yield count * batch_size, float(total)
            self._adapt(count, time.perf_counter() - began)
            start += count

    def train_step(self, block, rate=None):
        """Train one step on all of `block`; its number of events and the sum of their losses."""
        if rate is not None:
            self.model.optimizer.learning_rate = float(rate)
        step = self._function("one step", block, lambda: _trace(self._whole_step, block))
        rows = len(block[2])
        return rows, float(step(*block)) * rows

    def evaluate(self, x, y, weights, batch_size=None):
        """Loss and metrics of the model as it stands.

        Parameters
        ----------
        x, y, weights : ndarray or dict of str to ndarray
        batch_size : int, optional
            Matters only where a loss is no mean over events (``reduction="sum"``, `add_loss` in a
            layer): it is then that of batches of this size, as in Keras.

        Returns
        -------
        dict of str to float
            ``"loss"`` is Keras' weighted loss: the mean over events of weight times loss, plus the
            regularisation losses.
        """
        data = (x, y, weights)
        run = self._function("test", data, lambda: _trace(self._test_step, data))
        self.model.reset_metrics()
        n_rows = batch_size if batch_size and self._batchwise else self.chunk_rows(x)
        total, n_events = 0.0, len(weights)
        for start in range(0, n_events, n_rows):
            part = rows_of(data, slice(start, start + n_rows))
            total += float(run(*part)) * len(part[2])
        return self.results(total / n_events)

    def batch_statistics(self, batch):
        """What batch normalisation sees in a batch; the model's own averages become that.

        Parameters
        ----------
        batch : tuple of (x, y, weights)

        Returns
        -------
        tuple of (loss, means, variances)
            In training mode; of each layer, in the order of the network.
        """
        run = self._function("statistics", batch, lambda: _trace(self._batch_statistics, batch))
        return run(*batch)

    def predict(self, x):
        """Outputs of the network, the same bits in any order of the rows and any chunking.

        Parameters
        ----------
        x : ndarray or dict of str to ndarray
            Events along the first axis.

        Returns
        -------
        ndarray of shape (n_events, n_outputs)
        """
        n_events, n_rows = n_rows_of(x), self.chunk_rows(x)
        first = self._predict_chunk(x, 0, n_rows)
        out = np.empty((n_events, *first.shape[1:]), first.dtype)
        out[: len(first)] = first
        for start in range(n_rows, n_events, n_rows):
            out[start : start + n_rows] = self._predict_chunk(x, start, n_rows)
        return out

    def results(self, loss):
        """Loss and metrics by name, and the metrics' state is cleared."""
        logs = {"loss": loss}
        if self.has_metrics:
            values = self.model.get_metrics_result()
            logs.update({name: one_number(v, name) for name, v in values.items() if name != "loss"})
            self.model.reset_metrics()
        return logs

    def chunk_rows(self, x):
        """Rows of a chunk in evaluation and prediction, so that its activations stay bounded."""
        widest = max([self._widest, *(int(np.prod(a.shape[1:])) for a in tf.nest.flatten(x))])
        rows = min(CHUNK_ROWS, CHUNK_BYTES // (4 * widest))
        return max(ROW_MULTIPLE, rows // ROW_MULTIPLE * ROW_MULTIPLE)

    @property
    def _widest(self):
        if "widest" not in self.__dict__:
            shapes = [getattr(layer, "output", None) for layer in self.model.layers]
            sizes = [np.prod([n or 1 for n in s.shape[1:]]) for s in shapes if hasattr(s, "shape")]
            self.__dict__["widest"] = int(max(sizes, default=1024))
        return self.__dict__["widest"]

    def _adapt(self, count, seconds):
        # the first call traces and compiles: its time tells nothing
        if count == self.steps_per_call and seconds < SECONDS_PER_CALL:
            self.steps_per_call = count * 2
        elif seconds > 2 * SECONDS_PER_CALL and "timed" in self._functions:
            self.steps_per_call = max(1, count // 2)
        self._functions["timed"] = True

    def _function(self, name, data, make):
        running_tensorflow()
        key = (name, _layout(data))
        if key not in self._functions:
            self._functions[key] = self._made(key, make)
        return self._functions[key]

    def _made(self, key, make):
        if self._programs is None:
            return make()
        variables = variables_by_place(self.model)
        with self._programs.one_at_a_time:
            found = self._programs.on(key, variables)
            if found is None:
                found = make()
                self._programs.keep(key, variables, found.get_concrete_function())
            return found

    def _forward(self, x, *, training):
        return self.model(x, training=training) if self._training_argument else self.model(x)

    def _gradient_step(self, x, y, weights):
        model = self.model
        with tf.GradientTape() as tape:
            predicted = self._forward(x, training=True)
            loss = model.compute_loss(x, y, predicted, weights, training=True)
            scaled = model.optimizer.scale_loss(loss)
        variables = model.trainable_variables
        gradients = tape.gradient(scaled, variables)
        model.optimizer.apply_gradients(zip(gradients, variables, strict=True))
        return loss, predicted

    def _step(self, x, y, weights, gradient_step=None):
        loss, predicted = (gradient_step or self._gradient_step)(x, y, weights)
        if self.has_metrics:
            self.model.compute_metrics(x, y, predicted, sample_weight=weights)
        return tf.cast(loss, tf.float64)

    def _whole_step(self, x, y, weights):
        if self.replicas:
            return self.replicas.whole_step(self._step, (x, y, weights))
        return self._step(x, y, weights)

    def _set_rate(self, rates, number):
        # in a function of its own: an attribute that is set in a loop would be a value of the loop
        if rates is not None:
            self.model.optimizer.learning_rate = rates[number]

    def _test_step(self, x, y, weights):
        predicted = self._forward(x, training=False)
        loss = self.model.compute_loss(x, y, predicted, weights, training=False)
        if self.replicas:
            # which Keras has divided by the number of copies, though one alone is asked
            loss *= self.replicas.number
        if self.has_metrics:
            self.model.compute_metrics(x, y, predicted, sample_weight=weights)
        return tf.cast(loss, tf.float64)

    @tf.autograph.experimental.do_not_convert
    def _batch_statistics(self, x, y, weights):
        found = normalisations(self.model)
        momenta = [layer.momentum for layer in found]
        for layer in found:
            layer.momentum = 0.0
        predicted = self._forward(x, training=True)
        loss = self.model.compute_loss(x, y, predicted, weights, training=True)
        for layer, momentum in zip(found, momenta, strict=True):
            layer.momentum = momentum
        means = [tf.convert_to_tensor(layer.moving_mean) for layer in found]
        return loss, means, [tf.convert_to_tensor(layer.moving_variance) for layer in found]

    def _make_train(self, batch_size, signature, *, rated):
        step = tf.function(self._gradient_step, jit_compile=True) if self.jit == STEP else None

        def steps(events, rates, first, number, stop, total):
            # not a tf.range: XLA would compile the whole program anew for each start and count
            while number < stop:
                self._set_rate(rates, number)
                begin = (number - first) * batch_size
                if self.replicas:
                    total += self.replicas.step(self._step, events, begin, batch_size)
                else:
                    total += self._step(*slices(events, begin, batch_size), gradient_step=step)
                number += 1
            return number, total

        def run(data, number, count):
            block, rates = data if rated else (data, None)
            total, end = tf.zeros((), tf.float64), number + count
            if isinstance(block, Ordered):
                while number < end:
                    first = number
                    group, stop = _gathered(block, first, end, batch_size)
                    number, total = steps(group, rates, first, number, stop, total)
            else:
                _, total = steps(block, rates, 0, number, end, total)
            return total * batch_size

        number = tf.TensorSpec([], tf.int32)
        return tf.function(
            run,
            input_signature=[signature, number, number],
            jit_compile=self.jit == EPOCH or None,
        )

    def _predict_chunk(self, x, start, n_rows):
        part = rows_of(x, slice(start, start + n_rows))
        run = self._function("predict", x, lambda: self._prediction.trace(_signature(x)))
        return self._prediction.chunk(run, part)


def _without_replicas(optimizer):
    """Take from `optimizer` the sum of gradients over replicas, which are none here.

    TensorFlow registers a gradient of that sum for each trace, for ever, and with it every graph
    that was traced: some MB per fit of a new network.
    """
    while optimizer is not None and not tf.distribute.has_strategy():
        if hasattr(optimizer, "_all_reduce_sum_gradients"):
            vars(optimizer)["_all_reduce_sum_gradients"] = list
        optimizer = getattr(optimizer, "inner_optimizer", None)


def _collect_garbage(n_engines):
    if n_engines % ENGINES_PER_COLLECTION == 0:
        gc.collect()


def _loss_is_mean(model):
    """Whether the loss of events is the mean of their losses, however they are put in batches.

    Called when the model has just been run, so that its added losses are there.
    """
    regularisers = sum(v.regularizer is not None for v in model.trainable_variables)
    reduction = getattr(model.loss, "reduction", "sum_over_batch_size")
    return reduction == "sum_over_batch_size" and len(model.losses) <= regularisers


def _gathered(block, first, end, batch_size):
    """The events of some batches from number `first` on, and the number where they end."""
    n_steps = group_steps(block.data, batch_size)
    rows = tf.slice(block.order, [first * batch_size], [n_steps * batch_size])
    group = tf.nest.map_structure(lambda a: tf.gather(a, rows), block.data)
    return group, tf.minimum(first + n_steps, end)


def _padded_rates(rates, block, batch_size):
    """One rate for each batch that `block` has room for: the layout of all blocks is the same."""
    out = np.zeros(len(tf.nest.flatten(block)[-1]) // batch_size, np.float32)
    out[: len(rates)] = rates
    return tf.constant(out)


def _layout(data):
    return tuple((a.dtype.name, tuple(a.shape[1:])) for a in tf.nest.flatten(data))


def _signature(data):
    return tf.nest.map_structure(lambda a: tf.TensorSpec([None, *a.shape[1:]], a.dtype), data)


def _trace(function, data):
    """`function` compiled once for any number of events of data like `data`."""
    return tf.function(function, input_signature=_signature(data))
