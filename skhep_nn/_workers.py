"""Whether this process is one of more joblib workers than there are cores, and a warning if so."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
from pathlib import Path

from skhep_nn import _warnings

NAME = "LokyProcess"
PROCESSES = Path("/proc")
_state = {"checked": False}


def warn_of_too_many():
    """Warn, in the newest of joblib's processes, if these are more than the cores; once.

    Nobody takes workers back that a search was told to start, but whoever told it.
    """
    if _state["checked"] or not multiprocessing.current_process().name.startswith(NAME):
        return
    _state["checked"] = True
    import joblib

    workers, n_cores = children(os.getppid()), joblib.cpu_count()
    if len(workers) > n_cores and os.getpid() == max(workers):
        msg = (
            f"{len(workers)} processes of joblib share {n_cores} cores, which takes longer than "
            f"{n_cores} would: set n_jobs to {n_cores}, or for fits that are over within seconds "
            "to None"
        )
        # as an error it would fail one fit of many, and what a search finds depend on the cores
        with contextlib.suppress(UserWarning):
            _warnings.warn(msg)


def children(parent):
    """Numbers of joblib's processes that the process `parent` started; none where it is not known.

    Parameters
    ----------
    parent : int
    """
    found = set()
    for task in PROCESSES.glob(f"{parent}/task/*/children"):
        found |= {int(child) for child in _read(task).split()}
    return sorted(child for child in found if NAME in _read(PROCESSES / f"{child}/cmdline"))


def _read(path):
    # a process may have ended meanwhile
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""
