"""Write one file of each classifier to ``tests/data``, for tests of what later versions read.

    python .ci/saved_classifiers.py        # for each release: files of older ones stay

Each holds a fitted classifier, the events that it is to classify, the probabilities that it gave,
and the versions by which it was made.
"""

from __future__ import annotations

import platform
import sys
from pathlib import Path

import joblib
import keras
import numpy as np

import skhep_nn
from skhep_nn.estimators import (
    BlockClassifier,
    CalibratedClassifier,
    CNNClassifier,
    CrossFitClassifier,
    DenseClassifier,
    EnsembleClassifier,
    IndividualMassClassifier,
    KerasClassifier,
    LSTMClassifier,
    ParametricClassifier,
    ResNetClassifier,
)
from skhep_nn.estimators._saving._versions import versions
from skhep_nn.events import EventBlocks

FOLDER = Path(__file__).parent.parent / "tests" / "data"
N_EVENTS = 40
ONCE = {"epochs": 1, "random_state": 0}


def main(folder=FOLDER):
    """Write every file."""
    made_by = versions() | {"tensorflow": keras_backend(), "python": platform.python_version()}
    for name, (classifier, X) in fitted().items():
        content = {
            "versions": made_by,
            "classifier": classifier,
            "X": X,
            "probability": classifier.predict_proba(X),
        }
        path = folder / f"{name}-{skhep_nn.__version__}.joblib"
        joblib.dump(content, path, compress=("xz", 9))
        sys.stdout.write(f"{path.name}: {path.stat().st_size} bytes\n")


def keras_backend():
    """Version of what Keras computes with."""
    import tensorflow as tf

    return tf.__version__


def fitted():
    """{name: (fitted classifier, events)}, all small."""
    rng = np.random.default_rng(0)
    y = np.arange(N_EVENTS) % 2
    table = rng.normal(size=(N_EVENTS, 2)) + y[:, None]
    tracks = rng.normal(size=(N_EVENTS, 3, 2)) + y[:, None, None]
    mass = rng.choice([500.0, 1000.0], N_EVENTS)
    of_mass = {"parameter": 2, "signal": 1}
    blocks = EventBlocks({"jet": table, "track": tracks, "pdg": rng.integers(1, 4, (N_EVENTS, 3))})
    dense = DenseClassifier((3,), dropout=0.0, epochs=30, random_state=0)
    pairs = {
        DenseClassifier((3,), **ONCE): table,
        KerasClassifier(own_network(), loss="binary_crossentropy", verbose=0, **ONCE): table,
        CNNClassifier((2,), dense_units=(), **ONCE): tracks,
        LSTMClassifier(2, dense_units=(), **ONCE): tracks,
        ResNetClassifier(1, units=3, filters=2, stem=2, **ONCE): tracks,
        BlockClassifier(**ONCE, embedding_size=2, head={"units": (3,)}, branches=BRANCHES): blocks,
        ParametricClassifier(2, units=(3,), **ONCE): np.column_stack([table, mass]),
        IndividualMassClassifier(dense, **of_mass): np.column_stack([table, mass]),
        CrossFitClassifier(dense, 3, fold_column=2): np.column_stack([table, np.arange(N_EVENTS)]),
        EnsembleClassifier(dense, 2): table,
        CalibratedClassifier(dense, "temperature", cv=2): table,
    }
    return {type(clf).__name__: (clf.fit(X, y), X) for clf, X in pairs.items()}


BRANCHES = {"jet": {"units": (2,)}, "track": {"kind": "cnn", "filters": (2,)}}


def own_network():
    """A network of a user's, as an object."""
    layers = [keras.Input((2,)), keras.layers.Dense(1, activation="sigmoid")]
    return keras.Sequential(layers)


if __name__ == "__main__":
    main()
