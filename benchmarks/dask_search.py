"""60 fits, serial and by two workers of Dask, all with one thread, which have traced before.

The cluster, with the settings of docs/dask.md, is there before the clock starts. What a search
costs besides its fits is the same for short ones and for long ones, so both are shown; loky tells
what two processes bring without Dask.
"""

from __future__ import annotations

import os

import numpy as np

from benchmarks.networks import PLAIN
from benchmarks.timing import in_turns, seconds_of

GRID = {"learning_rate": [3e-4, 1e-3, 3e-3, 1e-2], "dropout": [0.0, 0.1, 0.2]}
CLUSTER = {"n_workers": 2, "threads_per_worker": 1, "host": "127.0.0.1"}
CLUSTER |= {"dashboard_address": "127.0.0.1:0"}
EPOCHS = (5, 20, 50)
GOAL = 1.8


def run(name):
    """Rows of the table."""
    from distributed import Client

    # of this process, too, before TensorFlow starts
    os.environ["OMP_NUM_THREADS"] = "1"
    rng = np.random.default_rng(0)
    x = rng.normal(size=(20_000, 12)).astype(np.float32)
    y = (x[:, 0] + x[:, 1] + rng.normal(size=20_000) > 0).astype(int)
    with cluster() as workers, Client(workers) as client:
        found = [row for epochs in EPOCHS for row in _of_length(name, client, x, y, epochs)]
    return found


def cluster():
    """Two workers, as quiet as those of the package's own commands."""
    import dask
    from distributed import LocalCluster

    from skhep_nn._dask._connection import QUIET
    from skhep_nn._dask._nanny import environment_kept

    # what it leaves in the environment is for the workers
    with dask.config.set(QUIET), environment_kept():
        return LocalCluster(**CLUSTER)


def _of_length(name, client, x, y, epochs):
    """Rows of fits of so many epochs."""
    found = {}
    backends = {
        "two workers": {"backend": "dask", "client": client, "scatter": [x, y]},
        "two processes of loky": {"backend": "loky", "n_jobs": 2},
        "serial": {"backend": "sequential"},
    }

    def side(label, options):
        return lambda: seconds_of(lambda: found.update({label: search(x, y, epochs, options)}))

    # what is traced in the first turn stays; the median is of turns without
    seconds = in_turns({label: side(label, given) for label, given in backends.items()}, turns=3)
    if not np.array_equal(found["two workers"], found["serial"]):
        msg = "the scores of the workers differ from those of one process"
        raise AssertionError(msg)
    return rows(name, seconds, f"{epochs} epochs")


def rows(name, seconds, size):
    """Rows of the table: the ratio is the time of a side over that of the workers."""
    return [
        {
            "case": name,
            "side": f"{side}, {size}",
            "seconds": value,
            "ratio": value / seconds["two workers"],
            "goal": f">= {GOAL}" if side == "serial" else None,
        }
        for side, value in seconds.items()
    ]


def search(x, y, epochs, options):
    """Scores of all candidates."""
    import joblib
    from sklearn.model_selection import GridSearchCV

    from skhep_nn import DenseClassifier

    settings = {"epochs": epochs, "early_stopping": False, "random_state": 1, "verbose": 0}
    network = DenseClassifier(**PLAIN, **settings)
    with joblib.parallel_config(**options):
        found = GridSearchCV(network, GRID, cv=5, refit=False).fit(x, y)
    return found.cv_results_["mean_test_score"]
