"""Forks of a process that has run TensorFlow: an error there, where it would wait for ever.

TensorFlow's threads do not come along into a fork, and whatever waits for them never ends.
"""

from __future__ import annotations

import os

from skhep_nn.exceptions import ForkedProcessError

_state = {"process": None}


def running_tensorflow():
    """Note that this process runs TensorFlow; an error if it may not.

    Raises
    ------
    ForkedProcessError
    """
    check_no_fork()
    _state["process"] = os.getpid()


def check_no_fork():
    """Raise an error in a fork of a process that has run TensorFlow.

    Raises
    ------
    ForkedProcessError
    """
    if _state["process"] not in (None, os.getpid()):
        msg = (
            f"process {os.getpid()} is a fork of one that has trained or applied networks; here "
            "TensorFlow would wait for ever; start processes with "
            "multiprocessing.get_context('spawn'), or use joblib's own backend, 'loky'"
        )
        raise ForkedProcessError(msg)
