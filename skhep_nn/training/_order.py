"""The order of the events in each epoch: shuffled, as given, or drawn with balanced batches.

An order depends on the seed and the epoch's number alone, so that an interrupted fit continues
with the order that it would have had.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np


def as_given(n_events, seed=None):
    """Every epoch in the order of the events."""
    del seed
    rows = _rows(n_events)
    return lambda epoch: rows


def shuffled(n_events, seed):
    """Every epoch in an order of its own."""
    rows = _rows(n_events)
    return lambda epoch: np.random.default_rng((seed, epoch)).permutation(rows)


def balanced(codes, batch_size, seed):
    """Every batch with equal numbers of events of each class, drawn anew each epoch.

    An epoch has about as many events as there are; the rarer classes come up several times, each
    event equally often but for one.

    Parameters
    ----------
    codes : ndarray of shape (n_events,)
        Class numbers 0 ... n_classes - 1, each at least once.
    batch_size : int
        A multiple of the number of classes.
    seed : int

    Raises
    ------
    ValueError
        If a class has no events.
    """
    members = [np.flatnonzero(codes == code).astype(np.int32) for code in range(codes.max() + 1)]
    empty = [code for code, rows in enumerate(members) if not len(rows)]
    if empty:
        msg = f"a balanced batch needs events of every class; class number {empty[0]} has none"
        raise ValueError(msg)
    share = batch_size // len(members)
    n_steps = max(1, round(len(codes) / batch_size))

    def draw(epoch):
        rng = np.random.default_rng((seed, epoch))
        columns = [_cycle(rows, n_steps * share, rng).reshape(n_steps, share) for rows in members]
        return np.concatenate(columns, axis=1).ravel()

    return draw


def resampled(sampler, x, codes, seed):
    """Every epoch the events that an imbalanced-learn sampler selects, shuffled.

    Parameters
    ----------
    sampler : imblearn sampler
        One that selects events (has ``sample_indices_`` once fitted).
    x : ndarray of shape (n_events, ...), or dict of str to these
    codes : ndarray of shape (n_events,)
        Class numbers or labels, as `sampler` names the classes.
    seed : int

    Raises
    ------
    ValueError
        If the sampler makes new events, as SMOTE does.
    """

    def draw(epoch):
        rng = np.random.default_rng((seed, epoch))
        rows = _selected(sampler, x, codes, int(rng.integers(2**31)))
        return rng.permutation(rows.astype(np.int32))

    return draw


class Ahead:
    """Orders of epochs, the next of which a thread draws while the network trains.

    Parameters
    ----------
    order : callable
        Epoch number to event numbers; of that number alone.
    last : int
        The epoch after which there is none.
    """

    def __init__(self, order, last):
        self._order, self._last = order, last
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="skhep_nn-order")
        self._drawn = {}

    def __call__(self, epoch):
        """The order of `epoch`; that of the next one is begun."""
        waiting = self._drawn.pop(epoch, None)
        found = self._order(epoch) if waiting is None else waiting.result()
        if epoch < self._last:
            self._drawn = {epoch + 1: self._pool.submit(self._order, epoch + 1)}
        return found

    def close(self):
        """End the thread."""
        self._pool.shutdown(cancel_futures=True)


def _selected(sampler, x, codes, seed):
    from sklearn.base import clone

    fitted = clone(sampler)
    if "random_state" in fitted.get_params():
        fitted.set_params(random_state=seed)
    fitted.fit_resample(_table(x), codes)
    # a smoothed bootstrap has indices, and yet moves the events
    if not hasattr(fitted, "sample_indices_") or getattr(fitted, "shrinkage_", None):
        msg = (
            f"batch_sampler={sampler!r} makes new events instead of selecting some; use it as a "
            "step before the balancer in an imbalanced-learn Pipeline"
        )
        raise ValueError(msg)
    return fitted.sample_indices_


def _table(x):
    arrays = x.values() if isinstance(x, dict) else [x]
    return np.concatenate([a.reshape(len(a), -1) for a in arrays], axis=1)


def _cycle(rows, n, rng):
    rounds = -(-n // len(rows))
    return np.concatenate([rng.permutation(rows) for _ in range(rounds)])[:n]


def _rows(n_events):
    return np.arange(n_events, dtype=np.int32 if n_events < 2**31 else np.int64)
