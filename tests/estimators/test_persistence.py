"""Pickles, joblib files, copies and clones give the same bits, in a new process too."""

from __future__ import annotations

import copy
import os
import pickle
import subprocess
import sys
from pathlib import Path

import joblib
import keras
import pytest
from sklearn.base import clone
from sklearn.pipeline import Pipeline

from skhep_nn import DenseClassifier, EventWeightBalancer, KerasClassifier, MinMaxScaler

FEATURES = ["pt", "eta", "mt"]

NETWORKS = """
import keras

def network(meta, width=6):
    hidden = keras.layers.Dense(width, activation="tanh")
    nodes = keras.layers.Dense(1, activation="sigmoid")
    return keras.Sequential([keras.layers.Input((meta["n_features_in_"],)), hidden, nodes])

class Note(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        self.epochs = epoch
"""

ROUND_TRIPS = {
    "pickle": lambda clf, path: pickle.loads(pickle.dumps(clf)),
    "joblib": lambda clf, path: joblib.load(joblib.dump(clf, path / "model.joblib")[0]),
    "deepcopy": lambda clf, path: copy.deepcopy(clf),
}


@pytest.fixture(scope="module")
def module(tmp_path_factory):
    """A module of a user's own, with a network and a callback; a new process can import it too."""
    folder = tmp_path_factory.mktemp("user")
    (folder / "my_networks.py").write_text(NETWORKS)
    sys.path.insert(0, str(folder))
    yield __import__("my_networks")
    sys.path.remove(str(folder))


MODEL_OBJECT = "prebuilt model"
KINDS = ["dense", "dense with objects", "keras", "keras with objects"]


@pytest.fixture
def make(dense, module):
    """Makes a classifier of a kind."""
    small = {"epochs": 2, "random_state": 0, "verbose": 0, "weight_column": "weight"}
    objects = {
        "optimizer": keras.optimizers.Adam(0.01, clipnorm=1.0),
        "loss": keras.losses.BinaryCrossentropy(label_smoothing=0.1),
        "metrics": [keras.metrics.AUC(name="auc"), "accuracy"],
        "callbacks": [module.Note(), keras.callbacks.EarlyStopping(monitor="loss")],
    }
    own = {
        "learning_rate": None,
        "kernel_initializer": keras.initializers.HeNormal(),
        "balance": EventWeightBalancer("sqrt"),
    }
    return {
        "dense": lambda: dense(**small),
        "dense with objects": lambda: dense(**small, **objects, **own),
        "keras": lambda: KerasClassifier(module.network, width=5, **small),
        "keras with objects": lambda: KerasClassifier(module.network, **small, **objects),
        MODEL_OBJECT: lambda: KerasClassifier(module.network({"n_features_in_": 3}), **small),
    }


@pytest.fixture(params=[*KINDS, MODEL_OBJECT])
def classifier(request, make):
    return make[request.param]()


def test_a_fitted_classifier_comes_back_with_the_same_bits(classifier, sample, tmp_path):
    X, y = sample
    expected = classifier.fit(X, y).predict_proba(X)
    for round_trip in ROUND_TRIPS.values():
        restored = round_trip(classifier, tmp_path)
        assert (restored.predict_proba(X) == expected).all()
        assert restored.history_ == classifier.history_
        assert restored.get_params().keys() == classifier.get_params().keys()
    # it trains on from the same state of the optimizer
    for clf in (classifier, restored):
        clf.set_params(callbacks=None).partial_fit(X, y)
    assert (restored.predict_proba(X) == classifier.predict_proba(X)).all()


def test_an_unfitted_classifier_comes_back_and_trains_the_same(classifier, sample, tmp_path):
    X, y = sample
    copies = [round_trip(classifier, tmp_path) for round_trip in ROUND_TRIPS.values()]
    expected = classifier.fit(X, y).predict_proba(X)
    for restored in copies:
        assert not restored.__sklearn_is_fitted__()
        assert (restored.fit(X, y).predict_proba(X) == expected).all()


@pytest.mark.parametrize("kind", KINDS)
def test_a_clone_is_unfitted_and_trains_the_same(make, kind, sample):
    X, y = sample
    classifier = make[kind]()
    expected = classifier.fit(X, y).predict_proba(X)
    cloned = clone(classifier)
    assert not cloned.__sklearn_is_fitted__()
    assert (cloned.fit(X, y).predict_proba(X) == expected).all()


def test_a_new_process_predicts_the_same_bits(make, module, sample, tmp_path):
    X, y = sample
    cases = []
    for kind in make:
        steps = [("scale", MinMaxScaler(exclude=["weight"])), ("network", make[kind]())]
        pipeline = Pipeline(steps).fit(X, y)
        cases.append((kind, pipeline, X[FEATURES], pipeline.predict_proba(X)))
    joblib.dump(cases, tmp_path / "cases.joblib")
    program = (
        "import joblib\n"
        f"for kind, pipeline, X, expected in joblib.load({str(tmp_path / 'cases.joblib')!r}):\n"
        "    assert (pipeline.predict_proba(X) == expected).all(), kind\n"
    )
    environment = os.environ | {"PYTHONPATH": str(Path(module.__file__).parent)}
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_a_fitted_classifier_is_small_on_disk(dense, sample):
    X, y = sample
    clf = dense(weight_column="weight").fit(X, y)
    # 41 parameters; neither a Keras model nor the events are in it
    assert len(pickle.dumps(clf)) < 20_000


def test_dense_classifiers_pickle_before_tensorflow_has_seen_them():
    assert pickle.loads(pickle.dumps(DenseClassifier(units=[3]))).units == [3]
