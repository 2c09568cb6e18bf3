"""Seeds: one integer per fit, and the global generators for functions of the user's."""

from __future__ import annotations

import contextlib
import threading

import numpy as np

from skhep_nn.estimators._keras._scikeras import random_state as state

# the global generators serve one thread at a time
_LOCK = threading.RLock()


def seed_of(random_state):
    """An integer seed from `random_state`; the state of a generator object does not advance.

    Parameters
    ----------
    random_state : int, RandomState or None
        None draws a new seed each time.
    """
    if random_state is None:
        return int(np.random.default_rng().integers(2**31 - 1))
    if isinstance(random_state, np.random.RandomState):
        copy = np.random.RandomState()
        copy.set_state(random_state.get_state())
        return int(copy.randint(1, 2**31 - 1))
    return int(random_state)


@contextlib.contextmanager
def seeded(seed):
    """Global generators of Python, NumPy and TensorFlow at `seed`, restored at the end.

    For what draws from them in functions of the user's: one thread at a time, but a thread that
    knows nothing of this lock may draw in between. Networks of the package's own draw from no
    global generator and are never made or trained under it.
    """
    with _LOCK:
        # scikeras' context leaves deterministic operations switched on
        was_deterministic = state.config.is_op_determinism_enabled()
        try:
            with state.tensorflow_random_state(seed % 2**32):
                yield
        finally:
            if not was_deterministic:
                state.tf_disable_op_determinism()
