"""Seeds: one integer per fit, and a context that restores the global state afterwards."""

from __future__ import annotations

import contextlib
import random
import threading

import numpy as np

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

    Changing TensorFlow's seed makes it prepare every compiled function anew; networks of the
    package's own are built under :func:`seeded_layers`, which does not.
    """
    from skhep_nn.estimators._base import scikeras_state as state

    with _LOCK:
        # scikeras' context leaves deterministic operations switched on
        was_deterministic = state.config.is_op_determinism_enabled()
        try:
            with state.tensorflow_random_state(seed % 2**32):
                yield
        finally:
            if not was_deterministic:
                state.tf_disable_op_determinism()


@contextlib.contextmanager
def seeded_layers(seed):
    """Python's generator, from which Keras' layers draw their seeds, at `seed`; then restored."""
    with _LOCK:
        before = random.getstate()
        random.seed(seed)
        try:
            yield
        finally:
            random.setstate(before)
