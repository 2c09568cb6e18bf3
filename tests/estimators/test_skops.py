"""What skops writes and reads again: searches with scorers, our networks and a user's own."""

from __future__ import annotations

import pickle

import keras
import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline

from skhep_nn import (
    DenseClassifier,
    KerasClassifier,
    MinMaxScaler,
    make_auc_scorer,
    make_binned_scorer,
    make_fom_scorer,
)
from skhep_nn.estimators._saving import _objects
from skhep_nn.metrics import make_parametric_auc_scorer

sio = pytest.importorskip("skops.io")

RNG = np.random.default_rng(0)
Y = np.arange(100) % 2
X = pd.DataFrame(RNG.normal(Y[:, None], 1.0, (100, 3)), columns=["pt", "eta", "mt"])
SMALL = {"epochs": 1, "random_state": 0, "verbose": 0, "batch_size": 64}
# as docs/classifiers.md lists them
OF_A_SEARCH = {
    "keras.src.dtype_policies.dtype_policy.DTypePolicy",
    "keras.src.losses.losses.BinaryCrossentropy",
    "keras.src.losses.losses.binary_crossentropy",
    "keras.src.optimizers.adamw.AdamW",
    "numpy.dtype",
    "skhep_nn._columns.FittedColumns",
    "skhep_nn.estimators._dense.DenseClassifier",
    "skhep_nn.estimators._fit._pooled_network.PooledNetwork",
    "skhep_nn.estimators._fit._recipe.Recipe",
    "skhep_nn.estimators._fit._numbers.Numbers",
    "skhep_nn.estimators._saving._objects.Kept",
    "skhep_nn.metrics._scorer.FigureOfMeritScorer",
    "skhep_nn.metrics._scorer.fom_of_labels",
    "skhep_nn.preprocessing._minmax.MinMaxScaler",
}


class Shift(keras.layers.Layer):
    """A layer of a user's own."""

    def call(self, x):
        return x + 0.5


class Doubled(keras.losses.Loss):
    """A loss of a user's own, with an argument that no configuration tells."""

    def __init__(self, factor=2.0):
        super().__init__()
        self.factor = factor

    def call(self, true, predicted):
        return self.factor * keras.losses.binary_crossentropy(true, predicted)


def bent(x):
    return keras.ops.tanh(x) * 1.5


def network(meta, width=4):
    return keras.Sequential(
        [
            keras.layers.Input((meta["n_features_in_"],)),
            Shift(),
            keras.layers.Dense(width, activation=bent),
            keras.layers.Dense(1, activation="sigmoid"),
        ]
    )


def dense(**parameters):
    return DenseClassifier(**({"units": (4,)} | SMALL | parameters))


def written_and_read(value):
    data = sio.dumps(value)
    types = sio.get_untrusted_types(data=data)
    return sio.loads(data, trusted=types), set(types)


def test_a_search_with_each_scorer():
    pipeline = Pipeline([("scale", MinMaxScaler()), ("network", dense())])
    scoring = {"fom": make_fom_scorer(min_effective_background=1), "auc": make_auc_scorer()}
    search = GridSearchCV(pipeline, {"network__l2": [0.0]}, scoring=scoring, refit="fom", cv=2)
    read, types = written_and_read(search.fit(X, Y))
    assert (read.predict_proba(X) == search.predict_proba(X)).all()
    assert read.score(X, Y) == search.score(X, Y)
    of_scikit_learn = {name for name in types if name.startswith("sklearn.")}
    of_the_auc = {"skhep_nn.metrics._scorer.AUCScorer", "skhep_nn.metrics._scorer.auc_of_labels"}
    # Keras' modules move from version to version
    ours = {name for name in OF_A_SEARCH if name.startswith("skhep_nn")}
    assert ours | of_the_auc == {name for name in types if name.startswith("skhep_nn")}
    assert types - of_scikit_learn - ours - of_the_auc >= {"numpy.dtype"}
    # it trains on as the original would
    for each in (read, search):
        each.best_estimator_[-1].partial_fit(X, Y)
    assert (read.predict_proba(X) == search.predict_proba(X)).all()


@pytest.mark.parametrize(
    "scorer",
    [
        make_fom_scorer("s/sqrt(b)", yields={0: 100, 1: 10}, thresholds=np.linspace(0, 1, 5)),
        make_auc_scorer(weighted=False),
        make_binned_scorer(bins=np.array([0, 0.5, 1]), yields={0: 100, 1: 10}),
        make_parametric_auc_scorer(hypotheses=[500.0]),
    ],
    ids=lambda scorer: scorer.__name__,
)
def test_a_scorer_comes_back_as_it_was(scorer):
    with sklearn.config_context(enable_metadata_routing=True):
        read, _ = written_and_read(scorer.set_score_request(sample_weight="weight"))
        assert repr(read) == repr(scorer)
        assert repr(read.get_metadata_routing()) == repr(scorer.get_metadata_routing())


@pytest.mark.parametrize(
    "parameters",
    [
        {"n_networks": 2},
        {"loss": Doubled(3.0), "optimizer": keras.optimizers.SGD(0.1), "metrics": ["accuracy"]},
        {"metrics": [keras.metrics.AUC(num_thresholds=7)], "loss": "BinaryCrossentropy"},
        {
            "activation": keras.layers.LeakyReLU(negative_slope=0.3),
            "callbacks": [keras.callbacks.EarlyStopping(monitor="loss")],
        },
        {"optimizer": keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(0.1, 10))},
    ],
    ids=["networks", "own", "metric", "layer", "schedule"],
)
def test_keras_objects_among_the_parameters(parameters):
    classifier = dense(**parameters).fit(X, Y)
    read, _ = written_and_read(classifier)
    assert (read.predict_proba(X) == classifier.predict_proba(X)).all()
    for each in (read, classifier):
        each.partial_fit(X, Y)
    assert (read.predict_proba(X) == classifier.predict_proba(X)).all()


def test_a_network_of_a_user_shows_its_functions_and_layers():
    classifier = KerasClassifier(network, width=3, metrics=["accuracy"], **SMALL).fit(X, Y)
    read, types = written_and_read(classifier)
    own = {name.rpartition(".")[2] for name in types if name.startswith(__name__)}
    assert own == {"network", "Shift", "bent"}
    assert (read.predict_proba(X) == classifier.predict_proba(X)).all()
    for each in (read, classifier):
        each.partial_fit(X, Y)
    assert (read.predict_proba(X) == classifier.predict_proba(X)).all()


def test_a_network_that_was_given_is_still_the_one_that_is_trained():
    model = network({"n_features_in_": 3})
    read, _ = written_and_read(KerasClassifier(model, **SMALL).fit(X, Y))
    assert read.model_ is read.model


def test_types_that_are_not_trusted_are_not_read():
    data = sio.dumps(dense().fit(X, Y))
    with pytest.raises(Exception, match="DenseClassifier"):
        sio.loads(data, trusted=["numpy.dtype"])


def test_a_function_without_import_path_is_refused():
    classifier = KerasClassifier(lambda: network({"n_features_in_": 3}), **SMALL)
    with pytest.raises(pickle.PicklingError, match=r"model of KerasClassifier .*define it by name"):
        sio.dumps(classifier)


def with_lambda():
    layers = [keras.layers.Input((3,)), keras.layers.Lambda(lambda x: x * 2), keras.layers.Dense(1)]
    return keras.Sequential(layers)


def test_code_inside_a_network_is_neither_written_nor_read():
    with pytest.raises(pickle.PicklingError, match="a lambda, whose code would be run"):
        sio.dumps(with_lambda())
    packed = _objects._bytes_of(with_lambda())
    state = {"packed": packed, "objects": {}, "compiled": None, "optimizer": None}
    with pytest.raises((ValueError, TypeError), match=r"(?i)lambda"):
        keras.Sequential.__new__(keras.Sequential).__setstate__(state)
