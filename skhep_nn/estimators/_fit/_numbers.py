"""The types of numbers that a network computes with: those of its fit, whatever holds later."""

from __future__ import annotations

import contextlib
import threading
from dataclasses import dataclass

import keras

# the float type is one for all threads
_LOCK = threading.RLock()


@dataclass(frozen=True)
class Numbers:
    """Keras' float type and dtype policy.

    Parameters
    ----------
    floatx, policy : str
        E.g. ``"float32"``, ``"mixed_bfloat16"``.
    """

    floatx: str
    policy: str

    @classmethod
    def now(cls):
        """Those of the moment."""
        return cls(keras.config.floatx(), keras.config.dtype_policy().name)

    @contextlib.contextmanager
    def used(self):
        """They hold for a while."""
        before = Numbers.now()
        with _LOCK if before.floatx != self.floatx else contextlib.nullcontext():
            self._set()
            try:
                yield
            finally:
                before._set()

    def _set(self):
        if keras.config.floatx() != self.floatx:
            keras.config.set_floatx(self.floatx)
        if keras.config.dtype_policy().name != self.policy:
            # of this thread only
            keras.config.set_dtype_policy(self.policy)
