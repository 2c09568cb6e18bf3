"""What Dask leaves in the environment of a process that starts workers: their threads, for good."""

from __future__ import annotations

import contextlib
import os
import sys

SETTINGS = "distributed.nanny.pre-spawn-environ"
# of these the one that nobody else sets
MARK = "MALLOC_TRIM_THRESHOLD_"
# written by Dask whatever the settings
BESIDES = ("PYTHONHASHSEED", "__DASK_PARENT_PID")


def has_written():
    """Whether the environment is as Dask's nanny makes it for the workers that it starts here.

    Dask is not imported for the question. What was there before, the nanny leaves as it is.
    """
    if "distributed.nanny" not in sys.modules:
        return False
    meant = _meant()
    return MARK in meant and all(os.environ.get(name) == meant[name] for name in meant)


@contextlib.contextmanager
def environment_kept():
    """While workers are started here: what Dask writes is taken back in the end."""
    before = {name: os.environ.get(name) for name in (*_meant(), *BESIDES)}
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


def _meant():
    from dask import config

    return {name: str(value) for name, value in config.get(SETTINGS, {}).items() if value}
