"""Read by the workers that this process starts: a terminal sends Ctrl-C to all of its processes."""

from __future__ import annotations

import signal


def dask_setup(worker):
    """Have the process that started the worker end it, in order and without a traceback of its own.

    Parameters
    ----------
    worker : distributed.Worker
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
