"""Seeds: one integer per fit, and a context that restores the global state afterwards."""

from __future__ import annotations

import contextlib

import numpy as np


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
    """Global generators of Python, NumPy and TensorFlow at `seed`, restored at the end."""
    from skhep_nn.estimators._base import tensorflow_random_state

    with tensorflow_random_state(seed % 2**32):
        yield
