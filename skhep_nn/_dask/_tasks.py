"""One function of many jobs: here, one after the other, or by the workers of a client."""

from __future__ import annotations

import contextlib
import uuid

from skhep_nn._dask import _connection
from skhep_nn._version import __version__
from skhep_nn.exceptions import ClusterError, PartitionError

# a task is done again so often before its failure counts
RETRIES = 2
DIED = (
    "its worker died, perhaps for lack of memory: a smaller chunk_size, or more memory for each "
    "worker, may help"
)


def results(client, function, jobs, *, kept=""):
    """Iterate over pairs (number of the job, what `function` returns), as they come.

    Parameters
    ----------
    client : distributed.Client or None
        None: the jobs are done here, in order, and their errors are raised as they are.
    function : callable
        Of a module that the workers can import.
    jobs : list
        Their text names them.
    kept : str
        What becomes of the other jobs, for the message of an error.

    Raises
    ------
    PartitionError
        If a job failed at its third attempt.
    ClusterError
        If the scheduler is gone.
    """
    if client is None:
        yield from ((number, function(job)) for number, job in enumerate(jobs))
        return
    from distributed import as_completed

    futures = _submitted(client, function, jobs)
    try:
        for future in as_completed(futures, loop=client.loop):
            number = futures[future]
            result = _result(future, f"{jobs[number]}, {number + 1} of {len(jobs)},", kept)
            # what is held would be done again if the worker that has it dies
            del futures[future]
            yield number, result
    finally:
        # what is done or failed is forgotten, what has not begun is not begun
        with contextlib.suppress(Exception):
            client.cancel(list(futures))


def in_order(pairs):
    """Iterate over the results of `results` in the order of the jobs."""
    waiting, number = {}, 0
    for at, result in pairs:
        waiting[at] = result
        while number in waiting:
            yield waiting.pop(number)
            number += 1


def _submitted(client, function, jobs):
    name = f"{function.__name__}-{uuid.uuid4().hex}"
    return {
        client.submit(
            _run, function, __version__, job, key=f"{name}-{number}", retries=RETRIES, pure=False
        ): number
        for number, job in enumerate(jobs)
    }


def _run(function, version, job):
    # workers that came later were not asked
    _connection.check_same(version, "the process that calls")
    return function(job)


def _result(future, name, kept):
    from distributed import CancelledError
    from distributed.scheduler import KilledWorker

    try:
        return future.result()
    except CancelledError as error:
        msg = f"the Dask scheduler is gone, or gave up {name} {error}{kept}"
        raise ClusterError(msg) from error
    except KilledWorker as error:
        msg = f"{name} failed: {DIED}{kept}"
        raise PartitionError(msg) from error
    # tasks raise what models and readers raise
    except Exception as error:
        what = f"{type(error).__name__}: {error}"
        msg = f"{name} failed {1 + RETRIES} times, the last time with {what}{kept}"
        raise PartitionError(msg) from error
