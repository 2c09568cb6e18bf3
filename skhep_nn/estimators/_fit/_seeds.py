"""Seeds: one integer per fit, and the global generators for functions of the user's."""

from __future__ import annotations

import contextlib
import os
import random
import threading

import numpy as np
import tensorflow as tf
from tensorflow.python.eager import context
from tensorflow.python.framework import config

# the global generators serve one thread at a time
_LOCK = threading.RLock()
# Libraries of TensorFlow's look here whether they are to be deterministic.
VARIABLE = "TF_DETERMINISTIC_OPS"


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

    TensorFlow's operations are deterministic meanwhile. For what draws from the generators in
    functions of the user's: one thread at a time, but a thread that knows nothing of this lock may
    draw in between. Networks of the package's own draw from no global generator and are never made
    or trained under it.
    """
    with _LOCK:
        before = _Globals()
        try:
            _Globals.set(seed % 2**32)
            yield
        finally:
            before.restore()


class _Globals:
    """The state of the global generators at the moment."""

    def __init__(self):
        self.python, self.numpy = random.getstate(), np.random.get_state()  # noqa: NPY002
        self.tensorflow = context.global_seed()
        self.deterministic = config.is_op_determinism_enabled()
        self.variable = os.environ.get(VARIABLE)

    @staticmethod
    def set(seed):
        """Have all of them start from `seed`."""
        os.environ[VARIABLE] = "1"
        random.seed(seed)
        np.random.seed(seed)  # noqa: NPY002
        tf.random.set_seed(seed)
        tf.config.experimental.enable_op_determinism()

    def restore(self):
        """Have them go on from this state."""
        if self.variable is None:
            os.environ.pop(VARIABLE, None)
        else:
            os.environ[VARIABLE] = self.variable
        random.setstate(self.python)
        np.random.set_state(self.numpy)  # noqa: NPY002
        tf.random.set_seed(self.tensorflow)
        if not self.deterministic:
            config.disable_op_determinism()
