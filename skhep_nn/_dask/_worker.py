"""What this process is to Dask: a worker, of so many threads, or none."""

from __future__ import annotations

import sys


def n_threads():
    """Threads of the worker that this process is, each with a task of its own; None if it is none.

    Dask is not imported for the question.
    """
    worker = _worker()
    return None if worker is None else worker.state.nthreads


def in_task():
    """Whether this thread is at a task of a worker."""
    return _of_this_task() is not None


def _worker():
    found = _of_this_task()
    distributed = sys.modules.get("distributed")
    if found is not None or distributed is None:
        return found
    # what a task is made of is unpickled before it is one
    running = list(getattr(getattr(distributed, "Worker", None), "_instances", ()))
    return running[0] if len(running) == 1 else None


def _of_this_task():
    distributed = sys.modules.get("distributed")
    if distributed is None or not hasattr(distributed, "get_worker"):
        return None
    try:
        return distributed.get_worker()
    # there is none
    except (ValueError, AttributeError):
        return None
