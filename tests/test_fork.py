"""A fork of a process that has trained says so at once; processes of other kinds train."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="forks of POSIX")

SCRIPT = """
import os, signal, sys, warnings
import joblib, keras, numpy as np, pandas as pd
from skhep_nn import DenseClassifier, KerasClassifier, apply
from skhep_nn._fork import _state

X = pd.DataFrame({"a": np.arange(40.0) % 7, "b": np.arange(40.0) % 3})
y = (np.arange(40) % 7 > 3).astype(int)
X.to_csv("a.csv", index=False)

def dense():
    return DenseClassifier((2,), epochs=1, verbose=0, early_stopping=False)

def network(meta):
    layers = keras.layers
    return keras.Sequential([layers.Input((2,)), layers.Dense(1, activation="sigmoid")])

def child_says(name, what):
    child = os.fork()
    if child:
        status = os.waitpid(child, 0)[1]
        assert status == 0, (name, status)
        return
    # a fork that waits for ever would hang the test
    signal.alarm(300)
    try:
        what()
        print(name, "works", flush=True)
    except Exception as error:
        print(name, type(error).__name__, "spawn" in str(error), "loky" in str(error), flush=True)
    os._exit(0)

child_says("before", lambda: dense().fit(X, y))
assert _state["process"] is None
fitted = dense().fit(X, y)
joblib.dump(fitted, "model.joblib")
CALLS = {
    "fit": lambda: dense().fit(X, y),
    "partial_fit": lambda: dense().partial_fit(X, y, classes=[0, 1]),
    "initialize": lambda: dense().initialize(X, y),
    "predict_proba": lambda: fitted.predict_proba(X),
    "predict": lambda: fitted.predict(X),
    "score": lambda: fitted.score(X, y),
    "own network": lambda: KerasClassifier(network, epochs=1, verbose=0).fit(X, y),
    "apply": lambda: apply(fitted, "a.csv", "s.csv", progress=False),
    "apply to file": lambda: apply("model.joblib", "a.csv", "s.csv", progress=False),
}
for name, what in CALLS.items():
    child_says(name, what)
assert not [one for one in os.listdir() if "part" in one or one == "s.csv"]
print("parent", fitted.predict(X).shape)
"""


def test_a_fork_after_a_fit_is_an_error_that_says_what_to_do(tmp_path):
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", SCRIPT],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    first, *others, last = done.stdout.splitlines()
    assert (first, last) == ("before works", "parent (40,)")
    assert len(others) == 9
    for line in others:
        assert line.endswith(" ForkedProcessError True True"), line
