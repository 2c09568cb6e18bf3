"""Which events come in which order in each epoch: as given, shuffled, or drawn in batches."""

from __future__ import annotations

import numpy as np

from skhep_nn.training import _order as order
from skhep_nn.training._mapped import is_mapped
from skhep_nn.training._order import _cycle
from skhep_nn.training._stream import shuffled


def order_of(settings, learnt, events, batch_size, seed):
    """A function from an epoch's number to the numbers of its events.

    Parameters
    ----------
    settings : Settings
    learnt : Learnt
    events : Events
    batch_size, seed : int

    Raises
    ------
    ValueError
        If a sampler is to select events that are on disk.
    """
    sampler = settings.batch_sampler
    if sampler is None:
        if is_mapped(events.x):
            as_given = range(len(events))
            return shuffled(events.x, batch_size, seed) if settings.shuffle else lambda _: as_given
        return (order.shuffled if settings.shuffle else order.as_given)(len(events), seed)
    if isinstance(sampler, str):
        if events.strata is None:
            return order.balanced(events.codes, batch_size, seed)
        return drawn_by_groups(events.codes, events.strata, batch_size, seed)
    if is_mapped(events.x):
        msg = (
            f"batch_sampler={sampler!r} needs all features in memory, and these are memory maps; "
            'use batch_sampler="balanced"'
        )
        raise ValueError(msg)
    return order.resampled(sampler, events.x, learnt.classes_[events.codes], seed)


def drawn_by_groups(codes, groups, batch_size, seed):
    """Every batch with equal numbers of events of each class, these alike from all its groups.

    An epoch has about as many events as there are. Events of the smaller groups come up several
    times, each equally often but for one.

    Parameters
    ----------
    codes, groups : ndarray of int of shape (n_events,)
        Class and group numbers; a group lies within one class.
    batch_size : int
        A multiple of the number of classes.
    seed : int

    Returns
    -------
    callable
        Epoch number to event numbers.
    """
    n_classes = int(codes.max()) + 1
    share = batch_size // n_classes
    n_steps = max(1, round(len(codes) / batch_size))
    members = [
        [np.flatnonzero(groups == group) for group in np.unique(groups[codes == code])]
        for code in range(n_classes)
    ]

    def draw(epoch):
        rng = np.random.default_rng((seed, epoch))
        columns = [_class_rows(rows, n_steps * share, rng) for rows in members]
        columns = [rows.reshape(n_steps, share) for rows in columns]
        return np.concatenate(columns, axis=1).ravel().astype(np.int32)

    return draw


def _class_rows(members, n, rng):
    """`n` events, as many from each group (give or take one), in random order."""
    counts = np.full(len(members), n // len(members))
    counts[rng.permutation(len(members))[: n % len(members)]] += 1
    rows = [_cycle(rows, count, rng) for rows, count in zip(members, counts, strict=True) if count]
    return rng.permutation(np.concatenate(rows))
