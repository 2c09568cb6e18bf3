"""The classifiers whose networks the package builds need no scikeras: it is blocked from import."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import sys
sys.modules["scikeras"] = None
import pickle
import keras
import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from skhep_nn import CNNClassifier, DenseClassifier, ParametricClassifier

rng = np.random.default_rng(0)
X = rng.normal(size=(80, 3))
y = (X[:, 0] > 0).astype(int)
S = rng.normal(size=(80, 4, 2))
mass = np.where(y == 1, rng.choice([1.0, 2.0], 80), np.nan)
M = pd.DataFrame({"x": X[:, 0], "mass": mass})
short = {
    "epochs": 1, "random_state": 0, "verbose": 0, "learning_rate_schedule": "constant",
    "optimizer": keras.optimizers.SGD(0.05), "loss": keras.losses.BinaryCrossentropy(),
    "metrics": [keras.metrics.AUC(num_thresholds=10)],
    "callbacks": keras.callbacks.ReduceLROnPlateau, "callbacks__monitor": "loss",
}
cases = [
    (DenseClassifier(units=(4,), **short), X, X),
    (CNNClassifier((4,), dense_units=(), **short), S, S),
    (ParametricClassifier(units=(4,), **short), M, M.assign(mass=1.0)),
]
for classifier, events, new in cases:
    fitted = clone(classifier).fit(events, y)
    expected = fitted.predict_proba(new)
    read = pickle.loads(pickle.dumps(fitted))
    assert (read.predict_proba(new) == expected).all()
    assert (clone(read).fit(events, y).predict_proba(new) == expected).all()
    again = fitted.set_params(warm_start=True).fit(events, y)
    assert not (again.predict_proba(new) == expected).all()
grid = {"units": [(2,), (4,)], "optimizer__momentum": [0.0, 0.5]}
search = GridSearchCV(cases[0][0].set_params(optimizer="sgd"), grid, cv=2).fit(X, y)
assert search.predict(X).shape == (80,)
optimizer = cases[1][0].optimizer
assert pickle.loads(pickle.dumps(optimizer)).get_config() == optimizer.get_config()
assert not [name for name in sys.modules if name.startswith("scikeras.")]
try:
    from skhep_nn import KerasClassifier
except ImportError as error:
    assert "scikeras" in str(error)
else:
    raise AssertionError("KerasClassifier, which is made of scikeras, was there without it")
"""
IMPORTED_LATER = """
import pickle
import keras
from sklearn.base import clone
from skhep_nn import DenseClassifier

class Own(keras.losses.Loss):
    def __init__(self, power=1.0):
        super().__init__()
        self.power = power

    def call(self, y_true, y_pred):
        return keras.ops.abs(y_true - y_pred) ** self.power

classifier = DenseClassifier(loss=Own(2.0))
import scikeras.wrappers
assert clone(classifier).loss.power == 2.0
assert pickle.loads(pickle.dumps(classifier)).loss.power == 2.0
"""


def run(program):
    """What a new process writes to standard error, if it fails."""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    return done.stderr if done.returncode else ""


def test_built_networks_are_trained_copied_and_searched_where_scikeras_cannot_be_imported():
    assert run(PROGRAM) == ""


def test_scikeras_imported_later_changes_nothing_in_how_objects_are_copied():
    assert run(IMPORTED_LATER) == ""
