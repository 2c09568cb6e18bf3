"""A client of a Dask scheduler whose workers have this package, in this version."""

from __future__ import annotations

import asyncio
import contextlib
import json
from pathlib import Path

from skhep_nn._dask import _nanny
from skhep_nn._extras import require
from skhep_nn._paths import user_path
from skhep_nn._version import __version__
from skhep_nn.exceptions import ClusterError, MissingFileError, VersionError
from skhep_nn.io._read import check_size

# what a worker without the package can be asked too
VERSION = "__import__('skhep_nn').__version__"
SECONDS_TO_CONNECT = 30
# Dask waits 10 s for a thread to start, which is short on a machine that swaps or was suspended.
ATTEMPTS = 3
# What Dask looks at, every 10 ms to 0.5 s, in each of its processes for its pages of status takes
# 2.7 % of a core in an idle worker, and 0.5 % with these.
QUIET = {
    "distributed.worker.profile.enabled": False,
    "distributed.admin.tick.interval": "1s",
    "distributed.admin.system-monitor.interval": "5s",
}
# what workers read when they start
PRELOAD, PRELOAD_ARGV = "distributed.worker.preload", "distributed.worker.preload-argv"
INTERRUPTS = "skhep_nn._dask._interrupts"
# A cluster of this machine gives up for good a worker that does not come back within 15 s, which
# starting takes on a busy machine; what is to be done would wait for ever.
PATIENT = {"distributed.deploy.lost-worker-timeout": "1 hour"}
SAME = "all workers need the skhep_nn of the process that calls"


def checked(client):
    """`client`, if its scheduler answers and its workers have this version of the package.

    Parameters
    ----------
    client : distributed.Client

    Raises
    ------
    TypeError
        If it is no client, or an asynchronous one.
    ClusterError
        If the scheduler does not answer, or a worker lacks the package.
    VersionError
        If a worker has another version of it.
    """
    distributed = require("distributed", "dask")
    if not isinstance(client, distributed.Client) or client.asynchronous:
        msg = f"client must be a distributed.Client, and no asynchronous one, got {client!r:.100}"
        raise TypeError(msg)
    if client.status != "running":
        msg = f"client is {client.status}; connect a new one to the scheduler"
        raise ClusterError(msg)
    for worker, found in _versions(client).items():
        _check_version(worker, found)
    return client


@contextlib.contextmanager
def connected(address=None, n_workers=None):
    """A client of the scheduler at `address` or of `n_workers` new processes; else None.

    Parameters
    ----------
    address : str, optional
        As ``dask scheduler`` prints it, or its scheduler file (``.json``).
    n_workers : int, optional
        Processes of this machine, on the loopback address, that end with the context.

    Raises
    ------
    ValueError
        If both are given.
    ClusterError
        If no scheduler answers.
    """
    if address is not None and n_workers is not None:
        msg = f"dask={address!r} and workers={n_workers}: name a scheduler, or a number of workers"
        raise ValueError(msg)
    if address is None and n_workers is None:
        yield None
        return
    distributed = require("distributed", "dask")
    from dask import config

    with contextlib.ExitStack() as stack:
        if address is None:
            size = check_size(n_workers, "workers")
            stack.enter_context(config.set(PATIENT))
            loop = stack.enter_context(running_loop())
            scheduler = {"address": stack.enter_context(_local_cluster(distributed, size, loop))}
        else:
            scheduler = _scheduler(address)
            loop = stack.enter_context(running_loop())
        yield stack.enter_context(_client(distributed, address, scheduler, loop))


@contextlib.contextmanager
def running_loop():
    """An event loop in a thread of its own, for a cluster and its clients.

    Raises
    ------
    ClusterError
        If its thread does not start.
    """
    runner = _started_runner()
    try:
        yield runner.loop
    finally:
        runner.stop()


def _started_runner():
    from distributed.utils import LoopRunner

    for _ in range(ATTEMPTS):
        runner = LoopRunner()
        # what it says of a thread that is late
        with contextlib.suppress(AssertionError):
            runner.start()
            return runner
    msg = "Dask's event loop did not start in time: this machine is overloaded"
    raise ClusterError(msg)


def _local_cluster(distributed, n_workers, loop):
    from dask import config

    # workers, also those that take the place of dead ones, have the settings of now
    with config.set(QUIET | _preloads(config.get)), _nanny.environment_kept():
        return distributed.LocalCluster(
            n_workers=n_workers,
            loop=loop,
            threads_per_worker=1,
            processes=True,
            host="127.0.0.1",
            # None would be a port of all addresses, which another cluster may have
            dashboard_address="127.0.0.1:0",
            worker_dashboard_address="127.0.0.1:0",
        )


def _preloads(setting):
    """Settings of what workers read when they start: what the user has set, and ours behind it."""
    preload, argv = setting(PRELOAD, None) or [], setting(PRELOAD_ARGV, None) or []
    preload = [preload] if isinstance(preload, str) else preload
    # of arguments there are as many lists, or one of words for all
    of_each = bool(argv) and not isinstance(argv[0], str)
    return {PRELOAD: [*preload, INTERRUPTS], PRELOAD_ARGV: [*argv, []] if of_each else argv}


def _scheduler(address):
    if not address.endswith(".json"):
        return {"address": address}
    path = user_path(address, "dask")
    # Dask would wait for the file for ever
    if not Path(path).is_file():
        msg = f"there is no scheduler file {address!r}"
        raise MissingFileError(msg)
    return {"scheduler_file": str(path)}


def _client(distributed, address, scheduler, loop):
    options = {"timeout": SECONDS_TO_CONNECT, "set_as_default": False, "name": "skhep_nn"}
    try:
        if address is not None:
            _greet(scheduler, loop)
        return distributed.Client(**scheduler, **options, loop=loop)
    # an address that is none is a ValueError, TypeError or KeyError, by what it lacks; silence is
    # an OSError from Python 3.11 on
    except (OSError, asyncio.TimeoutError, ValueError, TypeError, KeyError) as error:
        why = str(error) or f"nothing was said in {SECONDS_TO_CONNECT} s"
        msg = (
            f"no Dask scheduler answers at {address!r} ({why}); start one with 'dask scheduler', "
            "and name the address that it prints"
        )
        raise ClusterError(msg) from error


def _greet(scheduler, loop):
    """Shake hands once, for which Dask's client waits without end at the port of something else."""
    from distributed.comm import connect
    from distributed.security import Security
    from distributed.utils import sync

    async def greet():
        options = Security().get_connection_args("client")
        comm = await connect(address, SECONDS_TO_CONNECT, **options)
        await comm.close()

    address = scheduler.get("address")
    if address is None:
        address = json.loads(Path(scheduler["scheduler_file"]).read_text())["address"]
    sync(loop, asyncio.wait_for, greet(), SECONDS_TO_CONNECT)


def _versions(client):
    """What each worker says of its version: text, or the error."""
    try:
        return client.run(eval, VERSION, on_error="return")
    except (OSError, RuntimeError) as error:
        msg = f"the Dask scheduler {client.scheduler_info().get('address')} is gone: {error}"
        raise ClusterError(msg) from error


def _check_version(worker, found):
    if isinstance(found, Exception):
        msg = f"worker {worker} has no skhep_nn ({found}); {SAME}: install {__version__} there"
        raise ClusterError(msg)
    check_same(found, f"worker {worker}")


def check_same(version, who):
    """Raise an error if `version`, which `who` has, is not that of this process.

    Raises
    ------
    VersionError
    """
    if version != __version__:
        msg = f"{who} has skhep_nn {version}, not {__version__}; {SAME}"
        raise VersionError(msg)
