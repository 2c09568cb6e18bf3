"""Fitted models of the smallest kind, each trained once, and the events that they know."""

from __future__ import annotations

import functools

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin

from fuzz.call import RANDOM, SCORE, TABLE, N, Y
from skhep_nn import EventBlocks

SMALL = {"epochs": 1, "verbose": 0, "random_state": 0}
FEATURES = TABLE[["pt", "eta"]].to_numpy()
TRACKS = RANDOM.normal(size=(N, 3, 2)).astype("float32")
BLOCKS = EventBlocks({"event": FEATURES, "t": TRACKS})
WITH_MASS = TABLE.drop(columns="weight").assign(
    mass=np.where(Y == 1, np.repeat([500.0, 750.0], N // 2), np.nan)
)
# every event has a mass where a prediction is asked for
AT_MASS = WITH_MASS.fillna({"mass": 750.0})
HEAD = {"units": (2,)}
# name of the class: parameters, events to fit on, events to predict
KINDS = {
    "DenseClassifier": ({"units": (2,), "n_networks": 2}, FEATURES, FEATURES),
    "LSTMClassifier": ({"units": 2, "dense_units": (2,)}, TRACKS, TRACKS),
    "CNNClassifier": ({"filters": (2,), "dense_units": (2,)}, TRACKS, TRACKS),
    "ResNetClassifier": ({"n_blocks": 1, "units": 2}, FEATURES, FEATURES),
    "BlockClassifier": ({"head": HEAD}, BLOCKS, BLOCKS),
    "ParametricClassifier": ({"units": (2,)}, WITH_MASS, AT_MASS),
    "KerasClassifier": ({}, FEATURES, FEATURES),
    "IndividualMassClassifier": ({}, WITH_MASS, AT_MASS),
}


class Known(ClassifierMixin, BaseEstimator):
    """A classifier whose score is a column; only what asks it is on trial."""

    classes_ = np.array([0, 1])
    is_fitted_ = True

    def fit(self, X, y):
        return self

    def predict_proba(self, X):
        n_events = X.shape[0] if hasattr(X, "shape") else len(X)
        return np.column_stack([1 - SCORE, SCORE])[:n_events]

    def predict(self, X):
        return self.classes_[self.predict_proba(X).argmax(axis=1)]


def network_of(meta):
    """The model function of a KerasClassifier."""
    import keras

    return keras.Sequential(
        [keras.Input((meta["n_features_in_"],)), keras.layers.Dense(1, activation="sigmoid")]
    )


def make(kind, **parameters):
    """A classifier of the smallest network of a kind, not fitted."""
    import skhep_nn

    given, settings = KINDS[kind][0], dict(SMALL)
    if kind == "IndividualMassClassifier":
        dense = skhep_nn.DenseClassifier(units=(2,), **SMALL)
        return skhep_nn.IndividualMassClassifier(**{"estimator": dense, **parameters})
    if kind == "KerasClassifier":
        settings |= {"model": network_of, "loss": "binary_crossentropy"}
    return getattr(skhep_nn, kind)(**{**settings, **given, **parameters})


@functools.cache
def fitted(kind):
    """The classifier of a kind, fitted."""
    return make(kind).fit(KINDS[kind][1], Y)


@functools.cache
def weighted():
    """A dense classifier that finds its weights in a column of a frame."""
    return make("DenseClassifier", weight_column="weight", n_networks=1).fit(TABLE, Y)
