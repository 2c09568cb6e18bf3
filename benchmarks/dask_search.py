"""60 fits, serial and by two workers of Dask, all with one thread, which have traced before."""

from __future__ import annotations

import os

import numpy as np

from benchmarks.networks import PLAIN
from benchmarks.timing import in_turns, seconds_of

GRID = {"learning_rate": [3e-4, 1e-3, 3e-3, 1e-2], "dropout": [0.0, 0.1, 0.2]}
CLUSTER = {"n_workers": 2, "threads_per_worker": 1, "host": "127.0.0.1"}
CLUSTER |= {"dashboard_address": "127.0.0.1:0"}
GOAL = 1.8


def run(name):
    """Rows of the table."""
    from distributed import Client, LocalCluster

    # of this process, too, before TensorFlow starts
    os.environ["OMP_NUM_THREADS"] = "1"
    rng = np.random.default_rng(0)
    x = rng.normal(size=(20_000, 12)).astype(np.float32)
    y = (x[:, 0] + x[:, 1] + rng.normal(size=20_000) > 0).astype(int)
    with LocalCluster(**CLUSTER) as cluster, Client(cluster) as client:
        found = {}
        sides = {
            "two workers": lambda: seconds_of(lambda: found.update(dask=by_dask(client, x, y))),
            "serial": lambda: seconds_of(lambda: found.update(serial=search(x, y))),
        }
        # what is traced in the first turn stays; the median is of turns without
        seconds = in_turns(sides, turns=3)
    if not np.array_equal(found["dask"], found["serial"]):
        msg = "the scores of the workers differ from those of one process"
        raise AssertionError(msg)
    return rows(name, seconds)


def rows(name, seconds):
    """Rows of the table: the ratio is the serial time over that of the workers."""
    return [
        {
            "case": name,
            "side": side,
            "seconds": value,
            "ratio": value / seconds["two workers"],
            "goal": f">= {GOAL}" if side == "serial" else None,
        }
        for side, value in seconds.items()
    ]


def search(x, y):
    """Scores of all candidates."""
    from sklearn.model_selection import GridSearchCV

    from skhep_nn import DenseClassifier

    network = DenseClassifier(**PLAIN, epochs=5, early_stopping=False, random_state=1, verbose=0)
    found = GridSearchCV(network, GRID, cv=5, refit=False).fit(x, y)
    return found.cv_results_["mean_test_score"]


def by_dask(client, x, y):
    """The same by the workers."""
    import joblib

    with joblib.parallel_config("dask", client=client, scatter=[x, y]):
        return search(x, y)
