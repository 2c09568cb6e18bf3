"""Five networks as one with stacked weights, beside five that are trained one by one.

Run: python -m benchmarks stacked [--threads 2] [--steps 200] [--turns 5]

A table in Markdown: milliseconds of processors for a step of one network, and of the busiest
thread, which no number of cores makes less. Stacked networks have batches, dropout and weights of
their own, products are batched over them, and one optimizer moves all. Networks in threads cost
what one alone does, on as many cores as there are. Needs psutil, which comes with dask.
"""

from __future__ import annotations

import argparse
import statistics

import keras
import numpy as np
import psutil
import tensorflow as tf

from benchmarks.ensemble import BATCH_SIZE, CASES, sample
from skhep_nn import DenseClassifier
from skhep_nn.networks._dropout import random_bits
from skhep_nn.networks._input_scaling import FACTOR_RATE, FAR
from skhep_nn.training._engine import Engine

N_NETWORKS, RATE = 5, 1e-3


def main(argv=None):
    """Measure and print the table."""
    options = parse(argv)
    tf.config.threading.set_intra_op_parallelism_threads(options.threads)
    tf.config.threading.set_inter_op_parallelism_threads(options.threads)
    print("| network | threads | side | ms per step and network | busiest thread |")
    print("|---|---|---|---|---|")
    for name, (arguments, _) in CASES.items():
        for side, (value, busiest) in measured(arguments, options).items():
            cells = name.partition(" on ")[2], options.threads, side, f"{value:.3f}"
            print(f"| {' | '.join(map(str, cells))} | {busiest:.3f} |")


def parse(argv):
    """The command line."""
    parser = argparse.ArgumentParser(prog="benchmarks stacked", description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=2, help="of TensorFlow's")
    parser.add_argument("--steps", type=int, default=200, help="of each turn")
    parser.add_argument("--turns", type=int, default=5, help="the sides take so many turns")
    return parser.parse_args(argv)


def measured(arguments, options):
    """Median time of processors and of the busiest thread for a step of one network, in ms."""
    X, y = sample()
    fitted = DenseClassifier(**arguments, epochs=1, early_stopping=False, verbose=0, random_state=1)
    network = fitted.fit(X[:1000], y[:1000]).network_
    n_events = options.steps * BATCH_SIZE
    events = (
        X[:n_events],
        y[:n_events].reshape(-1, 1).astype(np.float32),
        np.ones(n_events, np.float32),
    )
    sides = {
        "alone": (one(network, events, jit=False), 1),
        "alone, XLA": (one(network, events, jit="epoch"), 1),
        "five stacked": (Stack(network).trained_on(events, jit=False), N_NETWORKS),
        "five stacked, XLA": (Stack(network).trained_on(events, jit=True), N_NETWORKS),
    }
    seconds = {name: [] for name in sides}
    for turn in range(options.turns + 1):
        for name, (run, n_networks) in sides.items():
            before = _of_threads()
            run()
            spent = [t - before.get(n, 0.0) for n, t in _of_threads().items()]
            # the first turn traces and compiles
            if turn:
                seconds[name].append((sum(spent) / n_networks, max(spent) / n_networks))
    return {
        name: [statistics.median(s) / options.steps * 1e3 for s in zip(*turns, strict=True)]
        for name, turns in seconds.items()
    }


def _of_threads():
    """Seconds that each thread of this process has run."""
    threads = psutil.Process().threads()
    return {thread.id: thread.user_time + thread.system_time for thread in threads}


def one(network, events, jit):
    """A function that trains one network as the package does."""
    engine, data = Engine(network.recipe.build(), jit), tuple(map(tf.constant, events))
    engine.build(*data)
    for variable, value in zip(engine.model.variables, network.variables, strict=True):
        variable.assign(value)
    engine.steps_per_call = n_steps = len(events[2]) // BATCH_SIZE
    rates = np.full(n_steps, RATE)
    return lambda: list(engine.train_steps(data, BATCH_SIZE, n_steps, rates))


class Stack:
    """Networks like `network` whose weights have an axis for the networks in front."""

    def __init__(self, network):
        self.model = network.recipe.build()
        pairs = zip(self.model.variables, network.variables, strict=True)
        self.weights = {id(variable): _stacked(variable, value) for variable, value in pairs}
        self.trained = [self.weights[id(v)] for v in self.model.trainable_variables]
        self.optimizer = network.recipe.optimizer.make()
        self.optimizer.learning_rate = RATE
        self.optimizer.build(self.trained)

    def trained_on(self, events, jit):
        """A function that trains all of them, each on the events in an order of its own."""
        n_events = len(events[2])
        orders = [np.random.default_rng(n).permutation(n_events) for n in range(N_NETWORKS)]
        data = tuple(tf.constant(array[np.array(orders)]) for array in events)
        run = tf.function(self._train, jit_compile=jit or None)
        return lambda: run(data, tf.constant(n_events // BATCH_SIZE)).numpy()

    def _train(self, data, n_steps):
        number, total = 0, tf.zeros(N_NETWORKS)
        while number < n_steps:
            total += self._step(*(_batch(array, number) for array in data))
            number += 1
        return total

    def _step(self, x, y, weights):
        with tf.GradientTape() as tape:
            p = tf.clip_by_value(self(x), 1e-7, 1 - 1e-7)
            losses = -(y * tf.math.log(p) + (1 - y) * tf.math.log(1 - p))[..., 0]
            losses = tf.reduce_mean(losses * weights, axis=-1)
            total = tf.reduce_sum(losses)
        gradients = tape.gradient(total, [variable.value for variable in self.trained])
        self.optimizer.apply_gradients(zip(gradients, self.trained, strict=True))
        return losses

    def __call__(self, x):
        values = {id(self.model.inputs[0]): x}
        for layer in self.model.layers[1:]:
            inputs = [values[id(tensor)] for tensor in tf.nest.flatten(layer.input)]
            values[id(layer.output)] = LAYERS[type(layer).__name__](self, layer, *inputs)
        return values[id(self.model.outputs[0])]

    def of(self, variable, *index):
        """The stacked values of a variable of the network."""
        return self.weights[id(variable)].value[(slice(None), *index)]


def _stacked(variable, value):
    return keras.Variable(np.stack([value] * N_NETWORKS), trainable=variable.trainable)


def _batch(array, number):
    shape = [N_NETWORKS, BATCH_SIZE, *array.shape[2:]]
    part = tf.slice(array, [0, number * BATCH_SIZE] + [0] * (len(shape) - 2), shape)
    return tf.ensure_shape(part, shape)


def _scaled(stack, layer, x):
    center, slope, bend = (stack.of(getattr(layer, n), None) for n in layer.CONSTANTS)
    t = tf.clip_by_value((x - center) * slope, -FAR, FAR)
    return t / tf.sqrt(1.0 + bend * t * t)


def _binned(stack, layer, x):
    low, slope = (stack.of(getattr(layer, name), None) for name in layer.CONSTANTS)
    t = (tf.clip_by_value((x[..., None] - low) * slope, 0.0, 1.0) - 0.5) * 0.1
    return tf.reshape(t, (N_NETWORKS, -1, x.shape[-1] * layer.n_bins))


def _dense(stack, layer, x):
    return layer.activation(tf.matmul(x, stack.of(layer.kernel)) + stack.of(layer.bias, None))


def _of_features(stack, layer, x):
    factors = [1.0 + FACTOR_RATE * stack.of(layer.q)]
    if layer.n_bins:
        factors.append(tf.repeat(1.0 + FACTOR_RATE * stack.of(layer.q_bins), layer.n_bins, axis=1))
    kernel = stack.of(layer.kernel) * tf.concat(factors, axis=1)[..., None]
    return tf.matmul(x, kernel) + stack.of(layer.bias, None)


def _dropped(stack, layer, x):
    state = layer.seed_generator.state
    seeds, shape = stack.of(state), tf.constant(x.shape[1:].as_list())
    drawn = tf.stack([random_bits(shape, seeds[n]) for n in range(N_NETWORKS)])
    stack.weights[id(state)].value.assign_add(tf.constant([[0, 1]] * N_NETWORKS, state.dtype))
    kept = drawn >= tf.constant(int(layer.rate * 2**32), tf.uint32)
    return tf.where(kept, x / (1.0 - layer.rate), 0.0)


LAYERS = {
    "InputScaling": _scaled,
    "FeatureBins": _binned,
    "Concatenate": lambda stack, layer, *parts: tf.concat(parts, axis=-1),
    "FeatureDense": _of_features,
    "Dense": _dense,
    "Activation": lambda stack, layer, x: layer.activation(x),
    "Dropout": _dropped,
}
