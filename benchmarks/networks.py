"""The networks and samples of the training cases, as functions that a Keras user would write."""

from __future__ import annotations

from dataclasses import dataclass

import keras
import numpy as np
from keras import layers

# Classifiers of the package with the training and the inputs of a plain Keras script,
AS_IN_KERAS = {
    "optimizer": "adam",
    "learning_rate_schedule": "constant",
    "input_scaling": None,
    "feature_scale": False,
}
# and `DenseClassifier` with the network of `dense`.
PLAIN = {
    **AS_IN_KERAS,
    "units": (50, 50),
    "activation": "relu",
    "kernel_initializer": "he_normal",
    "dropout": 0.0,
}


def dense(shape, units=(50, 50)):
    """A dense network with one sigmoid output."""
    inputs = x = layers.Input(shape)
    for width in units:
        x = layers.Dense(width, activation="relu", kernel_initializer="he_normal")(x)
    return _compiled(inputs, x)


def residual(shape, n_blocks=10, width=128):
    """The size of the LHCb acceptance model: dense residual blocks."""
    inputs = layers.Input(shape)
    x = layers.Dense(width, activation="tanh")(inputs)
    for _ in range(n_blocks):
        x = layers.Add()([x, layers.Dense(width, activation="tanh")(x)])
    return _compiled(inputs, x)


def cnn(shape):
    """1x1 convolutions on tracks, flattened, a dense head."""
    inputs = x = layers.Input(shape)
    for filters in (64, 32, 8):
        x = layers.Conv1D(filters, 1, activation="relu")(x)
    return _compiled(inputs, layers.Dense(100, activation="relu")(layers.Flatten()(x)))


def lstm(shape):
    """An LSTM on tracks, a dense head."""
    inputs = layers.Input(shape)
    return _compiled(inputs, layers.Dense(100, activation="relu")(layers.LSTM(64)(inputs)))


def residual_cnn(shape, n_blocks=4, filters=64):
    """Residual blocks of convolutions on tracks, averaged."""
    inputs = layers.Input(shape)
    x = layers.Conv1D(filters, 1)(inputs)
    for _ in range(n_blocks):
        y = layers.LeakyReLU()(
            layers.BatchNormalization()(layers.Conv1D(filters, 3, padding="same")(x))
        )
        x = layers.Add()([x, layers.Conv1D(filters, 3, padding="same")(y)])
    return _compiled(inputs, layers.GlobalAveragePooling1D()(x))


def _compiled(inputs, x):
    model = keras.Model(inputs, layers.Dense(1, activation="sigmoid")(x))
    model.compile("adam", "binary_crossentropy")
    return model


@dataclass(frozen=True)
class Training:
    """One training case.

    Parameters
    ----------
    network : callable
        Shape to compiled Keras model.
    shape : tuple of int
        Of one event.
    n_events, batch_size : int
    goal : float
        Times faster than Keras' fit.
    products : list of tuple of int
        (rows per event, width in, width out) of each matrix product of the forward pass.
    peers : tuple of str
        Beside Keras.
    """

    network: object
    shape: tuple
    n_events: int
    batch_size: int
    goal: float
    products: tuple
    peers: tuple = ()


CASES = {
    "28-50-50-1, batch 256": Training(
        dense, (28,), 200_000, 256, 6.0, ((1, 28, 50), (1, 50, 50), (1, 50, 1)), ("skorch", "MLP")
    ),
    "12-50-50-1, batch 5000": Training(
        dense, (12,), 1_000_000, 5_000, 2.2, ((1, 12, 50), (1, 50, 50), (1, 50, 1))
    ),
    "12-10x128 residual, batch 10000": Training(
        residual, (12,), 200_000, 10_000, 1.3, ((1, 12, 128), *[(1, 128, 128)] * 10, (1, 128, 1))
    ),
    "CNN 1x1 on (20,10), batch 256": Training(
        cnn,
        (20, 10),
        20_000,
        256,
        1.4,
        ((20, 10, 64), (20, 64, 32), (20, 32, 8), (1, 160, 100), (1, 100, 1)),
    ),
    "LSTM 64 on (20,10), batch 256": Training(
        lstm, (20, 10), 20_000, 256, 1.4, ((20, 74, 256), (1, 64, 100), (1, 100, 1))
    ),
    "residual Conv1D on (20,10), batch 256": Training(
        residual_cnn,
        (20, 10),
        20_000,
        256,
        1.4,
        ((20, 10, 64), *[(20, 192, 64)] * 8, (1, 64, 1)),
    ),
}


def sample(case, seed=0):
    """Events, labels that depend on them, and event weights of mean one."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(case.n_events, *case.shape)).astype(np.float32)
    flat = x.reshape(case.n_events, -1)
    y = (flat[:, 0] + flat[:, 1] + rng.normal(size=case.n_events) > 0).astype(np.float32)
    weights = rng.uniform(0.5, 1.5, case.n_events).astype(np.float32)
    return x, y, weights
