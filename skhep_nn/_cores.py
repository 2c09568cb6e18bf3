"""How many threads: one rule for all that works on several fits, networks or files at a time.

Workers share the cores, ``cores() // n_workers`` threads each and at least one; and never do more
work at a time than there are cores. What joblib's processes are told by ``OMP_NUM_THREADS``, and
workers of Dask by their ``nthreads``, are the cores that they have. What Dask writes into that
variable of the process that starts its workers is meant for these.
"""

from __future__ import annotations

import os

from skhep_nn._dask import _nanny, _worker

VARIABLE = "OMP_NUM_THREADS"
# what the variable was before a cluster of Dask, if there is one, was started here
_state = {"told": os.environ.get(VARIABLE, "")}


def given():
    """Threads that this process was given by whoever started it; None if it was told nothing."""
    of_worker = _worker.n_threads()
    if of_worker is not None:
        return of_worker
    if not _nanny.has_written():
        _state["told"] = os.environ.get(VARIABLE, "")
    value = _state["told"]
    return int(value) if value.isdigit() and int(value) else None


def cores():
    """Cores that this process may use: those it was given, else what the system lets it have.

    A task of a Dask worker has one: the worker is at as many tasks as it has threads.

    Returns
    -------
    int
        At least 1. Affinity and the limits of containers (cgroups) are looked at.
    """
    import joblib

    return 1 if _worker.in_task() else given() or joblib.cpu_count()


def threads_per_worker(n_workers):
    """Threads that each of `n_workers` takes.

    Parameters
    ----------
    n_workers : int
        Processes or threads that work at a time, at least 1.

    Returns
    -------
    int
    """
    return max(1, cores() // n_workers)


def at_a_time(n_tasks, limit=None):
    """How many of `n_tasks` are worked on at a time: one for each core.

    Parameters
    ----------
    n_tasks : int
    limit : int, optional
        More are not wanted.

    Returns
    -------
    int
        At least 1.
    """
    wanted = n_tasks if limit is None else min(n_tasks, limit)
    return max(1, min(wanted, cores()))


def evenly(n_tasks):
    """How many of `n_tasks` that last equally long are begun at a time, so that no core waits.

    Where each task keeps a core busy, five on two cores take three times as long as one if there
    are two at a time, and 2.5 times if three share the cores and two follow: arithmetic, in which
    what tasks cost each other is left out.

    Parameters
    ----------
    n_tasks : int

    Returns
    -------
    int
        One for each core, or up to half as many more: the fewest with which all end earliest.
    """
    n_cores = at_a_time(n_tasks)
    allowed = range(n_cores, max(n_cores, min(n_tasks, n_cores * 3 // 2)) + 1)
    return min(allowed, key=lambda n: _duration(n_tasks, n, n_cores))


def _duration(n_tasks, n_at_a_time, n_cores):
    """Time for all of them, in units of one task that has a core for itself."""
    rounds, rest = divmod(n_tasks, n_at_a_time)
    return rounds * n_at_a_time / n_cores + (max(1, rest / n_cores) if rest else 0)
