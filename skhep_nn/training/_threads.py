"""Threads: TensorFlow takes no more than the process was given."""

from __future__ import annotations

import contextlib
import os
import threading

import tensorflow as tf

from skhep_nn import _cores

_OF_THREAD = threading.local()


def respect_limits():
    """Use at most ``OMP_NUM_THREADS`` threads, which joblib and Dask set in their workers.

    TensorFlow does not look at it, so that two workers on two cores would run four threads. XLA
    takes as many as TensorFlow.
    """
    limit = _cores.given()
    if limit is None or "TF_NUM_INTRAOP_THREADS" in os.environ:
        return
    # once TensorFlow has started, the number of its threads is fixed
    with contextlib.suppress(RuntimeError):
        tf.config.threading.set_intra_op_parallelism_threads(limit)
        tf.config.threading.set_inter_op_parallelism_threads(limit)


@contextlib.contextmanager
def stopped_by(event):
    """Fits of this thread end when `event`, a `threading.Event`, is set: their whole is not wanted.

    A thread that trains is not interrupted by Ctrl-C, which reaches the main thread alone.
    """
    before = stop_of_thread()
    _OF_THREAD.event = event
    try:
        yield
    finally:
        _OF_THREAD.event = before


def stop_of_thread():
    """What ends the fits of this thread, or None."""
    return getattr(_OF_THREAD, "event", None)
