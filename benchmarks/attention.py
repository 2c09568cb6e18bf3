"""Seconds per epoch of attention on particles against Keras' own layers and fit."""

from __future__ import annotations

import functools

import keras
import numpy as np
from keras import layers, ops

from benchmarks.classifiers import Timer
from benchmarks.networks import AS_IN_KERAS
from benchmarks.timing import PLANNED, in_turns
from skhep_nn import BlockClassifier, EventBlocks

N_EVENTS, LENGTH, N_FEATURES, BATCH_SIZE = 8_000, 30, 10, 256
UNITS, N_HEADS, N_BLOCKS = 64, 4, 2
# times as long as Keras at most
GOAL = 1.3


def run(name):
    """Rows of the table; the ratio is that of Keras' time to ours."""
    X, y = sample()
    sides = {"ours": functools.partial(ours, X, y), "Keras fit": functools.partial(fit, X, y)}
    seconds = in_turns(sides)
    goals = {"ours": None, "Keras fit": f">= {1 / GOAL:.2f} (ours at most {GOAL} times)"}
    return [
        {
            "case": name,
            "side": side,
            "seconds": value,
            "ratio": value / seconds["ours"],
            "goal": goals[side],
        }
        for side, value in seconds.items()
    ]


def ours(X, y):
    """The branch of that kind."""
    timer = Timer()
    branch = {"kind": "attention", "units": UNITS, "n_heads": N_HEADS, "n_blocks": N_BLOCKS}
    BlockClassifier(
        branches={"particle": branch},
        **AS_IN_KERAS,
        epochs=PLANNED,
        batch_size=BATCH_SIZE,
        early_stopping=False,
        callbacks=[timer],
        random_state=1,
        verbose=0,
    ).fit(X, y)
    return timer.median


def fit(X, y):
    """Keras' layers and loop."""
    timer = Timer()
    arguments = {"batch_size": BATCH_SIZE, "epochs": PLANNED, "callbacks": [timer]}
    network().fit(X.rows(), y[:, None].astype("float32"), verbose=0, **arguments)
    return timer.median


def network():
    """The same network with `keras.layers.MultiHeadAttention`."""
    particles = layers.Input((LENGTH, N_FEATURES), name="particle")
    mask = layers.Input((LENGTH,), dtype="bool", name="particle_mask")
    x = layers.Dense(UNITS)(particles)
    for _ in range(N_BLOCKS):
        y = layers.LayerNormalization()(x)
        attention = layers.MultiHeadAttention(N_HEADS, UNITS // N_HEADS)
        x = layers.Add()([x, attention(y, y, attention_mask=mask[:, None, :])])
        y = layers.Dense(2 * UNITS, activation="gelu")(layers.LayerNormalization()(x))
        x = layers.Add()([x, layers.Dense(UNITS)(y)])
    x = layers.LayerNormalization()(x)
    real = ops.cast(mask, "float32")[..., None]
    x = ops.sum(x * real, axis=1) / ops.maximum(ops.sum(real, axis=1), 1)
    output = layers.Dense(1, activation="sigmoid")(x)
    model = keras.Model({"particle": particles, "particle_mask": mask}, output)
    model.compile("adam", "binary_crossentropy")
    return model


def sample(seed=0):
    """Events of up to 30 particles, and labels."""
    rng = np.random.default_rng(seed)
    blocks = {
        "particle": rng.normal(size=(N_EVENTS, LENGTH, N_FEATURES)).astype("float32"),
        "particle_mask": np.arange(LENGTH) < rng.integers(1, LENGTH + 1, N_EVENTS)[:, None],
    }
    return EventBlocks(blocks), rng.integers(0, 2, N_EVENTS)
