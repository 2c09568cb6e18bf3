"""Which rows of two samples are the same event, and errors of differences that know it."""

from __future__ import annotations

import numpy as np

from skhep_nn import _choices, _columns, _row_order


def spread(influences):
    """Standard error of what each event moves by its influence."""
    return float(np.sqrt(np.sum(np.square(influences))))


class Pair:
    """Two samples, and which of their rows are one event.

    Parameters
    ----------
    codes : tuple of ndarray of shape (n_events,), or None
        Number of the event of each row of either sample; None: row by row.
    shared : bool, default=True
        False where no event is in both.
    """

    def __init__(self, codes=None, *, shared=True):
        self._codes = codes
        self._shared = shared

    def error(self, one, other):
        """Error of a difference, from the influences of the events of both samples."""
        if not self._shared:
            return float(np.hypot(spread(one), spread(other)))
        if self._codes is None:
            return spread(one - other)
        n_events = 1 + max(codes.max(initial=-1) for codes in self._codes)
        summed = (
            np.bincount(codes, weights=influences, minlength=n_events)
            for codes, influences in zip(self._codes, (one, other), strict=True)
        )
        return spread(np.subtract(*summed))


class Pairs:
    """The pairs of each sample with the nominal one; make them with :meth:`of`.

    Parameters
    ----------
    codes : dict of str to ndarray, or None
    nominal : str
    paired : bool
    """

    def __init__(self, codes, nominal, paired):
        self._codes = codes
        self._nominal = nominal
        self._paired = paired

    @classmethod
    def of(cls, samples, nominal, paired, event_number):
        """Those of samples by name.

        Raises
        ------
        ValueError
            If samples that are said to hold the same events row by row cannot do so.
        """
        paired = _choices.switch(paired, "paired")
        if not paired or event_number is not None:
            columns = _columns.as_list(event_number) if paired else []
            return cls(_numbered(samples, columns) if columns else None, nominal, paired)
        for name, sample in samples.items():
            _check_same(name, sample, nominal, samples[nominal])
        return cls(None, nominal, paired)

    def of_sample(self, name):
        """The pair of a sample and the nominal one."""
        if name == self._nominal:
            return Pair()
        if not self._paired:
            return Pair(shared=False)
        return Pair(self._codes and (self._codes[name], self._codes[self._nominal]))


def _numbered(samples, columns):
    """Number of the event of each row, the same for the same event in all samples."""
    keys = {
        name: np.stack(
            [np.asarray(_columns.take(s.table, c, role="event_number")) for c in columns], axis=1
        )
        for name, s in samples.items()
    }
    _, codes = np.unique(np.concatenate(list(keys.values())), axis=0, return_inverse=True)
    ends = np.cumsum([len(key) for key in keys.values()])[:-1]
    return dict(zip(keys, np.split(codes.reshape(-1), ends), strict=True))


def _check_same(name, sample, nominal, reference):
    cure = (
        "name the columns that say which event a row is (event_number), or say paired=False if "
        "the samples are independent"
    )
    if len(sample) != len(reference):
        msg = (
            f"variation {name!r} has {len(sample)} events and {nominal!r} has {len(reference)}, so "
            f"that their rows are not the same events; {cure}"
        )
        raise ValueError(msg)
    if not np.array_equal(sample.y, reference.y):
        at = int(np.argmax(sample.y != reference.y))
        classes = [y[at : at + 1].tolist()[0] for y in (sample.y, reference.y)]
        msg = (
            f"row {at} of variation {name!r} is of class {classes[0]!r}, and in {nominal!r} of "
            f"{classes[1]!r}, so that it is not the same event; {cure}"
        )
        raise ValueError(msg)
    names = (f"variation {name!r}", repr(nominal))
    _row_order.check(sample.table, reference.table, *names, f"; or {cure}")
