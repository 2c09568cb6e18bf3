"""Engines that stay in the process, so that fits of one architecture trace and compile it once."""

from __future__ import annotations

import contextlib
import threading
from collections import OrderedDict


class EnginePool:
    """Free engines by architecture; the least recently used goes first.

    An engine that is lent belongs to one borrower, so that threads never share one: a second
    borrower of the same architecture gets an engine of its own.

    Parameters
    ----------
    size : int, default=8
        Free engines that are kept.
    """

    def __init__(self, size=8):
        self.size = size
        self._free = OrderedDict()
        self._lock = threading.Lock()
        self._serial = 0

    @contextlib.contextmanager
    def borrow(self, key, make, prefer=None):
        """Lend the engine of architecture `key`, or what `make` returns if none is free.

        Parameters
        ----------
        key : str or None
            None: the engine is made for this loan alone.
        make : callable
            Makes the engine.
        prefer : object, optional
            What the engine should have loaded, if there is a choice.
        """
        engine = self._take(key, prefer) or make()
        try:
            yield engine
        except BaseException:
            engine.loaded = None
            raise
        finally:
            if key is not None:
                self._give_back(key, engine)

    def clear(self):
        """Forget every free engine."""
        with self._lock:
            self._free.clear()

    def __len__(self):
        return len(self._free)

    def _take(self, key, prefer):
        if key is None:
            return None
        with self._lock:
            names = [name for name in self._free if name[0] == key]
            if not names:
                return None
            loaded = [name for name in names if self._free[name].loaded is prefer]
            return self._free.pop((loaded or names)[-1])

    def _give_back(self, key, engine):
        with self._lock:
            self._serial += 1
            self._free[key, self._serial] = engine
            while len(self._free) > self.size:
                self._free.popitem(last=False)


POOL = EnginePool()


def clear_pool():
    """Free the compiled networks that wait in memory for the next fit of their architecture.

    Fitted classifiers keep working; the next fit or prediction of each compiles anew.

    Examples
    --------
    >>> from skhep_nn.training import clear_pool
    >>> clear_pool()
    """
    POOL.clear()
