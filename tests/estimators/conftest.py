"""A scaled sample and small classifiers; one architecture, so that one engine serves them all."""

from __future__ import annotations

import numpy as np
import pytest

from skhep_nn import DenseClassifier

# one learning rate, events split off for validation, features as they are
PLAIN = {
    "activation": "relu",
    "dropout": 0.0,
    "optimizer": "adam",
    "learning_rate_schedule": "constant",
    "input_scaling": None,
    "feature_scale": False,
}
FEATURES = ["pt", "eta", "mt"]
SMALL = {
    **PLAIN,
    "units": (8,),
    "batch_size": 64,
    "epochs": 3,
    "learning_rate": 0.01,
    "random_state": 0,
    "verbose": 0,
}


@pytest.fixture
def dense():
    """Makes a small DenseClassifier; arguments override its parameters."""
    return lambda **parameters: DenseClassifier(**(SMALL | parameters))


@pytest.fixture
def sample(events):
    """(X, y): scaled features with the column `weight`, and 0/1 labels."""
    scaled = events.assign(pt=(events["pt"] - 50) / 20, mt=(events["mt"] - 80) / 10)
    return scaled[[*FEATURES, "weight"]], events["is_signal"].to_numpy()


@pytest.fixture
def weighted_cross_entropy():
    """Computes sum(w * -log p(true class)) / sum(w) from predict_proba, with NumPy."""

    def loss(classifier, X, y, weights):
        column = np.searchsorted(classifier.classes_, y)
        p = classifier.predict_proba(X)[np.arange(len(y)), column].astype(np.float64)
        return np.sum(weights * -np.log(p)) / np.sum(weights)

    return loss
