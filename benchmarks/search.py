"""A grid search of 12 candidates in 5 folds on 5,000 events, against the same with scikeras."""

from __future__ import annotations

import functools
import warnings

import numpy as np

from benchmarks.networks import PLAIN, dense
from benchmarks.timing import in_turns, seconds_of

GRID = {"learning_rate": [3e-4, 1e-3, 3e-3, 1e-2], "batch_size": [128, 256, 512]}


def run(name):
    """Rows of the table."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(5_000, 12)).astype(np.float32)
    y = (x[:, 0] + x[:, 1] + rng.normal(size=5_000) > 0).astype(int)
    sides = {
        "ours": lambda: seconds_of(lambda: ours(x, y)),
        "scikeras 0.13": lambda: seconds_of(lambda: scikeras(x, y)),
    }
    seconds = in_turns(sides, turns=1)
    return [
        {
            "case": name,
            "side": side,
            "seconds": value,
            "ratio": value / seconds["ours"],
            "goal": ">= 3" if side != "ours" else None,
        }
        for side, value in seconds.items()
    ]


def ours(x, y):
    """With the package's classifier."""
    from sklearn.model_selection import GridSearchCV

    from skhep_nn import DenseClassifier

    network = DenseClassifier(**PLAIN, epochs=3, early_stopping=False, random_state=1, verbose=0)
    return GridSearchCV(network, GRID, cv=5).fit(x, y).best_score_


def scikeras(x, y):
    """With scikeras' wrapper of the same network."""
    from scikeras.wrappers import KerasClassifier
    from sklearn.model_selection import GridSearchCV

    grid = {"optimizer__learning_rate": GRID["learning_rate"], "batch_size": GRID["batch_size"]}
    network = KerasClassifier(
        functools.partial(_uncompiled, (12,)),
        loss="binary_crossentropy",
        optimizer="adam",
        epochs=3,
        random_state=1,
        verbose=0,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # scikeras predates scikit-learn's tags
        return GridSearchCV(network, grid, cv=5, scoring=_accuracy).fit(x, y).best_score_


def _uncompiled(shape):
    import keras

    model = dense(shape)
    return keras.Model(model.inputs, model.outputs)


def _accuracy(estimator, x, y):
    return float(np.mean(estimator.predict(x) == y))
