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

    @classmethod
    def of_fit(cls, settings, network=None):
        """Those of a fit: of its `precision`, or of the network that is trained on.

        Parameters
        ----------
        settings : Settings
        network : object, optional
            With `numbers` of its own, which it keeps.

        Raises
        ------
        ValueError
            If these are not of that `precision`.
        """
        now = cls.now()
        # an argument of a user's function may have that name
        policy = settings.get("precision") if settings.built else None
        if network is None:
            return now if policy is None else cls(now.floatx, policy)
        if policy not in (None, network.numbers.policy):
            msg = (
                f"precision={policy!r} of {settings.owner}, but the network that is trained on "
                f"(warm_start, partial_fit) computes in {network.numbers.policy!r}, which it "
                "keeps; fit anew"
            )
            raise ValueError(msg)
        return network.numbers

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
