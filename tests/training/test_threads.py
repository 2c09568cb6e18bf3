from __future__ import annotations

import os
import subprocess
import sys

import joblib
import pytest
import tensorflow as tf

from skhep_nn.training import _threads

WORKERS = """
import joblib

def threads():
    import skhep_nn.training._engine
    import tensorflow as tf
    return tf.config.threading.get_intra_op_parallelism_threads()

print(set(joblib.Parallel(n_jobs=2)(joblib.delayed(threads)() for _ in range(2))))
"""


def limits_set(monkeypatch, environment):
    """What TensorFlow is told in this environment."""
    told = []
    for name in ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    for name in ("set_intra_op_parallelism_threads", "set_inter_op_parallelism_threads"):
        monkeypatch.setattr(tf.config.threading, name, told.append)
    _threads.respect_limits()
    return told


@pytest.mark.parametrize(
    ("environment", "told"),
    [
        ({"OMP_NUM_THREADS": "3"}, [3, 3]),
        ({}, []),
        ({"OMP_NUM_THREADS": "2,1"}, []),
        ({"OMP_NUM_THREADS": "3", "TF_NUM_INTRAOP_THREADS": "2"}, []),
    ],
)
def test_tensorflow_takes_the_threads_that_the_process_was_given(environment, told, monkeypatch):
    assert limits_set(monkeypatch, environment) == told


def test_a_tensorflow_that_runs_already_is_left_alone(monkeypatch):
    def too_late(number):
        raise RuntimeError

    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.delenv("TF_NUM_INTRAOP_THREADS", raising=False)
    monkeypatch.setattr(tf.config.threading, "set_intra_op_parallelism_threads", too_late)
    _threads.respect_limits()


def test_workers_of_joblib_share_the_cores():
    names = ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS")
    environment = {name: value for name, value in os.environ.items() if name not in names}
    done = subprocess.run(
        [sys.executable, "-c", WORKERS], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == f"{{{max(1, joblib.cpu_count() // 2)}}}"
