"""Threads: TensorFlow takes no more than the process was given."""

from __future__ import annotations

import contextlib
import os

import tensorflow as tf


def respect_limits():
    """Use at most ``OMP_NUM_THREADS`` threads, which joblib sets in its worker processes.

    TensorFlow does not look at it, so that two workers on two cores would run four threads.
    """
    limit = os.environ.get("OMP_NUM_THREADS", "")
    if not limit.isdigit() or "TF_NUM_INTRAOP_THREADS" in os.environ:
        return
    # once TensorFlow has started, the number of its threads is fixed
    with contextlib.suppress(RuntimeError):
        tf.config.threading.set_intra_op_parallelism_threads(int(limit))
        tf.config.threading.set_inter_op_parallelism_threads(int(limit))
